import { CODEC_NAMES } from '../../src/media/codec-names.ts';

export type Family = keyof typeof CODEC_NAMES;

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
  return family === undefined ? codec : CODEC_NAMES[family];
}

/** A codec string as browsers want it: ISO/IEC 14496-12 has capitals where Media Source Extensions have none. */
export function forBrowser(codec: string): string {
  const family = familyOf(codec);
  return family === 'opus' || family === 'flac' ? family : codec;
}

/** Media types to ask about, any of which will do: in MP4. */
export function mp4Types(kind: 'video' | 'audio', codec: string): readonly string[] {
  const own = `${kind}/mp4; codecs="${forBrowser(codec)}"`;
  return familyOf(codec) === 'mp3' ? [own, 'audio/mp4; codecs="mp3"'] : [own];
}

/** The same in whatever form an engine can make of it: some browsers know MP3 only outside of MP4. */
export function mediaTypes(kind: 'video' | 'audio', codec: string): readonly string[] {
  return familyOf(codec) === 'mp3' ? [...mp4Types(kind, codec), BARE_MP3] : mp4Types(kind, codec);
}

/** Frames of MP3 and nothing else. */
export const BARE_MP3 = 'audio/mpeg';

/** MPEG-TS, as HLS has it, carries it. */
export function isInTs(codec: string): boolean {
  const family = familyOf(codec);
  return family !== undefined && IN_TS.has(family);
}
const IN_TS: ReadonlySet<Family> = new Set(['avc', 'hevc', 'aac', 'mp3', 'ac3', 'eac3']);

/**
 * mpegts.js plays it out of FLV. It knows neither VP9 nor FLAC as Enhanced RTMP has it (`fLaC` and a whole STREAMINFO block), and
 * fails at the frame headers of some encoders' AV1.
 */
export function isForMpegts(codec: string): boolean {
  const family = familyOf(codec);
  return family === undefined || FOR_MPEGTS.has(family);
}
const FOR_MPEGTS: ReadonlySet<Family> = new Set(['avc', 'hevc', 'aac', 'mp3', 'opus']);

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
