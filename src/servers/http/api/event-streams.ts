import type { ServerResponse } from 'node:http';
import { streamPattern } from '../../../media/stream-pattern.ts';
import type { GatewayEvent } from '../../../observe/events.ts';
import type { After } from '../../../stream/registry.ts';
import { EventRing, type RungEvent } from './event-ring.ts';
import { ApiRefusal } from './parts.ts';

export interface EventStreamsOptions {
  /** The returned function stops listening. */
  readonly listen: (listener: (event: GatewayEvent) => void) => () => void;
  readonly after: After;
}

/** What a listener wants to hear. */
export interface Listening {
  /** Empty: all. */
  readonly types: readonly string[];
  /** Streams by name or pattern (`live/*`); empty: all, and what concerns none. */
  readonly streams: readonly string[];
  /** `Last-Event-ID`: what came after it is told first. */
  readonly lastId: string | undefined;
  /** So many of the newest events are told first, to who has no last id. */
  readonly replay: number;
  /** Asked at each heartbeat. */
  readonly isStillWelcome: () => boolean;
}

interface Listener {
  readonly response: ServerResponse;
  readonly wants: (event: GatewayEvent) => boolean;
  readonly isStillWelcome: () => boolean;
}

/** Dashboards and programs; each costs a connection and a write per event. */
const MAX_LISTENERS = 64;
/** Proxies close what is silent for a minute; so does our own door, after 75 s. */
const HEARTBEAT_MS = 15_000;
/** A listener for whom more than this waits is not listening; it comes back with its last id. */
const MAX_WAITING_BYTES = 512 * 1024;
/** Told to browsers: how soon they come back. */
const RETRY_MS = 2_000;

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // `no-transform`: a compressing step would hold events back until it has enough of them.
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};

/** Server-sent events: WHATWG HTML §9.2. */
export class EventStreams {
  readonly #after: After;
  readonly #stopListening: () => void;
  readonly #ring = new EventRing();
  readonly #listeners = new Set<Listener>();
  #cancelHeartbeat: (() => void) | undefined;
  #isClosed = false;

  constructor(options: EventStreamsOptions) {
    this.#after = options.after;
    this.#stopListening = options.listen((event) => this.#tell(this.#ring.add(event)));
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Begins an answer that goes on until somebody hangs up. @throws {ApiRefusal} 503 */
  open(response: ServerResponse, listening: Listening): void {
    if (this.#isClosed) throw new ApiRefusal(503, 'the gateway is shutting down');
    if (this.#listeners.size >= MAX_LISTENERS)
      throw new ApiRefusal(503, `${MAX_LISTENERS} are listening already, no more can; try again later`);
    const listener = {
      response,
      wants: filterOf(listening),
      isStillWelcome: listening.isStillWelcome,
    };
    response.writeHead(200, HEADERS);
    response.write(this.#greeting(listening, listener.wants));
    this.#listeners.add(listener);
    response.once('close', () => this.#leave(listener));
    this.#cancelHeartbeat ??= this.#after(HEARTBEAT_MS, () => this.#beat());
  }

  /** Ends all answers, so that the door can close. */
  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    this.#cancelHeartbeat?.();
    this.#cancelHeartbeat = undefined;
    for (const { response } of this.#listeners) response.end();
    this.#listeners.clear();
  }

  #greeting({ lastId, replay }: Listening, wants: Listener['wants']): string {
    const missed = lastId === undefined ? undefined : this.#ring.after(lastId);
    const isLost = lastId !== undefined && missed === undefined;
    const past = missed ?? this.#ring.last(isLost ? this.#ring.size : replay);
    const gap = isLost
      ? 'event: gap\ndata: {"text":"events after the last one you have may be missing: it is not known here any more"}\n\n'
      : '';
    const texts = past.filter(({ event }) => wants(event)).map(({ text }) => text);
    return `retry: ${RETRY_MS}\n\n${gap}${texts.join('')}`;
  }

  #tell({ event, text }: RungEvent): void {
    for (const listener of this.#listeners) if (listener.wants(event)) this.#write(listener, text);
  }

  #write(listener: Listener, text: string): void {
    const { response } = listener;
    if (response.writableLength <= MAX_WAITING_BYTES) return void response.write(text);
    this.#leave(listener);
    response.destroy();
  }

  #beat(): void {
    this.#cancelHeartbeat = undefined;
    for (const listener of [...this.#listeners]) {
      if (listener.isStillWelcome()) {
        this.#write(listener, ': still here\n\n');
        continue;
      }
      this.#leave(listener);
      listener.response.end();
    }
    if (this.#listeners.size > 0) this.#cancelHeartbeat = this.#after(HEARTBEAT_MS, () => this.#beat());
  }

  #leave(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#cancelHeartbeat?.();
    this.#cancelHeartbeat = undefined;
  }
}

function filterOf({ types, streams }: Listening): (event: GatewayEvent) => boolean {
  const patterns = streams.map(streamPattern).flatMap((one) => ('refused' in one ? [] : [one]));
  return (event) => {
    if (types.length > 0 && !types.includes(event.type)) return false;
    if (streams.length === 0) return true;
    if (!('stream' in event)) return false;
    const [app = '', stream = ''] = event.stream.split('/');
    const name = { app, stream, path: event.stream };
    return patterns.some((pattern) => pattern.matches(name));
  };
}
