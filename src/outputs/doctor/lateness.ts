/** Minutes-old punctuality says nothing about a connection that has a longer way now. */
const BASE_MS = 60_000;
/** How often the base is allowed to rise. */
const PART_MS = 10_000;

/**
 * How late frames come, beside the most punctual ones of the last minute: the delay itself is not known, its changes are.
 */
export class Lateness {
  /** Least difference of arrival and media time in each part of the last minute, the newest last. */
  readonly #least: { from: number; least: number }[] = [];

  /** @returns ms that this frame is late, below 0: earlier than any before; both times in ms, on clocks of their own */
  take(arrivedAt: number, mediaMs: number): number {
    const difference = arrivedAt - mediaMs;
    let base = Infinity;
    for (const { least } of this.#least) if (least < base) base = least;
    const newest = this.#least.at(-1);
    if (!newest || arrivedAt - newest.from >= PART_MS) {
      this.#least.push({ from: arrivedAt, least: difference });
      while (arrivedAt - this.#least[0]!.from > BASE_MS) this.#least.shift();
    } else if (difference < newest.least) newest.least = difference;
    return base === Infinity ? 0 : difference - base;
  }

  /** Another time line: nothing can be compared with what was. */
  clear(): void {
    this.#least.length = 0;
  }
}
