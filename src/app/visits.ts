import type { StreamName } from '../media/stream-name.ts';
import type { EventFeed, EventVisit } from '../observe/events.ts';
import { maskQuery } from '../observe/log.ts';
import type { VisitAdmin, VisitInfo } from '../servers/http/api/parts.ts';
import type { Pass, Traffic, Visit } from '../servers/gate.ts';

/**
 * Who was kicked does not come back to the same stream for this long: encoders and players try again by themselves, at
 * once, and a kick would be a hiccup. Afterwards it is a visit like any other, to be seen in the list and in the events.
 */
export const BARRED_MS = 30_000;
/** Of these so many are remembered; the oldest are forgotten first. */
const MAX_BARRED = 1_000;

export interface VisitsOptions {
  readonly events: EventFeed;
  /** Wall clock, ms. */
  readonly clock: () => number;
}

/** A visitor that was let in. */
interface Guest {
  readonly visit: Visit;
  readonly name: StreamName;
  /** Undefined also when a rival has taken its place. */
  key: string | undefined;
  /** Wall clock, ms; undefined until it has really begun. */
  since: number | undefined;
  kick: ((reason: string) => void) | undefined;
  traffic: (() => Traffic) | undefined;
  /** Why it has to go, said before it had begun. */
  unwanted: string | undefined;
  /** It and others, of whom only one may begin. */
  rivals: Set<Guest> | undefined;
}

/** See {@link Visits.rivalsOf}. */
export type Rivals = Set<Guest>;

const NO_TRAFFIC: Traffic = { bytesIn: 0, bytesOut: 0 };

/** The guest book: everybody who was let in, from then to the end; tells the events of it. */
export class Visits implements VisitAdmin {
  readonly #options: VisitsOptions;
  readonly #guests = new Map<string, Guest>();
  readonly #viewersOfKey = new Map<string, number>();
  readonly #barred = new Map<string, { readonly until: number; readonly reason: string }>();
  #count = 0;

  constructor(options: VisitsOptions) {
    this.#options = options;
  }

  /** For a visit that may or may not be let in. */
  newId(): string {
    return `v-${++this.#count}`;
  }

  /** @param led where, and by which key */
  admit(
    id: string,
    visit: Visit,
    led: {
      readonly name: StreamName;
      readonly key?: string | undefined;
      readonly rivals?: Rivals | undefined;
    },
  ): Pass {
    const { name, key, rivals } = led;
    const guest: Guest = {
      visit,
      name,
      key,
      since: undefined,
      kick: undefined,
      traffic: undefined,
      unwanted: undefined,
      rivals,
    };
    this.#guests.set(id, guest);
    rivals?.add(guest);
    this.#countKey(guest, 1);
    return {
      id,
      began: (kick, traffic) => this.#began(id, guest, kick, traffic),
      over: (reason) => this.#over(id, guest, reason),
    };
  }

  /** Who has begun and is still here. */
  list(): readonly VisitInfo[] {
    const list: VisitInfo[] = [];
    for (const [id, guest] of this.#guests) {
      const { visit, name, key, since, traffic } = guest;
      if (since === undefined) continue;
      list.push({
        id,
        action: visit.action,
        protocol: visit.protocol,
        stream: name.path,
        address: visit.address,
        program: visit.program ?? '',
        since: new Date(since).toISOString(),
        ...(traffic?.() ?? NO_TRAFFIC),
        ...(key !== undefined && { key }),
      });
    }
    return list;
  }

  kick(id: string, reason: string): boolean {
    const guest = this.#guests.get(id);
    if (guest?.kick === undefined) return false;
    this.#bar(guest, reason);
    guest.kick(reason);
    return true;
  }

  /** Sends away whoever came with this key, also those who have not begun. How many. */
  kickKey(key: string, reason: string): number {
    const guests = [...this.#guests.values()].filter((guest) => guest.key === key);
    for (const guest of guests) {
      if (guest.kick) guest.kick(reason);
      else guest.unwanted = reason;
    }
    return guests.length;
  }

  /** Viewers that were let in by this key, also those who wait for the stream. */
  viewersOf(key: string): number {
    return this.#viewersOfKey.get(key) ?? 0;
  }

  /**
   * Those of this key's players of HLS from there that have got no further than their first playlist, if there are any: one more
   * may come in with them, and who begins first has the place. Safari asks twice, as browser and as player, and plays with one.
   */
  rivalsOf(key: string, { protocol, address }: Visit): Rivals | undefined {
    if (protocol !== 'hls') return undefined;
    for (const guest of this.#guests.values()) {
      const { visit, since } = guest;
      const isAlike = guest.key === key && visit.protocol === 'hls' && visit.address === address;
      if (isAlike && since === undefined && guest.unwanted === undefined)
        return (guest.rivals ??= new Set([guest]));
    }
    return undefined;
  }

  /** Why this visitor may not come now although the rules let it: it was kicked a moment ago. */
  barred(
    visit: Visit,
    led: { readonly name: StreamName; readonly key?: string | undefined },
  ): string | undefined {
    if (this.#barred.size === 0) return undefined;
    const bar = this.#barred.get(markOf(visit, led));
    const left = (bar?.until ?? 0) - this.#options.clock();
    // More is left than there was at first: the clock was set back.
    return bar && left > 0 && left <= BARRED_MS
      ? `${bar.reason} (try again in ${Math.ceil(left / 1000)} s)`
      : undefined;
  }

  #began(id: string, guest: Guest, kick: (reason: string) => void, traffic: () => Traffic): void {
    if (this.#guests.get(id) !== guest || guest.since !== undefined) return;
    const { visit } = guest;
    guest.since = this.#options.clock();
    guest.kick = kick;
    guest.traffic = traffic;
    this.#prevail(guest);
    this.#options.events.tell({ type: visit.action, ...this.#told(id, guest) }, visit);
    if (guest.unwanted !== undefined) kick(guest.unwanted);
  }

  #over(id: string, guest: Guest, reason: string): void {
    if (this.#guests.get(id) !== guest) return;
    this.#guests.delete(id);
    guest.rivals?.delete(guest);
    this.#countKey(guest, -1);
    const { visit, since, traffic } = guest;
    if (since === undefined) return;
    const seconds = Math.max(0, (this.#options.clock() - since) / 1000);
    const type = visit.action === 'publish' ? 'unpublish' : 'stop';
    const { bytesIn, bytesOut } = traffic?.() ?? NO_TRAFFIC;
    this.#options.events.tell(
      { type, ...this.#told(id, guest), reason, seconds: Number(seconds.toFixed(3)), bytesIn, bytesOut },
      visit,
    );
  }

  /** It has begun: its rivals may not, and take up no place. */
  #prevail(guest: Guest): void {
    if (guest.unwanted !== undefined) return;
    for (const rival of guest.rivals ?? []) {
      if (rival === guest || rival.unwanted !== undefined) continue;
      this.#countKey(rival, -1);
      rival.key = undefined;
      rival.unwanted = 'another player from this address has taken the place';
    }
    guest.rivals = undefined;
  }

  #told(id: string, { visit, name }: Guest): EventVisit {
    const { protocol, address, program = '', query } = visit;
    const masked = query === '' ? '' : maskQuery(`?${query}`).slice(1);
    return { visit: id, stream: name.path, protocol, address, program, query: masked };
  }

  #countKey({ visit, key }: Guest, by: number): void {
    if (key === undefined || visit.action !== 'play') return;
    const viewers = this.viewersOf(key) + by;
    if (viewers > 0) this.#viewersOfKey.set(key, viewers);
    else this.#viewersOfKey.delete(key);
  }

  #bar(guest: Guest, reason: string): void {
    const mark = markOf(guest.visit, guest);
    this.#barred.delete(mark); // to the end of the order
    this.#barred.set(mark, { until: this.#options.clock() + BARRED_MS, reason });
    for (const [oldest, { until }] of this.#barred) {
      if (this.#barred.size <= MAX_BARRED && until > this.#options.clock()) return;
      this.#barred.delete(oldest);
    }
  }
}

/**
 * By what a visitor is known when it comes back: a publisher by its key, which is its own. The key of viewers is one for many, so
 * they are told apart as those without one are: by where they sit and what they call themselves.
 */
function markOf(
  { action, address, program }: Visit,
  { name, key }: { readonly name: StreamName; readonly key?: string | undefined },
): string {
  const isOwnKey = action === 'publish' && key !== undefined;
  return [action, name.path, ...(isOwnKey ? [key] : [address, program, key])].join('\n');
}
