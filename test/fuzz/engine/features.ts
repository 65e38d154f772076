/** The counters of an instrumented bundle; empty in plain code, where nothing counts. */
export const counters: Uint32Array =
  (globalThis as { __counters?: Uint32Array }).__counters ?? new Uint32Array(0);

/** Times a place was passed, as classes: once, twice, 3, 4–7, 8–15, 16–31, 32–127, more. */
const CLASSES = 8;

function classOf(count: number): number {
  if (count < 4) return count - 1;
  if (count < 8) return 3;
  if (count < 16) return 4;
  if (count < 32) return 5;
  return count < 128 ? 6 : 7;
}

/** What has been seen so far: each place, by how often an input passed it. */
export class Seen {
  readonly #features = new Uint8Array(counters.length * CLASSES);
  /** Different pairs of place and class. */
  features = 0;

  /** Takes in what the last input did; the number of features that no input had before. */
  add(): number {
    let fresh = 0;
    for (let point = 0; point < counters.length; point++) {
      const count = counters[point]!;
      if (count === 0) continue;
      const feature = point * CLASSES + classOf(count);
      if (this.#features[feature] === 1) continue;
      this.#features[feature] = 1;
      fresh++;
    }
    this.features += fresh;
    return fresh;
  }

  /** For each place, whether any input came by. */
  points(): Uint8Array {
    const points = new Uint8Array(counters.length);
    for (let feature = 0; feature < this.#features.length; feature++)
      if (this.#features[feature] === 1) points[Math.floor(feature / CLASSES)] = 1;
    return points;
  }
}
