import { CodecError } from '../codec-error.ts';
import { avcCodecString, type AvcConfig } from './config.ts';
import { NAL, nalBit, nalType, type NalUnits } from './nal.ts';
import { MAX_SET_BYTES, MAX_SETS, parameterSetId } from './parameter-sets.ts';
import { activeSps } from './slice.ts';

const SET_BITS = nalBit(NAL.sps) | nalBit(NAL.pps);

/** The parameter sets among a frame's units, as views, in their order. */
export function setsInBand(payload: Uint8Array, units: NalUnits): readonly Uint8Array[] {
  const sets: Uint8Array[] = [];
  if ((units.types & SET_BITS) === 0) return sets;
  for (let index = 0; index < units.count && sets.length < 2 * MAX_SETS; index++) {
    const start = units.start(index);
    if (nalBit(nalType(payload, start)) & SET_BITS) sets.push(payload.subarray(start, units.end(index)));
  }
  return sets;
}

/** The frame's first slice of an IDR picture, or of any. */
export function firstSlice(payload: Uint8Array, units: NalUnits): Uint8Array | undefined {
  for (let index = 0; index < units.count; index++) {
    const type = nalType(payload, units.start(index));
    if (type === NAL.idrSlice || type === NAL.slice || type === NAL.slicePartitionA)
      return payload.subarray(units.start(index), units.end(index));
  }
  return undefined;
}

/**
 * The configuration in force where a picture comes with `sets` in front of it: `base` itself (undefined: none yet) if
 * they say nothing new. New sets are copied.
 *
 * @param slice a slice of the picture: the sequence parameter set it uses is put first, the others may be leftovers
 */
export function withInBand(
  base: AvcConfig | undefined,
  sets: readonly Uint8Array[],
  slice: Uint8Array | undefined,
): AvcConfig | undefined {
  const merged = sets.every((set) => base && knows(base, set)) ? base : merge(base, sets);
  if (!merged || !slice || merged.sps.length === 1) return merged;
  const active = activeSps(slice, merged);
  if (!active || active === merged.sps[0]) return merged;
  return configOf(merged.nalLengthSize, [active, ...merged.sps.filter((set) => set !== active)], merged.pps);
}

/**
 * True if every set of `header` is in force already: records that differ in their order, in sets left out or in the
 * extension of the High profiles say the same to a decoder.
 */
export function saysNothingNew(header: AvcConfig, inForce: AvcConfig): boolean {
  return (
    header.nalLengthSize === inForce.nalLengthSize &&
    [...header.sps, ...header.pps].every((set) => knows(inForce, set))
  );
}

/** True if a decoder cannot tell the two apart. */
export function isSameConfig(one: AvcConfig, other: AvcConfig): boolean {
  return (
    one === other ||
    (saysNothingNew(one, other) && saysNothingNew(other, one) && isSame(one.sps[0]!, other.sps[0]!))
  );
}

function merge(base: AvcConfig | undefined, sets: readonly Uint8Array[]): AvcConfig | undefined {
  const sps = sets.filter((set) => nalType(set, 0) === NAL.sps);
  const pps = sets.filter((set) => nalType(set, 0) === NAL.pps);
  // With a new sequence parameter set the picture parameter sets of the old one are void: ITU-T H.264 §7.4.1.2.1.
  const isWhole = sps.some((set) => !base || !knows(base, set)) && pps.length > 0;
  const from = isWhole ? undefined : base;
  const allSps = byId(from?.sps ?? [], sps);
  const allPps = byId(from?.pps ?? [], pps);
  if (allSps.length === 0) return base;
  return configOf(base?.nalLengthSize ?? 4, allSps, allPps);
}

/** Later ones take the place of earlier ones with their id. */
function byId(old: readonly Uint8Array[], later: readonly Uint8Array[]): Uint8Array[] {
  const sets = new Map<number, Uint8Array>();
  for (const set of [...old, ...later]) {
    const id = parameterSetId(set);
    if (id === undefined || set.length > MAX_SET_BYTES) continue;
    if (sets.has(id) || sets.size < MAX_SETS) sets.set(id, Uint8Array.from(set));
  }
  return [...sets.values()];
}

function configOf(
  nalLengthSize: 1 | 2 | 4,
  sps: readonly Uint8Array[],
  pps: readonly Uint8Array[],
): AvcConfig {
  const [, profile, compatibility, level] = sps[0]!;
  if (profile === undefined || compatibility === undefined || level === undefined)
    throw new CodecError('AVC_SPS', 'a sequence parameter set of less than 4 bytes');
  const codecString = avcCodecString(profile, compatibility, level);
  return { profile, compatibility, level, nalLengthSize, sps, pps, codecString };
}

function knows(config: AvcConfig, set: Uint8Array): boolean {
  const sets = nalType(set, 0) === NAL.sps ? config.sps : config.pps;
  return sets.some((known) => isSame(known, set));
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one === other || Buffer.compare(one, other) === 0;
}
