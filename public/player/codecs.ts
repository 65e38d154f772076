import type { Engine } from './engines.ts';

/** Codecs by the name that people know them by. */
const NAMES = {
  avc: 'H.264',
  hevc: 'HEVC',
  av1: 'AV1',
  vp9: 'VP9',
  vp8: 'VP8',
  aac: 'AAC',
  mp3: 'MP3',
  opus: 'Opus',
  flac: 'FLAC',
  ac3: 'AC-3',
  eac3: 'E-AC-3',
} as const;
export type Family = keyof typeof NAMES;

/** The first part of a codec string (RFC 6381), in small letters. */
const FAMILIES: Readonly<Record<string, Family>> = {
  avc1: 'avc',
  avc3: 'avc',
  hvc1: 'hevc',
  hev1: 'hevc',
  av01: 'av1',
  vp09: 'vp9',
  vp9: 'vp9',
  vp08: 'vp8',
  vp8: 'vp8',
  mp4a: 'aac',
  mp3: 'mp3',
  opus: 'opus',
  flac: 'flac',
  'ac-3': 'ac3',
  'ec-3': 'eac3',
};

/** MP3 as MP4 knows it: MPEG-4 object types 0x69 and 0x6B, and audio object type 34. */
const MP3_IN_MP4 = /^mp4a\.(6b|69|40\.34)$/i;

/** Undefined: a codec that this page has never heard of. */
export function familyOf(codec: string): Family | undefined {
  if (MP3_IN_MP4.test(codec)) return 'mp3';
  return FAMILIES[codec.split('.')[0]?.toLowerCase() ?? ''];
}

export function nameOf(codec: string): string {
  const family = familyOf(codec);
  return family === undefined ? codec : NAMES[family];
}

/**
 * What mpegts.js takes out of FLV. Not FLAC: 1.8.2 makes a box that no browser reads of a sequence header as Enhanced RTMP
 * has it, `fLaC` and a whole STREAMINFO block.
 */
const OUT_OF_FLV: ReadonlySet<Family> = new Set(['avc', 'hevc', 'av1', 'aac', 'mp3', 'opus']);

/** Whether an engine's way brings a codec to the browser. Of one that nobody knows the browser is asked alone. */
export function brings(engine: Engine, codec: string): boolean {
  if (engine === 'hls' || engine === 'native') return true;
  const family = familyOf(codec);
  return family === undefined || OUT_OF_FLV.has(family);
}

/** A codec string as browsers want it: ISO/IEC 14496-12 has capitals where Media Source Extensions have none. */
export function forBrowser(codec: string): string {
  const family = familyOf(codec);
  return family === 'opus' || family === 'flac' ? family : codec;
}

/** Media types to ask about, any of which will do. Some browsers know MP3 only outside of MP4. */
export function mediaTypes(kind: 'video' | 'audio', codec: string): readonly string[] {
  const inMp4 = `${kind}/mp4; codecs="${forBrowser(codec)}"`;
  return familyOf(codec) === 'mp3' ? [inMp4, 'audio/mp4; codecs="mp3"', 'audio/mpeg'] : [inMp4];
}

const SAFARI_HAS_IT = 'Safari and most televisions can.';
/** Who plays a codec, for viewers whose browser does not. */
const WHO_CAN: Readonly<Partial<Record<Family, string>>> = {
  avc: 'Chrome, Edge and Safari can.',
  hevc: 'Safari can; Chrome and Edge can where the graphics card decodes it.',
  av1: 'Chrome, Edge and Firefox can; Safari can on newer devices.',
  vp9: 'Chrome, Edge and Firefox can.',
  vp8: 'Chrome, Edge and Firefox can.',
  aac: 'Chrome, Edge and Safari can.',
  ac3: SAFARI_HAS_IT,
  eac3: SAFARI_HAS_IT,
};

export function whoCan(codec: string): string {
  return WHO_CAN[familyOf(codec) ?? 'avc'] ?? 'Another browser may.';
}
