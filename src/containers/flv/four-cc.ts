import type { AudioCodec, VideoCodec } from '../../media/track.ts';

/** Four characters as the number that they are on the wire, big-endian. */
const number = (name: string): number => Buffer.from(name, 'latin1').readUInt32BE(0);

/** Enhanced RTMP, VideoFourCc and AudioFourCc: as we write them. */
export const FOUR_CC: Readonly<Record<VideoCodec | AudioCodec, number>> = {
  avc: number('avc1'),
  hevc: number('hvc1'),
  av1: number('av01'),
  vp9: number('vp09'),
  vp8: number('vp08'),
  aac: number('mp4a'),
  opus: number('Opus'),
  flac: number('fLaC'),
  ac3: number('ac-3'),
  eac3: number('ec-3'),
  mp3: number('.mp3'),
};

const VIDEO: ReadonlyMap<number, VideoCodec> = new Map([
  [FOUR_CC.avc, 'avc'],
  [FOUR_CC.hevc, 'hevc'],
  [number('hev1'), 'hevc'], // the same with parameter sets in band, which the intake finds wherever they are
  [FOUR_CC.av1, 'av1'],
  [FOUR_CC.vp9, 'vp9'],
  [FOUR_CC.vp8, 'vp8'],
]);

const AUDIO: ReadonlyMap<number, AudioCodec> = new Map([
  [FOUR_CC.aac, 'aac'],
  [FOUR_CC.opus, 'opus'],
  [FOUR_CC.flac, 'flac'],
  [FOUR_CC.ac3, 'ac3'],
  [FOUR_CC.eac3, 'eac3'],
  [FOUR_CC.mp3, 'mp3'],
]);

/** Undefined for a FourCC that is not carried. */
export const videoCodecOf = (fourCc: number): VideoCodec | undefined => VIDEO.get(fourCc);
export const audioCodecOf = (fourCc: number): AudioCodec | undefined => AUDIO.get(fourCc);

/** Names that a FourCC alone does not tell. */
const NAMES: Readonly<Record<string, string>> = {
  avc1: 'H.264 (avc1)',
  hvc1: 'HEVC (hvc1)',
  hev1: 'HEVC (hev1)',
  vvc1: 'VVC (vvc1)',
  vp08: 'VP8 (vp08)',
  vp09: 'VP9 (vp09)',
  av01: 'AV1 (av01)',
  mp4a: 'AAC (mp4a)',
  '.mp3': 'MP3 (.mp3)',
  'ac-3': 'AC-3 (ac-3)',
  'ec-3': 'E-AC-3 (ec-3)',
  Opus: 'Opus',
  fLaC: 'FLAC (fLaC)',
};

/** A codec by its FourCC, for people: `HEVC (hvc1)`. */
export function fourCcName(fourCc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(fourCc);
  const text = bytes.toString('latin1').replace(/[^\x20-\x7e]/g, '?');
  return NAMES[text] ?? `"${text}" over Enhanced RTMP`;
}
