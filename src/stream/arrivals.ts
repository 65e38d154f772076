import type { Frame, MediaFrame } from '../media/frame.ts';
import { ticksFromSeconds } from '../media/time.ts';

/** Sound without a picture is stamped this often, as if that were its key frames. */
const SOUND_SPAN = ticksFromSeconds(1);
/** More than there are in the longest GOP that is kept for viewers, and than are ever written in one batch. */
const MAX_STAMPS = 64;

/**
 * When frames came in by the wall clock: those that a viewer can start with, and where there is no picture one frame of
 * sound a second. For viewers who want to know how late they are.
 */
export class Arrivals {
  readonly #clock: () => number;
  /** By decode time and kind, which never come twice: frames are not kept for it, nor has the collector of garbage anything to follow. */
  readonly #frames: number[] = [];
  readonly #times: number[] = [];
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
    this.#frames.push(nameOf(frame));
    this.#times.push(this.#clock());
    if (this.#frames.length <= MAX_STAMPS) return;
    this.#frames.shift();
    this.#times.shift();
  }

  /** ms since 1970; undefined: not known of this frame. */
  of(frame: Frame): number | undefined {
    const at = this.#frames.lastIndexOf(nameOf(frame));
    return at < 0 ? undefined : this.#times[at];
  }
}

const nameOf = ({ kind, dts }: Frame): number => 2 * dts + (kind === 'audio' ? 1 : 0);
