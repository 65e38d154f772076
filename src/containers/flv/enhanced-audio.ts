import { isOpusTags } from '../../codecs/opus/head.ts';
import { PACKET, readModEx, readTracks, u32, type TrackShare } from './enhanced.ts';
import { audioCodecOf, fourCcName } from './four-cc.ts';
import type { AudioBody, AudioPart } from './parts.ts';

/** AudioPacketTypes that video does not have, or numbers otherwise. */
export const AUDIO_PACKET = { multichannelConfig: 4, multitrack: 5 } as const;

const NOTHING: AudioPart = { kind: 'nothing' };
const CUT_SHORT: AudioPart = { kind: 'damaged', why: 'cut short' };

/** Reads an audio message of Enhanced RTMP v2, "Enhanced Audio". The body has two bytes or more. */
export function readEnhancedAudio(body: Uint8Array): AudioBody {
  let packetType = body[0]! & 0x0f;
  let at = 1;
  let nanos = 0;
  if (packetType === PACKET.modEx) {
    const behind = readModEx(body, at);
    if (!behind) return CUT_SHORT;
    ({ packetType, at, nanos } = behind);
  }
  if (packetType === AUDIO_PACKET.multitrack) return readMultitrack(body, at, nanos);
  if (at + 4 > body.length) return CUT_SHORT;
  return partOf({ track: 0, fourCc: u32(body, at), data: body.subarray(at + 4) }, packetType, nanos);
}

function readMultitrack(body: Uint8Array, at: number, nanos: number): AudioBody {
  const { packetType, shares, damage } = readTracks(body, at);
  const parts = shares.map((share) => partOf(share, packetType, nanos));
  if (damage !== undefined) parts.push({ kind: 'damaged', why: damage });
  return { kind: 'tracks', parts };
}

function partOf({ track, fourCc, data }: TrackShare, packetType: number, nanos: number): AudioPart {
  const codec = audioCodecOf(fourCc);
  if (!codec) return { kind: 'unsupported', codec: fourCcName(fourCc), track };
  const isEmpty = data.length === 0;
  switch (packetType) {
    case PACKET.sequenceStart:
      // AC-3 and MP3 have none to send; Opus may have a second one, its comment header, which configures nothing.
      return isEmpty || (codec === 'opus' && isOpusTags(data))
        ? NOTHING
        : { kind: 'config', codec, track, data };
    case PACKET.codedFrames:
      return isEmpty ? NOTHING : { kind: 'frame', codec, track, nanos, data };
    case PACKET.sequenceEnd:
      return NOTHING;
    case AUDIO_PACKET.multichannelConfig:
      return { kind: 'layout', codec, track, data };
    default:
      return { kind: 'damaged', why: 'unknown kind' };
  }
}
