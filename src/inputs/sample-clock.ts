import { ticks, TICKS_PER_MS, TICKS_PER_SECOND, type Ticks } from '../media/time.ts';

/**
 * How far the count of samples and the publisher's clock may part before the publisher is believed at once. Less than
 * this is rounding to ms and bursts; more is a gap.
 */
const TOLERANCE = 100 * TICKS_PER_MS;
/** The count may be off the publisher's clock by this much for ever: nobody hears or sees it, and it is no jitter's average. */
const QUIET = 10 * TICKS_PER_MS;
/** The clocks are compared over this long, or the count would follow every burst: 128 frames of AAC. */
const AVERAGED = 3 * TICKS_PER_SECOND;
/**
 * What is left of the difference in each second of catching up. With the average above this settles within a minute
 * and without swinging.
 */
const CATCH_UP = 0.1;
/**
 * The most that frames may be moved together or apart to follow a clock that runs differently: 0.05 %, a tick a frame,
 * and less than a sample. Crystals differ by a fifth of it; a step of 100 ms now and then would be a click.
 */
const MAX_SLEW = 0.0005;

/**
 * Times sound by its samples. RTMP's milliseconds cut 23.22 ms to 23 and 24, which players hear as clicks;
 * 1,024 samples at 44.1 kHz are 2,089.8 ticks, and the error never adds up because the count is not rounded.
 */
export class SampleClock {
  /** Where the count began, in ticks; moved, and not rounded, to follow the publisher. */
  #anchor = 0;
  /** Counted since then. Whole numbers, as an error in a sum would add up over weeks. */
  #samples = 0;
  #rate = 0;
  /** How much later than the count the publisher's clock is, on average. */
  #lateness = 0;
  #last: number;

  /** @param origin no frame is before it */
  constructor(origin = ticks(0)) {
    this.#last = origin - 1;
  }

  /**
   * The time of the next frame, which has so many samples and which the publisher says is at `claimed`: by its own word,
   * though that lies before the frames there are, or the count would not be where the publisher is when that is over.
   */
  next(claimed: Ticks, samples: number, rate: number): Ticks {
    const lateness = claimed - this.#counted;
    if (rate === this.#rate && Math.abs(lateness) <= TOLERANCE) this.#follow(lateness, samples);
    else this.#begin(claimed, rate);
    // Believing the publisher again may mean going back a little; time within a track never does.
    this.#last = Math.max(this.#last + 1, Math.round(this.#counted));
    this.#samples += samples;
    return ticks(this.#last);
  }

  get #counted(): number {
    return this.#anchor + (this.#samples * TICKS_PER_SECOND) / this.#rate;
  }

  #begin(claimed: number, rate: number): void {
    this.#anchor = claimed;
    this.#samples = 0;
    this.#rate = rate;
    this.#lateness = 0;
  }

  /** Moves the count towards the publisher's clock, if that has really come to differ. */
  #follow(lateness: number, samples: number): void {
    const length = (samples * TICKS_PER_SECOND) / this.#rate;
    this.#lateness += (lateness - this.#lateness) * Math.min(1, length / AVERAGED);
    const excess = Math.abs(this.#lateness) - QUIET;
    if (excess <= 0) return;
    const step = length * Math.min(MAX_SLEW, (excess * CATCH_UP) / TICKS_PER_SECOND);
    this.#anchor += Math.sign(this.#lateness) * step;
  }
}
