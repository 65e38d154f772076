import type { Frame } from '../media/frame.ts';
import { ticksFromSeconds, type Ticks } from '../media/time.ts';

export interface GopCacheLimits {
  /** A publisher that never sends a key frame must not fill the memory: whichever bound is met first closes the cache. */
  readonly frames: number;
  readonly bytes: number;
  readonly seconds: number;
}

/**
 * 30 s at 60 fps with 48 kHz audio is 3,200 frames; 32 MB is ten seconds at 25 Mb/s. Encoders are told to use GOPs of
 * 2 s; ten seconds are met in the field.
 */
export const GOP_CACHE_LIMITS: GopCacheLimits = { frames: 4_000, bytes: 32 * 1024 * 1024, seconds: 30 };

/** How much of an audio-only stream a new listener gets: enough to start, not enough to be late. */
const AUDIO_ONLY_SPAN: Ticks = ticksFromSeconds(1);

/**
 * The frames since the last point where a decoder can start, shared by everybody who joins. When a bound is passed
 * it empties itself and stays closed until the next such point: half a GOP is of no use to anyone.
 */
export class GopCache {
  readonly #limits: GopCacheLimits;
  #frames: Frame[] = [];
  #bytes = 0;
  #open = false;
  #startedAt = 0;

  constructor(limits: GopCacheLimits = GOP_CACHE_LIMITS) {
    this.#limits = limits;
  }

  /** From the GOP's first frame on, in order of arrival; empty when there is nothing to start from. */
  get frames(): readonly Frame[] {
    return this.#frames;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The frame a new viewer starts with. Compare with it to learn whether a frame has just opened a GOP. */
  get first(): Frame | undefined {
    return this.#frames[0];
  }

  add(frame: Frame): void {
    if (this.#opensGop(frame)) {
      this.clear();
      this.#open = true;
      this.#startedAt = frame.dts;
    }
    // Sound came first, now come pictures that need others: a decoder cannot start here any more.
    else if (frame.kind === 'video' && this.first?.kind === 'audio') this.clear();
    if (!this.#open) return;
    this.#frames.push(frame);
    this.#bytes += frame.payload.length;
    if (this.#isOverLimit(frame)) this.clear();
  }

  /** A frame of a track beside the one that opens the GOPs. */
  addBeside(frame: Frame): void {
    if (!this.#open) return;
    this.#frames.push(frame);
    this.#bytes += frame.payload.length;
    if (this.#isOverLimit(frame)) this.clear();
  }

  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
    this.#open = false;
  }

  #opensGop(frame: Frame): boolean {
    if (frame.kind === 'data' || !frame.startsGop) return false;
    // Every frame of an audio-only stream can be started from: keep up to a second of them.
    return frame.kind === 'video' || !this.#open || frame.dts - this.#startedAt >= AUDIO_ONLY_SPAN;
  }

  #isOverLimit(frame: Frame): boolean {
    const { frames, bytes, seconds } = this.#limits;
    return (
      this.#frames.length > frames ||
      this.#bytes > bytes ||
      frame.dts - this.#startedAt > ticksFromSeconds(seconds)
    );
  }
}
