/** Thrown when a structure is cut short: names the structure, the field and the offset. */
export class TruncatedError extends Error {
  override readonly name = 'TruncatedError';
}

/**
 * Reads big-endian integers from a window of bytes, front to back.
 *
 * Call {@link need} once per fixed-size structure; its fields can then be read without further checks.
 * Reading past the end throws (a `RangeError` from the view at the latest); nothing is ever invented.
 */
export class ByteReader {
  #at = 0;
  readonly #view: DataView;
  readonly bytes: Uint8Array;
  /** What is being read, for error messages. */
  readonly what: string;

  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes;
    this.what = what;
    // A Node Buffer is usually a window into a shared pool: leave out byteOffset and you read a stranger's bytes.
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Offset of the next byte. */
  get at(): number {
    return this.#at;
  }

  /** Bytes not yet read. */
  get left(): number {
    return this.bytes.length - this.#at;
  }

  /** Throws {@link TruncatedError} unless `count` more bytes are there. */
  need(count: number, field: string): void {
    if (count > this.left) {
      throw new TruncatedError(
        `${this.what}: ${field} needs ${count} bytes at ${this.#at}, only ${this.left} left`,
      );
    }
  }

  u8(): number {
    return this.#view.getUint8(this.#at++);
  }

  u16(): number {
    const value = this.#view.getUint16(this.#at);
    this.#at += 2;
    return value;
  }

  i16(): number {
    const value = this.#view.getInt16(this.#at);
    this.#at += 2;
    return value;
  }

  u24(): number {
    const value = this.#view.getUint16(this.#at) * 0x100 + this.#view.getUint8(this.#at + 2);
    this.#at += 3;
    return value;
  }

  /** Signed 24 bits: FLV's CompositionTime is an SI24. */
  i24(): number {
    return (this.u24() << 8) >> 8;
  }

  u32(): number {
    const value = this.#view.getUint32(this.#at);
    this.#at += 4;
    return value;
  }

  /** RTMP's message stream id is the one little-endian field of its protocol. */
  u32le(): number {
    const value = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return value;
  }

  f64(): number {
    const value = this.#view.getFloat64(this.#at);
    this.#at += 8;
    return value;
  }

  /** A view (no copy) of the next `count` bytes. */
  take(count: number, field: string): Uint8Array {
    this.need(count, field);
    const view = this.bytes.subarray(this.#at, this.#at + count);
    this.#at += count;
    return view;
  }

  /** A view (no copy) of everything that is left. */
  rest(): Uint8Array {
    const view = this.bytes.subarray(this.#at);
    this.#at = this.bytes.length;
    return view;
  }

  skip(count: number, field: string): void {
    this.need(count, field);
    this.#at += count;
  }
}
