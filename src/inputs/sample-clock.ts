import { ticks, TICKS_PER_MS, TICKS_PER_SECOND, type Ticks } from '../media/time.ts';

/**
 * How far the count of samples and the publisher's clock may part before the publisher is believed again. Less than
 * this is rounding to ms and bursts; more is a gap, or a clock that really runs differently.
 */
const TOLERANCE = 100 * TICKS_PER_MS;

/**
 * Times AAC frames by their samples. RTMP's milliseconds cut 23.22 ms to 23 and 24, which players hear as clicks;
 * 1,024 samples at 44.1 kHz are 2,089.8 ticks, and the error never adds up because the count starts from an anchor.
 */
export class SampleClock {
  #anchor = 0;
  #frames = 0;
  #ticksPerFrame = 0;
  #last = -1;

  /** The time of the next frame, which the publisher says is at `claimed`. */
  next(claimed: Ticks, samplesPerFrame: number, rate: number): Ticks {
    const ticksPerFrame = (samplesPerFrame * TICKS_PER_SECOND) / rate;
    const counted = this.#anchor + Math.round(this.#frames * ticksPerFrame);
    const isCredible =
      this.#frames > 0 && ticksPerFrame === this.#ticksPerFrame && Math.abs(counted - claimed) <= TOLERANCE;
    if (!isCredible) {
      this.#anchor = claimed;
      this.#frames = 0;
      this.#ticksPerFrame = ticksPerFrame;
    }
    // Believing the publisher again may mean going back a little; time within a track never does.
    const time = Math.max(this.#last + 1, isCredible ? counted : claimed);
    this.#frames++;
    this.#last = time;
    return ticks(time);
  }
}
