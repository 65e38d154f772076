import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** Any page may play what is public here; the listed headers are what players read. */
export const CORS_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Content-Length, Content-Range, Content-Encoding, Date, ETag, Retry-After',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

/** Names and values in turn: what Node takes with the least work, for answers that many requests get. */
export function rawHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).flat();
}

/** The connection that a request came on; of HTTP/2 requests it is a session, which carries many at a time. */
export function connectionOf(request: IncomingMessage): object {
  const { stream } = request as { readonly stream?: { readonly session?: object } };
  return stream?.session ?? request.socket;
}

/** True if nobody is there any more who could be answered. Responses of HTTP/2 do not tell by themselves. */
export function isGone(response: ServerResponse): boolean {
  const { stream } = response as { readonly stream?: { readonly destroyed: boolean } };
  return response.destroyed || stream?.destroyed === true;
}

/**
 * True if the answer may be given now. Over HTTP/1.1 a request can come before the answer in front of it is through: if it was
 * sent with that one (pipelining), and by TLS whenever a player is quick, which has all of the answer before we hear of it. It has
 * no socket then, would not hear of the end of its connection, and so nothing is begun before its turn.
 */
export function isInTurn(response: ServerResponse): boolean {
  return response.socket !== null;
}

const METHODS = 'GET, HEAD, OPTIONS';

/** Answers OPTIONS and methods that media URLs do not have; true if it did. */
export function answersMethod(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return false;
  if (request.method === 'OPTIONS') {
    response.writeHead(204, {
      ...CORS_HEADERS,
      'Access-Control-Allow-Methods': METHODS,
      'Access-Control-Allow-Headers': 'Range, If-None-Match, If-Modified-Since, Authorization, Content-Type',
      'Access-Control-Max-Age': '86400',
      Allow: METHODS,
    });
    response.end();
    return true;
  }
  respondText(response, 405, `${request.method ?? 'this method'} is not for media; use ${METHODS}`, {
    Allow: METHODS,
  });
  return true;
}

/** One plain sentence, never cached. */
export function respondText(
  response: ServerResponse,
  status: number,
  sentence: string,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = Buffer.from(`${sentence}\n`);
  response.writeHead(status, {
    ...CORS_HEADERS,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** What was waited for has not come, or too many wait: players ask again. */
export function refuseToWait(response: ServerResponse, why: string): void {
  respondText(response, 503, `${why}; try again`, { 'Retry-After': '1' });
}

/** Resolves when a response has room for more, or there is nobody to take it. */
export function room(response: ServerResponse): Promise<void> {
  if (isGone(response)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      response.removeListener('drain', done);
      response.removeListener('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

/** A byte range of a resource of `size` bytes: both ends inclusive. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Reads a Range header of one range (RFC 9110 §14.1.2). Undefined: send everything (no header, another unit, several
 * ranges, or not understood, as §14.2 allows). `'unsatisfiable'`: answer 416.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  if (match[1] === '') {
    const suffix = Math.min(Number(match[2]), size);
    return suffix === 0 ? 'unsatisfiable' : { first: size - suffix, last: size - 1 };
  }
  const first = Number(match[1]);
  const last = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (match[2] !== '' && Number(match[2]) < first) return undefined;
  return first >= size ? 'unsatisfiable' : { first, last };
}

/** True if the header names gzip (or anything) and does not refuse it with q=0. */
export function acceptsGzip(header: string | string[] | undefined): boolean {
  if (header === undefined) return false;
  const items = String(header)
    .toLowerCase()
    .split(',')
    .map((item) => item.split(';').map((part) => part.trim()));
  const of = (name: string): string[] | undefined => items.find(([coding]) => coding === name);
  const item = of('gzip') ?? of('x-gzip') ?? of('*');
  return item !== undefined && !item.slice(1).some((part) => /^q=0(\.0*)?$/.test(part));
}

/** True if the client's copy, named in If-None-Match, is the one we would send. */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const plain = (tag: string): string => tag.trim().replace(/^W\//, '');
  return header.trim() === '*' || header.split(',').some((tag) => plain(tag) === plain(etag));
}
