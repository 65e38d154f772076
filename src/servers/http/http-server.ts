import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../../observe/log.ts';
import { maskQuery } from '../../observe/log.ts';
import { listen, type Listening } from '../listen.ts';
import type { Admission, Refusal } from '../admission.ts';
import type { Gate } from '../gate.ts';
import { endSocket } from '../socket-sink.ts';
import type { Watching } from '../watching.ts';
import { Callers } from './callers.ts';
import type { ClientAddresses } from './client-address.ts';
import { FlvRoute } from './flv-route.ts';
import type { HlsRoute } from './hls-route.ts';
import { MediaPaths, parseQuery, splitUrl } from './media-url.ts';
import { answersMethod, respondText } from './respond.ts';
import { WebSocketRoute } from './websocket-route.ts';

/**
 * A connection on which nothing moves, not even bytes that wait to be read, for this long is closed. Longer than the
 * longest wait for a publisher (60 s) and than the keep-alive.
 */
const STALLED_MS = 75_000;

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly watching: Watching;
  readonly gate: Gate;
  /** Who is behind proxies. */
  readonly clients: ClientAddresses;
  readonly hls: Pick<HlsRoute, 'serve'>;
  /** Answers everything that is not media. */
  readonly pages: (request: IncomingMessage, response: ServerResponse) => void;
  readonly admission: Admission;
  /** Counts connections that were closed to keep within the limits. */
  readonly closed: (reason: string) => void;
  readonly log: Log;
  /** Instead of {@link STALLED_MS}, for tests that cannot wait. */
  readonly stalledMs?: number;
}

/** How often requests that do not come to an end are looked for, ms; by default it is only every 30 s. */
const CHECK_MS = 2_000;

/** The HTTP door: media first, by plain handlers; pages and API behind them. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server: Server;
  readonly #webSockets: WebSocketRoute;
  readonly #flv: FlvRoute;
  readonly #callers: Callers;
  readonly #paths = new MediaPaths();

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#webSockets = new WebSocketRoute(options);
    this.#flv = new FlvRoute(options);
    this.#callers = new Callers(options);
    this.#server = createServer({ connectionsCheckingInterval: CHECK_MS }, (request, response) =>
      this.#handle(request, response),
    );
    this.#server.on('connection', (socket) => this.#callers.accept(socket));
    // Never rely on the defaults, which change with Node's versions. An answer may take for ever, a request may not.
    this.#server.timeout = options.stalledMs ?? STALLED_MS; // viewers of FLV take themselves out of this: see SocketSink
    this.#server.headersTimeout = 10_000;
    this.#server.requestTimeout = 30_000;
    this.#server.keepAliveTimeout = 65_000; // longer than the 60 s of proxies in front, so that they close first
    this.#server.maxHeadersCount = 100;
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.on('clientError', (_error, socket) => {
      // In the middle of a stream this would be taken for a part of it.
      if (socket.writable && !this.#callers.isAnswering(socket))
        socket.write('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      endSocket(socket);
    });
  }

  /** @throws {ListenError} */
  start(): Promise<Listening> {
    return listen(this.#server, 'HTTP', this.#options.host, this.#options.port);
  }

  /** Takes no more connections; says goodbye to WebSockets; lets answers under way finish; resolves when all are closed. */
  stop(): Promise<void> {
    this.#webSockets.close();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
  }

  /** Ends what is still open. */
  destroy(): void {
    this.#webSockets.destroy();
    this.#server.closeAllConnections();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (!(socket instanceof Socket)) return void socket.destroy();
    if (!this.#callers.takeOver(socket)) return;
    const isRefused = this.#comesFrom(request) !== undefined; // else refused in the answer
    if (isWebSocket(request) && !isRefused) this.#webSockets.upgrade(request, socket, head);
    else this.#answerPlainly(request, socket);
  }

  /** An offer of a protocol that we do not speak (h2c, by curl --http2) may be passed over: RFC 9110 §7.8. */
  #answerPlainly(request: IncomingMessage, socket: Socket): void {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false; // Node has taken its parser off this socket: there can be no next request
    response.assignSocket(socket);
    response.once('finish', () => endSocket(socket));
    socket.once('close', () => response.emit('close'));
    this.#handle(request, response);
  }

  /** A proxy's connection counts as its client's, whose limits it may be beyond. */
  #isWelcome(request: IncomingMessage, response: ServerResponse): boolean {
    const refusal = this.#comesFrom(request);
    if (refusal === undefined) return true;
    respondText(response, 503, `${refusal}; try again later`, { 'Retry-After': '5' });
    return false;
  }

  #comesFrom(request: IncomingMessage): Refusal | undefined {
    const { clients } = this.#options;
    if (!clients.isProxy(request.socket.remoteAddress)) return undefined;
    return this.#callers.comesFrom(request.socket, clients.addressOf(request));
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', destroyIt);
    if (!this.#callers.begin(request.socket, response)) return;
    if (!this.#isWelcome(request, response)) return;
    const url = request.url ?? '/';
    const { path, query } = splitUrl(url);
    const target = this.#paths.parse(path);
    const { log } = this.#options;
    if (log.isLevelEnabled?.('trace') !== false)
      log.trace({ method: request.method, url: maskQuery(url) }, 'request');
    if (!target) return whenInTurn(response, () => this.#options.pages(request, response));
    if (answersMethod(request, response)) return;
    if (target.kind === 'refused') return respondText(response, 400, target.reason);
    if (target.kind === 'flv') this.#flv.serve({ name: target.name, query }, request, response);
    else this.#options.hls.serve(target, parseQuery(query), request, response);
  }
}

/** One function for all responses. */
function destroyIt(this: ServerResponse): void {
  this.destroy();
}

function isWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * Pages are read from files, and a response that waits behind another (the request was pipelined) does not hear of the end
 * of its connection: the file would stay open. So nothing is begun before its turn.
 */
function whenInTurn(response: ServerResponse, begin: () => void): void {
  if (response.socket) begin();
  else response.once('socket', begin);
}
