export interface RecentOptions {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Sizes of all that is kept, together. */
  readonly most: number;
  /** What nobody asks for is kept so long. */
  readonly keptMs: number;
}

interface Kept<T> {
  readonly value: T;
  readonly size: number;
  at: number;
}

/** What was made lately, so that it is made once for all who ask for it at about the same time. */
export class Recent<T> {
  readonly #options: RecentOptions;
  /** The one that was asked for last is the last. */
  readonly #kept = new Map<string, Kept<T>>();
  readonly #making = new Map<string, Promise<T>>();
  #size = 0;

  constructor(options: RecentOptions) {
    this.#options = options;
  }

  /** Sizes of all that is kept. */
  get size(): number {
    return this.#size;
  }

  /** What is kept, or what `make` makes; a failure is told to all who wait, and not kept. */
  get(key: string, make: () => Promise<T>, sizeOf: (value: T) => number): Promise<T> {
    this.#forgetOld();
    const kept = this.#kept.get(key);
    if (kept) {
      kept.at = this.#options.now();
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return Promise.resolve(kept.value);
    }
    const known = this.#making.get(key);
    if (known) return known;
    const making = make()
      .then((value) => {
        this.#keep(key, value, sizeOf(value));
        return value;
      })
      .finally(() => this.#making.delete(key));
    this.#making.set(key, making);
    return making;
  }

  #keep(key: string, value: T, size: number): void {
    if (size > this.#options.most) return;
    this.#kept.set(key, { value, size, at: this.#options.now() });
    this.#size += size;
    for (const [oldest, { size: less }] of this.#kept) {
      if (this.#size <= this.#options.most) break;
      this.#kept.delete(oldest);
      this.#size -= less;
    }
  }

  #forgetOld(): void {
    const { now, keptMs } = this.#options;
    for (const [key, { at, size }] of this.#kept) {
      if (now() - at <= keptMs) break;
      this.#kept.delete(key);
      this.#size -= size;
    }
  }
}
