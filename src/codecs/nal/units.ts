/** A unit type's bit in {@link NalUnits.types}, or, from 32 on, in {@link NalUnits.laterTypes}. */
export const nalBit = (type: number): number => 1 << type;

/**
 * NAL units kept of one frame. Encoders send a slice per row of macroblocks at the most (level 6.2: 528 rows) and some SEI;
 * a frame of more is rubbish, and this bounds what it can make us hold.
 */
export const MAX_NALS_PER_FRAME = 4096;

/**
 * The NAL units of a length-prefixed frame, as offsets. One object is used again for frame after frame, so that
 * a walk allocates nothing.
 */
export class NalUnits {
  #starts = new Uint32Array(64);
  #ends = new Uint32Array(64);
  #count = 0;
  #types = 0;
  #laterTypes = 0;
  readonly #shift: number;
  readonly #mask: number;

  /** @param shift bits below the type in a unit's first byte: 0 in AVC, 1 in HEVC; @param mask the type's bits: 0x1f, 0x3f */
  constructor(shift = 0, mask = 0x1f) {
    this.#shift = shift;
    this.#mask = mask;
  }

  /** Units found by the last {@link find}. */
  get count(): number {
    return this.#count;
  }

  /** Their types below 32, a bit each: {@link nalBit}. */
  get types(): number {
    return this.#types;
  }

  /** Those from 32 on, which only HEVC has: {@link nalBit}. */
  get laterTypes(): number {
    return this.#laterTypes;
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
    this.#laterTypes = 0;
    let at = 0;
    while (at + lengthSize <= payload.length) {
      const start = at + lengthSize;
      const end = start + readLength(payload, at, lengthSize);
      if (end > payload.length || this.#count === MAX_NALS_PER_FRAME) return false;
      const header = afterStartCode(payload, start, end);
      if (header < end) {
        this.#add(header, end);
        const type = (payload[header]! >> this.#shift) & this.#mask;
        if (type < 32) this.#types |= nalBit(type);
        else this.#laterTypes |= nalBit(type);
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

/** A length prefix of `lengthSize` bytes, which must be there. */
export function readLength(payload: Uint8Array, at: number, lengthSize: number): number {
  let length = 0;
  for (let index = 0; index < lengthSize; index++) length = length * 256 + payload[at + index]!;
  return length;
}

/**
 * Where the unit's header is, past a start code of 3 or 4 bytes if there is one. No unit begins with two
 * bytes of 0: in AVC the first is none, in HEVC the second.
 */
export function afterStartCode(payload: Uint8Array, start: number, end: number): number {
  if (payload[start] !== 0 || start + 3 > end || payload[start + 1] !== 0) return start;
  if (payload[start + 2] === 1) return start + 3;
  return start + 4 <= end && payload[start + 2] === 0 && payload[start + 3] === 1 ? start + 4 : start;
}

function grown(offsets: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(offsets.length * 2);
  larger.set(offsets);
  return larger;
}
