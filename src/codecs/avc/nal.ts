import { afterStartCode, nalBit, readLength, type NalUnits } from '../nal/units.ts';
import { isRecoveryPoint } from './sei.ts';

/** NAL unit types: ITU-T H.264 Table 7-1. */
export const NAL = {
  slice: 1,
  slicePartitionA: 2,
  idrSlice: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  accessUnitDelimiter: 9,
  endOfSequence: 10,
  endOfStream: 11,
  filler: 12,
  spsExtension: 13,
  auxiliarySlice: 19,
} as const;

/** The NAL unit type of the unit that starts at `at`. */
export function nalType(payload: Uint8Array, at: number): number {
  return payload[at]! & 0x1f;
}

/** True for a frame with an IDR slice. */
export function hasIdr(payload: Uint8Array, lengthSize: number): boolean {
  let at = 0;
  while (at + lengthSize < payload.length) {
    const end = at + lengthSize + readLength(payload, at, lengthSize);
    if (end > payload.length) return false;
    const start = afterStartCode(payload, at + lengthSize, end);
    if (start < end && nalType(payload, start) === NAL.idrSlice) return true;
    at = end;
  }
  return false;
}

/** True for a frame, of these units, with a recovery point SEI: where a decoder can start in a stream of gradual refresh. */
export function holdsRecoveryPoint(payload: Uint8Array, units: NalUnits): boolean {
  if ((units.types & nalBit(NAL.sei)) === 0) return false;
  for (let index = 0; index < units.count; index++) {
    const start = units.start(index);
    if (nalType(payload, start) !== NAL.sei) continue;
    if (isRecoveryPoint(payload.subarray(start, units.end(index)))) return true;
  }
  return false;
}
