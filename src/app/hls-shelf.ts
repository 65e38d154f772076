import { HlsOutput } from '../outputs/hls/hls-output.ts';
import { firstNumbers, type PlaylistNumbers } from '../outputs/hls/window.ts';
import type { Stream } from '../stream/stream.ts';

export interface HlsShelfOptions {
  readonly segmentSeconds: number;
  readonly windowSegments: number;
  /** Wall clock, ms. */
  readonly clock: () => number;
}

/**
 * After its end a stream can be fetched for this many window lengths: players finish what they have begun. Longer would
 * show an old event to whoever opens the link of the next one.
 */
const WINDOWS_AFTER_END = 3;
/** A window of short segments would be gone before a player with a long buffer has read the last ones. */
const MIN_SECONDS_AFTER_END = 30;

/** Every stream's HLS output, kept for a while after the stream's end. */
export class HlsShelf {
  readonly #options: HlsShelfOptions;
  readonly #outputs = new Map<string, HlsOutput>();
  /**
   * The next numbers of streams that are over, where the clock has not passed them yet (a publisher that does not send in
   * real time makes more than a segment a second): no name may be used twice, no number go back.
   */
  readonly #next = new Map<string, PlaylistNumbers>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #run = 0;

  constructor(options: HlsShelfOptions) {
    this.#options = options;
  }

  /** Tells how many times the program has been started; before the first stream. */
  startRun(run: number): void {
    this.#run = run;
  }

  find(path: string): HlsOutput | undefined {
    return this.#outputs.get(path);
  }

  open(stream: Stream): void {
    const { path } = stream.name;
    this.#forget(path);
    this.#dropPassed();
    const notBefore = this.#next.get(path);
    const output = new HlsOutput({
      ...this.#options,
      name: stream.name,
      run: this.#run,
      ...(notBefore && { notBefore }),
    });
    this.#outputs.set(path, output);
    stream.attach(output);
    stream.attach({ write: () => undefined, flush: () => undefined, end: () => this.#ended(path) });
  }

  clear(): void {
    for (const path of [...this.#outputs.keys()]) this.#forget(path);
  }

  #ended(path: string): void {
    const { segmentSeconds, windowSegments } = this.#options;
    const seconds = Math.max(MIN_SECONDS_AFTER_END, WINDOWS_AFTER_END * windowSegments * segmentSeconds);
    const timer = setTimeout(() => this.#forget(path), seconds * 1000);
    timer.unref();
    this.#timers.set(path, timer);
  }

  /** Numbers that the clock has passed need not be kept: it gives higher ones. */
  #dropPassed(): void {
    const now = firstNumbers(this.#options.clock(), this.#run);
    for (const [path, next] of this.#next) {
      if (next.sequence <= now.sequence && next.discontinuity <= now.discontinuity) this.#next.delete(path);
    }
  }

  #forget(path: string): void {
    clearTimeout(this.#timers.get(path));
    this.#timers.delete(path);
    const output = this.#outputs.get(path);
    if (output) this.#next.set(path, output.next);
    this.#outputs.delete(path);
  }
}
