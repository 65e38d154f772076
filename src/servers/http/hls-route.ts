import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { MediaTarget } from './media-url.ts';
import { waitMs } from './media-url.ts';
import { acceptsGzip, CORS_HEADERS, matchesEtag, parseRange, respondText } from './respond.ts';

/** A playlist as it goes out: made once per change of the window. */
export interface RenderedPlaylist {
  readonly bytes: Buffer;
  readonly etag: string;
  gzipped(): Buffer;
}

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
  /** Calls back when the stream is there, or with undefined after `ms`; the returned function gives up. */
  readonly whenPublished: (
    path: string,
    ms: number,
    callback: (found: HlsSource | undefined) => void,
  ) => () => void;
  /** Somebody has fetched a media playlist. */
  readonly seen: (path: string, request: IncomingMessage) => void;
  readonly gzip: boolean;
}

export type HlsTarget = Extract<MediaTarget, { kind: 'multivariant' | 'media playlist' | 'segment' }>;

/** A request that comes before the first segment is held this long; players take a 404 for the end of the matter. */
const HOLD_MS = 15_000;

const PLAYLIST_HEADERS: OutgoingHttpHeaders = {
  ...CORS_HEADERS,
  'Content-Type': 'application/vnd.apple.mpegurl',
  // A copy may be kept if it is asked about each time; the ETag makes that cheap.
  'Cache-Control': 'no-cache',
};

/** Names of segments are never used again, so any cache may keep them. */
const SEGMENT_HEADERS: OutgoingHttpHeaders = {
  ...CORS_HEADERS,
  'Content-Type': 'video/mp2t',
  'Cache-Control': 'public, max-age=3600, immutable',
  'Accept-Ranges': 'bytes',
};

/** Serves playlists and segments as the stream's output has made them; nothing is rendered per request. */
export class HlsRoute {
  readonly #options: HlsRouteOptions;

  constructor(options: HlsRouteOptions) {
    this.#options = options;
  }

  serve(target: HlsTarget, query: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    const { path } = target.name;
    if (target.kind === 'segment') {
      const segment = this.#options.find(path)?.segment(target.file);
      if (!segment)
        return respondText(response, 404, `no segment "${target.file}" of "${path}" is kept (any more)`);
      return sendSegment(segment, request, response);
    }
    const render = (source: HlsSource) =>
      target.kind === 'multivariant' ? source.multivariant() : source.media();
    // A pipelined request is not kept waiting: thousands of them cost their sender nothing.
    const mayWait = response.socket !== null;
    const stopWaiting = this.#options.whenPublished(path, mayWait ? waitMs(query) : 0, (source) => {
      if (!source) return respondText(response, 404, `no stream "${path}" is being published`);
      const playlist = render(source);
      if (playlist) return this.#sendPlaylist(target, playlist, request, response);
      hold(source, response, mayWait ? HOLD_MS : 0, () => {
        const held = render(source);
        if (held) this.#sendPlaylist(target, held, request, response);
        else respondText(response, 404, `"${path}" has no segment yet`, { 'Retry-After': '2' });
      });
    });
    response.once('close', stopWaiting);
  }

  #sendPlaylist(
    target: HlsTarget,
    playlist: RenderedPlaylist,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    if (target.kind === 'media playlist') this.#options.seen(target.name.path, request);
    const compress = this.#options.gzip && acceptsGzip(request.headers['accept-encoding']);
    const etag = compress ? playlist.etag.replace(/"$/, '-gzip"') : playlist.etag;
    const headers = {
      ...PLAYLIST_HEADERS,
      ETag: etag,
      ...(this.#options.gzip && { Vary: 'Accept-Encoding' }),
    };
    if (matchesEtag(request.headers['if-none-match'], etag)) {
      response.writeHead(304, headers);
      response.end();
      return;
    }
    const body = compress ? playlist.gzipped() : playlist.bytes;
    response.writeHead(200, {
      ...headers,
      'Content-Length': body.length,
      ...(compress && { 'Content-Encoding': 'gzip' }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
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

function sendSegment(
  segment: { readonly bytes: Buffer; readonly etag: string },
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { bytes, etag } = segment;
  const headers = { ...SEGMENT_HEADERS, ETag: etag };
  if (matchesEtag(request.headers['if-none-match'], etag)) {
    response.writeHead(304, headers);
    response.end();
    return;
  }
  const ifRange = request.headers['if-range'];
  // Ranges are for GET alone: RFC 9110 §14.2.
  const wantsRange = request.method === 'GET' && (ifRange === undefined || ifRange === etag);
  const range = wantsRange ? parseRange(request.headers.range, bytes.length) : undefined;
  if (range === 'unsatisfiable') {
    return respondText(response, 416, `the segment has ${bytes.length} bytes`, {
      'Content-Range': `bytes */${bytes.length}`,
    });
  }
  const body = range ? bytes.subarray(range.first, range.last + 1) : bytes;
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'Content-Length': body.length,
    ...(range && { 'Content-Range': `bytes ${range.first}-${range.last}/${bytes.length}` }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
