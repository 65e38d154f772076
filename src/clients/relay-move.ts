import type { ClientTarget } from '../protocols/rtmp/session/client-url.ts';
import type { RelayPath } from '../protocols/rtmp/session/relay-path.ts';
import { BackOff } from './back-off.ts';
import { Overlap } from './overlap.ts';
import type { RecentMedia } from './recent-media.ts';
import type { RtmpLink } from './rtmp-client.ts';
import type { RelayTime } from './time.ts';

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
  /** What it has brought and how that goes with the first, in a relay that plays. */
  overlap: Overlap;
  link: RtmpLink | undefined;
  /** It has started, by these relays. */
  path: RelayPath | undefined;
  stopWaiting: () => void = () => undefined;
  readonly #first: RecentMedia;
  readonly #time: RelayTime;
  readonly #backOff: BackOff;
  #tries = 0;

  /** @param first what the connection that stands brings */
  constructor(target: ClientTarget, first: RecentMedia, time: RelayTime) {
    this.target = target;
    this.overlap = new Overlap(first, time.now());
    this.#first = first;
    this.#time = time;
    this.#backOff = new BackOff(time.random);
  }

  isTo({ host, port }: ClientTarget): boolean {
    return this.target.host === host && this.target.port === port;
  }

  /** Its connection is gone. What came by it is nothing to go over with: the next one has another clock, and begins elsewhere. */
  lost(): void {
    this.link = undefined;
    this.path = undefined;
    this.overlap = new Overlap(this.#first, this.#time.now());
  }

  /** False: there have been attempts enough. */
  tryLater(attempt: () => void): boolean {
    if (++this.#tries >= MAX_TRIES) return false;
    this.stopWaiting = this.#time.after(this.#backOff.next(), attempt);
    return true;
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

/** The end of a sentence about a server's wish. `target`: what becomes of its `tcUrl`, undefined if nothing does. */
export function whereTo(tcUrl: string | undefined, target: ClientTarget | undefined): string {
  if (!target) return ', at an address that is no RTMP URL, or gives up TLS: left undone';
  return tcUrl === undefined ? '' : `, at ${target.host}:${target.port}`;
}
