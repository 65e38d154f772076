import { HlsOutput } from '../outputs/hls/hls-output.ts';
import { laterNumbers, type PlaylistNumbers } from '../outputs/hls/numbers.ts';
import type { After } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import { HlsLives } from './hls-lives.ts';

export interface HlsShelfOptions {
  readonly segmentSeconds: number;
  readonly windowSegments: number;
  /** Wall clock, ms. */
  readonly clock: () => number;
  readonly after: After;
  /** Told, once for each, why a stream's HLS leaves a track out. */
  readonly onProblem?: (path: string, why: string) => void;
  /** Told how long each segment is, seconds. */
  readonly onSegment?: (seconds: number) => void;
  /** Where numbers begin, and who wants to know how far they have come. */
  readonly numbers: {
    first(): PlaylistNumbers;
    used(next: PlaylistNumbers): void;
  };
}

/**
 * After its end a stream can be fetched for this many window lengths: players finish what they have begun. Longer would
 * show an old event to whoever opens the link of the next one.
 */
const WINDOWS_AFTER_END = 3;
/** A window of short segments would be gone before a player with a long buffer has read the last ones. */
const MIN_SECONDS_AFTER_END = 30;
/** Names of which it is known what a next life must begin with; all others begin behind the last one dropped. */
const MAX_REMEMBERED = 1_000;

/** Every stream's HLS output, kept for a while after the stream's end. */
export class HlsShelf {
  readonly #options: HlsShelfOptions;
  readonly #lives = new Map<string, HlsLives>();
  /** No name may be used twice and no number go back, so the next numbers of streams that are over are kept: oldest first. */
  readonly #next = new Map<string, PlaylistNumbers>();
  #floor: PlaylistNumbers = { sequence: 0, discontinuity: 0 };
  readonly #cancel = new Map<HlsOutput, () => void>();

  constructor(options: HlsShelfOptions) {
    this.#options = options;
  }

  find(path: string): HlsLives | undefined {
    return this.#lives.get(path);
  }

  /** Lives whose end is still to be forgotten, and names that are remembered: what a test asks about leaks. */
  get size(): { readonly lives: number; readonly ending: number; readonly remembered: number } {
    return { lives: this.#lives.size, ending: this.#cancel.size, remembered: this.#next.size };
  }

  open(stream: Stream): void {
    const { path, ...name } = stream.name;
    const { segmentSeconds, windowSegments, clock, numbers, onProblem, onSegment } = this.#options;
    const before = this.#lives.get(path);
    if (before) this.#remember(path, before.newest);
    const first = laterNumbers(numbers.first(), this.#next.get(path) ?? this.#floor);
    const output = new HlsOutput({
      name: { ...name, path },
      segmentSeconds,
      windowSegments,
      clock,
      first,
      onProblem: (why) => onProblem?.(path, why),
      ...(onSegment && { onSegment }),
    });
    const dropped = before?.begin(output);
    if (!before) this.#lives.set(path, new HlsLives(output));
    if (dropped) this.#letGo(dropped);
    numbers.used(output.next);
    stream.attach(output);
    stream.attach({ write: () => undefined, flush: () => undefined, end: () => this.#ended(path, output) });
  }

  /** Tells how far the numbers have come; call about once a second. */
  tick(): void {
    for (const { newest } of this.#lives.values()) this.#options.numbers.used(newest.next);
  }

  clear(): void {
    for (const cancel of this.#cancel.values()) cancel();
    this.#cancel.clear();
    this.#lives.clear();
  }

  #ended(path: string, output: HlsOutput): void {
    const { segmentSeconds, windowSegments, after, numbers } = this.#options;
    numbers.used(output.next);
    const seconds = Math.max(MIN_SECONDS_AFTER_END, WINDOWS_AFTER_END * windowSegments * segmentSeconds);
    this.#cancel.set(
      output,
      after(seconds * 1000, () => this.#forget(path, output)),
    );
  }

  /** Its timer would keep all its segments. */
  #letGo(output: HlsOutput): void {
    this.#cancel.get(output)?.();
    this.#cancel.delete(output);
  }

  #forget(path: string, output: HlsOutput): void {
    this.#cancel.delete(output);
    if (!this.#lives.get(path)?.forget(output)) return;
    this.#remember(path, output);
    this.#lives.delete(path);
  }

  #remember(path: string, output: HlsOutput): void {
    this.#next.delete(path); // to the end of the order
    this.#next.set(path, output.next);
    if (this.#next.size <= MAX_REMEMBERED) return;
    for (const [oldest, next] of this.#next) {
      this.#next.delete(oldest);
      this.#floor = laterNumbers(this.#floor, next);
      return;
    }
  }
}
