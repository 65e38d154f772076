/** Under attack there is one line in so many ms. */
const TELL_MS = 1_000;

/** Tells the first of many, and no other for a while. */
export class Seldom {
  readonly #everyMs: number;
  readonly #now: () => number;
  #toldAt: number;

  /** @param now ms, monotonic */
  constructor(everyMs = TELL_MS, now = (): number => performance.now()) {
    this.#everyMs = everyMs;
    this.#now = now;
    this.#toldAt = -Infinity;
  }

  tell(tell: () => void): void {
    const now = this.#now();
    if (now - this.#toldAt <= this.#everyMs) return;
    this.#toldAt = now;
    tell();
  }
}
