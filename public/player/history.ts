/** The last `capacity` samples of several values, one a second: what a chart draws. Unknown is `null`. */
export class History<Name extends string> {
  readonly #capacity: number;
  readonly #values: Readonly<Record<Name, (number | null)[]>>;
  #times: number[] = [];

  constructor(capacity: number, names: readonly Name[]) {
    this.#capacity = capacity;
    this.#values = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
      Name,
      (number | null)[]
    >;
  }

  /** `time` in seconds. */
  add(time: number, sample: Readonly<Record<Name, number | null>>): void {
    this.#times.push(time);
    for (const name of Object.keys(this.#values) as Name[]) this.#values[name].push(sample[name]);
    if (this.#times.length <= this.#capacity) return;
    this.#times.shift();
    for (const name of Object.keys(this.#values) as Name[]) this.#values[name].shift();
  }

  get times(): readonly number[] {
    return this.#times;
  }

  /** Seconds to show: at least `least`, so that a short line is not lost in an empty chart, and at most `most`. */
  span(least: number, most: number): number {
    const elapsed = (this.#times.at(-1) ?? 0) - (this.#times[0] ?? 0);
    return Math.min(most, Math.max(least, elapsed));
  }

  of(name: Name): readonly (number | null)[] {
    return this.#values[name];
  }
}
