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

/** Nothing for this long, in ticks, is a stall and not a frame's length; a frame every two seconds is slow, but goes on. */
const LONGEST_FRAME = 2 * TICKS_PER_SECOND;

/** Decides where segments end, all in 90 kHz ticks since the segment's first frame. */
export class CutRule {
  readonly #target: number;
  #limit: number;
  #targetDuration: number | undefined;

  constructor(segmentSeconds: number) {
    this.#target = segmentSeconds * TICKS_PER_SECOND;
    this.#limit = Math.max(FIRST_SEGMENT_LIMIT, 1.5 * segmentSeconds) * TICKS_PER_SECOND;
  }

  /**
   * The longest a segment may be that goes on for no good reason. The first one waits for a key frame, because an encoder's
   * GOP is what it is; a stall is no GOP, and must not make players stay three times as far behind for the stream's life.
   */
  get #stallLimit(): number {
    return this.#targetDuration === undefined ? limitOf(wholeSeconds(this.#target)) : this.#limit;
  }

  /** Whole seconds; undefined before {@link settle}, the same for ever after it. */
  get targetDuration(): number | undefined {
    return this.#targetDuration;
  }

  /** The longest a segment may be. */
  get limit(): number {
    return this.#limit;
  }

  /** The first segment's length settles the target duration, and with it the limit. */
  settle(firstDuration: number): number {
    const needed = wholeSeconds(firstDuration - ROUNDING_SLACK);
    this.#targetDuration ??= Math.max(1, wholeSeconds(this.#target), needed);
    this.#limit = limitOf(this.#targetDuration);
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

  /** The same while video has stalled. */
  isOverInStall(elapsed: number, step: number): boolean {
    return elapsed + step > this.#stallLimit;
  }

  /**
   * Is a frame too far behind to belong to the segment, or to be where it ends?
   *
   * @param gap ticks since the last frame's end
   */
  isHole(elapsed: number, gap: number): boolean {
    return elapsed > this.#limit || (elapsed > this.#stallLimit && gap > LONGEST_FRAME);
  }
}

function wholeSeconds(duration: number): number {
  return Math.ceil(duration / TICKS_PER_SECOND);
}

/** Rounded to whole seconds, no segment may be longer than the target duration. */
function limitOf(targetDuration: number): number {
  return targetDuration * TICKS_PER_SECOND + TICKS_PER_SECOND / 2 - 1;
}
