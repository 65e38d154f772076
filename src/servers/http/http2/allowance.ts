/** So much at once, and so much a second in the long run. */
export interface AllowanceSize {
  readonly atOnce: number;
  readonly perSecond: number;
}

/** What a peer may do now and then, but not all the time. */
export class Allowance {
  readonly #size: AllowanceSize;
  #left: number;
  #at: number;

  /** @param now ms, monotonic */
  constructor(size: AllowanceSize, now: number) {
    this.#size = size;
    this.#left = size.atOnce;
    this.#at = now;
  }

  /** True if it may. @param now ms, monotonic */
  take(now: number): boolean {
    const { atOnce, perSecond } = this.#size;
    this.#left = Math.min(atOnce, this.#left + ((now - this.#at) / 1000) * perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
