import { UNSPECIFIED } from '../../media/color.ts';
import type { VpLook } from './key-frame.ts';

/** The frame tag, and what a key frame has behind it. */
const TAG_SIZE = 3;
const KEY_HEAD_SIZE = 10;
const MAX_VERSION = 3;

const COLOR = {
  primaries: UNSPECIFIED,
  transfer: UNSPECIFIED,
  matrix: UNSPECIFIED,
  fullRange: false,
  bitDepth: 8,
} as const;

/** Looks at the beginning of a frame: RFC 6386 §9.1. Numbers are little-endian, sizes of 14 bits. */
export function lookAtVp8(frame: Uint8Array): VpLook {
  if (frame.length < TAG_SIZE) return 'foreign';
  const tag = frame[0]! | (frame[1]! << 8) | (frame[2]! << 16);
  const profile = (tag >> 1) & 7;
  const firstPartition = tag >> 5;
  if (profile > MAX_VERSION || firstPartition > frame.length - TAG_SIZE) return 'foreign';
  if (tag & 1) return 'other';
  if (frame.length < KEY_HEAD_SIZE) return 'foreign';
  if (frame[3] !== 0x9d || frame[4] !== 0x01 || frame[5] !== 0x2a) return 'foreign'; // start code
  const width = (frame[6]! | (frame[7]! << 8)) & 0x3fff;
  const height = (frame[8]! | (frame[9]! << 8)) & 0x3fff;
  if (width === 0 || height === 0) return 'foreign';
  return { profile, bitDepth: 8, chroma: 1, color: COLOR, width, height };
}
