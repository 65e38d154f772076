import type { Target } from './engine/target.ts';
import { amf0 } from './targets/amf0.ts';
import { chunkTarget } from './targets/chunks.ts';
import { checkPlaylist, checkSegment } from './targets/check.ts';
import { clipQuery, dvrIndex, flatMovie } from './targets/clip.ts';
import { clientSession, handshake } from './targets/client-session.ts';
import { aacConfig, avcConfig, sps } from './targets/codecs.ts';
import { enhancedConnect } from './targets/enhanced.ts';
import { flv, flvBodies, flvColors } from './targets/flv.ts';
import { inspectFlv, inspectMp4, inspectTs, playlist } from './targets/inspect.ts';
import { av1, hevcConfig, intakes, soundFrames } from './targets/modern.ts';
import { mp4 } from './targets/mp4.ts';
import { multitrack } from './targets/multitrack.ts';
import { nal } from './targets/nal.ts';
import { publisher, webSocketFrame } from './targets/publisher.ts';
import { serverSession } from './targets/server-session.ts';
import { httpRequest, rtmpUrl, settings } from './targets/text.ts';
import { tsCarriage } from './targets/ts-carriage.ts';

/** Every place where bytes from strangers are read. */
export const TARGETS: readonly Target[] = [
  handshake,
  chunkTarget,
  amf0,
  serverSession,
  clientSession,
  rtmpUrl,
  flv,
  flvBodies,
  flvColors,
  avcConfig,
  sps,
  aacConfig,
  nal,
  hevcConfig,
  av1,
  soundFrames,
  intakes,
  publisher,
  webSocketFrame,
  httpRequest,
  playlist,
  inspectTs,
  inspectFlv,
  inspectMp4,
  checkPlaylist,
  checkSegment,
  settings,
  multitrack,
  mp4,
  tsCarriage,
  enhancedConnect,
  clipQuery,
  dvrIndex,
  flatMovie,
];
