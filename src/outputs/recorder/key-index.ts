import type { Ticks } from '../../media/time.ts';

/** A place in a file where a player can start. */
export interface KeyPoint {
  readonly at: Ticks;
  readonly position: number;
}

/**
 * Room is kept for so many in front of each file: two hours and a quarter at a key frame every two seconds, in 74 kB. In longer files
 * every second one is left out, and again.
 */
const MAX_KEY_POINTS = 4096;

/** Where the key frames of a file are, of which there may be any number: however long the file, the index is bounded. */
export class KeyIndex {
  readonly #max: number;
  #points: KeyPoint[] = [];
  /** Every so many key frames has a point. */
  #stride = 1;
  #seen = 0;

  constructor(max: number = MAX_KEY_POINTS) {
    this.#max = max;
  }

  get points(): readonly KeyPoint[] {
    return this.#points;
  }

  add(at: Ticks, position: number): void {
    if (this.#seen++ % this.#stride !== 0) return;
    if (this.#points.length === this.#max) {
      this.#points = this.#points.filter((_, index) => index % 2 === 0);
      this.#stride *= 2;
      if ((this.#seen - 1) % this.#stride !== 0) return;
    }
    this.#points.push({ at, position });
  }
}

/** How many points a file of at most so many seconds may need; encoders put a key frame every second at most, as a rule. */
export function keyPointsFor(seconds: number | undefined): number {
  return seconds === undefined ? MAX_KEY_POINTS : Math.min(MAX_KEY_POINTS, Math.ceil(seconds) + 16);
}
