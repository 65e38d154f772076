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
