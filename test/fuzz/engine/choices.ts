/**
 * Turns an input's bytes into choices, so that a few bytes make a whole well-formed message and a change of one byte makes
 * another. When the bytes have run out every choice is the first one.
 */
export class Choices {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#at < this.#bytes.length ? this.#bytes[this.#at++]! : 0;
  }

  u16(): number {
    return this.u8() * 0x100 + this.u8();
  }

  u32(): number {
    return this.u16() * 0x10000 + this.u16();
  }

  /** 0 to `count` − 1. */
  below(count: number): number {
    return (count > 256 ? this.u16() : this.u8()) % count;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }

  /** The next bytes as they are; fewer where fewer are left. */
  take(count: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + count);
    this.#at += taken.length;
    return taken;
  }

  /** A length byte, and that many bytes. */
  run(): Buffer {
    return this.take(this.u8());
  }

  f64(): number {
    const bytes = Buffer.alloc(8);
    this.take(8).copy(bytes);
    return bytes.readDoubleBE();
  }
}

/** Small numbers, and those at which something wraps or overflows. */
export const EDGES = [
  0, 1, 2, 3, 7, 8, 127, 128, 129, 255, 256, 0xffff, 0x10000, 0x7fffff, 0x800000, 0xfffffe, 0xffffff,
  0x1000000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
] as const;
