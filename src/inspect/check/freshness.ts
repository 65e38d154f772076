import type { Breach } from './rules.ts';

/** The next segment must be there after this many target durations: RFC 8216 §6.2.1. */
const STALE_TARGET_DURATIONS = 1.5;

/** When a playlist was asked for and came, in ms by a clock that only goes forward. */
export interface LoadTimes {
  readonly requestedAt: number;
  readonly arrivedAt: number;
  /** How long a cache had held it: the Age header, in ms. */
  readonly ageMs: number;
}

/**
 * Watches that something new comes in time. Only what is certain counts: what a load showed was there at the latest when it
 * arrived, and a load that shows nothing new proves nothing past the moment when it was asked for.
 */
export class Freshness {
  #newAt: number | undefined;
  #told = false;

  /** `isNew`: the load shows a new segment, or the end. */
  see(times: LoadTimes, isNew: boolean, targetSeconds: number): Breach[] {
    if (isNew || this.#newAt === undefined) {
      this.#newAt = times.arrivedAt;
      this.#told = false;
      return [];
    }
    const stoodStill = (times.requestedAt - times.ageMs - this.#newAt) / 1000;
    if (stoodStill <= STALE_TARGET_DURATIONS * targetSeconds || this.#told) return [];
    this.#told = true; // once for each time that it stands still
    const message =
      `nothing new for ${stoodStill.toFixed(1)} s and more, and no end; ` +
      `with a target duration of ${targetSeconds} s it is ${STALE_TARGET_DURATIONS * targetSeconds} s at most`;
    return [{ code: 'playlist-stale', message }];
  }
}
