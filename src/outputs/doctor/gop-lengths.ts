import { secondsFromTicks, type Ticks } from '../../media/time.ts';

const KEPT = 5;

/** Distances of the last key frames. */
export class GopLengths {
  readonly #seconds: number[] = [];
  #startedAt: Ticks | undefined;
  #newest: Ticks | undefined;

  take(dts: Ticks, startsGop: boolean): void {
    this.#newest = dts;
    if (!startsGop) return;
    if (this.#startedAt !== undefined) {
      this.#seconds.push(secondsFromTicks(dts - this.#startedAt));
      if (this.#seconds.length > KEPT) this.#seconds.shift();
    }
    this.#startedAt = dts;
  }

  clear(): void {
    this.#seconds.length = 0;
    this.#startedAt = undefined;
    this.#newest = undefined;
  }

  /** The longest of the last few, the one under way included: an encoder may never send a second key frame. */
  get longest(): number {
    const open =
      this.#startedAt === undefined || this.#newest === undefined
        ? 0
        : secondsFromTicks(this.#newest - this.#startedAt);
    return Math.max(open, ...this.#seconds);
  }

  /** The longest that is over; undefined before there were two. */
  get longestWhole(): number | undefined {
    return this.#seconds.length < 2 ? undefined : Math.max(...this.#seconds);
  }
}
