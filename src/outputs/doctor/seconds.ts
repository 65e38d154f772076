/** Longer than the distance of the slowest video's frames. */
const SILENCE_MS = 2_500;

/** What one second brought. */
export interface Second {
  videoBytes: number;
  audioBytes: number;
  videoFrames: number;
  audioFrames: number;
  /** When its last frame came, and how much media time had come by then, ms; NaN if none came. */
  lastAt: number;
  mediaMs: number;
  /** How late its latest frame was, ms. */
  lateMs: number;
}

const EMPTY: Second = {
  videoBytes: 0,
  audioBytes: 0,
  videoFrames: 0,
  audioFrames: 0,
  lastAt: NaN,
  mediaMs: 0,
  lateMs: 0,
};

/** The last seconds, by the clock on the wall: the newest last. */
export class Seconds {
  readonly #kept: number;
  readonly #past: Second[] = [];
  #heldUpMs = 0;
  /** The one that is not over. */
  current: Second = { ...EMPTY };

  /** @param kept seconds that are remembered */
  constructor(kept: number) {
    this.#kept = kept;
  }

  /**
   * The current second is over. `heldUpMs`: how long nobody read in it. What came late by that is not late, also if it was read
   * only in the second after.
   */
  turn(heldUpMs: number): void {
    const { current } = this;
    current.lateMs = Math.max(0, current.lateMs - Math.max(heldUpMs, this.#heldUpMs));
    this.#heldUpMs = heldUpMs;
    this.#past.push(current);
    if (this.#past.length > this.#kept) this.#past.shift();
    this.current = { ...EMPTY };
  }

  /** Whole seconds that are remembered. */
  get length(): number {
    return this.#past.length;
  }

  /** The last `count` whole seconds, fewer if there are not so many. */
  last(count: number): readonly Second[] {
    return this.#past.slice(-count);
  }

  /**
   * Media time over time on the wall between the last frames of the first and the last of these seconds; 1 is right.
   * After a longer silence it goes on to `now`: there nothing comes in time.
   */
  speed(count: number, now: number): number {
    const heard = this.last(count).filter(({ lastAt }) => !Number.isNaN(lastAt));
    const [first, last] = [heard[0], heard.at(-1)];
    if (!first || !last || first === last) return 1;
    const until = now - last.lastAt > SILENCE_MS ? now : last.lastAt;
    return (last.mediaMs - first.mediaMs) / (until - first.lastAt);
  }

  sum(count: number, read: (second: Second) => number): number {
    let total = 0;
    for (const second of this.last(count)) total += read(second);
    return total;
  }

  max(count: number, read: (second: Second) => number): number {
    let most = 0;
    for (const second of this.last(count)) most = Math.max(most, read(second));
    return most;
  }
}
