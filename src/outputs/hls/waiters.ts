type Callback<Of extends readonly unknown[]> = (...given: Of) => void;

/** Those who wait for something that has a name or a place, each called once. */
export class Waiters<Key, Of extends readonly unknown[]> {
  readonly #byKey = new Map<Key, Set<Callback<Of>>>();

  /** Nobody waits for anything. */
  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }

  get keys(): Iterable<Key> {
    return this.#byKey.keys();
  }

  /** Returns how to give up, at any time. */
  add(key: Key, callback: Callback<Of>): () => void {
    const waiter: Callback<Of> = (...given) => callback(...given); // one of its own, should the same callback come twice
    const waiting = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, waiting.add(waiter));
    return () => {
      waiting.delete(waiter);
      if (waiting.size === 0 && this.#byKey.get(key) === waiting) this.#byKey.delete(key);
    };
  }

  /** Those who come meanwhile wait for the next time; those who give up meanwhile are not called. */
  release(key: Key, ...given: Of): void {
    const waiting = this.#byKey.get(key);
    this.#byKey.delete(key);
    if (!waiting) return;
    for (const waiter of waiting) {
      waiting.delete(waiter);
      waiter(...given);
    }
  }

  releaseAll(...given: Of): void {
    for (const key of [...this.#byKey.keys()]) this.release(key, ...given);
  }
}
