import type { AudioCodec, VideoCodec } from './track.ts';

/** Codecs by the names that people know them by. */
export const CODEC_NAMES: Readonly<Record<VideoCodec | AudioCodec, string>> = {
  avc: 'H.264',
  hevc: 'HEVC',
  av1: 'AV1',
  vp9: 'VP9',
  vp8: 'VP8',
  aac: 'AAC',
  opus: 'Opus',
  flac: 'FLAC',
  ac3: 'AC-3',
  eac3: 'E-AC-3',
  mp3: 'MP3',
};
