import { ByteReader } from '../../bytes/byte-reader.ts';
import type { Chromaticity, Color, MasteringDisplay } from '../../media/color.ts';

/** SEI payloadTypes: ITU-T H.265 §D.2.1; the same in H.264. */
export const SEI_MASTERING_DISPLAY = 137;
export const SEI_LIGHT_LEVEL = 144;

/** Chromaticity in steps of 0.00002, luminance in steps of 0.0001 candela per square metre: ITU-T H.265 §D.3.28. */
const CHROMATICITY_STEPS = 50_000;
const LUMINANCE_STEPS = 10_000;

/** mastering_display_colour_volume, 24 bytes: green, blue, red, white. Undefined if it is cut short. */
export function readMasteringDisplay(message: Uint8Array): MasteringDisplay | undefined {
  if (message.length < 24) return undefined;
  const reader = new ByteReader(message, 'mastering display');
  const point = (): Chromaticity => ({
    x: reader.u16() / CHROMATICITY_STEPS,
    y: reader.u16() / CHROMATICITY_STEPS,
  });
  const [green, blue, red, white] = [point(), point(), point(), point()];
  const maxLuminance = reader.u32() / LUMINANCE_STEPS;
  const minLuminance = reader.u32() / LUMINANCE_STEPS;
  return { red, green, blue, white, maxLuminance, minLuminance };
}

/** content_light_level_info, 4 bytes: ITU-T H.265 §D.3.35. */
export function readLightLevel(message: Uint8Array): Color['light'] {
  if (message.length < 4) return undefined;
  const reader = new ByteReader(message, 'light level');
  return { maxCll: reader.u16(), maxFall: reader.u16() };
}
