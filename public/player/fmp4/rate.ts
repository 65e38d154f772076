/** Share of the newest second in the bitrate shown. */
const SMOOTHING = 0.4;
/** The first seconds count what the server had in hand, at the speed of the network. */
const FIRST_SECONDS = 2;

/** Kilobits per second of a live stream. Owns no clock. */
export class Rate {
  #kbps: number | undefined;
  #since: number | undefined;
  #bytes = 0;
  #seconds = 0;

  /** Undefined in the first seconds. */
  get kbps(): number | undefined {
    return this.#kbps;
  }

  /** @param now any steady clock, ms */
  heard(bytes: number, now: number): void {
    this.#since ??= now;
    this.#bytes += bytes;
    const ms = now - this.#since;
    if (ms < 1000) return;
    const kbps = (this.#bytes * 8) / ms;
    if (++this.#seconds > FIRST_SECONDS)
      this.#kbps = this.#kbps === undefined ? kbps : this.#kbps + (kbps - this.#kbps) * SMOOTHING;
    this.#since = now;
    this.#bytes = 0;
  }
}
