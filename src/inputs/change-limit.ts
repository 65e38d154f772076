import { TICKS_PER_SECOND, type Ticks } from '../media/time.ts';

/** Encoders that look for the right size or rate change a few times in a row. */
const MAX_AT_ONCE = 8;
/** After that, one change for so long: short GOPs, each with a configuration of its own. */
const TICKS_PER_CHANGE = TICKS_PER_SECOND;

/**
 * How often a track may turn into another one, or the clock jump. Each time, players are told of a discontinuity, HLS begins a
 * segment and recordings a file: a publisher that changes with every frame would make fifty of each a second.
 */
export class ChangeLimit {
  #left = MAX_AT_ONCE;
  /** Since when the next change is being earned. */
  #since: number | undefined;

  /** Whether there may be a change now. `at`: on the stream's time line, which goes on whatever the publisher's clock does. */
  allows(at: Ticks): boolean {
    this.#since ??= at;
    const earned = Math.floor((at - this.#since) / TICKS_PER_CHANGE);
    if (earned > 0) {
      this.#since += earned * TICKS_PER_CHANGE;
      this.#left = Math.min(MAX_AT_ONCE, this.#left + earned);
    }
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }
}
