interface Due {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that moves when told to, and the callbacks that wait for it. */
export class FakeTime {
  #now = 0;
  readonly #waiting = new Set<Due>();

  readonly now = (): number => this.#now;

  readonly after = (ms: number, callback: () => void): (() => void) => {
    const due = { at: this.#now + ms, callback };
    this.#waiting.add(due);
    return () => this.#waiting.delete(due);
  };

  /** Callbacks not yet called nor cancelled. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Goes on by `ms` and calls what is due, in order of time. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const [next] = [...this.#waiting].filter((due) => due.at <= until).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#waiting.delete(next);
      this.#now = next.at;
      next.callback();
    }
    this.#now = until;
  }
}
