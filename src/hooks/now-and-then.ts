/**
 * Lets a sentence through, then none of its kind for a while; the next one that gets through says how many did not. Trouble
 * with a receiver comes with every visitor, and visitors may be an attack.
 */
export class NowAndThen {
  readonly #clock: () => number;
  readonly #pauseMs: number;
  #quietUntil = -Infinity;
  #held = 0;

  /** @param clock ms */
  constructor(clock: () => number, pauseMs = 10_000) {
    this.#clock = clock;
    this.#pauseMs = pauseMs;
  }

  /** Calls `say` with how many times it was not called since, or not at all. */
  say(say: (held: number) => void): void {
    const now = this.#clock();
    if (now < this.#quietUntil) {
      this.#held++;
      return;
    }
    this.#quietUntil = now + this.#pauseMs;
    say(this.#held);
    this.#held = 0;
  }
}
