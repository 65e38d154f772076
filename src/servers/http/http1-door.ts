import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { listen, type Listening } from '../listen.ts';
import { endSocket } from '../socket-sink.ts';
import { spokenIn } from '../tls/first-bytes.ts';

export interface Http1DoorOptions {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  readonly connected: (socket: Socket) => void;
  /** A connection that is to be used for something else; false if it cannot be. */
  readonly takeOver: (socket: Socket) => boolean;
  /** A WebSocket is asked for; false if it is to be answered like any other request. */
  readonly webSocket: (request: IncomingMessage, socket: Socket, head: Buffer) => boolean;
  /** True while an answer on this connection is not through. */
  readonly isAnswering: (socket: Duplex) => boolean;
  /** What came is TLS. Who speaks it here is told nothing that could be understood; the operator is. */
  readonly heardTls: () => void;
  /** A connection on which nothing moves for so long is closed. */
  readonly stalledMs: number;
  /** A request that has not come to its end after so long is given up. */
  readonly requestMs: number;
}

/** How often requests that do not come to an end are looked for, ms; by default it is only every 30 s. */
const CHECK_MS = 2_000;
const HEADERS_MS = 10_000;
/** Longer than the 60 s of proxies in front, so that they close first. */
const KEEP_ALIVE_MS = 65_000;
const MAX_HEADERS = 100;

/** HTTP/1.1, on connections that come to its port and on those that TLS has been agreed on. */
export class Http1Door {
  readonly #options: Http1DoorOptions;
  readonly #server: Server;

  constructor(options: Http1DoorOptions) {
    this.#options = options;
    const server = createServer({ connectionsCheckingInterval: CHECK_MS }, options.handle);
    // Never rely on the defaults, which change with Node's versions. An answer may take for ever, a request may not.
    server.timeout = options.stalledMs; // viewers of FLV take themselves out of this: see SocketSink
    server.headersTimeout = HEADERS_MS;
    server.requestTimeout = options.requestMs;
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.maxHeadersCount = MAX_HEADERS;
    server.on('connection', options.connected);
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    server.on('clientError', (error, socket) => this.#clientError(error, socket));
    this.#server = server;
  }

  /** @throws {ListenError} */
  start(host: string, port: number | undefined): Promise<Listening> {
    if (port !== undefined) return listen(this.#server, 'HTTP', host, port);
    // It has no port of its own, but what comes through TLS is served by it: with this it begins to look for stalled requests.
    this.#server.emit('listening');
    return Promise.resolve({ port: 0 });
  }

  /** The two sides have agreed on HTTP/1.1. */
  begin(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /** Takes no more connections; lets answers under way finish; resolves when all are closed. */
  stop(): Promise<void> {
    const isClosed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    return isClosed;
  }

  /** Ends what is still open. */
  destroy(): void {
    this.#server.closeAllConnections();
  }

  #clientError(error: Error & { readonly rawPacket?: Buffer }, socket: Duplex): void {
    if (error.rawPacket && spokenIn(error.rawPacket) === 'TLS') this.#options.heardTls();
    // In the middle of a stream this would be taken for a part of it.
    if (socket.writable && !this.#options.isAnswering(socket))
      socket.write('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    endSocket(socket);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { takeOver, webSocket } = this.#options;
    socket.on('error', () => socket.destroy());
    if (!(socket instanceof Socket)) return void socket.destroy();
    if (!takeOver(socket)) return;
    if (!isWebSocket(request) || !webSocket(request, socket, head)) this.#answerPlainly(request, socket);
  }

  /** An offer of a protocol that we do not speak (h2c, by curl --http2) may be passed over: RFC 9110 §7.8. */
  #answerPlainly(request: IncomingMessage, socket: Socket): void {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false; // Node has taken its parser off this socket: there can be no next request
    response.assignSocket(socket);
    response.once('finish', () => endSocket(socket));
    socket.once('close', () => response.emit('close'));
    this.#options.handle(request, response);
  }
}

function isWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket';
}
