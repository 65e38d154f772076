/** What happens in the gateway, for hooks, the event stream of the API, and the log. */
export type GatewayEvent = EventBase &
  (
    | {
        /** Of an RTMP connection, once it may go on, and when one that was announced so has closed. */
        readonly type: 'connect' | 'disconnect';
        readonly address: string;
        readonly app: string;
        readonly program: string;
      }
    | ({ readonly type: 'publish' | 'play' } & EventVisit)
    | ({
        readonly type: 'unpublish' | 'stop';
        readonly reason: string;
        readonly seconds: number;
      } & EventVisit & {
          readonly bytesIn: number;
          readonly bytesOut: number;
        })
    | {
        readonly type: 'recordStarted' | 'recordDone';
        readonly stream: string;
        readonly recording: string;
        readonly seconds: number;
        readonly bytes: number;
        readonly reason: string;
      }
    | { readonly type: 'alarm'; readonly stream?: string; readonly text: string }
    | {
        readonly type: 'health';
        readonly stream: string;
        readonly verdicts: readonly {
          readonly code: string;
          readonly severity: 'advice' | 'warning' | 'error';
          readonly text: string;
          readonly remedy: string;
          readonly measured: Readonly<Record<string, number | string>>;
        }[];
      }
    | {
        readonly type: 'relay';
        readonly stream: string;
        readonly relay: string;
        readonly state: string;
        readonly text: string;
      }
  );

interface EventBase {
  /** Never the same again, not even after a restart: receivers tell repetitions by it. */
  readonly id: string;
  /** ISO 8601, with milliseconds. */
  readonly at: string;
}

/** One publisher or viewer. */
export interface EventVisit {
  /** Of the visit: see `Pass.id`. */
  readonly visit: string;
  /** `app/stream`, where the visitor was led. */
  readonly stream: string;
  readonly protocol: string;
  readonly address: string;
  readonly program: string;
  /** Parameters it came with; secrets masked. */
  readonly query: string;
}

type WithoutBase<T> = T extends unknown ? Omit<T, keyof EventBase> : never;
/** An event before it has its id and time. */
export type EventNews = WithoutBase<GatewayEvent>;

/**
 * What the visitor of a `connect`, `publish`, `play`, `unpublish` or `stop` really sent, secrets included: a `Visit` is one.
 * It goes beside the event, never in it, for back ends that check visitors by what they sent. Listeners must not keep it
 * longer than the visit lasts, nor show it.
 */
export interface AsSent {
  /** As asked for: a key may stand where the stream's name would. */
  readonly name?: { readonly app: string; readonly stream: string } | undefined;
  /** Parameters, unmasked. */
  readonly query: string;
  readonly tcUrl?: string | undefined;
  readonly swfUrl?: string | undefined;
  readonly origin?: string | undefined;
  readonly program?: string | undefined;
  /** Number of the connection in this run of the program; nginx-rtmp calls it `clientid`. */
  readonly connection?: number | undefined;
}

export type EventListener = (event: GatewayEvent, sent?: AsSent) => void;

/** Hands each event to everybody who listens, in order. Listeners must not throw and must not wait. */
export class EventFeed {
  readonly #listeners = new Set<EventListener>();
  /** What tells this run of the program from all others; all its ids begin with it. */
  readonly run: string;
  readonly #clock: () => number;
  #count = 0;

  /** @param run what tells this run of the program from all others; @param clock wall clock, ms */
  constructor(run: string, clock: () => number) {
    this.run = run;
    this.#clock = clock;
  }

  /** @param sent where somebody came or went: what they had sent; a `Visit` as it is */
  tell(news: EventNews, sent?: AsSent): void {
    const event = {
      id: `${this.run}-${++this.#count}`,
      at: new Date(this.#clock()).toISOString(),
      ...news,
    } as GatewayEvent;
    for (const listener of this.#listeners) listener(event, sent);
  }

  /** The returned function stops listening. */
  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
