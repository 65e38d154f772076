import { TICKS_PER_SECOND } from '../../media/time.ts';

/**
 * Longest first segment, in seconds. Encoders left on "auto" send a key frame every 8 to 10 seconds; a stream that goes on
 * for longer without one is cut where it stands, so that it can be watched at all.
 */
const FIRST_SEGMENT_LIMIT = 12;

/**
 * How far a first segment may be over a whole number of seconds without asking for the next. EXTINF is rounded before it is
 * compared (RFC 8216 §4.3.3.1), and players stay three target durations behind: 2.002 s must not make that nine seconds.
 */
const ROUNDING_SLACK = TICKS_PER_SECOND / 10;

/** Decides where segments end, all in 90 kHz ticks since the segment's first frame. */
export class CutRule {
  readonly #target: number;
  #limit: number;
  #targetDuration: number | undefined;

  constructor(segmentSeconds: number) {
    this.#target = segmentSeconds * TICKS_PER_SECOND;
    this.#limit = Math.max(FIRST_SEGMENT_LIMIT, 1.5 * segmentSeconds) * TICKS_PER_SECOND;
  }

  /** Whole seconds; undefined before {@link settle}, the same for ever after it. */
  get targetDuration(): number | undefined {
    return this.#targetDuration;
  }

  /** The longest a segment may be. */
  get limit(): number {
    return this.#limit;
  }

  /** The first segment's length settles the target duration, and with it the limit: rounded, a length may not exceed it. */
  settle(firstDuration: number): number {
    const wanted = Math.ceil(this.#target / TICKS_PER_SECOND);
    const needed = Math.ceil((firstDuration - ROUNDING_SLACK) / TICKS_PER_SECOND);
    this.#targetDuration ??= Math.max(1, wanted, needed);
    this.#limit = this.#targetDuration * TICKS_PER_SECOND + TICKS_PER_SECOND / 2 - 1;
    return this.#targetDuration;
  }

  /** At a place where one may cut: is it the nearest to the target, as far as the distance `step` to the next can be trusted? */
  isNearest(elapsed: number, step: number): boolean {
    if (elapsed <= 0) return false;
    const next = elapsed + step;
    return next > this.#limit || Math.abs(elapsed - this.#target) <= Math.abs(next - this.#target);
  }

  /** Where one would rather not cut: would waiting for the next frame, `step` away, be too long? */
  isOver(elapsed: number, step: number): boolean {
    return elapsed + step > this.#limit;
  }
}
