import { fourCcName } from './four-cc.ts';

/** SoundFormat of AAC: Annex E.4.2.1. */
export const SOUND_FORMAT_AAC = 10;
/** Bytes in front of an AAC tag's data: AUDIODATA's first byte and AACPacketType. */
export const AAC_HEAD_BYTES = 2;

/** An audio tag's body, taken apart. `data` is a view of the body. */
export type AudioBody =
  | { readonly kind: 'config'; readonly data: Uint8Array }
  | { readonly kind: 'frame'; readonly data: Uint8Array }
  /** Empty bodies: some servers send zero-length audio messages. */
  | {
      readonly kind: 'nothing';
      /** One of several tracks, beside the one that is sent the usual way: Twitch's VOD track from OBS. */
      readonly isAdditional?: true;
    }
  | { readonly kind: 'unsupported'; readonly codec: string };

const FORMAT_NAMES: Readonly<Record<number, string>> = {
  0: 'PCM (platform endian)',
  1: 'ADPCM',
  2: 'MP3',
  3: 'PCM',
  4: 'Nellymoser 16 kHz',
  5: 'Nellymoser 8 kHz',
  6: 'Nellymoser',
  7: 'G.711 A-law',
  8: 'G.711 mu-law',
  11: 'Speex',
  13: 'Opus',
  14: 'MP3 8 kHz',
};
/** Enhanced RTMP: SoundFormat 9 says that a FourCC follows. */
const SOUND_FORMAT_ENHANCED = 9;

/** Reads AUDIODATA and AACAUDIODATA: Annex E.4.2. Never throws: what is cut short is 'nothing'. */
export function readAudioBody(body: Uint8Array): AudioBody {
  if (body.length < 2) return { kind: 'nothing' };
  const format = body[0]! >> 4;
  if (format === SOUND_FORMAT_ENHANCED) return readEnhanced(body);
  if (format !== SOUND_FORMAT_AAC) {
    return { kind: 'unsupported', codec: FORMAT_NAMES[format] ?? `FLV sound format ${format}` };
  }
  if (body.length <= AAC_HEAD_BYTES) return { kind: 'nothing' };
  const packetType = body[1]!;
  const data = body.subarray(AAC_HEAD_BYTES);
  if (packetType === 0) return { kind: 'config', data };
  if (packetType === 1) return { kind: 'frame', data };
  return { kind: 'nothing' };
}

/** Enhanced RTMP v2, AudioPacketType. */
const ENHANCED_MULTITRACK = 5;
const ENHANCED_MODIFIED = 7;

function readEnhanced(body: Uint8Array): AudioBody {
  const packetType = body[0]! & 0x0f;
  if (body.length < 5) return { kind: 'nothing' };
  if (packetType === ENHANCED_MULTITRACK) return { kind: 'nothing', isAdditional: true };
  if (packetType === ENHANCED_MODIFIED)
    return { kind: 'unsupported', codec: 'a codec with extensions of Enhanced RTMP' };
  return { kind: 'unsupported', codec: fourCcName(body, 1) };
}

/**
 * AUDIODATA for AAC is always marked 44 kHz, 16 bit, stereo; the truth is in the AudioSpecificConfig
 * (Annex E.4.2.1, note on SoundRate).
 */
const AAC_SOUND_BYTE = (SOUND_FORMAT_AAC << 4) | (3 << 2) | (1 << 1) | 1;

export const AAC_CONFIG_HEAD: Uint8Array = Uint8Array.of(AAC_SOUND_BYTE, 0);
export const AAC_FRAME_HEAD: Uint8Array = Uint8Array.of(AAC_SOUND_BYTE, 1);
