import { AmfObject } from '../../../amf/value.ts';
import type { ClientTarget } from './client-url.ts';
import {
  CAPS_MOD_EX,
  CAPS_MULTITRACK,
  CAPS_NANOSECONDS,
  CAPS_RECONNECT,
  ownEnhanced,
  OWN_VIDEO_FUNCTION,
} from './enhanced.ts';
import { RELAY_MEMBER, writeRelayPath } from './relay-path.ts';
import type { RelayPath } from './relay-path.ts';

/** How encoders introduce themselves; some servers look for the first word. */
const FLASH_VERSION = 'FMLE/3.0 (compatible; Millrace)';
/** Codecs that Flash could name: everything. Servers repeat it, few read it. */
const ALL_AUDIO_CODECS = 0x0fff;
const ALL_VIDEO_CODECS = 0x00ff;
/** Flash's players could seek frame by frame. */
const FLASH_VIDEO_FUNCTION = 1;
/** Enhanced RTMP: what we publish has whole milliseconds; what we are sent need not. */
const PUBLISHING_CAPS = CAPS_RECONNECT | CAPS_MULTITRACK;
const PLAYING_CAPS = CAPS_RECONNECT | CAPS_MULTITRACK | CAPS_MOD_EX | CAPS_NANOSECONDS;

/** The command object of `connect` (RTMP 1.0 §7.2.1.1), as encoders or players send it. */
export function connectObject(
  mode: 'publish' | 'play',
  { app, tcUrl }: ClientTarget,
  { path, isPlain }: { readonly path: RelayPath; readonly isPlain: boolean },
): AmfObject {
  const publishing = { type: 'nonprivate', flashVer: FLASH_VERSION, tcUrl };
  const playing = { flashVer: FLASH_VERSION, tcUrl, fpad: false };
  const codecs = {
    audioCodecs: ALL_AUDIO_CODECS,
    videoCodecs: ALL_VIDEO_CODECS,
    videoFunction: isPlain ? FLASH_VIDEO_FUNCTION : OWN_VIDEO_FUNCTION,
  };
  return AmfObject.of({
    app,
    ...(mode === 'publish' ? publishing : { ...playing, ...codecs }),
    ...(!isPlain && ownEnhanced(mode === 'publish' ? PUBLISHING_CAPS : PLAYING_CAPS)),
    ...(path.length > 0 && { [RELAY_MEMBER]: writeRelayPath(path) }),
  });
}
