import type { Log } from '../observe/log.ts';
import { addressGroup } from './address.ts';
import { RestlessRoom } from './restless-room.ts';
import { Room } from './room.ts';

export interface ConnectionLimits {
  /** `limits.connections`, over both doors. */
  readonly connections: number;
  /** `limits.connectionsPerAddress`. */
  readonly connectionsPerAddress: number;
}

/**
 * What a connection is doing: *arriving* until it has said what it wants, *busy* with that, or *idle* between two
 * things: an HTTP connection that is kept for the next request.
 */
export type GuestState = 'arriving' | 'busy' | 'idle';

/** A connection that has been let in. */
export interface Guest {
  become(state: GuestState): void;
  /**
   * A proxy has told where the guest really is: it counts as from there from now on. A refusal changes nothing: the guest
   * stays what it is, for whoever asked to end it.
   */
  comesFrom(address: string): Refusal | undefined;
  /** The socket is closed. Safe to call twice. */
  left(): void;
}

/** Why a connection is not let in. */
export type Refusal = 'too many connections' | 'too many connections from one address';
/** Instead of the address of a trusted proxy. */
export const PROXY = 'proxy';
/** Why one that had nothing to do was closed. */
export const MADE_ROOM = 'made room for others';

/**
 * Connections that have not come to the point; each costs some 20 kB. A rush brings more of them for a moment, when
 * thousands of viewers come through one proxy: nobody is closed before it has had {@link PATIENCE_MS}.
 */
const MAX_ARRIVING = 1_024;
/** Half: whoever fills the room leaves the other half to the others. */
export const MAX_ARRIVING_PER_ADDRESS = MAX_ARRIVING / 2;
/** Time to come to the point that everybody has: the four round trips to a `play`, from the other side of the world. */
export const PATIENCE_MS = 1_500;
/** Connections closed at each arrival; all of a crowd at once would hold up those who watch. */
const MAX_TURNED_OUT_AT_ONCE = 4;
/** Under attack there is one log line in so many ms, with the counts. */
const TELL_MS = 1_000;

interface Visitor {
  group: string;
  readonly turnOut: () => void;
  state: GuestState | 'gone';
  /** When it began to wait, ms. */
  since: number;
}

/**
 * Counts the connections of all doors. Who comes is let in as long as there is room, and room is made, if need be, by
 * closing those who have nothing to do: first those who have waited longest of the address that has most of them.
 */
export class Admission {
  readonly #limits: ConnectionLimits;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #open = new Map<string, number>();
  #total = 0;
  readonly #arriving = new Room<Visitor>();
  readonly #idle = new RestlessRoom<Visitor>();
  readonly #untold = new Map<string, number>();

  /** @param now milliseconds, monotonic. */
  constructor(limits: ConnectionLimits, log: Log, now = (): number => performance.now()) {
    this.#limits = limits;
    this.#log = log;
    this.#now = now;
  }

  /** Connections that are open. */
  get total(): number {
    return this.#total;
  }

  /**
   * @param address of the peer, as the socket says; of a trusted proxy {@link PROXY}, since its guests are many.
   * @param turnOut closes the connection at once; it has to make room for others.
   */
  enter(address: string | undefined, turnOut: () => void): Guest | Refusal {
    const group = address === PROXY ? PROXY : addressGroup(address);
    const refusal = this.#makeRoom(group);
    if (refusal !== undefined) {
      this.#note(refusal);
      return refusal;
    }
    const visitor: Visitor = { group, turnOut, state: 'arriving', since: 0 };
    this.#count(group, 1);
    this.#total++;
    this.#arrive(visitor);
    return {
      become: (state) => this.#become(visitor, state),
      comesFrom: (from) => this.#comesFrom(visitor, addressGroup(from)),
      left: () => this.#left(visitor),
    };
  }

  #makeRoom(group: string): Refusal | undefined {
    const { connections } = this.#limits;
    const refusal = this.#makeRoomOf(group);
    if (refusal !== undefined) return refusal;
    if (this.#total >= connections) {
      const victim = this.#idle.longest() ?? this.#late(this.#arriving.longest());
      if (!victim) return 'too many connections';
      this.#turnOut(victim);
    }
    return undefined;
  }

  #makeRoomOf(group: string): Refusal | undefined {
    if (group === PROXY || (this.#open.get(group) ?? 0) < this.#limits.connectionsPerAddress)
      return undefined;
    const victim = this.#idle.longestOf(group) ?? this.#late(this.#arriving.longestOf(group));
    if (!victim) return 'too many connections from one address';
    this.#turnOut(victim);
    return undefined;
  }

  /** One connection of a proxy carries the requests of many: it moves to and fro. */
  #comesFrom(visitor: Visitor, group: string): Refusal | undefined {
    if (visitor.state === 'gone' || visitor.group === group) return undefined;
    const refusal = this.#makeRoomOf(group);
    if (refusal !== undefined) {
      this.#note(refusal);
      return refusal;
    }
    const room =
      visitor.state === 'arriving' ? this.#arriving : visitor.state === 'idle' ? this.#idle : undefined;
    room?.delete(visitor);
    this.#count(visitor.group, -1);
    visitor.group = group;
    this.#count(group, 1);
    room?.add(visitor);
    return undefined;
  }

  #count(group: string, by: number): void {
    const open = (this.#open.get(group) ?? 0) + by;
    if (open > 0) this.#open.set(group, open);
    else this.#open.delete(group);
  }

  #arrive(visitor: Visitor): void {
    const room = this.#arriving;
    for (let count = 0; count < MAX_TURNED_OUT_AT_ONCE; count++) {
      const isCrowd = visitor.group !== PROXY && room.sizeOf(visitor.group) >= MAX_ARRIVING_PER_ADDRESS;
      if (!isCrowd && room.size < MAX_ARRIVING) break;
      const victim = this.#late(isCrowd ? room.longestOf(visitor.group) : room.longest());
      if (!victim) break;
      this.#turnOut(victim);
    }
    visitor.since = this.#now();
    room.add(visitor);
  }

  /** The same, if it has had its time. */
  #late(visitor: Visitor | undefined): Visitor | undefined {
    return visitor && this.#now() - visitor.since >= PATIENCE_MS ? visitor : undefined;
  }

  #become(visitor: Visitor, state: GuestState): void {
    if (visitor.state === 'gone' || visitor.state === state) return;
    this.#stopWaiting(visitor);
    visitor.state = state;
    if (state === 'arriving') this.#arrive(visitor);
    else if (state === 'idle') this.#idle.add(visitor);
  }

  #stopWaiting(visitor: Visitor): void {
    if (visitor.state === 'arriving') this.#arriving.delete(visitor);
    else if (visitor.state === 'idle') this.#idle.delete(visitor);
  }

  #turnOut(visitor: Visitor): void {
    this.#note(MADE_ROOM);
    this.#left(visitor);
    visitor.turnOut();
  }

  #left(visitor: Visitor): void {
    if (visitor.state === 'gone') return;
    this.#stopWaiting(visitor);
    visitor.state = 'gone';
    this.#total--;
    this.#count(visitor.group, -1);
  }

  #note(what: string): void {
    if (this.#untold.size === 0) setTimeout(() => this.#tell(), TELL_MS).unref();
    this.#untold.set(what, (this.#untold.get(what) ?? 0) + 1);
  }

  #tell(): void {
    this.#log.warn({ ...Object.fromEntries(this.#untold), open: this.#total }, 'connections turned away');
    this.#untold.clear();
  }
}
