import type { Frame, MediaFrame } from '../media/frame.ts';
import { ticksFromSeconds } from '../media/time.ts';

/** Sound without a picture is stamped this often, as if that were its key frames. */
const SOUND_SPAN = ticksFromSeconds(1);

/**
 * When frames came in by the wall clock: those that a viewer can start with, and where there is no picture one frame of
 * sound a second. For viewers who want to know how late they are.
 */
export class Arrivals {
  readonly #clock: () => number;
  readonly #at = new WeakMap<Frame, number>();
  /** Of the last sound that was stamped. */
  #soundAt: number | undefined;

  /** @param clock ms since 1970 */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Call for each frame that starts a GOP, as it comes. */
  note(frame: MediaFrame): void {
    if (frame.kind === 'audio') {
      if (this.#soundAt !== undefined && Math.abs(frame.dts - this.#soundAt) < SOUND_SPAN) return;
      this.#soundAt = frame.dts;
    }
    this.#at.set(frame, this.#clock());
  }

  /** ms since 1970; undefined: not known of this frame. */
  of(frame: Frame): number | undefined {
    return this.#at.get(frame);
  }
}
