/**
 * Milliseconds of each second that may go into what one peer says that does not publish: a `connect` and a `play`
 * take less than one, an acknowledgement next to nothing.
 */
const OWN_MS = 5;
/** The same for all who need more, together: what is left of the second belongs to publishers and viewers. */
const SHARED_MS = 150;
const PERIOD_MS = 1_000;

/** What is left of this second for peers that ask for more than their own. */
export class ProcessorTime {
  #left = SHARED_MS;
  #since = 0;

  /** False if so many ms are not to be had in this second any more. `now` in ms, monotonic. */
  take(ms: number, now: number): boolean {
    if (now - this.#since >= PERIOD_MS) {
      this.#since = now;
      this.#left = SHARED_MS;
    }
    this.#left -= ms;
    return this.#left >= 0;
  }
}

/** What one peer has used of it. */
export class ProcessorShare {
  readonly #time: ProcessorTime;
  #used = 0;

  constructor(time: ProcessorTime) {
    this.#time = time;
  }

  /** `ms` went into this peer; false if it has to wait for {@link renew}. `now` in ms, monotonic. */
  use(ms: number, now: number): boolean {
    const before = Math.max(this.#used, OWN_MS);
    this.#used += ms;
    const beyond = this.#used - before;
    return beyond <= 0 || this.#time.take(beyond, now);
  }

  /** Another second. */
  renew(): void {
    this.#used = 0;
  }
}
