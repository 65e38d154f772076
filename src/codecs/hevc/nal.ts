import { NalUnits } from '../nal/units.ts';
import { seiMessage } from '../nal/sei.ts';

/** NAL unit types: ITU-T H.265 Table 7-1. */
export const HEVC_NAL = {
  /** RASL_N and RASL_R: pictures that lean on what was before the IRAP picture they lead up to. */
  raslN: 8,
  raslR: 9,
  /** The first of BLA_W_LP, BLA_W_RADL and BLA_N_LP. */
  bla: 16,
  blaLast: 18,
  idrWithRadl: 19,
  idr: 20,
  cra: 21,
  /** The last of the intra random access point types, two of them reserved. */
  irapLast: 23,
  /** The last of the types that are slices. */
  sliceLast: 31,
  vps: 32,
  sps: 33,
  pps: 34,
  accessUnitDelimiter: 35,
  endOfSequence: 36,
  endOfBitstream: 37,
  filler: 38,
  prefixSei: 39,
  suffixSei: 40,
} as const;

/** Bytes of a NAL unit's header: ITU-T H.265 §7.3.1.2. */
export const HEVC_HEADER_SIZE = 2;

/** SEI payloadTypes: ITU-T H.265 §D.2.1. */
const RECOVERY_POINT = 6;

/** A walk over HEVC's units. */
export const hevcUnits = (): NalUnits => new NalUnits(1, 0x3f);

/** The type of the unit whose header starts at `at`. */
export function hevcNalType(payload: Uint8Array, at: number): number {
  return (payload[at]! >> 1) & 0x3f;
}

/** True for a unit of the base layer, which is the only one that players decode: nuh_layer_id is 0. */
export function isBaseLayer(payload: Uint8Array, at: number): boolean {
  return (payload[at]! & 1) === 0 && (payload[at + 1] ?? 0) >> 3 === 0;
}

/** True for a slice of a picture that a decoder can start at: IDR, BLA or CRA. */
export function isIrap(type: number): boolean {
  return type >= HEVC_NAL.bla && type <= HEVC_NAL.irapLast;
}

/** True for the two types of pictures that cannot be decoded by who starts at the IRAP picture before them. */
export function isRasl(type: number): boolean {
  return type === HEVC_NAL.raslN || type === HEVC_NAL.raslR;
}

/** The first slice of the base layer, as a view; undefined if there is none. */
export function firstHevcSlice(payload: Uint8Array, units: NalUnits): Uint8Array | undefined {
  for (let index = 0; index < units.count; index++) {
    const start = units.start(index);
    if (hevcNalType(payload, start) <= HEVC_NAL.sliceLast && isBaseLayer(payload, start))
      return payload.subarray(start, units.end(index));
  }
  return undefined;
}

/** What the first SEI message of this type says among a frame's units. */
export function seiInFrame(payload: Uint8Array, units: NalUnits, wanted: number): Uint8Array | undefined {
  for (let index = 0; index < units.count; index++) {
    const start = units.start(index);
    if (hevcNalType(payload, start) !== HEVC_NAL.prefixSei) continue;
    const message = seiMessage(payload.subarray(start, units.end(index)), HEVC_HEADER_SIZE, wanted);
    if (message) return message;
  }
  return undefined;
}

/** True for a frame with a recovery point among its SEI messages. */
export function holdsHevcRecoveryPoint(payload: Uint8Array, units: NalUnits): boolean {
  return seiInFrame(payload, units, RECOVERY_POINT) !== undefined;
}
