import type { Violation } from './violations.ts';

/** What `inspect --check` adds to the report. Names and units are stable. */
export interface CheckReport {
  /** `broken` if a `must` is broken; advice does not count. */
  readonly verdict: 'clean' | 'broken';
  readonly violations: readonly Violation[];
  /** What was not looked into, and why. */
  readonly notes: readonly string[];
  readonly askedSeconds: number;
  /** Ended by hand. */
  readonly stopped: boolean;
  /** How often playlists were read, all together. */
  readonly loads: number;
  readonly segments: number;
}
