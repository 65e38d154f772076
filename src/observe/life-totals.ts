/** Bytes by protocol. */
export type ByProtocol = Readonly<Record<string, number>>;

export interface StreamTotals {
  readonly stream: string;
  readonly received: ByProtocol;
  readonly sent: ByProtocol;
}

type Way = 'received' | 'sent';

interface Former {
  received: ByProtocol;
  sent: ByProtocol;
  endedAt: number;
}

/** Names of former streams whose totals are known, so that a later stream of the name goes on counting where it stopped. */
const MAX_FORMER = 1_000;
/** A stream that is over is still told of for a while: its last bytes have to be seen by a scrape, and these are minutes apart. */
const SHOWN_MS = 5 * 60_000;

const NONE: ByProtocol = {};

/** Totals as Prometheus wants them: they never go back while the process lives, though streams come and go. */
export class LifeTotals {
  readonly #now: () => number;
  readonly #former = new Map<string, Former>();
  /** Of all streams that are over. */
  #over: Record<Way, ByProtocol> = { received: NONE, sent: NONE };

  /** @param now milliseconds, monotonic */
  constructor(now: () => number) {
    this.#now = now;
  }

  ended(stream: string, received: ByProtocol, sent: ByProtocol): void {
    const before = this.#former.get(stream);
    this.#former.delete(stream); // to the end of the order
    this.#former.set(stream, {
      received: sum(before?.received ?? NONE, received),
      sent: sum(before?.sent ?? NONE, sent),
      endedAt: this.#now(),
    });
    this.#over = { received: sum(this.#over.received, received), sent: sum(this.#over.sent, sent) };
    if (this.#former.size <= MAX_FORMER) return;
    for (const oldest of this.#former.keys()) {
      this.#former.delete(oldest);
      return;
    }
  }

  /** By stream: those that are there, and those that are over since a short time. */
  *each(
    way: Way,
    streams: readonly StreamTotals[],
  ): Generator<{ readonly stream: string; readonly protocol: string; readonly bytes: number }> {
    const present = new Map(streams.map((one) => [one.stream, one]));
    const after = this.#now() - SHOWN_MS;
    const recent = [...this.#former].filter(([, { endedAt }]) => endedAt > after).map(([stream]) => stream);
    for (const stream of new Set([...present.keys(), ...recent])) {
      const bytes = sum(this.#former.get(stream)?.[way] ?? NONE, present.get(stream)?.[way] ?? NONE);
      for (const [protocol, count] of Object.entries(bytes)) yield { stream, protocol, bytes: count };
    }
  }

  all(way: Way, streams: readonly StreamTotals[]): ByProtocol {
    return streams.reduce((total, one) => sum(total, one[way]), this.#over[way]);
  }
}

function sum(one: ByProtocol, other: ByProtocol): ByProtocol {
  const total: Record<string, number> = { ...one };
  for (const [protocol, bytes] of Object.entries(other)) total[protocol] = (total[protocol] ?? 0) + bytes;
  return total;
}
