import { addressGroup } from '../../address.ts';

/** Wrong tokens that one address may send at once: a person at a keyboard, a script with an old token. */
const BURST = 10;
/** Then one more for each of these, ms: ten in a minute. */
const REFILL_MS = 6_000;
/** Addresses that are remembered; the one that was wrong the longest time ago is forgotten for a new one. */
const MAX_ADDRESSES = 10_000;

interface Debt {
  /** Wrong tokens not yet forgiven, fractions of one included. */
  count: number;
  at: number;
}

/** Counts wrong tokens by address, so that nobody can try many. */
export class Failures {
  readonly #now: () => number;
  readonly #debts = new Map<string, Debt>();

  /** @param now milliseconds, monotonic */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#debts.size;
  }

  /** 0: the address may try; else the seconds until it may. */
  wait(address: string | undefined): number {
    const excess = this.#owed(addressGroup(address)) - (BURST - 1);
    return excess <= 0 ? 0 : Math.max(1, Math.ceil((excess * REFILL_MS) / 1000));
  }

  count(address: string | undefined): void {
    const group = addressGroup(address);
    const count = this.#owed(group) + 1;
    this.#debts.delete(group); // to the end of the order
    this.#debts.set(group, { count, at: this.#now() });
    if (this.#debts.size <= MAX_ADDRESSES) return;
    for (const oldest of this.#debts.keys()) {
      this.#debts.delete(oldest);
      return;
    }
  }

  #owed(group: string): number {
    const debt = this.#debts.get(group);
    return debt ? Math.max(0, debt.count - (this.#now() - debt.at) / REFILL_MS) : 0;
  }
}
