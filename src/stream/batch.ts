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
  readonly #room: Buffer;
  readonly #headroom: number;
  #fromGop: Batch | undefined;
  #wrapped: Buffer | undefined;

  constructor(room: Buffer, headroom: number, gop?: { readonly at: number; readonly opening: Opening }) {
    this.#room = room;
    this.#headroom = headroom;
    this.bytes = room.subarray(headroom);
    this.gopAt = gop?.at ?? -1;
    this.opening = gop?.opening;
  }

  /** This batch without what comes before its key frame. Only for a batch with `gopAt >= 0`. */
  fromGop(): Batch {
    if (this.gopAt === 0) return this;
    // One copy a GOP, and only if somebody joins: bytes in front belong to live viewers, so there is no headroom.
    this.#fromGop ??= Batch.of(this.bytes.subarray(this.gopAt), this.#headroom);
    return this.#fromGop;
  }

  /** The same bytes with a frame around them, made by `wrap` at the first call. */
  wrapped(wrap: (room: Buffer, headroom: number) => Buffer): Buffer {
    this.#wrapped ??= wrap(this.#room, this.#headroom);
    return this.#wrapped;
  }

  static of(bytes: Uint8Array, headroom: number): Batch {
    const room = Buffer.allocUnsafe(headroom + bytes.length);
    room.set(bytes, headroom);
    return new Batch(room, headroom);
  }
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
