/** Bytes that many connections share. */
export interface Budget {
  /** Takes so many bytes out of it; false, and nothing is taken, if they are not there. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** A budget of so many bytes. */
export class ByteBudget implements Budget {
  readonly #bytes: number;
  #taken = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Bytes taken and not given back. */
  get taken(): number {
    return this.#taken;
  }

  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#bytes) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    if (bytes > this.#taken) throw new Error(`${bytes} bytes given back of ${this.#taken} that were taken`);
    this.#taken -= bytes;
  }
}

/** For a reader that stands alone: its own limits are enough. */
export const NO_BUDGET: Budget = { take: () => true, give: () => undefined };

/**
 * What one connection has out of the budget. Its first bytes are its own and cost nothing, so that nobody is shut out
 * by those who use the budget up; what is beyond comes from the budget.
 */
export class Allowance {
  #budget: Budget;
  #own: number;
  #held = 0;
  #borrowed = 0;

  /** @param own bytes that are free. */
  constructor(budget: Budget, own: number) {
    this.#budget = budget;
    this.#own = own;
  }

  /** Bytes more (or, below zero, fewer) are held. False if they are not to be had: they do not count then. */
  add(bytes: number): boolean {
    const due = Math.max(0, this.#held + bytes - this.#own) - this.#borrowed;
    if (due > 0 && !this.#budget.take(due)) return false;
    if (due < 0) this.#budget.give(-due);
    this.#borrowed += due;
    this.#held += bytes;
    return true;
  }

  /** From now on another budget pays, also for what is held already. False if it cannot: nothing is held then. */
  move(budget: Budget, own: number): boolean {
    const held = this.#held;
    this.add(-held);
    this.#budget = budget;
    this.#own = own;
    return this.add(held);
  }
}
