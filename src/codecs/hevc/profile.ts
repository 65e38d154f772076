import type { BitReader } from '../../bytes/bit-reader.ts';

/** The general part of profile_tier_level, as a parameter set and a configuration record have it, 12 bytes. */
export interface HevcProfile {
  /** general_profile_space, 0 to 3. */
  readonly space: number;
  readonly highTier: boolean;
  /** general_profile_idc: 1 Main, 2 Main 10. */
  readonly profile: number;
  /** The 32 general_profile_compatibility_flags, the first one highest. */
  readonly compatibility: number;
  /** The 48 bits of progressive_source_flag and those after it. */
  readonly constraints: Uint8Array;
  /** general_level_idc: thirty times the level's number. */
  readonly level: number;
}

/** The first 12 bytes of profile_tier_level: ITU-T H.265 §7.3.3. */
export function readProfile(bits: BitReader): HevcProfile {
  const space = bits.bits(2);
  const highTier = bits.flag();
  const profile = bits.bits(5);
  const compatibility = bits.bits(32);
  const constraints = Uint8Array.from({ length: 6 }, () => bits.bits(8));
  return { space, highTier, profile, compatibility, constraints, level: bits.bits(8) };
}

/** What follows for each of the lower temporal layers; only its length matters. */
export function skipSubLayers(bits: BitReader, maxSubLayersMinus1: number): void {
  if (maxSubLayersMinus1 === 0) return;
  const flags: number[] = [];
  for (let layer = 0; layer < maxSubLayersMinus1; layer++) flags.push(bits.bits(2));
  bits.skip(2 * (8 - maxSubLayersMinus1)); //      reserved_zero_2bits
  for (const flag of flags) {
    if (flag & 2) bits.skip(88); //                sub_layer_profile_present_flag
    if (flag & 1) bits.skip(8); //                 sub_layer_level_present_flag
  }
}

/** ISO/IEC 14496-15 §E.3: `hvc1.1.6.L93.B0`. */
export function hevcCodecString(of: HevcProfile): string {
  const hex = (value: number): string => value.toString(16).toUpperCase();
  const space = of.space === 0 ? '' : String.fromCharCode(0x40 + of.space);
  let used = of.constraints.length;
  while (used > 0 && of.constraints[used - 1] === 0) used--;
  return [
    'hvc1',
    `${space}${of.profile}`,
    hex(reversed(of.compatibility)),
    `${of.highTier ? 'H' : 'L'}${of.level}`,
    ...Array.from(of.constraints.subarray(0, used), hex),
  ].join('.');
}

/** The 32 bits in reverse order, unsigned. */
function reversed(value: number): number {
  let result = 0;
  for (let bit = 0; bit < 32; bit++) result = (result << 1) | ((value >>> bit) & 1);
  return result >>> 0;
}
