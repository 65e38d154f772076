import type { AmfObject } from '../amf/value.ts';
import type { FrameTarget } from './frame-target.ts';
import type { Frame } from '../media/frame.ts';
import { secondsFromTicks, ticks, type Ticks } from '../media/time.ts';
import type { FormerTracks } from '../media/track.ts';

/** Seconds in which frames came, after which the clock must have moved. */
const WINDOW_SECONDS = 30;
/** The least that media time must have gone on by then: a tenth of real time. */
const LEAST_SECONDS = WINDOW_SECONDS / 10;
/**
 * What counts as pouring in, over a window: ten audio and video frames a second, or 4 Mb/s. A camera that sends a picture
 * now and then with the timestamps of a film does no harm.
 */
const POURING_FRAMES = 10 * WINDOW_SECONDS;
const POURING_BYTES = 16 * 1024 * 1024;
/** After a longer time we were held up ourselves, and the frames are those of a moment. */
const LONGEST_LOOK_SECONDS = 2;

/**
 * Stands between a publisher and its stream, and compares the time on its frames with the time that passes. A clock
 * that stands still gives no segment and no GOP an end while frames pile up in them.
 */
export class Pace implements FrameTarget {
  readonly #target: FrameTarget;
  #newest: number;
  #frames = 0;
  #bytes = 0;
  /** The window: since the clock had last gone on far enough. */
  #from: number;
  #framesBefore = 0;
  #bytesBefore = 0;
  /** Seconds of the window in which frames or script data came. */
  #seconds = 0;
  #lookedAt: number | undefined;
  #bytesSeen = 0;

  constructor(target: FrameTarget) {
    this.#target = target;
    this.#newest = target.origin;
    this.#from = target.origin;
  }

  get origin(): Ticks {
    return this.#target.origin;
  }

  get formerTracks(): FormerTracks {
    return this.#target.formerTracks;
  }

  newEpoch(): number {
    return this.#target.newEpoch();
  }

  describe(metadata: AmfObject): void {
    this.#target.describe(metadata);
  }

  write(frame: Frame): void {
    if (frame.kind !== 'data') this.#frames++;
    this.#bytes += frame.payload.length;
    if (frame.dts > this.#newest) this.#newest = frame.dts;
    this.#target.write(frame);
  }

  /** The newest time of what it has written. */
  get newest(): Ticks {
    return ticks(this.#newest);
  }

  /** Whether data pour in and time does not go on. Call about once a second; `now` in ms, monotonic. */
  stands(now: number): boolean {
    const passed = Math.min((now - (this.#lookedAt ?? now)) / 1000, LONGEST_LOOK_SECONDS);
    this.#lookedAt = now;
    // A pause is nobody's fault: only the seconds in which something came count.
    if (this.#bytes === this.#bytesSeen) return false;
    this.#bytesSeen = this.#bytes;
    this.#seconds += passed;
    if (secondsFromTicks(this.#newest - this.#from) >= LEAST_SECONDS) this.#begin();
    const isPouring =
      this.#frames - this.#framesBefore >= POURING_FRAMES || this.#bytes - this.#bytesBefore >= POURING_BYTES;
    return isPouring && this.#seconds > WINDOW_SECONDS;
  }

  #begin(): void {
    this.#from = this.#newest;
    this.#framesBefore = this.#frames;
    this.#bytesBefore = this.#bytes;
    this.#seconds = 0;
  }
}
