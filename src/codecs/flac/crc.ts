/** A CRC of up to 16 bits, most significant bit first, that begins with 0. */
class Crc {
  readonly #table: Uint16Array;
  readonly #width: number;

  constructor(width: 8 | 16, polynomial: number) {
    this.#width = width;
    this.#table = Uint16Array.from({ length: 256 }, (_, index) => remainder(index, width, polynomial));
  }

  /** Over `bytes[from..to)`, going on from `crc`. With its own CRC behind it the result is 0. */
  of(bytes: Uint8Array, from: number, to: number, crc = 0): number {
    const shift = this.#width - 8;
    const mask = 2 ** this.#width - 1;
    let value = crc;
    for (let at = from; at < to; at++)
      value = ((value << 8) & mask) ^ this.#table[((value >> shift) ^ bytes[at]!) & 0xff]!;
    return value;
  }
}

function remainder(index: number, width: number, polynomial: number): number {
  const top = 1 << (width - 1);
  let value = index << (width - 8);
  for (let bit = 0; bit < 8; bit++) value = value & top ? (value << 1) ^ polynomial : value << 1;
  return value & (2 ** width - 1);
}

/** Of frame headers: RFC 9639 §9.1.8. */
export const CRC8 = new Crc(8, 0x07);
/** Of whole frames: RFC 9639 §9.3. */
export const CRC16 = new Crc(16, 0x8005);
