import { secondsFromTicks, type Ticks } from '../media/time.ts';

/** What an encoder may send in advance, or with a timestamp that jumps. */
const FREE_SECONDS = 2;
/** More counts as this, so that nobody has to wait for longer than the difference, whatever the timestamps say. */
const MOST_SECONDS = 4;
/** What a publisher may catch up with after a time in which its network stood still. */
const DEBT_SECONDS = 10;
/** Encoders' clocks are a little fast, and some of them send a file a little faster than it plays. */
const RATE = 1.1;

/**
 * How far a publisher's frames run ahead of the time that passes. A file that is sent as fast as it can be read runs away; an
 * encoder does not, whatever its network does to it: so the one can be made to wait, and nobody misses anything.
 */
export class Lead {
  #newest: Ticks;
  #lookedAt: number | undefined;
  #seconds = 0;

  constructor(origin: Ticks) {
    this.#newest = origin;
  }

  /** `newest`: of its frames. `now` in ms, monotonic. */
  isAhead(newest: Ticks, now: number): boolean {
    const passed = (now - (this.#lookedAt ?? now)) / 1000;
    const seconds = this.#seconds + secondsFromTicks(newest - this.#newest) - passed * RATE;
    this.#seconds = Math.max(-DEBT_SECONDS, Math.min(MOST_SECONDS, seconds));
    this.#newest = newest;
    this.#lookedAt = now;
    return this.#seconds > FREE_SECONDS;
  }
}
