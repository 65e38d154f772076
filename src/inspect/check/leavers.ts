import type { Leaver } from './history.ts';

/** Asked for this long before a segment's time is over, so that the answer comes while it is not, ms. */
const BEFORE_THE_END_MS = 400;
/** Most segments that are waited for at a time; with short ones, a sample tells as much. */
const MAX_WAITING = 64;
/** Segments that are asked for at once when they leave, so that a short check finds servers that delete at once. */
const ASKED_AT_ONCE = 2;

/** Segments whose time is remembered, should they be read late. */
const MAX_REMEMBERED = 1_000;

/** A segment that has left the playlist and must still be there. Times in ms by a clock that only goes forward. */
export interface Waiting extends Leaver {
  readonly askAt: number;
  /** Until then it must be there, however one counts. */
  readonly until: number;
}

/**
 * Segments that have left the playlist: each must stay for its own duration and that of the longest playlist it was in:
 * RFC 8216 §6.2.2. (The later draft counts from the moment it was first listed, which is gentler; players in use were
 * written for the RFC.)
 */
export class Leavers {
  #waiting: Waiting[] = [];
  #askedAtOnce = 0;
  /** By sequence number: until when those that left last must be there. */
  readonly #until = new Map<number, number>();

  /** `listedAt`: when the last load that still listed them was asked for, less what a cache had held it. */
  add(left: readonly Leaver[], listedAt: number, now: number): void {
    for (const leaver of left) {
      const until = listedAt + (leaver.segment.extinfSeconds + leaver.longestSeconds) * 1000;
      this.#remember(leaver.segment.sequence, until);
      if (leaver.segment.gap || this.#waiting.length >= MAX_WAITING) continue;
      if (this.#askedAtOnce < ASKED_AT_ONCE) {
        this.#askedAtOnce++;
        this.#waiting.push({ ...leaver, askAt: now, until });
      }
      this.#waiting.push({ ...leaver, askAt: until - BEFORE_THE_END_MS, until });
    }
  }

  /** The numbers start over: what was listed before is no longer spoken of. */
  clear(): void {
    this.#waiting = [];
    this.#until.clear();
  }

  /** Until when a segment must be there; undefined while it is listed. */
  untilOf(sequence: number): number | undefined {
    return this.#until.get(sequence);
  }

  #remember(sequence: number, until: number): void {
    this.#until.set(sequence, until);
    if (this.#until.size > MAX_REMEMBERED) this.#until.delete(this.#until.keys().next().value!);
  }

  /** When to come back, or undefined if nothing is waited for. */
  get nextAt(): number | undefined {
    return this.#waiting.length === 0 ? undefined : Math.min(...this.#waiting.map(({ askAt }) => askAt));
  }

  /** Takes out those to ask for now. */
  take(now: number): Waiting[] {
    const due = this.#waiting.filter(({ askAt }) => askAt <= now);
    this.#waiting = this.#waiting.filter(({ askAt }) => askAt > now);
    return due.filter(({ until }) => until > now);
  }

  /** The check ends: all whose time is not over. */
  takeAll(now: number): Waiting[] {
    const all = this.#waiting;
    this.#waiting = [];
    return all.filter(({ until }) => until > now);
  }
}
