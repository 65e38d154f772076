import type { Patch } from './muxer.ts';

/** What is left of a file that was not closed. `bytes` 0: nothing that could be played. */
export interface Left {
  readonly seconds: number;
  /** Up to the end of what is whole. */
  readonly bytes: number;
  /** What its end would have entered in front. */
  readonly patches: readonly Patch[];
}

export const NOTHING_LEFT: Left = { seconds: 0, bytes: 0, patches: [] };
