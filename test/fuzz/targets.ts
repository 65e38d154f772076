import type { Target } from './engine/target.ts';
import { amf0 } from './targets/amf0.ts';
import { chunkTarget } from './targets/chunks.ts';
import { checkPlaylist, checkSegment } from './targets/check.ts';
import { clientSession, handshake } from './targets/client-session.ts';
import { aacConfig, avcConfig, sps } from './targets/codecs.ts';
import { flv, flvBodies } from './targets/flv.ts';
import { inspectFlv, inspectTs, playlist } from './targets/inspect.ts';
import { nal } from './targets/nal.ts';
import { publisher, webSocketFrame } from './targets/publisher.ts';
import { serverSession } from './targets/server-session.ts';
import { httpRequest, rtmpUrl, settings } from './targets/text.ts';

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
  avcConfig,
  sps,
  aacConfig,
  nal,
  publisher,
  webSocketFrame,
  httpRequest,
  playlist,
  inspectTs,
  inspectFlv,
  checkPlaylist,
  checkSegment,
  settings,
];
