import { TICKS_PER_MS } from '../../media/time.ts';

/** Dates this far from the server's clock are right: frames are seconds on their way, and not always the same. */
const TOLERANCE_MS = 500;
/** So many segments in a row must be too late, or too early: less is a network that held frames back. */
const PATIENCE = 10;
/**
 * A date may be moved by this part of its segment's length, so that dates still go with lengths. Encoders' clocks run
 * wrong by a tenth of it, a minute a week.
 */
const MAX_SLEW = 0.001;

/**
 * EXT-X-PROGRAM-DATE-TIME (RFC 8216 §4.3.2.6): the server's clock when the first frame came, and from there on the time of
 * the media, since frames come in bursts. Over days the publisher's clock parts from the server's; it is followed slowly.
 */
export class ProgramClock {
  /** The last date given, and the media time it belongs to. */
  #date: number | undefined;
  #dts = 0;
  /** Segments in a row that came too late (+) or too early (-). */
  #streak = 0;

  /** Media time has nothing to do with what came before. */
  reset(): void {
    this.#date = undefined;
  }

  /**
   * The date of a segment.
   *
   * @param dts its first frame's time, ticks
   * @param now when that came by the server's clock, ms since 1970
   */
  at(dts: number, now: number): number {
    if (this.#date === undefined) {
      this.#streak = 0;
      this.#date = now;
    } else {
      const elapsed = (dts - this.#dts) / TICKS_PER_MS;
      this.#date += elapsed;
      this.#date += this.#correction(now - this.#date, elapsed);
    }
    this.#dts = dts;
    return this.#date;
  }

  #correction(error: number, elapsed: number): number {
    const side = Math.abs(error) <= TOLERANCE_MS ? 0 : Math.sign(error);
    this.#streak = side !== 0 && side === Math.sign(this.#streak) ? this.#streak + side : side;
    return Math.abs(this.#streak) < PATIENCE ? 0 : side * elapsed * MAX_SLEW;
  }
}
