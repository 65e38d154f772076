import { TICKS_PER_SECOND } from '../../media/time.ts';

/**
 * How far presentation may come before decoding in what an encoder sends, in 90 kHz: a dozen frames at 25 a second.
 * Composition times beyond that are rubbish.
 */
export const MAX_LOWERING = TICKS_PER_SECOND / 2;

/**
 * Decode times that an MPEG-TS may carry: none after its presentation time, each after the one before.
 *
 * An encoder that sends frames to be shown before they are decoded has decode times that are late by a constant. All
 * decode times are lowered by as much as has been seen so far; presentation is never touched, or sound and picture
 * would part.
 */
export class DecodeTimes {
  #lowering = 0;
  #last = -Infinity;

  /** What decode times are lowered by now. */
  get lowering(): number {
    return this.#lowering;
  }

  /** True if this frame asks for more lowering than those before it: times given out may then be asked for again. */
  learn(dts: number, pts: number): boolean {
    const needed = Math.min(dts - pts, MAX_LOWERING);
    if (needed <= this.#lowering) return false;
    this.#lowering = needed;
    return true;
  }

  /** The decode time to write for a frame. */
  next(dts: number): number {
    this.#last = Math.max(dts - this.#lowering, this.#last + 1);
    return this.#last;
  }

  /** A mark to come {@link back} to. */
  mark(): number {
    return this.#last;
  }

  /** Goes back to a mark, to give out the times since then anew. */
  back(mark: number): void {
    this.#last = mark;
  }
}
