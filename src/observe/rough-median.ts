/** Seconds: what is shorter counts as this. */
const SHORTEST = 0.02;
/** Each step is so much longer than the one before, so that the median is right within a fortieth. */
const RATIO = 1.05;
/** Up to nine days. */
const STEPS = 360;

/** The median of any number of times, in a fixed amount of memory. */
export class RoughMedian {
  readonly #counts = new Uint32Array(STEPS);
  #count = 0;

  /** @param seconds 0 or more */
  add(seconds: number): void {
    const step = Math.round(Math.log(Math.max(SHORTEST, seconds) / SHORTEST) / Math.log(RATIO));
    this.#counts[Math.min(step, STEPS - 1)]!++;
    this.#count++;
  }

  /** Seconds; null while there is none. */
  get value(): number | null {
    if (this.#count === 0) return null;
    let left = Math.ceil(this.#count / 2);
    let step = 0;
    while ((left -= this.#counts[step]!) > 0) step++;
    return SHORTEST * RATIO ** step;
  }
}
