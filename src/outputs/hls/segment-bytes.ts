/** A segment is made in pieces of no more than this, 8 Mb/s for four seconds: what is left of a piece is lost until it goes. */
const MAX_PIECE_BYTES = 4 * 1024 * 1024;
/** How much larger a segment may be than the one before it, and still be in one piece. */
const SPARE = 33 / 32;

/**
 * Where the parts of a segment are written, one behind the other: one allocation that is as large as the segment will probably be. A
 * buffer for each part would be ten times as many for the garbage collector to look at, and a copy to put them together.
 */
export class SegmentBytes {
  #piece: Buffer | undefined;
  #used = 0;
  /** Of the running segment. */
  #size = 0;

  /** A segment begins. */
  begin(): void {
    const expected = Math.ceil(this.#size * SPARE);
    this.#piece = expected === 0 ? undefined : Buffer.allocUnsafeSlow(Math.min(expected, MAX_PIECE_BYTES));
    this.#used = 0;
    this.#size = 0;
  }

  /** Bytes for its next part. */
  take(size: number): Buffer {
    this.#size += size;
    const piece = this.#piece;
    if (!piece || this.#used + size > piece.length) {
      this.#piece = undefined; // what comes later must not stand in front
      return Buffer.allocUnsafe(size);
    }
    return piece.subarray(this.#used, (this.#used += size));
  }
}

/** The bytes that these are one behind the other: where they lie in memory if they lie there like that, else a copy. */
export function joined(parts: readonly Buffer[]): Buffer {
  const [first] = parts;
  if (!first) return Buffer.alloc(0);
  let end = first.byteOffset;
  for (const part of parts) {
    if (part.buffer !== first.buffer || part.byteOffset !== end) return Buffer.concat(parts);
    end += part.length;
  }
  return Buffer.from(first.buffer, first.byteOffset, end - first.byteOffset);
}
