import { readEnhancedAudio } from './enhanced-audio.ts';
import type { AudioBody, AudioPart } from './parts.ts';

/** SoundFormats: Annex E.4.2.1. */
export const SOUND_FORMAT_MP3 = 2;
export const SOUND_FORMAT_AAC = 10;
export const SOUND_FORMAT_MP3_8K = 14;
/** Enhanced RTMP: SoundFormat 9 says that a FourCC follows. */
export const SOUND_FORMAT_ENHANCED = 9;
/** Bytes in front of an AAC tag's data: AUDIODATA's first byte and AACPacketType. */
const AAC_HEAD_BYTES = 2;

const FORMAT_NAMES: Readonly<Record<number, string>> = {
  0: 'PCM (platform endian)',
  1: 'ADPCM',
  3: 'PCM',
  4: 'Nellymoser 16 kHz',
  5: 'Nellymoser 8 kHz',
  6: 'Nellymoser',
  7: 'G.711 A-law',
  8: 'G.711 mu-law',
  11: 'Speex',
  13: 'Opus without Enhanced RTMP',
};

const NOTHING: AudioPart = { kind: 'nothing' };

/** Reads AUDIODATA and AACAUDIODATA (Annex E.4.2), and Enhanced RTMP's. Never throws: what is cut short is 'nothing' or 'damaged'. */
export function readAudioBody(body: Uint8Array): AudioBody {
  if (body.length < 2) return NOTHING;
  const format = body[0]! >> 4;
  if (format === SOUND_FORMAT_AAC) return readAac(body);
  if (format === SOUND_FORMAT_ENHANCED) return readEnhancedAudio(body);
  // Rate and channels of the first byte say nothing that an MP3 frame does not say itself.
  if (format === SOUND_FORMAT_MP3 || format === SOUND_FORMAT_MP3_8K)
    return { kind: 'frame', codec: 'mp3', track: 0, nanos: 0, data: body.subarray(1) };
  return { kind: 'unsupported', codec: FORMAT_NAMES[format] ?? `FLV sound format ${format}`, track: 0 };
}

function readAac(body: Uint8Array): AudioPart {
  if (body.length <= AAC_HEAD_BYTES) return NOTHING;
  const packetType = body[1]!;
  const data = body.subarray(AAC_HEAD_BYTES);
  if (packetType === 0) return { kind: 'config', codec: 'aac', track: 0, data };
  if (packetType === 1) return { kind: 'frame', codec: 'aac', track: 0, nanos: 0, data };
  return NOTHING;
}

/**
 * AUDIODATA for AAC is always marked 44 kHz, 16 bit, stereo; the truth is in the AudioSpecificConfig
 * (Annex E.4.2.1, note on SoundRate).
 */
const AAC_SOUND_BYTE = (SOUND_FORMAT_AAC << 4) | (3 << 2) | (1 << 1) | 1;

export const AAC_CONFIG_HEAD: Uint8Array = Uint8Array.of(AAC_SOUND_BYTE, 0);
export const AAC_FRAME_HEAD: Uint8Array = Uint8Array.of(AAC_SOUND_BYTE, 1);
