/** First wait after a failure, and the longest. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** How far a wait may be from its place, so that many who lost the same server do not come back in step. */
const JITTER = 0.25;

/** How long to wait before the next attempt: twice as long each time, up to a limit. */
export class BackOff {
  readonly #random: () => number;
  #baseMs = FIRST_WAIT_MS;

  /** @param random 0 up to 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Milliseconds, {@link FIRST_WAIT_MS} to {@link LONGEST_WAIT_MS}. */
  next(): number {
    const waitMs = this.#baseMs * (1 + JITTER * (2 * this.#random() - 1));
    this.#baseMs = Math.min(2 * this.#baseMs, LONGEST_WAIT_MS);
    return Math.round(Math.min(Math.max(waitMs, FIRST_WAIT_MS), LONGEST_WAIT_MS));
  }

  /** It went well for a while: the next failure is a first one. */
  reset(): void {
    this.#baseMs = FIRST_WAIT_MS;
  }
}
