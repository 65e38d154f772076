import {
  constants,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { Allowance } from './allowance.ts';
import { asHttp1, Http2Request, Http2Response } from './exchange.ts';

export interface Http2DoorOptions {
  /** Answers a request. `connection`: that it came on. */
  readonly handle: (request: IncomingMessage, response: ServerResponse, connection: TLSSocket) => void;
  /** Counts the end of a connection that we wanted to end. */
  readonly closed: (reason: string) => void;
  /** A connection, or an answer, on which nothing moves for so long is closed. */
  readonly stalledMs: number;
  /** A request that has not come to its end after so long is given up. */
  readonly requestMs: number;
  /** ms, monotonic. */
  readonly now?: () => number;
}

/** Requests at a time on one connection: a page with all its tiles. RFC 9113 §6.5.2 wants no less than this. */
export const MAX_STREAMS = 100;
/** As Node's server of HTTP/1.1 takes them. */
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADERS = 100;
/** Node's own count of what one connection holds, beyond which it refuses requests. All answers under way come to 3: see `pieces.ts`. */
const MAX_SESSION_MB = 32;

/**
 * Requests given up by the peer. Players give up some when they seek or change the quality, a page all of its own when it is
 * left. Who asks and gives up by the thousand makes us work for nothing (CVE-2023-44487).
 */
const RESETS = { atOnce: 4 * MAX_STREAMS, perSecond: 20 };
/** PING and SETTINGS, each of which must be answered: peers send one every few seconds at most. */
const CALLS = { atOnce: 100, perSecond: 5 };

/**
 * How often connections are looked at, ms: one whose session has ended is let go of after two looks at the latest, as Node waits for
 * the peer to close it.
 */
const LOOK_MS = 2_000;

/** HTTP/2 on connections that TLS has been agreed on: RFC 9113. */
export class Http2Door {
  readonly #options: Http2DoorOptions;
  readonly #server: Http2Server;
  readonly #sessions = new Map<ServerHttp2Session, TLSSocket>();
  readonly #now: () => number;
  /** Sessions that had ended when they were looked at last. */
  #ended = new Set<ServerHttp2Session>();
  #looking: NodeJS.Timeout | undefined;

  constructor(options: Http2DoorOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#server = createServer({
      Http2ServerRequest: Http2Request,
      Http2ServerResponse: Http2Response as typeof Http2ServerResponse,
      // Extended CONNECT (RFC 8441) is not announced: browsers open a WebSocket by HTTP/1.1 then, on the same port.
      settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: MAX_HEADER_BYTES, enablePush: false },
      maxHeaderListPairs: MAX_HEADERS,
      maxSessionMemory: MAX_SESSION_MB,
      maxSessionInvalidFrames: 10,
      maxSessionRejectedStreams: MAX_STREAMS,
      maxOutstandingPings: 2,
    });
    this.#server.on('request', (request, response) => this.#request(request, response));
    this.#server.on('timeout', (session: ServerHttp2Session) => session.destroy());
    this.#server.setTimeout(options.stalledMs);
  }

  /** Connections that are open. */
  get size(): number {
    return this.#sessions.size;
  }

  /** The two sides have agreed on `h2`. */
  begin(socket: TLSSocket): void {
    this.#server.once('session', (session) => this.#watch(session, socket));
    this.#server.emit('connection', socket);
  }

  /** No more requests; connections end when the answers under way have. */
  stop(): void {
    for (const session of this.#sessions.keys()) session.close();
  }

  /** Ends what is still open. */
  destroy(): void {
    for (const session of this.#sessions.keys()) session.destroy();
  }

  #watch(session: ServerHttp2Session, socket: TLSSocket): void {
    this.#sessions.set(session, socket);
    this.#looking ??= setInterval(() => this.#look(), LOOK_MS).unref();
    session.once('close', () => this.#sessions.delete(session));
    session.on('error', () => session.destroy());
    const calls = new Allowance(CALLS, this.#now());
    const count = (): void => {
      if (!calls.take(this.#now())) this.#punish(session, 'too many pings or settings');
    };
    session.on('ping', count);
    session.on('remoteSettings', count);
    const resets = new Allowance(RESETS, this.#now());
    session.on('stream', (stream) => {
      stream.once('aborted', () => {
        if (!resets.take(this.#now())) this.#punish(session, 'too many requests given up');
      });
    });
  }

  #look(): void {
    for (const [session, socket] of this.#sessions) if (!session.destroyed) keepReading(socket);
    this.#letGo();
  }

  #letGo(): void {
    const ended = [...this.#sessions].filter(([session]) => session.destroyed);
    for (const [session, socket] of ended) if (this.#ended.has(session)) socket.destroy();
    this.#ended = new Set(ended.map(([session]) => session));
    if (this.#sessions.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }

  #punish(session: ServerHttp2Session, reason: string): void {
    if (session.destroyed) return;
    this.#options.closed(reason);
    session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  #request(request: Http2ServerRequest, response: Http2ServerResponse): void {
    const { stream } = request;
    const connection = stream.session && this.#sessions.get(stream.session as ServerHttp2Session);
    if (!connection) return void stream.destroy();
    if (!stream.endAfterHeaders) this.#awaitBody(stream);
    // Viewers of FLV take themselves out of this: see SocketSink.
    stream.setTimeout(this.#options.stalledMs, () => stream.close(constants.NGHTTP2_CANCEL));
    this.#options.handle(...asHttp1(request, response), connection);
  }

  #awaitBody(stream: ServerHttp2Stream): void {
    const timer = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), this.#options.requestMs).unref();
    const over = (): void => clearTimeout(timer);
    stream.once('end', over).once('close', over);
  }
}

/**
 * While something is being written, Node's session does not read, and it takes no notice when the write fails: a peer that went away
 * without having read all would be kept for ever, with its viewers. Whoever reads hears of it.
 */
function keepReading(socket: TLSSocket): void {
  const { _handle: handle } = socket as unknown as { _handle?: { readStart?: () => number } | null };
  handle?.readStart?.();
}
