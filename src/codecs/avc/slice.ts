import { BitReader } from '../../bytes/bit-reader.ts';
import { parameterSetId } from './parameter-sets.ts';
import { withoutEmulation } from '../nal/emulation.ts';

/** first_mb_in_slice, slice_type and pic_parameter_set_id, each of 17 bits at the most that anybody uses, and emulation bytes. */
const HEAD_BYTES = 12;

/** The beginning of a slice header: ITU-T H.264 §7.3.3. */
interface SliceHead {
  /** Of macroblocks that need no other picture: slice_type 2 or 7. */
  readonly isIntra: boolean;
  readonly parameterSet: number;
}

/** Reads what stands first in a slice; undefined for a slice cut short. */
export function readSliceHead(unit: Uint8Array): SliceHead | undefined {
  try {
    const bits = new BitReader(withoutEmulation(unit.subarray(1, HEAD_BYTES)), 'slice header');
    bits.ue(); //                                  first_mb_in_slice
    const type = bits.ue(); //                     slice_type
    return { isIntra: type % 5 === 2, parameterSet: bits.ue() };
  } catch {
    return undefined;
  }
}

/** Which of the sequence parameter sets a picture parameter set belongs to: ITU-T H.264 §7.3.2.2. */
export function sequenceSetOf(pps: Uint8Array): number | undefined {
  try {
    const bits = new BitReader(withoutEmulation(pps.subarray(1, HEAD_BYTES)), 'picture parameter set');
    bits.ue(); //                                  pic_parameter_set_id
    return bits.ue(); //                           seq_parameter_set_id
  } catch {
    return undefined;
  }
}

/** The sequence parameter set that a slice's picture is coded by; undefined if it cannot be told. */
export function activeSps(
  unit: Uint8Array,
  sets: { readonly sps: readonly Uint8Array[]; readonly pps: readonly Uint8Array[] },
): Uint8Array | undefined {
  const ppsId = readSliceHead(unit)?.parameterSet;
  const pps = ppsId === undefined ? undefined : sets.pps.find((set) => parameterSetId(set) === ppsId);
  const spsId = pps && sequenceSetOf(pps);
  return spsId === undefined ? undefined : sets.sps.find((set) => parameterSetId(set) === spsId);
}
