import { createHash } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Log } from '../../observe/log.ts';
import type { ClientAddresses } from './client-address.ts';
import { clipWish, type ClipWish } from './clip-wish.ts';
import type { MediaTarget, Query } from './media-url.ts';
import type { HlsGuest } from './playlist-sender.ts';
import { answerConditional } from './recordings/file-answer.ts';
import { pour } from './pour.ts';
import { CORS_HEADERS, isGone, respondText } from './respond.ts';
import { WorkLine } from './work-line.ts';

/** A clip that has been put together: its bytes come from memory and disk as they are sent. */
export interface Clip {
  /** Everything in front of the media: other clips have another one. */
  readonly head: Buffer;
  readonly bytes: number;
  /** ms since 1970. */
  readonly startedAt: number;
  /** Bytes that stay in memory as long as it is sent. */
  readonly heldBytes: number;
  /** From `from` to before `to`. */
  read(from: number, to: number): AsyncIterable<Buffer>;
}

export interface ClipRouteOptions {
  /** Undefined: there is no such stream; a text: why there is no clip of it. */
  readonly make: (path: string, track: number, wish: ClipWish) => Promise<Clip | string> | undefined;
  readonly clients: ClientAddresses;
  readonly longestSeconds: () => number;
  /** ms since 1970. */
  readonly clock: () => number;
  /** So many bytes of a stream are on their way. */
  readonly sent?: (path: string, bytes: number) => void;
  readonly log: Log;
}

/** Clips that are put together at a time: each looks into all its segments for that. */
const MAX_AT_ONCE = 4;
/** And so many wait for that: a clip takes some tenths of a second. */
const MAX_WAITING = 64;
/** Of clips that are on their way to clients, who may be slow: beyond it there is none but what the disk has. */
const MAX_HELD_BYTES = 256 * 1024 * 1024;
/** Video elements fetch a file in pieces: all have to be of the same clip, though "the last 30 seconds" moves on. */
const RECENT_MS = 60_000;
const MAX_RECENT = 64;
/** What they keep in memory, beside those that are on their way. */
const MAX_RECENT_BYTES = 64 * 1024 * 1024;
/** A first piece is of a new clip, if the last one is not from just now: Safari asks for two bytes first. */
const SAME_START_MS = 5_000;

interface Recent {
  readonly clip: Clip;
  readonly madeAt: number;
}

/** Who asks for which clip. */
export interface ClipRequest {
  readonly target: Extract<MediaTarget, { kind: 'clip' }>;
  readonly query: Query;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly guest: HlsGuest | undefined;
}

interface Exchange extends ClipRequest {
  /** Where it was led; otherwise where it asked for. */
  readonly path: string;
}

/** `GET /{app}/{stream}/clip.mp4`: a part of a stream's past as a file. */
export class ClipRoute {
  readonly #options: ClipRouteOptions;
  /** By what was asked and from where, oldest first. */
  readonly #recent = new Map<string, Recent>();
  readonly #line = new WorkLine({ atOnce: MAX_AT_ONCE, waiting: MAX_WAITING });
  #heldBytes = 0;
  #tidying: NodeJS.Timeout | undefined;

  constructor(options: ClipRouteOptions) {
    this.#options = options;
  }

  serve(asked: ClipRequest): void {
    const { target, query, request, response, guest } = asked;
    const exchange = { ...asked, path: guest?.path ?? target.name.path };
    const known = this.#known(request);
    if (known) return this.#send(known, exchange);
    const { longestSeconds, clock } = this.#options;
    const wish = clipWish(query, { now: clock(), longestSeconds: longestSeconds() });
    if (typeof wish === 'string') return respondText(response, 400, wish);
    const track = Number(query.get('track') ?? 0);
    if (!Number.isInteger(track) || track < 0) return respondText(response, 400, 'track is a number');
    const isTaken = this.#line.add(
      () => this.#make(exchange, track, wish),
      () => isGone(response),
    );
    if (!isTaken)
      respondText(response, 503, 'too many clips are being made; try again', { 'Retry-After': '5' });
  }

  async #make(exchange: Exchange, track: number, wish: ClipWish): Promise<void> {
    const { response, path } = exchange;
    try {
      const clip = await this.#options.make(path, track, wish);
      if (clip !== undefined) this.#answer(clip, exchange);
      else respondText(response, 404, `no stream "${path}" is being published`);
    } catch (error) {
      this.#options.log.error({ err: error, stream: path }, 'a clip could not be made');
      if (!response.headersSent) respondText(response, 500, 'the clip could not be made');
      else response.destroy();
    }
  }

  #answer(clip: Clip | string, exchange: Exchange): void {
    if (typeof clip === 'string') return respondText(exchange.response, 404, clip);
    this.#remember(exchange.request, clip);
    this.#send(clip, exchange);
  }

  #send(clip: Clip, exchange: Exchange): void {
    const { request, response, query, guest, path } = exchange;
    if (isGone(response)) return;
    if (guest?.refusal !== undefined) return respondText(response, 403, guest.refusal);
    const headers = clipHeaders(clip, path, query.get('inline') !== null);
    const chosen = answerConditional(request, response, { headers, bytes: clip.bytes });
    if (!chosen) return;
    const isAsked = request.method !== 'HEAD';
    if (isAsked && this.#heldBytes > 0 && this.#heldBytes + clip.heldBytes > MAX_HELD_BYTES)
      return respondText(response, 503, 'too many clips are being sent; try again', { 'Retry-After': '5' });
    response.writeHead(chosen.status, chosen.headers);
    if (!isAsked) return void response.end();
    this.#heldBytes += clip.heldBytes;
    const sent = (bytes: number): void => {
      guest?.sent(bytes);
      this.#options.sent?.(path, bytes);
    };
    void pour(clip.read(chosen.from, chosen.to), response, sent)
      .catch((error: unknown) => {
        this.#options.log.warn({ err: error, stream: path }, 'a clip was cut short');
        response.destroy(); // its length has been told: the client sees that it is not whole
      })
      .finally(() => (this.#heldBytes -= clip.heldBytes));
  }

  /** The clip that this is a further piece of. */
  #known(request: IncomingMessage): Clip | undefined {
    const { range } = request.headers;
    if (range === undefined) return undefined;
    const found = this.#recent.get(this.#keyOf(request));
    if (!found) return undefined;
    const age = this.#options.clock() - found.madeAt;
    return age < (/^bytes=0-/.test(range) ? SAME_START_MS : RECENT_MS) ? found.clip : undefined;
  }

  #remember(request: IncomingMessage, clip: Clip): void {
    const key = this.#keyOf(request);
    this.#recent.delete(key); // to the end of the order
    this.#recent.set(key, { clip, madeAt: this.#options.clock() });
    this.#tidy();
  }

  /** What nobody comes back for is let go of, also if no other clip is ever asked for. */
  #tidy(): void {
    const now = this.#options.clock();
    let held = 0;
    for (const { clip } of this.#recent.values()) held += clip.heldBytes;
    for (const [oldest, { clip, madeAt }] of this.#recent) {
      const isOver = this.#recent.size > MAX_RECENT || held > MAX_RECENT_BYTES;
      if (!isOver && now - madeAt < RECENT_MS) break;
      this.#recent.delete(oldest);
      held -= clip.heldBytes;
    }
    clearTimeout(this.#tidying);
    if (this.#recent.size > 0) this.#tidying = setTimeout(() => this.#tidy(), RECENT_MS).unref();
  }

  #keyOf(request: IncomingMessage): string {
    return `${this.#options.clients.addressOf(request)} ${request.url}`;
  }
}

function clipHeaders(clip: Clip, path: string, inline: boolean): OutgoingHttpHeaders {
  const date = new Date(clip.startedAt).toISOString();
  const name = `${path.replaceAll('/', '_')}_${date.slice(0, 19).replaceAll(':', '-')}.mp4`;
  return {
    ...CORS_HEADERS,
    'Content-Type': 'video/mp4',
    'Content-Disposition': `${inline ? 'inline' : 'attachment'}; filename="${name}"`,
    'Cache-Control': 'private, no-cache',
    'Accept-Ranges': 'bytes',
    ETag: etagOf(clip, path),
    'Last-Modified': new Date(clip.startedAt).toUTCString(),
  };
}

/** Tables alone do not tell clips apart: there are codecs all of whose frames have the same size. */
function etagOf({ head, startedAt }: Clip, path: string): string {
  const hash = createHash('sha256').update(`${path} ${startedAt}\n`).update(head);
  return `"${hash.digest('base64url').slice(0, 22)}"`;
}
