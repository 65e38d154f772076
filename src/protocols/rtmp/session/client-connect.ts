import { AmfObject } from '../../../amf/value.ts';
import type { ClientTarget } from './client-url.ts';
import { RELAY_MEMBER, writeRelayPath } from './relay-path.ts';
import type { RelayPath } from './relay-path.ts';

/** How encoders introduce themselves; some servers look for the first word. */
const FLASH_VERSION = 'FMLE/3.0 (compatible; Millrace)';
/** Codecs that Flash could name: everything. Servers repeat it, few read it. */
const ALL_AUDIO_CODECS = 0x0fff;
const ALL_VIDEO_CODECS = 0x00ff;

/** The command object of `connect` (RTMP 1.0 §7.2.1.1), as encoders or players send it. */
export function connectObject(
  mode: 'publish' | 'play',
  { app, tcUrl }: ClientTarget,
  path: RelayPath,
): AmfObject {
  const publishing = { type: 'nonprivate', flashVer: FLASH_VERSION, tcUrl };
  const playing = { flashVer: FLASH_VERSION, tcUrl, fpad: false };
  const codecs = { audioCodecs: ALL_AUDIO_CODECS, videoCodecs: ALL_VIDEO_CODECS, videoFunction: 1 };
  return AmfObject.of({
    app,
    ...(mode === 'publish' ? publishing : { ...playing, ...codecs }),
    ...(path.length > 0 && { [RELAY_MEMBER]: writeRelayPath(path) }),
  });
}
