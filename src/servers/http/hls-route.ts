import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MediaTarget, Query } from './media-url.ts';
import { waitMs } from './media-url.ts';
import { PLAYLIST_HEADERS, PlaylistAnswers, type RenderedPlaylist } from './playlist-answers.ts';
import { etagWithSession, withSession } from './playlist-session.ts';
import { CORS_HEADERS, matchesEtag, parseRange, rawHeaders, respondText } from './respond.ts';

/** What this door needs of one stream's HLS output. */
export interface HlsSource {
  multivariant(): RenderedPlaylist | undefined;
  media(): RenderedPlaylist | undefined;
  segment(file: string): { readonly bytes: Buffer; readonly etag: string } | undefined;
  /** Calls back at the first segment or at the end, at once if that was before; the returned function gives up. */
  whenReady(callback: () => void): () => void;
}

export interface HlsRouteOptions {
  readonly find: (path: string) => HlsSource | undefined;
  /** Calls back when the stream is there, or with undefined after `ms`. The returned function gives up; none if that was at once. */
  readonly whenPublished: (
    path: string,
    ms: number,
    callback: (found: HlsSource | undefined) => void,
  ) => (() => void) | undefined;
  /** Somebody has fetched a media playlist. */
  readonly seen: (path: string, request: IncomingMessage) => void;
  /** So many bytes of a stream's media or playlists are on their way, to whomever. */
  readonly sent?: (path: string, bytes: number) => void;
  readonly gzip: boolean;
}

export type HlsTarget = Extract<MediaTarget, { kind: 'multivariant' | 'media playlist' | 'segment' }>;

/** Who asks, where that is known: see HlsDoor. */
export interface HlsGuest {
  /** Where it was led; by default where it asked for. */
  readonly path: string;
  /** Its copy must not be given to others. */
  readonly isPrivate: boolean;
  /** A playlist is about to be answered. Gives the session that goes behind every address in it, if one does. */
  enter(): string | undefined;
  /** So many bytes of media or playlist are on their way. */
  sent(bytes: number): void;
}

/** A request that comes before the first segment is held this long; players take a 404 for the end of the matter. */
const HOLD_MS = 15_000;

/** Names of segments are never used again, so any cache may keep them. */
const SEGMENT_HEADERS = {
  ...CORS_HEADERS,
  'Content-Type': 'video/mp2t',
  'Cache-Control': 'public, max-age=3600, immutable',
  'Accept-Ranges': 'bytes',
};
const PUBLIC_SEGMENT = rawHeaders(SEGMENT_HEADERS);

const PRIVATE_PLAYLIST = { ...PLAYLIST_HEADERS, 'Cache-Control': 'private, no-cache' };
const PRIVATE_SEGMENT = rawHeaders({
  ...SEGMENT_HEADERS,
  'Cache-Control': 'private, max-age=3600, immutable',
});

/** Serves playlists and segments as the stream's output has made them; nothing is rendered per request. */
export class HlsRoute {
  readonly #options: HlsRouteOptions;
  readonly #answers: PlaylistAnswers;

  constructor(options: HlsRouteOptions) {
    this.#options = options;
    this.#answers = new PlaylistAnswers(options.gzip);
  }

  serve(
    target: HlsTarget,
    query: Query,
    request: IncomingMessage,
    response: ServerResponse,
    guest?: HlsGuest,
  ): void {
    const path = guest?.path ?? target.name.path;
    if (target.kind === 'segment') {
      const segment = this.#options.find(path)?.segment(target.file);
      if (!segment)
        return respondText(response, 404, `no segment "${target.file}" of "${path}" is kept (any more)`);
      const bytes = sendSegment(segment, request, response, guest);
      this.#options.sent?.(path, bytes);
      return;
    }
    const render = (source: HlsSource) =>
      target.kind === 'multivariant' ? source.multivariant() : source.media();
    // A pipelined request is not kept waiting: thousands of them cost their sender nothing.
    const mayWait = response.socket !== null;
    const stopWaiting = this.#options.whenPublished(path, mayWait ? waitMs(query) : 0, (source) => {
      if (!source) return respondText(response, 404, `no stream "${path}" is being published`);
      const playlist = render(source);
      if (playlist) return this.#answer(target, playlist, request, response, guest);
      hold(source, response, mayWait ? HOLD_MS : 0, () => {
        const held = render(source);
        if (held) this.#answer(target, held, request, response, guest);
        else respondText(response, 404, `"${path}" has no segment yet`, { 'Retry-After': '2' });
      });
    });
    if (stopWaiting) response.once('close', stopWaiting);
  }

  #answer(
    target: HlsTarget,
    playlist: RenderedPlaylist,
    request: IncomingMessage,
    response: ServerResponse,
    guest: HlsGuest | undefined,
  ): void {
    const session = guest?.enter();
    if (session === undefined) return this.#sendPlaylist(target, playlist, request, response, guest);
    const folder = target.kind === 'multivariant' ? target.name.stream : undefined;
    const bytes = withSession(playlist, session, folder);
    const copy = { bytes, etag: etagWithSession(playlist.etag, session) };
    if (!sendWithSession(copy, request, response)) return;
    guest?.sent(bytes.length);
    this.#options.sent?.(guest?.path ?? target.name.path, bytes.length);
  }

  #sendPlaylist(
    target: HlsTarget,
    playlist: RenderedPlaylist,
    request: IncomingMessage,
    response: ServerResponse,
    guest: HlsGuest | undefined,
  ): void {
    if (!guest && target.kind === 'media playlist') this.#options.seen(target.name.path, request);
    const { etag, headers, headersOfUnchanged, body } = this.#answers.to(request, playlist);
    if (matchesEtag(request.headers['if-none-match'], etag)) {
      response.writeHead(304, headersOfUnchanged);
      response.end();
      return;
    }
    response.writeHead(200, headers);
    if (request.method === 'HEAD') return void response.end();
    guest?.sent(body.length);
    this.#options.sent?.(guest?.path ?? target.name.path, body.length);
    response.end(body, 'latin1');
  }
}

/** Calls back at the first segment, at the end, or after the hold time; not at all if the client has gone. */
function hold(source: HlsSource, response: ServerResponse, ms: number, callback: () => void): void {
  let isOver = false;
  const finish = (): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    stop();
    if (!response.destroyed) callback();
  };
  let stop = (): void => undefined;
  const timer = setTimeout(finish, ms);
  stop = source.whenReady(finish);
  response.once('close', finish);
}

/** A copy of its own is a kilobyte: to compress it would cost more than it saves. True if it was really sent. */
function sendWithSession(
  { bytes, etag }: Piece,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const headers = { ...PRIVATE_PLAYLIST, ETag: etag };
  if (matchesEtag(request.headers['if-none-match'], etag)) {
    response.writeHead(304, headers);
    response.end();
    return false;
  }
  const isAsked = request.method !== 'HEAD';
  response.writeHead(200, { ...headers, 'Content-Length': bytes.length });
  response.end(isAsked ? bytes : undefined);
  return isAsked;
}

interface Piece {
  readonly bytes: Buffer;
  readonly etag: string;
}

/** Gives the bytes that were sent. */
function sendSegment(
  { bytes, etag }: Piece,
  request: IncomingMessage,
  response: ServerResponse,
  guest: HlsGuest | undefined,
): number {
  const headers = [...(guest?.isPrivate ? PRIVATE_SEGMENT : PUBLIC_SEGMENT), 'ETag', etag];
  if (matchesEtag(request.headers['if-none-match'], etag)) {
    response.writeHead(304, headers);
    response.end();
    return 0;
  }
  const ifRange = request.headers['if-range'];
  // Ranges are for GET alone: RFC 9110 §14.2.
  const wantsRange = request.method === 'GET' && (ifRange === undefined || ifRange === etag);
  const range = wantsRange ? parseRange(request.headers.range, bytes.length) : undefined;
  if (range === 'unsatisfiable') {
    respondText(response, 416, `the segment has ${bytes.length} bytes`, {
      'Content-Range': `bytes */${bytes.length}`,
    });
    return 0;
  }
  const body = range ? bytes.subarray(range.first, range.last + 1) : bytes;
  const sent = request.method === 'HEAD' ? 0 : body.length;
  if (sent > 0) guest?.sent(sent);
  headers.push('Content-Length', `${body.length}`);
  if (range) headers.push('Content-Range', `bytes ${range.first}-${range.last}/${bytes.length}`);
  response.writeHead(range ? 206 : 200, headers);
  response.end(request.method === 'HEAD' ? undefined : body);
  return sent;
}
