/**
 * Bytes for many viewers: some frames in one wire format, made once, written to each of them as it is.
 *
 * `headroom` bytes are kept free in front, so that a sink that wraps bytes (a WebSocket frame) can do that in place,
 * once, for all viewers.
 */
export class Batch {
  /** What plain viewers get. */
  readonly bytes: Buffer;
  /** Offset in {@link bytes} of the last frame a decoder can start at, or -1. */
  readonly gopAt: number;
  /** Configurations to send before {@link fromGop} to a viewer who has seen nothing yet, or not for a while. */
  readonly opening: Opening | undefined;
  /** Milliseconds of the stream's time in it. */
  readonly ms: number;
  readonly #room: Buffer;
  readonly #headroom: number;
  #fromGop: Batch | undefined;
  #upToGop: Batch | undefined;
  #wrapped: Buffer | undefined;

  constructor(room: Buffer, headroom: number, facts: BatchFacts = {}) {
    this.#room = room;
    this.#headroom = headroom;
    this.bytes = room.subarray(headroom);
    this.gopAt = facts.gop?.at ?? -1;
    this.opening = facts.gop?.opening;
    this.ms = facts.ms ?? 0;
  }

  /** This batch without what comes before its key frame. Only for a batch with an {@link opening}. */
  fromGop(): Batch {
    const { opening, ms } = this;
    if (this.gopAt === 0 || !opening) return this;
    // One copy a GOP, and only if somebody joins: bytes in front belong to live viewers, so there is no headroom.
    const bytes = this.bytes.subarray(this.gopAt);
    this.#fromGop ??= Batch.of(bytes, this.#headroom, { gop: { at: 0, opening }, ms });
    return this.#fromGop;
  }

  /** What comes before the key frame: the end of the GOP before. Only for a batch with `gopAt > 0`. */
  upToGop(): Batch {
    this.#upToGop ??= Batch.of(this.bytes.subarray(0, this.gopAt), this.#headroom, { ms: this.ms });
    return this.#upToGop;
  }

  /** The same bytes with a frame around them, made by `wrap` at the first call. */
  wrapped(wrap: (room: Buffer, headroom: number) => Buffer): Buffer {
    this.#wrapped ??= wrap(this.#room, this.#headroom);
    return this.#wrapped;
  }

  static of(bytes: Uint8Array, headroom: number, facts: BatchFacts = {}): Batch {
    const room = Buffer.allocUnsafe(headroom + bytes.length);
    room.set(bytes, headroom);
    return new Batch(room, headroom, facts);
  }
}

export interface BatchFacts {
  /** The last frame in it that a decoder can start at: its offset, and what to send before it. */
  readonly gop?: { readonly at: number; readonly opening: Opening } | undefined;
  /** See {@link Batch.ms}. */
  readonly ms?: number;
}

/** What a viewer needs before a key frame; both made lazily, shared by all who need them. */
export interface Opening {
  /**
   * For a viewer's very first bytes: file header, metadata, codec configurations; all stamped 0, because librtmp tells
   * which tracks there are by what comes before the first later stamp.
   */
  first(): Batch;
  /** For a viewer who resumes: codec configurations only. */
  resume(): Batch;
}
