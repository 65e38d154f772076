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

/** A unit type's bit in {@link NalUnits.types}. */
export const nalBit = (type: number): number => 1 << type;

/**
 * NAL units kept of one frame. Encoders send a slice per row of macroblocks at the most (level 6.2: 528 rows) and some SEI;
 * a frame of more is rubbish, and this bounds what it can make us hold.
 */
export const MAX_NALS_PER_FRAME = 4096;

/** The NAL unit type of the unit that starts at `at`. */
export function nalType(payload: Uint8Array, at: number): number {
  return payload[at]! & 0x1f;
}

/**
 * The NAL units of a length-prefixed frame, as offsets. One object is used again for frame after frame, so that
 * a walk allocates nothing.
 */
export class NalUnits {
  #starts = new Uint32Array(64);
  #ends = new Uint32Array(64);
  #count = 0;
  #types = 0;

  /** Units found by the last {@link find}. */
  get count(): number {
    return this.#count;
  }

  /** Their types, a bit each: {@link nalBit}. */
  get types(): number {
    return this.#types;
  }

  /** Offset of a unit's header byte. */
  start(index: number): number {
    return this.#starts[index]!;
  }

  /** Offset after a unit's last byte. */
  end(index: number): number {
    return this.#ends[index]!;
  }

  /**
   * Finds the units of `payload`; empty ones are left out, and a start code that an encoder put after the length
   * prefix is not part of the unit. Returns false where the lengths do not cover the payload exactly (or there
   * are more than {@link MAX_NALS_PER_FRAME}); the whole units in front of that place are then there all the same.
   */
  find(payload: Uint8Array, lengthSize: number): boolean {
    this.#count = 0;
    this.#types = 0;
    let at = 0;
    while (at + lengthSize <= payload.length) {
      const start = at + lengthSize;
      const end = start + readLength(payload, at, lengthSize);
      if (end > payload.length || this.#count === MAX_NALS_PER_FRAME) return false;
      const header = afterStartCode(payload, start, end);
      if (header < end) {
        this.#add(header, end);
        this.#types |= nalBit(nalType(payload, header));
      }
      at = end;
    }
    return at === payload.length;
  }

  #add(start: number, end: number): void {
    if (this.#count === this.#starts.length) {
      this.#starts = grown(this.#starts);
      this.#ends = grown(this.#ends);
    }
    this.#starts[this.#count] = start;
    this.#ends[this.#count] = end;
    this.#count++;
  }
}

/** True if length prefixes of `lengthSize` bytes lead from unit to unit to exactly the payload's end, past one byte of media at least. */
export function coversExactly(payload: Uint8Array, lengthSize: number): boolean {
  let at = 0;
  let media = 0;
  while (at + lengthSize <= payload.length) {
    const length = readLength(payload, at, lengthSize);
    media += length;
    at += lengthSize + length;
  }
  return at === payload.length && media > 0;
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

/** True for a frame with a recovery point SEI: where a decoder can start in a stream of gradual refresh. */
export function hasRecoveryPoint(payload: Uint8Array, lengthSize: number): boolean {
  const units = new NalUnits();
  units.find(payload, lengthSize);
  return holdsRecoveryPoint(payload, units);
}

/** The same for units that have been found already. */
export function holdsRecoveryPoint(payload: Uint8Array, units: NalUnits): boolean {
  if ((units.types & nalBit(NAL.sei)) === 0) return false;
  for (let index = 0; index < units.count; index++) {
    const start = units.start(index);
    if (nalType(payload, start) !== NAL.sei) continue;
    if (isRecoveryPoint(payload.subarray(start, units.end(index)))) return true;
  }
  return false;
}

const START_CODE = Buffer.from([0, 0, 1]);

/**
 * Rewrites an Annex B byte stream (ITU-T H.264 §B.1) as NAL units with length prefixes of 4 bytes.
 * Returns undefined where the payload does not begin with a start code, or holds no unit.
 *
 * Ask {@link coversExactly} first: 00 00 01 xx is also the length of a perfectly good unit of 256 to 511 bytes.
 */
export function lengthPrefixedFromAnnexB(
  payload: Uint8Array,
  lengthSize: 1 | 2 | 4 = 4,
): Uint8Array | undefined {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const first = bytes.indexOf(START_CODE);
  if (first < 0 || !allZero(bytes, 0, first)) return undefined;
  const parts: Buffer[] = [];
  for (let at = first; at >= 0;) {
    const start = at + START_CODE.length;
    const next = bytes.indexOf(START_CODE, start);
    const unit = withoutTrailingZeros(bytes, start, next < 0 ? bytes.length : next);
    if (unit.length > 0) {
      if (parts.length >= 2 * MAX_NALS_PER_FRAME || unit.length >= 2 ** (8 * lengthSize)) return undefined;
      const prefix = Buffer.allocUnsafe(lengthSize);
      prefix.writeUIntBE(unit.length, 0, lengthSize);
      parts.push(prefix, unit);
    }
    at = next;
  }
  return parts.length > 0 ? Buffer.concat(parts) : undefined;
}

function readLength(payload: Uint8Array, at: number, lengthSize: number): number {
  let length = 0;
  for (let index = 0; index < lengthSize; index++) length = length * 256 + payload[at + index]!;
  return length;
}

/** Where the unit's header is, past a start code of 3 or 4 bytes if there is one. No unit has a header byte of 0. */
function afterStartCode(payload: Uint8Array, start: number, end: number): number {
  if (payload[start] !== 0 || start + 3 > end || payload[start + 1] !== 0) return start;
  if (payload[start + 2] === 1) return start + 3;
  return start + 4 <= end && payload[start + 2] === 0 && payload[start + 3] === 1 ? start + 4 : start;
}

function allZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}

function withoutTrailingZeros(bytes: Buffer, start: number, end: number): Buffer {
  while (end > start && bytes[end - 1] === 0) end--;
  return bytes.subarray(start, end);
}

function grown(offsets: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(offsets.length * 2);
  larger.set(offsets);
  return larger;
}
