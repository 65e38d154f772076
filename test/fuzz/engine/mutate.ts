/** Numbers that a seed decides (mulberry32): what failed once fails again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** 0 to `count` − 1; 0 for nothing to choose from. */
  below(count: number): number {
    return count > 0 ? this.u32() % count : 0;
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; at++) bytes[at] = this.u32();
    return bytes;
  }
}

const EDGE_BYTES = [0, 1, 0x7f, 0x80, 0xff];
const EDGE_NUMBERS = [0, 1, 0xff, 0x7fff, 0xffff, 0x7fffff, 0xffffff, 0x7fffffff, 0xffffffff];
/** Copies of one piece in a row: enough to go over a limit that counts, where the piece is small. */
const MOST_COPIES = 64;

export interface MutatorOptions {
  readonly random: Random;
  readonly maxBytes: number;
  readonly words: readonly Buffer[];
}

/** Changes inputs in the ways that find mistakes in parsers: bits, lengths, pieces twice, pieces of other inputs. */
export class Mutator {
  readonly #random: Random;
  readonly #maxBytes: number;
  readonly #words: readonly Buffer[];

  constructor({ random, maxBytes, words }: MutatorOptions) {
    this.#random = random;
    this.#maxBytes = maxBytes;
    this.#words = words;
  }

  /** A changed copy of `input`; `other` lends pieces. */
  mutate(input: Buffer, other: Buffer): Buffer {
    let bytes: Buffer = Buffer.from(input);
    const rounds = 1 << this.#random.below(5);
    for (let round = 0; round < rounds; round++) bytes = this.#once(bytes, other);
    return bytes.subarray(0, this.#maxBytes);
  }

  #once(bytes: Buffer, other: Buffer): Buffer {
    const random = this.#random;
    if (bytes.length === 0) return random.bytes(1 + random.below(16));
    const at = random.below(bytes.length);
    switch (random.below(12)) {
      case 0:
        bytes[at]! ^= 1 << random.below(8);
        return bytes;
      case 1:
        bytes[at] = EDGE_BYTES[random.below(EDGE_BYTES.length)]!;
        return bytes;
      case 2:
        bytes[at] = random.u32();
        return bytes;
      case 3:
        bytes[at] = bytes[at]! + (random.below(2) === 0 ? 1 : -1) * (1 + random.below(4));
        return bytes;
      case 4:
        return this.#number(bytes, at);
      case 5:
        return Buffer.concat([
          bytes.subarray(0, at),
          bytes.subarray(at + 1 + random.below(bytes.length - at)),
        ]);
      case 6:
        return bytes.subarray(0, at);
      case 7:
        return this.#insert(bytes, at, random.bytes(1 + random.below(8)));
      case 8:
        return this.#insert(bytes, at, this.#copies(bytes, at));
      case 9:
        return this.#insert(bytes, at, this.#words[random.below(this.#words.length)] ?? random.bytes(4));
      case 10:
        return this.#insert(bytes, at, pieceOf(other, random));
      default:
        return Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length))]);
    }
  }

  #number(bytes: Buffer, at: number): Buffer {
    const size = Math.min(bytes.length - at, 1 + this.#random.below(4));
    const value = EDGE_NUMBERS[this.#random.below(EDGE_NUMBERS.length)]! % 2 ** (8 * size);
    bytes.writeUIntBE(value, at, size);
    return bytes;
  }

  #insert(bytes: Buffer, at: number, piece: Buffer): Buffer {
    if (bytes.length + piece.length > this.#maxBytes) {
      piece.copy(bytes, at);
      return bytes;
    }
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  }

  #copies(bytes: Buffer, at: number): Buffer {
    const piece = bytes.subarray(at, at + 1 + this.#random.below(32));
    const copies = this.#random.below(4) === 0 ? 1 + this.#random.below(MOST_COPIES) : 1;
    return Buffer.concat(Array.from({ length: copies }, () => piece));
  }
}

function pieceOf(bytes: Buffer, random: Random): Buffer {
  const from = random.below(bytes.length);
  return bytes.subarray(from, from + 1 + random.below(64));
}
