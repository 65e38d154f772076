/** How a picture's numbers are to be shown. Code points: ISO/IEC 23091-2 (the same in ITU-T H.273). */
export interface Color {
  /** ColourPrimaries: 1 BT.709, 9 BT.2020, 12 Display P3; 2 unspecified. */
  readonly primaries: number;
  /** TransferCharacteristics: 1 BT.709, 16 PQ, 18 HLG; 2 unspecified. */
  readonly transfer: number;
  /** MatrixCoefficients: 1 BT.709, 9 BT.2020 non-constant luminance; 2 unspecified. */
  readonly matrix: number;
  /** The whole range of numbers is used (0 to 255 in 8 bits), not the one of television. */
  readonly fullRange: boolean;
  /** Bits per channel, where that is known. */
  readonly bitDepth?: number;
  /** SMPTE ST 2086: the display that the picture was made on. */
  readonly mastering?: MasteringDisplay;
  /** CTA-861.3, candela per square metre, whole: of the brightest pixel, and of the brightest frame's average. */
  readonly light?: { readonly maxCll: number; readonly maxFall: number };
}

export interface MasteringDisplay {
  /** CIE 1931 chromaticity of red, green, blue and white, each 0 to 1. */
  readonly red: Chromaticity;
  readonly green: Chromaticity;
  readonly blue: Chromaticity;
  readonly white: Chromaticity;
  /** Candela per square metre. */
  readonly maxLuminance: number;
  readonly minLuminance: number;
}

export interface Chromaticity {
  readonly x: number;
  readonly y: number;
}

/** The code point of what nobody has told, in all three tables. */
export const UNSPECIFIED = 2;

/** True if both say the same. */
export function isSameColor(one: Color | undefined, other: Color | undefined): boolean {
  if (one === other) return true;
  if (!one || !other) return false;
  return (
    one.primaries === other.primaries &&
    one.transfer === other.transfer &&
    one.matrix === other.matrix &&
    one.fullRange === other.fullRange &&
    one.bitDepth === other.bitDepth &&
    one.light?.maxCll === other.light?.maxCll &&
    one.light?.maxFall === other.light?.maxFall &&
    isSameDisplay(one.mastering, other.mastering)
  );
}

function isSameDisplay(one: MasteringDisplay | undefined, other: MasteringDisplay | undefined): boolean {
  if (!one || !other) return one === other;
  const isSamePoint = (name: 'red' | 'green' | 'blue' | 'white'): boolean =>
    one[name].x === other[name].x && one[name].y === other[name].y;
  return (
    isSamePoint('red') &&
    isSamePoint('green') &&
    isSamePoint('blue') &&
    isSamePoint('white') &&
    one.maxLuminance === other.maxLuminance &&
    one.minLuminance === other.minLuminance
  );
}

/**
 * What the publisher says of the colours in words of its own, where it does, and what the picture's bits say where it does
 * not. It can name no range.
 */
export function mergedColor(said: Color | undefined, own: Color | undefined): Color | undefined {
  if (!said || !own) return said ?? own;
  const known = (one: number, other: number): number => (one === UNSPECIFIED ? other : one);
  const bitDepth = own.bitDepth ?? said.bitDepth;
  const mastering = said.mastering ?? own.mastering;
  const light = said.light ?? own.light;
  return {
    primaries: known(said.primaries, own.primaries),
    transfer: known(said.transfer, own.transfer),
    matrix: known(said.matrix, own.matrix),
    fullRange: own.fullRange,
    ...(bitDepth === undefined ? {} : { bitDepth }),
    ...(mastering ? { mastering } : {}),
    ...(light ? { light } : {}),
  };
}
