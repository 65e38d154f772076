import type { Frame, MediaFrame } from '../media/frame.ts';
import { ticksFromSeconds } from '../media/time.ts';

/** Sound without a picture is stamped this often, as if that were its key frames. */
const SOUND_SPAN = ticksFromSeconds(1);
/** Sound without a picture may go on for days. */
const MAX_STAMPS = 40;

/**
 * When frames came in by the wall clock: those that a viewer can start with, and where there is no picture one frame of
 * sound a second. For viewers who want to know how late they are; only of frames since the newest key frame, which is where
 * viewers start.
 */
export class Arrivals {
  readonly #clock: () => number;
  /** Few, and a weak map for every stream would be searched with every collection of garbage. */
  #frames: Frame[] = [];
  #times: number[] = [];
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
      if (this.#frames.length === MAX_STAMPS) this.#forget();
    } else this.#forget();
    this.#frames.push(frame);
    this.#times.push(this.#clock());
  }

  /** ms since 1970; undefined: not known of this frame. */
  of(frame: Frame): number | undefined {
    const at = this.#frames.lastIndexOf(frame);
    return at < 0 ? undefined : this.#times[at];
  }

  #forget(): void {
    this.#frames = [];
    this.#times = [];
  }
}
