import { HlsOutput } from '../outputs/hls/hls-output.ts';
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
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(options: HlsShelfOptions) {
    this.#options = options;
  }

  find(path: string): HlsOutput | undefined {
    return this.#outputs.get(path);
  }

  open(stream: Stream): void {
    const { path } = stream.name;
    this.#forget(path);
    const output = new HlsOutput({ ...this.#options, name: stream.name });
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

  #forget(path: string): void {
    clearTimeout(this.#timers.get(path));
    this.#timers.delete(path);
    this.#outputs.delete(path);
  }
}
