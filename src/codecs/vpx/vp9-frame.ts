import { BitReader } from '../../bytes/bit-reader.ts';
import { UNSPECIFIED } from '../../media/color.ts';
import type { VpKeyFrame, VpLook } from './key-frame.ts';

const FRAME_MARKER = 2;
const SYNC_CODE = 0x498342;
const COLOR_RGB = 7;

/** color_space to primaries, transfer and matrix: VP9 §7.2.2; of BT.2020 the transfer is not told. */
const COLOR_SPACES: readonly (readonly [number, number, number])[] = [
  [UNSPECIFIED, UNSPECIFIED, UNSPECIFIED],
  [5, 6, 5], //                                    BT.601
  [1, 1, 1], //                                    BT.709
  [6, 6, 6], //                                    SMPTE 170M
  [7, 7, 7], //                                    SMPTE 240M
  [9, UNSPECIFIED, 9], //                          BT.2020
  [UNSPECIFIED, UNSPECIFIED, UNSPECIFIED],
  [1, 13, 0], //                                   sRGB
];

/** Looks at the beginning of a frame, or of the first one of a superframe: uncompressed_header(), VP9 §6.2. */
export function lookAtVp9(frame: Uint8Array): VpLook {
  try {
    const bits = new BitReader(frame, 'VP9 frame');
    if (bits.bits(2) !== FRAME_MARKER) return 'foreign';
    const profile = bits.bits(1) + 2 * bits.bits(1);
    if (profile === 3 && bits.flag()) return 'foreign'; // reserved_zero
    if (bits.flag()) return 'other'; //            show_existing_frame
    if (bits.flag()) return 'other'; //            frame_type: 0 is a key frame
    bits.skip(2); //                               show_frame, error_resilient_mode
    if (bits.bits(24) !== SYNC_CODE) return 'foreign';
    return readKeyFrame(bits, profile) ?? 'foreign';
  } catch {
    return 'foreign';
  }
}

/** color_config and frame_size: VP9 §6.2.2, §6.2.3. */
function readKeyFrame(bits: BitReader, profile: number): VpKeyFrame | undefined {
  const bitDepth = profile < 2 ? 8 : bits.flag() ? 12 : 10;
  const space = bits.bits(3);
  const [primaries, transfer, matrix] = COLOR_SPACES[space]!;
  const isRgb = space === COLOR_RGB;
  const fullRange = isRgb || bits.flag();
  const isOdd = (profile & 1) === 1;
  if (isRgb && !isOdd) return undefined;
  let chroma = 1;
  if (isOdd) {
    const [x, y] = isRgb ? [false, false] : [bits.flag(), bits.flag()];
    bits.skip(1); //                               reserved_zero
    chroma = x ? (y ? 1 : 2) : 3;
  }
  const width = bits.bits(16) + 1;
  const height = bits.bits(16) + 1;
  const color = { primaries, transfer, matrix, fullRange, bitDepth };
  return { profile, bitDepth, chroma, color, width, height };
}
