import { useEffect, useState } from 'preact/hooks';
import { askWho } from '../parts/use-session.ts';
import type { HouseEvent } from './types.ts';

/** Events that are kept to look at; the gateway itself keeps a thousand. */
const KEPT = 500;
/** Of before this page was opened. */
const REPLAYED = 200;
/** After the gateway has refused us, which an EventSource takes for the end, ms. */
const AGAIN_MS = 5_000;

const TYPES = [
  'connect',
  'disconnect',
  'publish',
  'unpublish',
  'play',
  'stop',
  'recordStarted',
  'recordDone',
  'alarm',
  'health',
  'relay',
  'gap',
] as const;
export type EventType = (typeof TYPES)[number];

export interface EventFeed {
  /** Newest first. */
  readonly events: readonly HouseEvent[];
  /** Whether more will come. */
  readonly isLive: boolean;
}

/** What happens in the gateway, by server-sent events, which come back by themselves after a break. */
export function useEventFeed(isOperator: boolean): EventFeed {
  const [events, setEvents] = useState<readonly HouseEvent[]>([]);
  const [isLive, setLive] = useState(false);
  useEffect(() => {
    if (!isOperator) return undefined;
    const listening = new EventListening({
      heard: (news) => setEvents((known) => merged(news, known)),
      live: setLive,
    });
    return () => listening.stop();
  }, [isOperator]);
  return { events, isLive };
}

/** A source that was opened anew tells again what is known already. */
function merged(news: readonly HouseEvent[], known: readonly HouseEvent[]): readonly HouseEvent[] {
  const ids = new Set(known.map(({ id }) => id));
  const fresh = news.filter(({ id }) => !ids.has(id)).reverse();
  return fresh.length === 0 ? known : [...fresh, ...known].slice(0, KEPT);
}

interface Hearing {
  readonly heard: (events: readonly HouseEvent[]) => void;
  readonly live: (isLive: boolean) => void;
}

class EventListening {
  readonly #hearing: Hearing;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What came since the page was last drawn: a burst is drawn once. */
  #news: HouseEvent[] = [];
  #drawing: ReturnType<typeof setTimeout> | undefined;
  #gaps = 0;

  constructor(hearing: Hearing) {
    this.#hearing = hearing;
    this.#open();
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#drawing);
    this.#source?.close();
    this.#hearing.live(false);
  }

  #open(): void {
    const source = new EventSource(`/api/v1/events?replay=${REPLAYED}`);
    this.#source = source;
    source.addEventListener('open', () => this.#hearing.live(true));
    source.addEventListener('error', () => {
      this.#hearing.live(false);
      if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
      void askWho(); // perhaps the session is over
      this.#timer = setTimeout(() => this.#open(), AGAIN_MS);
    });
    for (const type of TYPES) {
      source.addEventListener(type, (message: MessageEvent<string>) => this.#hear(type, message.data));
    }
  }

  #hear(type: EventType, data: string): void {
    const said = JSON.parse(data) as HouseEvent;
    const event = type === 'gap' ? { ...said, ...this.#gap() } : said;
    this.#news.push(event);
    this.#drawing ??= setTimeout(() => {
      this.#drawing = undefined;
      this.#hearing.heard(this.#news);
      this.#news = [];
    }, 100);
  }

  #gap(): Pick<HouseEvent, 'id' | 'at' | 'type'> {
    return { id: `gap-${++this.#gaps}`, at: new Date().toISOString(), type: 'gap' };
  }
}
