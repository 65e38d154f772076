import { randomBytes } from 'node:crypto';
import { addressGroup } from '../address.ts';
import type { Pass, Visit } from '../gate.ts';

/** 128 bits, which nobody guesses, as 22 characters of a URL. */
const ID_BYTES = 16;
/** Players of one stream that have a session at a time. */
const MAX_PER_STREAM = 20_000;
/**
 * How long a session that is over is remembered: a player that was paused comes back with it, and one that was kicked is
 * told so instead of being taken for a new one.
 */
const REMEMBERED_MS = 10 * 60_000;
/** Of these so many, the oldest go first. */
const MAX_REMEMBERED = 10_000;

/**
 * *entered*: it has been given a multivariant playlist; *watching* since it fetched its first media playlist; *gone* when it has
 * not fetched one for a while; *kicked*: never again.
 */
export type HlsSessionState = 'entered' | 'watching' | 'gone' | 'kicked';

/** One player of one stream, from its first playlist on. */
export interface HlsSession {
  readonly id: string;
  /** What it came with; when it comes back it is asked for by this again. */
  readonly visit: Visit;
  readonly state: HlsSessionState;
  /** Where it was led. */
  readonly path: string;
  /** Why it was kicked. */
  readonly reason: string;
}

interface Member extends HlsSession {
  readonly group: string;
  readonly print: string;
  state: HlsSessionState;
  path: string;
  reason: string;
  pass: Pass;
  /** Of its last playlist, ms; when it is over, since when. */
  at: number;
  bytesOut: number;
}

export interface HlsSessionsOptions {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** See goneAfterMs; of the stream that is watched. */
  readonly goneMs: (path: string) => number;
  /** At a time, from one address. */
  readonly maxPerAddress: number;
  /** Whoever may play the one stream may play the other as a part of it; by default no other. */
  readonly covers?: (path: string, part: string) => boolean;
}

/** All players of HLS that have a session. */
export class HlsSessions {
  readonly #options: HlsSessionsOptions;
  readonly #byId = new Map<string, Member>();
  /** Here now, by what tells one from another where no session is named. */
  readonly #byPrint = new Map<string, Member>();
  readonly #here = new Set<Member>();
  /** Over, the oldest first. */
  readonly #over = new Set<Member>();
  readonly #entered = new Map<string, number>();
  readonly #fromGroup = new Map<string, number>();
  readonly #watching = new Map<string, number>();

  constructor(options: HlsSessionsOptions) {
    this.#options = options;
  }

  /** Players that watch a stream. */
  count(path: string): number {
    return this.#watching.get(path) ?? 0;
  }

  /** Of all streams. */
  get total(): number {
    let sum = 0;
    for (const count of this.#watching.values()) sum += count;
    return sum;
  }

  /** @param asked path of the stream in the URL: a session is good for one stream, and what belongs to it */
  find(id: string, asked: string): HlsSession | undefined {
    const member = this.#byId.get(id);
    if (!member) return undefined;
    const isFor = member.visit.name.path === asked || this.#options.covers?.(member.path, asked) === true;
    return isFor ? member : undefined;
  }

  /** The one that came with just this, from the same place, and is still here. */
  alike(visit: Visit): HlsSession | undefined {
    return this.#byPrint.get(printOf(visit));
  }

  /** False: so many are here that no more get a session. */
  hasRoom({ address }: Visit, path: string): boolean {
    const fromGroup = this.#fromGroup.get(addressGroup(address)) ?? 0;
    return (this.#entered.get(path) ?? 0) < MAX_PER_STREAM && fromGroup < this.#options.maxPerAddress;
  }

  /** @param path where the gate has led it */
  open(visit: Visit, path: string, pass: Pass): HlsSession {
    const id = randomBytes(ID_BYTES).toString('base64url');
    const group = addressGroup(visit.address);
    const print = printOf(visit);
    const member: Member = {
      id,
      visit,
      path,
      pass,
      group,
      print,
      state: 'gone',
      reason: '',
      at: 0,
      bytesOut: 0,
    };
    this.#byId.set(id, member);
    this.#comeIn(member);
    return member;
  }

  /** A session that had gone is back: the gate has let it in again. */
  reopen(session: HlsSession, path: string, pass: Pass): void {
    const member = this.#byId.get(session.id);
    if (member?.state !== 'gone') return pass.over('it is here already');
    member.path = path;
    member.pass = pass;
    member.bytesOut = 0;
    this.#over.delete(member);
    this.#comeIn(member);
  }

  /** It fetches its media playlist. */
  seen(session: HlsSession): void {
    const member = this.#byId.get(session.id);
    if (!member || !this.#here.has(member)) return;
    member.at = this.#options.now();
    if (member.state !== 'entered') return;
    member.state = 'watching';
    count(this.#watching, member.path, 1);
    member.pass.began(
      (reason) => this.#kick(member, reason),
      () => ({ bytesIn: 0, bytesOut: member.bytesOut }),
    );
  }

  /** So many bytes are on their way to it. */
  sent(session: HlsSession, bytes: number): void {
    const member = this.#byId.get(session.id);
    if (member) member.bytesOut += bytes;
  }

  /** Lets go of who has left; call about once a second. */
  tick(): void {
    const now = this.#options.now();
    const before = new Map<string, number>();
    for (const member of this.#here) {
      const { path } = member;
      let least = before.get(path);
      if (least === undefined) before.set(path, (least = now - this.#options.goneMs(path)));
      if (member.at < least) this.#leave(member, 'gone', 'the viewer left');
    }
    for (const member of this.#over) {
      if (member.at >= now - REMEMBERED_MS && this.#over.size <= MAX_REMEMBERED) break;
      this.#over.delete(member);
      this.#byId.delete(member.id);
    }
  }

  /** The gateway stops. */
  close(reason: string): void {
    for (const member of [...this.#here]) this.#leave(member, 'gone', reason);
  }

  #comeIn(member: Member): void {
    member.state = 'entered';
    member.at = this.#options.now();
    this.#here.add(member);
    this.#byPrint.set(member.print, member);
    count(this.#entered, member.path, 1);
    count(this.#fromGroup, member.group, 1);
  }

  #kick(member: Member, reason: string): void {
    if (!this.#here.has(member)) return;
    member.reason = reason;
    this.#leave(member, 'kicked', `kicked: ${reason}`);
  }

  #leave(member: Member, state: 'gone' | 'kicked', reason: string): void {
    if (member.state === 'watching') count(this.#watching, member.path, -1);
    this.#here.delete(member);
    if (this.#byPrint.get(member.print) === member) this.#byPrint.delete(member.print);
    count(this.#entered, member.path, -1);
    count(this.#fromGroup, member.group, -1);
    member.state = state;
    member.at = this.#options.now();
    this.#over.add(member);
    member.pass.over(reason);
  }
}

function printOf({ name, address, program, bearer, query }: Visit): string {
  return [name.path, address, program, bearer, query].join('\n');
}

function count(counts: Map<string, number>, key: string, by: number): void {
  const sum = (counts.get(key) ?? 0) + by;
  if (sum > 0) counts.set(key, sum);
  else counts.delete(key);
}
