import type { Stream } from '../api/types.ts';
import type { EngineRun } from './engine.ts';

/** A past this long, in seconds, is one to go back in where the server keeps none; less is what every playlist of HLS has. */
const LONG_PLAYLIST_SECONDS = 60;
/** Where it keeps one, there is something to go back to from here on: two steps of the seek bar. */
const LEAST_SECONDS = 10;

export interface PastFacts {
  readonly facts: Stream | undefined;
  readonly run: EngineRun | undefined;
  /** An engine of HLS can be gone to. */
  readonly hasHls: boolean;
  /** `?dvr=0` in the page's address asks the server for the short playlist. */
  readonly isWanted: boolean;
}

/** How far a viewer can go back, in seconds; undefined: not far enough to speak of. */
export function pastLength({ facts, run, hasHls, isWanted }: PastFacts): number | undefined {
  const { uptimeSeconds = 0, dvrSeconds = 0 } = facts ?? {};
  const kept = isWanted ? dvrSeconds : 0;
  const here = run?.past();
  const length = here ? here.end - here.start : hasHls ? Math.min(uptimeSeconds, kept) : 0;
  return length < (kept > 0 ? LEAST_SECONDS : LONG_PLAYLIST_SECONDS) ? undefined : length;
}

/** Where in the past a viewer stands while no engine is at work: the edge goes on meanwhile. Owns no clock. */
export class Place {
  #kept: { readonly behind: number; readonly at: number } | undefined;

  /** @param now ms, by a clock that also counts while the device sleeps */
  keep(behind: number, now: number): void {
    this.#kept = { behind, at: now };
  }

  forget(): void {
    this.#kept = undefined;
  }

  /** Seconds behind the edge; undefined: at the edge. */
  behind(now: number): number | undefined {
    return this.#kept && this.#kept.behind + Math.max(0, now - this.#kept.at) / 1000;
  }
}
