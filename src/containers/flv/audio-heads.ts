import type { AudioCodec, AudioTrack } from '../../media/track.ts';
import {
  AAC_CONFIG_HEAD,
  AAC_FRAME_HEAD,
  SOUND_FORMAT_ENHANCED,
  SOUND_FORMAT_MP3,
  SOUND_FORMAT_MP3_8K,
} from './audio.ts';
import { PACKET } from './enhanced.ts';
import { FOUR_CC } from './four-cc.ts';

function enhanced(packetType: number, codec: AudioCodec, more: readonly number[] = []): Uint8Array {
  const head = Buffer.alloc(5 + more.length);
  head[0] = (SOUND_FORMAT_ENHANCED << 4) | packetType;
  head.writeUInt32BE(FOUR_CC[codec], 1);
  head.set(more, 5);
  return head;
}

const FRAME_HEADS: Readonly<Record<Exclude<AudioCodec, 'mp3'>, Uint8Array>> = {
  aac: AAC_FRAME_HEAD,
  opus: enhanced(PACKET.codedFrames, 'opus'),
  flac: enhanced(PACKET.codedFrames, 'flac'),
  ac3: enhanced(PACKET.codedFrames, 'ac3'),
  eac3: enhanced(PACKET.codedFrames, 'eac3'),
};

/** The stream's mark, and the header of a last metadata block of 34 bytes, STREAMINFO: RFC 9639 §8.1, §8.2. */
export const FLAC_FRONT: readonly number[] = [...Buffer.from('fLaC'), 0x80, 0, 0, 34];

const CONFIGURATION_HEADS: Readonly<Partial<Record<AudioCodec, Uint8Array>>> = {
  aac: AAC_CONFIG_HEAD,
  opus: enhanced(PACKET.sequenceStart, 'opus'),
  flac: enhanced(PACKET.sequenceStart, 'flac', FLAC_FRONT),
};

/** Scratch: the caller copies it at once. */
const mp3 = new Uint8Array(1);

/** The head of a frame: AUDIODATA's, or ExAudioTagHeader. */
export function audioFrameHead(track: AudioTrack): Uint8Array {
  if (track.codec !== 'mp3') return FRAME_HEADS[track.codec];
  mp3[0] = mp3SoundByte(track);
  return mp3;
}

/** AC-3, E-AC-3 and MP3 have none: each frame tells. */
export function audioConfigurationHead({ codec }: AudioTrack): Uint8Array | undefined {
  return CONFIGURATION_HEADS[codec];
}

/** SoundRate has 44, 22 and 11 kHz, which also stand for 48, 24 and 12: Annex E.4.2.1. 16 bits. */
function mp3SoundByte({ sampleRate, channels }: AudioTrack): number {
  const format = sampleRate === 8000 ? SOUND_FORMAT_MP3_8K : SOUND_FORMAT_MP3;
  const rate = sampleRate >= 32_000 ? 3 : sampleRate >= 16_000 ? 2 : 1;
  return (format << 4) | (rate << 2) | (1 << 1) | (channels > 1 ? 1 : 0);
}
