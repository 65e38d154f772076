import type { ClientTarget } from '../protocols/rtmp/session/client-url.ts';
import type { RelayPath } from '../protocols/rtmp/session/relay-path.ts';
import { BackOff } from './back-off.ts';
import { MediaStart } from './media-start.ts';
import type { RtmpLink } from './rtmp-client.ts';

/**
 * Times that one relay goes elsewhere because its server asks it to, within {@link MOVES_MS}: two servers that send it to and fro
 * would keep it busy for ever. What they ask beyond that is not heard.
 */
export const MAX_MOVES = 3;
export const MOVES_MS = 60_000;
/** Attempts to reach the place, while the former connection still stands. */
const MAX_TRIES = 5;

/** A second connection that is to take the place of the first. */
export class Move {
  readonly target: ClientTarget;
  /** What it has brought, in a relay that plays. */
  readonly start = new MediaStart();
  link: RtmpLink | undefined;
  /** It has started, by these relays. */
  path: RelayPath | undefined;
  stopWaiting: () => void = () => undefined;
  readonly #backOff: BackOff;
  #tries = 0;

  constructor(target: ClientTarget, random: () => number) {
    this.target = target;
    this.#backOff = new BackOff(random);
  }

  /** Before the next attempt, ms; undefined: there is none. */
  nextWait(): number | undefined {
    return ++this.#tries < MAX_TRIES ? this.#backOff.next() : undefined;
  }

  /** Nothing comes of it. */
  drop(): void {
    this.stopWaiting();
    this.link?.close();
  }
}

/** How often a relay may still be moved. */
export class MoveLimit {
  #times: number[] = [];

  /** False: too often. `now` in ms, monotonic. */
  allows(now: number): boolean {
    this.#times = this.#times.filter((time) => now - time < MOVES_MS);
    if (this.#times.length >= MAX_MOVES) return false;
    this.#times.push(now);
    return true;
  }
}
