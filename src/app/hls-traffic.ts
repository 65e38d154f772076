/** Streams whose bytes are known; those of the one longest without a request are forgotten for another. */
const MAX_STREAMS = 2_000;

/** Bytes of playlists and segments that were sent, by stream, since the stream began. */
export class HlsTraffic {
  readonly #bytes = new Map<string, number>();

  sent(path: string, bytes: number): void {
    const before = this.#bytes.get(path) ?? 0;
    this.#bytes.delete(path); // to the end of the order
    this.#bytes.set(path, before + bytes);
    if (this.#bytes.size <= MAX_STREAMS) return;
    for (const oldest of this.#bytes.keys()) {
      this.#bytes.delete(oldest);
      return;
    }
  }

  of(path: string): number {
    return this.#bytes.get(path) ?? 0;
  }

  /** A stream is over; what is sent of it afterwards counts for the next of its name. */
  forget(path: string): void {
    this.#bytes.delete(path);
  }
}
