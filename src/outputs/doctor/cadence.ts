import { TICKS_PER_SECOND, type Ticks } from '../../media/time.ts';

/** Intervals that are looked at: ten seconds at 60 frames a second. */
const KEPT = 600;
/** Encoders round to milliseconds, and real clocks wander a little. */
const SAME_SHARE = 0.15;
/** And by as much in any case: 2 ms, in ticks. */
const ROUNDING = 180;
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
    const bFrames = most(this.#rows, held);
    const none = { framesPerSecond: undefined, missingShare: 0, missingFrames: 0, bFrames };
    if (held < 30) return none;
    const usual = median(this.#intervals, held);
    const mean = usual > 0 ? this.#meanNear(usual, held) : undefined;
    if (mean === undefined) return none;
    const missing = this.#missing(mean, held);
    return {
      framesPerSecond: TICKS_PER_SECOND / mean,
      missingShare: missing / (held + missing),
      missingFrames: missing,
      bFrames,
    };
  }

  /** Of the intervals that are about as long as most are; undefined: most are not. */
  #meanNear(usual: number, held: number): number | undefined {
    const tolerance = usual * SAME_SHARE + ROUNDING;
    let sum = 0;
    let near = 0;
    for (let at = 0; at < held; at++) {
      const interval = this.#intervals[at]!;
      if (Math.abs(interval - usual) > tolerance) continue;
      sum += interval;
      near++;
    }
    return near < held * STEADY_SHARE ? undefined : sum / near;
  }

  #missing(mean: number, held: number): number {
    let missing = 0;
    for (let at = 0; at < held; at++) {
      const steps = Math.round(this.#intervals[at]! / mean);
      if (steps > 1 && steps <= PAUSE_INTERVALS) missing += steps - 1;
    }
    return missing;
  }
}

function most(rows: Uint8Array, held: number): number {
  let highest = 0;
  for (let at = 0; at < held; at++) highest = Math.max(highest, rows[at]!);
  return highest;
}

/** Every stream's intervals are sorted every second: there is room for one at a time. */
const sorted = new Float64Array(KEPT);

function median(intervals: Float64Array, held: number): number {
  sorted.set(intervals);
  return sorted.subarray(0, held).sort()[held >> 1]!;
}
