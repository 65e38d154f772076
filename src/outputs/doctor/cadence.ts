import { TICKS_PER_SECOND, type Ticks } from '../../media/time.ts';

/** Intervals that are looked at: ten seconds at 60 frames a second. */
const KEPT = 600;
/** Encoders round to milliseconds, and real clocks wander a little. */
const SAME_SHARE = 0.15;
/** A stream whose frames mostly keep one distance has a rate; one of which fewer do has none to fall behind. */
const STEADY_SHARE = 0.75;
/** From here on it is a pause, not a lost frame. */
const PAUSE_INTERVALS = 40;

export interface CadenceFacts {
  /** Frames a second where most frames keep one distance; undefined: variable, or too few yet. */
  readonly framesPerSecond: number | undefined;
  /** Of all frames that should have come, 0 to 1. */
  readonly missingShare: number;
  readonly missingFrames: number;
  /** Longest row of frames that are shown before one that was sent earlier: B-frames between two others. */
  readonly bFrames: number;
}

/** Distances of video frames: their rate, what is missing between them, and how far they are out of order. */
export class Cadence {
  readonly #intervals = new Float64Array(KEPT);
  readonly #rows = new Uint8Array(KEPT);
  #count = 0;
  #last: Ticks | undefined;
  #latestShown: Ticks | undefined;
  #row = 0;

  take(dts: Ticks, pts: Ticks): void {
    const isB = this.#latestShown !== undefined && pts < this.#latestShown;
    this.#row = isB ? Math.min(this.#row + 1, 255) : 0;
    if (!isB) this.#latestShown = pts;
    if (this.#last !== undefined) {
      const at = this.#count++ % KEPT;
      this.#intervals[at] = dts - this.#last;
      this.#rows[at] = this.#row;
    }
    this.#last = dts;
  }

  /** What came before has nothing to do with what comes now. */
  clear(): void {
    this.#count = 0;
    this.#last = undefined;
    this.#latestShown = undefined;
    this.#row = 0;
  }

  facts(): CadenceFacts {
    const held = Math.min(this.#count, KEPT);
    const bFrames = this.#rows.subarray(0, held).reduce((most, row) => Math.max(most, row), 0);
    const none = { framesPerSecond: undefined, missingShare: 0, missingFrames: 0, bFrames };
    if (held < 30) return none;
    const intervals = this.#intervals.slice(0, held).sort();
    const usual = intervals[held >> 1]!;
    if (usual <= 0) return none;
    const near = intervals.filter((one) => Math.abs(one - usual) <= usual * SAME_SHARE + 180);
    if (near.length < held * STEADY_SHARE) return none;
    const mean = near.reduce((sum, one) => sum + one, 0) / near.length;
    let missing = 0;
    for (const interval of intervals) {
      const steps = Math.round(interval / mean);
      if (steps > 1 && steps <= PAUSE_INTERVALS) missing += steps - 1;
    }
    return {
      framesPerSecond: TICKS_PER_SECOND / mean,
      missingShare: missing / (held + missing),
      missingFrames: missing,
      bFrames,
    };
  }
}
