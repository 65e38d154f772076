import { ByteReader } from '../../bytes/byte-reader.ts';
import type { BitReader } from '../../bytes/bit-reader.ts';
import { UNSPECIFIED, type Chromaticity, type Color } from '../../media/color.ts';

/** color_config of a sequence header: AV1 §5.5.2. */
export interface Av1Color {
  readonly bitDepth: 8 | 10 | 12;
  readonly monochrome: boolean;
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly fullRange: boolean;
  readonly subsamplingX: boolean;
  readonly subsamplingY: boolean;
  /** chroma_sample_position: 0 not known, 1 vertical, 2 colocated. */
  readonly samplePosition: number;
}

/** Code points of sRGB, which needs no more words. */
const PRIMARIES_BT709 = 1;
const TRANSFER_SRGB = 13;
const MATRIX_IDENTITY = 0;

export function readAv1Color(bits: BitReader, profile: number): Av1Color {
  const isHigh = bits.flag(); //                   high_bitdepth
  const bitDepth = profile === 2 && isHigh && bits.flag() ? 12 : isHigh ? 10 : 8;
  const monochrome = profile !== 1 && bits.flag();
  const [primaries, transfer, matrix] = bits.flag() // color_description_present_flag
    ? [bits.bits(8), bits.bits(8), bits.bits(8)]
    : [UNSPECIFIED, UNSPECIFIED, UNSPECIFIED];
  const known = { bitDepth, monochrome, primaries, transfer, matrix } as const;
  if (monochrome)
    return { ...known, fullRange: bits.flag(), subsamplingX: true, subsamplingY: true, samplePosition: 0 };
  if (primaries === PRIMARIES_BT709 && transfer === TRANSFER_SRGB && matrix === MATRIX_IDENTITY)
    return { ...known, fullRange: true, subsamplingX: false, subsamplingY: false, samplePosition: 0 };
  const fullRange = bits.flag();
  const [subsamplingX, subsamplingY] = readSubsampling(bits, profile, bitDepth);
  const samplePosition = subsamplingX && subsamplingY ? bits.bits(2) : 0;
  return { ...known, fullRange, subsamplingX, subsamplingY, samplePosition };
}

function readSubsampling(bits: BitReader, profile: number, bitDepth: number): [boolean, boolean] {
  if (profile === 0) return [true, true];
  if (profile === 1) return [false, false];
  if (bitDepth !== 12) return [true, false];
  const x = bits.flag();
  return [x, x && bits.flag()];
}

/** metadata_type: AV1 §6.7.1. */
export const METADATA_LIGHT_LEVEL = 1;
export const METADATA_MASTERING_DISPLAY = 2;

/** metadata_hdr_cll: AV1 §5.8.3. Undefined if it is cut short. */
export function readAv1LightLevel(data: Uint8Array): Color['light'] {
  if (data.length < 4) return undefined;
  const reader = new ByteReader(data, 'light level');
  return { maxCll: reader.u16(), maxFall: reader.u16() };
}

/** metadata_hdr_mdcv: AV1 §5.8.4; numbers of 16, 24.8 and 18.14 bits. Red, green, blue, white. */
export function readAv1MasteringDisplay(data: Uint8Array): Color['mastering'] {
  if (data.length < 24) return undefined;
  const reader = new ByteReader(data, 'mastering display');
  const point = (): Chromaticity => ({ x: reader.u16() / 2 ** 16, y: reader.u16() / 2 ** 16 });
  const [red, green, blue, white] = [point(), point(), point(), point()];
  return {
    red,
    green,
    blue,
    white,
    maxLuminance: reader.u32() / 2 ** 8,
    minLuminance: reader.u32() / 2 ** 14,
  };
}
