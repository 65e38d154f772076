import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { makeWithFfmpeg } from './programs.ts';

/** Hashes of what a file holds, taken out of its container by ffmpeg: each slice NAL unit, each AAC frame. */
export interface Elementary {
  readonly slices: readonly string[];
  readonly aacFrames: readonly string[];
}

const hash = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

/** Parameter sets, SEI and delimiters may be placed differently by each container; slices may not be touched. */
export function elementaryOf(file: string): Elementary {
  const video = `${file}.h264`;
  const audio = `${file}.aac`;
  makeWithFfmpeg([
    '-i',
    file,
    '-map',
    '0:v',
    '-c',
    'copy',
    '-bsf:v',
    'h264_mp4toannexb,filter_units=pass_types=1-5',
    '-f',
    'h264',
    video,
  ]);
  makeWithFfmpeg(['-i', file, '-map', '0:a', '-c', 'copy', '-f', 'adts', audio]);
  return { slices: splitAnnexB(readFileSync(video)), aacFrames: splitAdts(readFileSync(audio)) };
}

function splitAnnexB(bytes: Buffer): string[] {
  const units: string[] = [];
  let start = -1;
  for (let at = bytes.indexOf('000001', 0, 'hex'); at >= 0; at = bytes.indexOf('000001', at + 3, 'hex')) {
    if (start >= 0) units.push(hash(withoutTrailingZeros(bytes.subarray(start, at))));
    start = at + 3;
  }
  if (start >= 0) units.push(hash(withoutTrailingZeros(bytes.subarray(start))));
  return units;
}

function withoutTrailingZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

function splitAdts(bytes: Buffer): string[] {
  const frames: string[] = [];
  for (let at = 0; at + 7 <= bytes.length;) {
    const length = (bytes.readUInt32BE(at + 2) >> 5) & 0x1fff;
    frames.push(hash(bytes.subarray(at + 7, at + length)));
    at += length;
  }
  return frames;
}

/** Where `part` stands in `whole` without a gap; -1 if it does not. */
export function offsetIn(whole: readonly string[], part: readonly string[]): number {
  const first = part[0];
  if (first === undefined) return -1;
  for (let at = whole.indexOf(first); at >= 0; at = whole.indexOf(first, at + 1)) {
    if (part.every((item, index) => whole[at + index] === item)) return at;
  }
  return -1;
}
