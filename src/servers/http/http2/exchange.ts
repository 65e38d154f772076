import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import {
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { ReadableOptions } from 'node:stream';
import { beginAnswer, pieceBytes } from './pieces.ts';

/** Of the connection, which is not one answer's: RFC 9113 §8.2.2. */
const OF_THE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/**
 * A request by HTTP/2, as one by HTTP/1.1 looks: the handlers are the same for both. Node's own class does most of it; this adds
 * what handlers ask about and HTTP/2 says in another way.
 */
export class Http2Request extends Http2ServerRequest {
  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    options: ReadableOptions,
    rawHeaders: readonly string[],
  ) {
    super(stream, headers, options, rawHeaders);
    headers.host ??= headers[':authority'];
    // A body whose length is not told beforehand: in HTTP/1.1 that is known by this.
    if (!stream.endAfterHeaders && headers['content-length'] === undefined)
      headers['transfer-encoding'] = 'chunked';
  }
}

/** The answer by HTTP/2, as one by HTTP/1.1 looks. */
export class Http2Response extends Http2ServerResponse {
  #isClosed = false;

  constructor(stream: ServerHttp2Stream) {
    super(stream);
    beginAnswer(stream);
    this.once('close', () => (this.#isClosed = true));
    // Node says nothing of the end of an answer to HEAD that was given up before it began.
    stream.once('close', () => {
      if (!this.#isClosed) this.emit('close');
    });
  }

  /** Headers as an object, or names and values in turn. */
  override writeHead(
    status: number,
    text?: string | OutgoingHttpHeaders | readonly OutgoingHttpHeader[],
    headers: OutgoingHttpHeaders | readonly OutgoingHttpHeader[] | undefined = typeof text === 'object'
      ? text
      : undefined,
  ): this {
    if (this.stream.destroyed || this.stream.closed) return this;
    for (const [name, value] of pairsOf(headers))
      if (value !== undefined && !OF_THE_CONNECTION.has(name.toLowerCase())) this.setHeader(name, value);
    return super.writeHead(status);
  }

  /** What is too much to be handed over at once is cut only as it goes: a segment that nobody fetches is not cut up. */
  override end(...[chunk, ...rest]: unknown[]): this {
    const { stream } = this;
    if (!Buffer.isBuffer(chunk) || chunk.length <= pieceBytes(stream))
      return super.end(...([chunk, ...rest] as Parameters<Http2ServerResponse['end']>));
    const goOn = (at: number): void => {
      const size = pieceBytes(stream);
      if (chunk.length - at <= size) super.end(chunk.subarray(at), ...(rest as [() => void]));
      else
        this.write(chunk.subarray(at, at + size), (error?: Error | null) => {
          if (!error) goOn(at + size);
        });
    };
    goOn(0);
    return this;
  }
}

// Which Node's class does not tell, though its type says so.
Object.defineProperty(Http2Response.prototype, 'destroyed', {
  get(this: Http2Response): boolean {
    return this.stream.destroyed;
  },
});

function pairsOf(
  headers: OutgoingHttpHeaders | readonly OutgoingHttpHeader[] | undefined,
): (readonly [string, OutgoingHttpHeader | undefined])[] {
  if (!isList(headers)) return Object.entries(headers ?? {});
  return headers.flatMap((name, index) =>
    index % 2 === 0 ? [[String(name), headers[index + 1]] as const] : [],
  );
}

const isList = (headers: unknown): headers is readonly OutgoingHttpHeader[] => Array.isArray(headers);

/** One handler for both: what these classes lack of HTTP/1.1's no handler of ours uses. */
export function asHttp1(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
): readonly [IncomingMessage, ServerResponse] {
  return [request as unknown as IncomingMessage, response as unknown as ServerResponse];
}

/** The stream that an answer by HTTP/2 goes on; undefined: it goes by HTTP/1.1. */
export function streamOf(response: ServerResponse): ServerHttp2Stream | undefined {
  return (response as { readonly stream?: ServerHttp2Stream }).stream;
}
