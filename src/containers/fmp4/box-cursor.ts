/** A box's type as the number that its four letters are. */
export function boxType(type: string): number {
  return Buffer.from(type, 'latin1').readUInt32BE(0);
}

/**
 * Writes fields one behind the other into bytes whose number has been worked out before: nothing is made per box or field.
 * For what is written all the time; where it is not, see {@link import('./box.ts').box}.
 */
export class BoxCursor {
  /** Offset of the next byte. */
  at = 0;
  readonly bytes: Buffer;
  readonly #view: DataView;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The head of a box of `bytes`, head included: ISO/IEC 14496-12 §4.2. */
  box(bytes: number, type: number): void {
    this.u32(bytes);
    this.u32(type);
  }

  /** The same of one that has a version, 8 bits, and flags, 24. */
  fullBox(bytes: number, type: number, versionAndFlags: number): void {
    this.box(bytes, type);
    this.u32(versionAndFlags);
  }

  /** 32 bits, of a negative number its two's complement. */
  u32(value: number): void {
    this.#view.setUint32(this.at, value);
    this.at += 4;
  }

  /** 64 bits, of which a number holds 53. */
  u64(value: number): void {
    this.u32(Math.floor(value / 2 ** 32));
    this.u32(value % 2 ** 32);
  }

  put(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }
}
