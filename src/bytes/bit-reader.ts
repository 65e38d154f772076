import { TruncatedError } from './byte-reader.ts';

/**
 * Reads bit fields, most significant bit first, and the Exp-Golomb codes of ITU-T H.264 §9.1.
 *
 * Reading past the end throws {@link TruncatedError}: a parser that invents zeros past the end makes up picture sizes.
 * For headers and configuration records, not for media payloads.
 */
export class BitReader {
  #at = 0;
  readonly #end: number;
  readonly #bytes: Uint8Array;
  readonly #what: string;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
    this.#end = bytes.length * 8;
  }

  /** Offset of the next bit. */
  get at(): number {
    return this.#at;
  }

  /** Bits not yet read. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** An unsigned field of 0 to 32 bits. */
  bits(count: number): number {
    this.#need(count);
    let value = 0;
    let wanted = count;
    while (wanted > 0) {
      const offset = this.#at & 7;
      const taken = Math.min(8 - offset, wanted);
      const part = (this.#bytes[this.#at >> 3]! >> (8 - offset - taken)) & ((1 << taken) - 1);
      // Multiplied, not shifted: a field of 32 bits must not turn negative.
      value = value * (1 << taken) + part;
      this.#at += taken;
      wanted -= taken;
    }
    return value;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  skip(count: number): void {
    this.#need(count);
    this.#at += count;
  }

  /** Skips to the next byte boundary, counted from the first byte of this reader's window. */
  align(): void {
    this.#at = (this.#at + 7) & ~7;
  }

  /** ue(v): 0 to 2^32 - 2. */
  ue(): number {
    let zeros = 0;
    while (!this.flag()) {
      zeros++;
      if (zeros > 32) throw new TruncatedError(`${this.#what}: an Exp-Golomb code of more than 32 bits`);
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v): 1, -1, 2, -2, … for codes 1, 2, 3, 4, … */
  se(): number {
    const code = this.ue();
    if (code === 0) return 0;
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }

  #need(count: number): void {
    if (count > this.left) {
      throw new TruncatedError(
        `${this.#what}: ${count} bits wanted at bit ${this.#at}, only ${this.left} left`,
      );
    }
  }
}
