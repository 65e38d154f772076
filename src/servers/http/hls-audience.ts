import type { IncomingMessage } from 'node:http';
import { ClientAddresses } from './client-address.ts';

/** A player fetches its playlist every target duration or so; three times that without a fetch, and it has left. */
const GONE_DURATIONS = 3;
const MIN_GONE_MS = 15_000;
/** After so many ms without a fetch of its playlist a player has left. @param targetSeconds its target duration; 0: not known */
export function goneAfterMs(targetSeconds: number): number {
  return Math.max(MIN_GONE_MS, GONE_DURATIONS * targetSeconds * 1000);
}

/** Characters of a program's name that tell it from another. */
const MAX_PROGRAM_LENGTH = 128;
/** Players counted per stream: what they say they are is theirs to choose, and must not fill the memory. */
const MAX_PLAYERS = 20_000;

/** Counts HLS players that have no session by their playlist fetches: same address and same program is taken for one viewer. */
export class HlsAudience {
  readonly #now: () => number;
  readonly #targetSecondsOf: (path: string) => number;
  readonly #clients: ClientAddresses;
  readonly #lastSeen = new Map<string, Map<string, number>>();

  /** @param now milliseconds, monotonic. @param targetSecondsOf a stream's target duration as it is now; 0: not known */
  constructor(now: () => number, targetSecondsOf: (path: string) => number, clients = new ClientAddresses()) {
    this.#now = now;
    this.#targetSecondsOf = targetSecondsOf;
    this.#clients = clients;
  }

  seen(path: string, request: IncomingMessage): void {
    const players = this.#lastSeen.get(path) ?? new Map<string, number>();
    this.#lastSeen.set(path, players);
    const program = (request.headers['user-agent'] ?? '').slice(0, MAX_PROGRAM_LENGTH);
    const player = `${this.#clients.addressOf(request)} ${program}`;
    if (players.size < MAX_PLAYERS || players.has(player)) players.set(player, this.#now());
  }

  count(path: string): number {
    return this.#lastSeen.get(path)?.size ?? 0;
  }

  /** Players of all streams. */
  get total(): number {
    return [...this.#lastSeen.values()].reduce((sum, players) => sum + players.size, 0);
  }

  /** Forgets who has left; call about once a second. */
  tick(): void {
    const now = this.#now();
    for (const [path, players] of this.#lastSeen) {
      const before = now - goneAfterMs(this.#targetSecondsOf(path));
      for (const [player, at] of players) if (at < before) players.delete(player);
      if (players.size === 0) this.#lastSeen.delete(path);
    }
  }
}
