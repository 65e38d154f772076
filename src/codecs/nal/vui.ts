import type { BitReader } from '../../bytes/bit-reader.ts';
import { UNSPECIFIED, type Color } from '../../media/color.ts';

/** aspect_ratio_idc 1 to 16: ITU-T H.264 Table E-1, H.265 Table E.1. */
const PIXEL_ASPECTS = [
  1,
  12 / 11,
  10 / 11,
  16 / 11,
  40 / 33,
  24 / 11,
  20 / 11,
  32 / 11,
  80 / 33,
  18 / 11,
  15 / 11,
  64 / 33,
  160 / 99,
  4 / 3,
  3 / 2,
  2,
];
const EXTENDED_ASPECT = 255;

/** What a VUI begins with in AVC and HEVC alike: aspect_ratio_info. Width over height of a pixel, where it is named. */
export function pixelAspect(bits: BitReader): number | undefined {
  if (!bits.flag()) return undefined;
  const index = bits.bits(8);
  if (index !== EXTENDED_ASPECT) return PIXEL_ASPECTS[index - 1];
  const width = bits.bits(16);
  const height = bits.bits(16);
  return width > 0 && height > 0 ? width / height : undefined;
}

/** What comes next: overscan_info and video_signal_type. */
export function readSignal(bits: BitReader): Color | undefined {
  if (bits.flag()) bits.skip(1); //                overscan_info_present_flag, overscan_appropriate_flag
  if (!bits.flag()) return undefined; //           video_signal_type_present_flag
  bits.skip(3); //                                 video_format
  const fullRange = bits.flag();
  const isDescribed = bits.flag(); //              colour_description_present_flag
  if (!isDescribed)
    return fullRange
      ? { primaries: UNSPECIFIED, transfer: UNSPECIFIED, matrix: UNSPECIFIED, fullRange }
      : undefined;
  return { primaries: bits.bits(8), transfer: bits.bits(8), matrix: bits.bits(8), fullRange };
}
