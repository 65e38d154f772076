import { addressGroup } from '../../address.ts';

/** Addresses that are remembered; the one that owes the longest is forgotten for a new one. */
const MAX_ADDRESSES = 10_000;

export interface DebtLimits {
  /** So many one address may have at once. */
  readonly burst: number;
  /** Then one more for each of these, ms. */
  readonly refillMs: number;
}

/** A person at a keyboard, a script with an old token: ten at once, then ten in a minute. */
export const WRONG_TOKENS: DebtLimits = { burst: 10, refillMs: 6_000 };
/** A page reports twice a minute, and a whole school may watch from one address. */
export const REPORTS: DebtLimits = { burst: 120, refillMs: 100 };

interface Debt {
  /** Not yet forgiven, fractions of one included. */
  count: number;
  at: number;
}

/** Counts by address what nobody may do often: wrong tokens, so that nobody can try many; reports. */
export class Debts {
  readonly #now: () => number;
  readonly #limits: DebtLimits;
  readonly #debts = new Map<string, Debt>();

  /** @param now milliseconds, monotonic */
  constructor(now: () => number, limits: DebtLimits) {
    this.#now = now;
    this.#limits = limits;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#debts.size;
  }

  /** 0: the address may try; else the seconds until it may. */
  wait(address: string | undefined): number {
    const { burst, refillMs } = this.#limits;
    const excess = this.#owed(addressGroup(address)) - (burst - 1);
    return excess <= 0 ? 0 : Math.max(1, Math.ceil((excess * refillMs) / 1000));
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
    return debt ? Math.max(0, debt.count - (this.#now() - debt.at) / this.#limits.refillMs) : 0;
  }
}
