import { addressGroup } from '../servers/address.ts';

/** Wrong keys from one address within the window, after which it is told to wait. An encoder with a typing error tries a few times. */
const MAX_WRONG = 10;
const WINDOW_MS = 60_000;
/** Addresses that are remembered, about 150 bytes each; the longest known is forgotten for a new one. */
const MAX_GROUPS = 10_000;

/** Tokens of such an address that are checked in a second; a public key's signature takes some 0.2 ms of a processor. */
const TOKENS_PER_SECOND = 20;

interface Count {
  wrong: number;
  since: number;
  /** Tokens since the second that began at this time, ms. */
  tokens: number;
  second: number;
}

/**
 * Counts wrong credentials per address (IPv6: per /64). What it does not do is shut out the address: a school, or everybody
 * behind one provider's NAT, would lose their right keys to one who tries wrong ones, and anybody could do that to them on
 * purpose. Trying gets nobody in (130 random bits), and looking a key up costs less than the connection it came by. So right
 * keys and links always come in, and wrong ones are all answered alike: no more hints. Only tokens, which cost something to
 * check, are not all checked then: a right one among very many wrong ones may have to be shown again.
 */
export class Failures {
  readonly #counts = new Map<string, Count>();

  /** Addresses that are remembered. */
  get size(): number {
    return this.#counts.size;
  }

  /** One more. @returns true: there were too many. @param now ms */
  add(address: string, now: number): boolean {
    const group = addressGroup(address);
    let count = this.#counts.get(group);
    if (!count || isOver(count, now)) {
      this.#counts.delete(group); // to stand last
      this.#makeRoom();
      count = { wrong: 0, since: now, tokens: 0, second: now };
      this.#counts.set(group, count);
    }
    return ++count.wrong > MAX_WRONG;
  }

  /** A token has come from there. False: it is not worth checking. @param now ms */
  mayCheckToken(address: string, now: number): boolean {
    const count = this.#counts.get(addressGroup(address));
    if (!count || count.wrong <= MAX_WRONG || isOver(count, now)) return true;
    if (now - count.second >= 1000 || now < count.second) {
      count.second = now;
      count.tokens = 0;
    }
    return ++count.tokens <= TOKENS_PER_SECOND;
  }

  #makeRoom(): void {
    if (this.#counts.size < MAX_GROUPS) return;
    const [oldest] = this.#counts.keys();
    if (oldest !== undefined) this.#counts.delete(oldest);
  }
}

/** The clock may have been set back, too. */
const isOver = ({ since }: Count, now: number): boolean => now - since >= WINDOW_MS || now < since;
