/** One who waits for work to be done. */
interface Waiting {
  readonly begin: () => Promise<void>;
  /** Nobody wants it any more. */
  readonly isGone: () => boolean;
}

export interface WorkLineOptions {
  readonly atOnce: number;
  /** So many more may stand in line. */
  readonly waiting: number;
}

/** Work that costs something, for strangers: some at a time, a line of bounded length behind them. */
export class WorkLine {
  readonly #options: WorkLineOptions;
  readonly #waiting = new Set<Waiting>();
  #busy = 0;

  constructor(options: WorkLineOptions) {
    this.#options = options;
  }

  /** False: the line is too long. @param begin must not reject */
  add(begin: () => Promise<void>, isGone: () => boolean): boolean {
    const { atOnce, waiting } = this.#options;
    if (this.#busy >= atOnce && this.#waiting.size >= waiting) this.#leave();
    if (this.#busy >= atOnce && this.#waiting.size >= waiting) return false;
    this.#waiting.add({ begin, isGone });
    this.#next();
    return true;
  }

  /** Lets those go who have gone anyway. */
  #leave(): void {
    for (const one of this.#waiting) if (one.isGone()) this.#waiting.delete(one);
  }

  #next(): void {
    for (const one of this.#waiting) {
      if (this.#busy >= this.#options.atOnce) return;
      this.#waiting.delete(one);
      if (one.isGone()) continue;
      this.#busy++;
      void one.begin().finally(() => {
        this.#busy--;
        this.#next();
      });
    }
  }
}
