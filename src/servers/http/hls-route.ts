import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClipRequest, ClipRoute } from './clip-route.ts';
import { deliveryDirectives, NO_DIRECTIVES } from './delivery-directives.ts';
import { sendFile, sendStored } from './hls-files.ts';
import { HlsReload, patienceMs } from './hls-reload.ts';
import type { AnyHlsFile, HlsSource } from './hls-source.ts';
import { hlsAsk, MEDIA_PLAYLIST, waitMs, WHOLE, type Query } from './media-url.ts';
import {
  PlaylistSender,
  type HlsGuest,
  type HlsRequest,
  type HlsTarget,
  type PlaylistSenderOptions,
} from './playlist-sender.ts';
import { refuseToWait, respondText } from './respond.ts';
import type { WaitingLimits } from './waiting-limits.ts';
import { WaitingRoom, type Awaited } from './waiting-room.ts';

export interface HlsRouteOptions extends PlaylistSenderOptions {
  readonly find: (path: string) => HlsSource | undefined;
  /** Calls back when the stream is there, or with undefined after `ms`. The returned function gives up; none if that was at once. */
  readonly whenPublished: (
    path: string,
    ms: number,
    callback: (found: HlsSource | undefined) => void,
  ) => (() => void) | undefined;
  /** How many requests may wait for what is to come. */
  readonly waiting: WaitingLimits;
  /** Pieces of the past as files; by default there are none. */
  readonly clips?: ClipRoute;
  /** Milliseconds, monotonic. */
  readonly now?: () => number;
}

/** A request that comes before the first segment is held this long; players take a 404 for the end of the matter. */
const HOLD_MS = 15_000;
/**
 * What a browser's own player is given first: Chromium's stops for good at a playlist of fewer segments. It begins no nearer to the
 * end in any case (RFC 8216 §6.3.3).
 */
const OWN_PLAYERS_SEGMENTS = 3;
/** Sec-Fetch-Dest of what a media element fetches itself, not a script. */
const MEDIA_ELEMENTS: readonly unknown[] = ['video', 'audio'];
/** Where nothing tells them, seconds. */
const USUAL_TARGETS = { targetDuration: 4, partTarget: 0 };
/** What the wait for the first playlist is known by; names of files have no blanks. */
const FIRST_PLAYLIST = 'first playlist';

/** Serves playlists, segments and parts as the stream's output has made them; nothing is rendered per request. */
export class HlsRoute {
  readonly #options: HlsRouteOptions;
  readonly #room: WaitingRoom<HlsRequest>;
  readonly #sender: PlaylistSender;
  readonly #reload: HlsReload;

  constructor(options: HlsRouteOptions) {
    this.#options = options;
    this.#room = new WaitingRoom(options.waiting, options.now);
    this.#sender = new PlaylistSender(options);
    this.#reload = new HlsReload(this.#room, this.#sender);
  }

  /** Requests that wait, and for how many things: what a test asks about leaks. */
  get waiting(): { readonly requests: number; readonly crowds: number } {
    return this.#room.size;
  }

  serve(
    target: HlsTarget,
    query: Query,
    request: IncomingMessage,
    response: ServerResponse,
    guest?: HlsGuest,
  ): void {
    const path = guest?.path ?? target.name.path;
    const asked = { path, target, request, response, guest };
    if (target.kind === 'segment')
      return this.#serveFile({ ...asked, ask: WHOLE, directives: NO_DIRECTIVES }, target.file);
    if (target.kind === 'clip') return this.#serveClip({ ...asked, target }, query);
    const ask = hlsAsk(query);
    if (typeof ask === 'string') return respondText(response, 400, ask);
    const directives = deliveryDirectives(query);
    if (typeof directives === 'string') return respondText(response, 400, directives);
    this.#whenPublished({ ...asked, ask, directives }, waitMs(query));
  }

  /** All who wait are answered: the gateway stops. */
  close(): void {
    this.#room.close();
  }

  #serveClip({ target, request, response, guest }: Omit<ClipRequest, 'query'>, query: Query): void {
    const { clips } = this.#options;
    if (clips) clips.serve({ target, query, request, response, guest });
    else respondText(response, 404, 'there are no clips here');
  }

  #whenPublished(asked: HlsRequest, ms: number): void {
    const { path, request, response } = asked;
    const { waiting, whenPublished } = this.#options;
    const ticket = ms > 0 ? waiting.enter(request) : undefined;
    if (ticket && 'refused' in ticket) return refuseToWait(response, ticket.refused);
    let isWaiting = ticket !== undefined;
    const leave = (): void => {
      if (isWaiting && ticket) waiting.leave(ticket);
      isWaiting = false;
    };
    const giveUp = whenPublished(path, ticket ? ms : 0, (source) => {
      leave();
      if (source) this.#servePlaylist(asked, source);
      else respondText(response, 404, `no stream "${path}" is being published`);
    });
    if (!giveUp) return;
    response.once('close', () => {
      leave();
      giveUp();
    });
  }

  #servePlaylist(asked: HlsRequest, source: HlsSource): void {
    const segments = firstSegments(asked);
    if (!isReady(source, segments) || !this.#isServed(asked, source))
      this.#waitForFirst(asked, source, segments);
  }

  #isServed(asked: HlsRequest, source: HlsSource): boolean {
    if (asked.target.kind === 'media playlist') {
      const playlist = source.playlist(asked.target.file);
      return playlist !== undefined && this.#reload.serve(asked, playlist);
    }
    const playlist = source.multivariant(asked.ask);
    if (playlist) this.#sender.send(asked, playlist);
    return playlist !== undefined;
  }

  #waitForFirst(asked: HlsRequest, source: HlsSource, segments: number): void {
    const place = { of: source, key: `${FIRST_PLAYLIST} ${segments}` };
    const answer = (held: HlsRequest): void => {
      if (!this.#isServed(held, source)) nothingYet(held, source);
    };
    const refusal = this.#room.wait(asked, place, () => ({
      begin: (come) => source.whenReady(come, segments),
      answer,
      late: answer,
      patienceMs: HOLD_MS,
      longestMs: HOLD_MS,
    }));
    if (typeof refusal === 'object') refuseToWait(asked.response, refusal.refused);
  }

  #serveFile(asked: HlsRequest, name: string): void {
    const source = this.#options.find(asked.path);
    const file = source?.file(name);
    if (file) return this.#sendFile(asked, file);
    if (!source) return notKept(asked);
    const refusal = this.#room.wait(asked, { of: source, key: name }, () => this.#promised(source, name));
    if (refusal === 'nothing to come') notKept(asked);
    else if (refusal) refuseToWait(asked.response, refusal.refused);
  }

  /** A part that a playlist has promised: RFC 8216bis §6.2.6. */
  #promised(source: HlsSource, name: string): Awaited<HlsRequest> {
    const { lowLatency } = source.playlist(MEDIA_PLAYLIST) ?? {};
    const ms = patienceMs(lowLatency ?? USUAL_TARGETS);
    let made: AnyHlsFile | undefined;
    return {
      begin: (come) =>
        source.whenFile(name, (file) => {
          made = file;
          come();
        }),
      answer: (asked) => (made ? this.#sendFile(asked, made) : notKept(asked)),
      late: ({ response }) => refuseToWait(response, 'nothing new has come from the source'),
      patienceMs: ms,
      longestMs: ms,
    };
  }

  #sendFile(asked: HlsRequest, file: AnyHlsFile): void {
    const { guest, path, request, response } = asked;
    if (guest?.refusal !== undefined) return respondText(response, 403, guest.refusal);
    const exchange = { request, response, isPrivate: guest?.isPrivate === true };
    const sent = (bytes: number): void => {
      if (bytes > 0) guest?.sent(bytes);
      this.#options.sent?.(path, bytes);
    };
    if ('bytes' in file) return sent(sendFile(file, exchange));
    void sendStored(file, exchange, { sent, gone: () => notKept(asked) }).catch(() => response.destroy());
  }
}

/** How many segments a playlist must have for this one. */
function firstSegments({ target, request }: HlsRequest): number {
  const isOwn = MEDIA_ELEMENTS.includes(request.headers['sec-fetch-dest']);
  return isOwn && target.kind === 'multivariant' ? OWN_PLAYERS_SEGMENTS : 1;
}

function isReady(source: HlsSource, segments: number): boolean {
  if (segments === 1) return true; // it is served or not
  let isSo = false;
  source.whenReady(() => (isSo = true), segments)();
  return isSo;
}

function notKept({ path, target, response }: HlsRequest): void {
  const name = target.kind === 'segment' ? target.file : '';
  respondText(response, 404, `no segment "${name}" of "${path}" is kept (any more)`);
}

function nothingYet({ path, target, ask, response }: HlsRequest, source: HlsSource): void {
  const refusal = target.kind === 'multivariant' ? source.refusal?.(ask) : undefined;
  if (refusal !== undefined) return respondText(response, 404, refusal);
  const isThere = source.playlist(MEDIA_PLAYLIST) !== undefined;
  if (isThere && target.kind === 'media playlist' && !source.playlist(target.file))
    return respondText(response, 404, `"${path}" has no playlist "${target.file}"`);
  respondText(response, 404, `"${path}" has no segment yet`, { 'Retry-After': '2' });
}
