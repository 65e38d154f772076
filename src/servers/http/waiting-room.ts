import type { IncomingMessage, ServerResponse } from 'node:http';
import { isGone } from './respond.ts';
import { Turns } from './turns.ts';
import type { WaitingLimits, WaitingTicket } from './waiting-limits.ts';

/** A request that waits, with all that its answer depends on. */
export interface Waiter {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What requests wait for: one object, however many they are. */
export interface Awaited<W extends Waiter> {
  /** Calls `come` once when it is there or never will be, at once if that is so now. Returns how to give up; undefined: nothing is to come. */
  begin(come: () => void): (() => void) | undefined;
  /** It is there, or never will be. */
  answer(waiter: W): void;
  /** The time is over. */
  late(waiter: W): void;
  /** How long to wait while nothing happens, ms. */
  readonly patienceMs: number;
  /** How long to wait at most, ms. */
  readonly longestMs: number;
  /** Another value each time that something has happened. */
  progress?(): unknown;
}

/** Where something comes from, and what. */
export interface Place {
  readonly of: object;
  readonly key: string;
}

/** Who has waited too long is looked for this often, ms: so no request needs a timer. */
const LOOK_MS = 100;

interface Member<W extends Waiter> {
  readonly waiter: W;
  readonly crowd: Crowd<W>;
  readonly ticket: WaitingTicket;
  readonly since: number;
  isLate: boolean;
}

/** All that wait for the same. */
interface Crowd<W extends Waiter> extends Place {
  readonly awaited: Awaited<W>;
  /** In the order in which they came. */
  readonly members: Set<Member<W>>;
  giveUp: () => void;
  hasCome: boolean;
  /** When something happened, ms, and what there was then. */
  movedAt: number;
  progress: unknown;
}

/**
 * Requests that wait for something to come: a segment, a part, a stream's first playlist. Thousands that wait for the same
 * are one entry in the list of where it comes from, and none has a timer. When it has come they are answered in slices.
 */
export class WaitingRoom<W extends Waiter> {
  readonly #limits: WaitingLimits;
  readonly #now: () => number;
  readonly #crowds = new Map<object, Map<string, Crowd<W>>>();
  readonly #members = new Map<ServerResponse, Member<W>>();
  readonly #due: Turns<Member<W>>;
  readonly #left: (this: ServerResponse) => void;
  #looking: NodeJS.Timeout | undefined;

  /** @param now milliseconds, monotonic */
  constructor(limits: WaitingLimits, now = (): number => performance.now()) {
    this.#limits = limits;
    this.#now = now;
    this.#due = new Turns((member) => this.#answer(member));
    const members = this.#members;
    const left = (member: Member<W>): void => this.#leave(member);
    // One function for all responses.
    this.#left = function (this: ServerResponse) {
      const member = members.get(this);
      if (member) left(member);
    };
  }

  /** Requests that wait, and for how many things: what a test asks about leaks. */
  get size(): { readonly requests: number; readonly crowds: number } {
    let crowds = 0;
    for (const ofOne of this.#crowds.values()) crowds += ofOne.size;
    return { requests: this.#members.size, crowds };
  }

  /**
   * Answers it later, by {@link Awaited.answer} or `late`, unless the client hangs up.
   *
   * @param awaited asked if nobody waits for this yet
   * @returns undefined if it waits; otherwise it is still to be answered
   */
  wait(
    waiter: W,
    place: Place,
    awaited: () => Awaited<W>,
  ): 'nothing to come' | { refused: string } | undefined {
    if (isGone(waiter.response)) return undefined;
    const ticket = this.#limits.enter(waiter.request);
    if ('refused' in ticket) return ticket;
    const crowd = this.#crowds.get(place.of)?.get(place.key) ?? this.#gather(place, awaited());
    if (!crowd) {
      this.#limits.leave(ticket);
      return 'nothing to come';
    }
    const member = { waiter, crowd, ticket, since: this.#now(), isLate: false };
    crowd.members.add(member);
    this.#members.set(waiter.response, member);
    waiter.response.on('close', this.#left);
    if (crowd.hasCome) this.#due.add(member);
    this.#looking ??= setInterval(() => this.#look(), LOOK_MS).unref();
    return undefined;
  }

  /** Nobody waits any longer. */
  close(): void {
    for (const member of this.#members.values()) this.#isLate(member);
  }

  #gather({ of, key }: Place, awaited: Awaited<W>): Crowd<W> | undefined {
    const crowd: Crowd<W> = {
      ...{ of, key, awaited, members: new Set(), hasCome: false },
      ...{ movedAt: this.#now(), progress: awaited.progress?.() },
      giveUp: () => undefined,
    };
    const giveUp = awaited.begin(() => this.#come(crowd));
    if (!giveUp) return undefined;
    if (crowd.hasCome) return crowd; // whoever comes next has to look anew
    crowd.giveUp = giveUp;
    const ofOne = this.#crowds.get(of) ?? new Map<string, Crowd<W>>();
    this.#crowds.set(of, ofOne);
    ofOne.set(key, crowd);
    return crowd;
  }

  #come(crowd: Crowd<W>): void {
    crowd.hasCome = true;
    this.#disperse(crowd);
    for (const member of crowd.members) if (!member.isLate) this.#due.add(member);
  }

  /** Nobody joins it any more. */
  #disperse({ of, key }: Crowd<W>): void {
    const ofOne = this.#crowds.get(of);
    ofOne?.delete(key);
    if (ofOne?.size === 0) this.#crowds.delete(of);
  }

  #answer(member: Member<W>): void {
    if (!member.crowd.members.has(member)) return; // it has hung up
    this.#leave(member);
    const { awaited } = member.crowd;
    if (member.crowd.hasCome) awaited.answer(member.waiter);
    else awaited.late(member.waiter);
  }

  #leave(member: Member<W>): void {
    const { crowd, waiter, ticket } = member;
    if (!crowd.members.delete(member)) return;
    this.#members.delete(waiter.response);
    this.#limits.leave(ticket);
    if (crowd.members.size > 0 || crowd.hasCome) return;
    this.#disperse(crowd);
    crowd.giveUp();
  }

  /** Looks for those that have waited too long; the first of a crowd has waited longest. */
  #look(): void {
    const now = this.#now();
    for (const ofOne of this.#crowds.values()) {
      for (const crowd of ofOne.values()) {
        this.#notice(crowd, now);
        for (const member of crowd.members) {
          if (!isOver(member, now)) break;
          this.#isLate(member);
        }
      }
    }
    if (this.#members.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }

  #notice(crowd: Crowd<W>, now: number): void {
    const progress = crowd.awaited.progress?.();
    if (progress === crowd.progress) return;
    crowd.progress = progress;
    crowd.movedAt = now;
  }

  #isLate(member: Member<W>): void {
    if (member.isLate || member.crowd.hasCome) return;
    member.isLate = true;
    this.#due.add(member);
  }
}

/** At the last look before the patience ends rather than at the first one after it: nobody waits longer than promised. */
function isOver({ crowd, since }: Member<Waiter>, now: number): boolean {
  const { patienceMs, longestMs } = crowd.awaited;
  const atNextLook = now + LOOK_MS;
  return atNextLook - Math.max(since, crowd.movedAt) > patienceMs || atNextLook - since > longestMs;
}
