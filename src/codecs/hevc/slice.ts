import { BitReader } from '../../bytes/bit-reader.ts';
import { withoutEmulation } from '../nal/emulation.ts';
import { HEVC_HEADER_SIZE, hevcNalType, isIrap } from './nal.ts';

/** Enough for the fields below, each of 17 bits at the most that anybody uses, and emulation bytes. */
const HEAD_BYTES = 16;
/** slice_type: ITU-T H.265 Table 7-7. */
const SLICE_I = 2;

/** What a picture parameter set begins with: ITU-T H.265 §7.3.2.3.1. */
interface PpsHead {
  readonly id: number;
  /** The sequence parameter set it belongs to. */
  readonly sps: number;
  /** num_extra_slice_header_bits */
  readonly extraBits: number;
}

/** Reads it; undefined for a set cut short. */
export function readPpsHead(pps: Uint8Array): PpsHead | undefined {
  try {
    const bits = afterHeader(pps, 'picture parameter set');
    const id = bits.ue();
    const sps = bits.ue();
    bits.skip(2); //                               dependent slices, output_flag_present_flag
    return { id, sps, extraBits: bits.bits(3) };
  } catch {
    return undefined;
  }
}

/** The beginning of a slice segment header, as far as its picture parameter set's id: ITU-T H.265 §7.3.6.1. */
function readSlice(slice: Uint8Array): { isFirst: boolean; parameterSet: number; bits: BitReader } {
  const bits = afterHeader(slice, 'slice header');
  const isFirst = bits.flag(); //                  first_slice_segment_in_pic_flag
  if (isIrap(hevcNalType(slice, 0))) bits.skip(1); // no_output_of_prior_pics_flag
  return { isFirst, parameterSet: bits.ue(), bits };
}

/** The sequence parameter set that a slice's picture is coded by; undefined if it cannot be told. */
export function hevcSpsIdOf(slice: Uint8Array, allPps: readonly Uint8Array[]): number | undefined {
  try {
    return ppsOf(readSlice(slice).parameterSet, allPps)?.sps;
  } catch {
    return undefined;
  }
}

/** True for a picture's first slice, if it needs no other picture. */
export function isIntraSlice(slice: Uint8Array, allPps: readonly Uint8Array[]): boolean {
  try {
    const { isFirst, parameterSet, bits } = readSlice(slice);
    const pps = ppsOf(parameterSet, allPps);
    if (!isFirst || !pps) return false;
    bits.skip(pps.extraBits);
    return bits.ue() === SLICE_I;
  } catch {
    return false;
  }
}

function ppsOf(id: number, allPps: readonly Uint8Array[]): PpsHead | undefined {
  return allPps.map(readPpsHead).find((pps) => pps?.id === id);
}

function afterHeader(unit: Uint8Array, what: string): BitReader {
  return new BitReader(
    withoutEmulation(unit.subarray(HEVC_HEADER_SIZE, HEVC_HEADER_SIZE + HEAD_BYTES)),
    what,
  );
}
