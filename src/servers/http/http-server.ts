import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../../observe/log.ts';
import { maskQuery } from '../../observe/log.ts';
import { listen, type Listening } from '../listen.ts';
import type { CertificateSource } from '../tls/handshakes.ts';
import type { Admission, Refusal } from '../admission.ts';
import type { Gate } from '../gate.ts';
import { Seldom } from '../seldom.ts';
import { endSocket } from '../socket-sink.ts';
import { spokenIn } from '../tls/first-bytes.ts';
import type { Watching } from '../watching.ts';
import { Callers } from './callers.ts';
import type { ClientAddresses } from './client-address.ts';
import { FlvRoute } from './flv-route.ts';
import type { HlsRoute } from './hls-route.ts';
import { Http2Door, MAX_STREAMS } from './http2/http2-door.ts';
import { HttpsDoor } from './https-door.ts';
import { httpsAddress } from './https-redirect.ts';
import { MediaPaths, parseQuery, splitUrl } from './media-url.ts';
import { answersMethod, respondText } from './respond.ts';
import { WebSocketRoute } from './websocket-route.ts';

/**
 * A connection on which nothing moves, not even bytes that wait to be read, for this long is closed. Longer than the
 * longest wait for a publisher (60 s) and than the keep-alive.
 */
const STALLED_MS = 75_000;

export interface HttpTlsOptions {
  readonly host: string;
  readonly port: number;
  readonly certificate: CertificateSource;
  /** Browsers that ask for a page by plain HTTP are sent to HTTPS. */
  readonly redirect: boolean;
}

/** The ports that were really opened; 0: plain HTTP is not spoken. */
export interface HttpListening extends Listening {
  readonly securePort?: number;
}

export interface HttpServerOptions {
  readonly host: string;
  /** Undefined: plain HTTP is not spoken. */
  readonly port: number | undefined;
  /** HTTPS beside it, or alone. */
  readonly tls?: HttpTlsOptions | undefined;
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
  readonly #https: HttpsDoor | undefined;
  readonly #http2: Http2Door;
  readonly #seldom = new Seldom();
  #securePort: number | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#webSockets = new WebSocketRoute(options);
    this.#flv = new FlvRoute(options);
    this.#callers = new Callers(options);
    this.#http2 = new Http2Door({
      handle: (request, response, connection) => this.#handle(request, response, connection),
      closed: options.closed,
      stalledMs: options.stalledMs ?? STALLED_MS,
    });
    this.#https = options.tls && this.#openHttps(options.tls);
    this.#server = createServer({ connectionsCheckingInterval: CHECK_MS }, (request, response) =>
      this.#handle(request, response),
    );
    this.#server.on('connection', (socket) => {
      if (!this.#callers.knows(socket)) this.#callers.accept(socket);
    });
    // Never rely on the defaults, which change with Node's versions. An answer may take for ever, a request may not.
    this.#server.timeout = options.stalledMs ?? STALLED_MS; // viewers of FLV take themselves out of this: see SocketSink
    this.#server.headersTimeout = 10_000;
    this.#server.requestTimeout = 30_000;
    this.#server.keepAliveTimeout = 65_000; // longer than the 60 s of proxies in front, so that they close first
    this.#server.maxHeadersCount = 100;
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.on('clientError', (error, socket) => {
      this.#noteTls(error);
      // In the middle of a stream this would be taken for a part of it.
      if (socket.writable && !this.#callers.isAnswering(socket))
        socket.write('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      endSocket(socket);
    });
  }

  /** @throws {ListenError} and then no port is open */
  async start(): Promise<HttpListening> {
    const plain = await this.#listen();
    if (!this.#https) return plain;
    try {
      const { port: securePort } = await this.#https.start();
      this.#securePort = securePort;
      return { ...plain, securePort };
    } catch (error) {
      this.destroy();
      await this.stop();
      throw error;
    }
  }

  /** Takes no more connections; says goodbye to WebSockets; lets answers under way finish; resolves when all are closed. */
  async stop(): Promise<void> {
    this.#webSockets.close();
    this.#http2.stop();
    const isClosed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    await Promise.all([isClosed, this.#https?.stop()]);
  }

  /** Ends what is still open. */
  destroy(): void {
    this.#webSockets.destroy();
    this.#server.closeAllConnections();
    this.#http2.destroy();
  }

  async #listen(): Promise<Listening> {
    const { host, port } = this.#options;
    if (port !== undefined) return listen(this.#server, 'HTTP', host, port);
    // It has no port of its own, but what comes through TLS is served by it: with this it begins to look for stalled requests.
    this.#server.emit('listening');
    return { port: 0 };
  }

  #openHttps(tls: HttpTlsOptions): HttpsDoor {
    const { closed, log } = this.#options;
    return new HttpsDoor({
      ...tls,
      accept: (raw) => this.#callers.accept(raw, true),
      http1: (socket, raw) => {
        this.#callers.secured(raw, socket);
        this.#server.emit('connection', socket);
      },
      http2: (socket, raw) => {
        this.#callers.secured(raw, socket, MAX_STREAMS);
        this.#http2.begin(socket);
      },
      closed,
      log,
    });
  }

  /** Who speaks TLS here is told nothing that could be understood; the operator is. */
  #noteTls({ rawPacket }: Error & { readonly rawPacket?: Buffer }): void {
    if (!rawPacket || spokenIn(rawPacket) !== 'TLS') return;
    const where =
      this.#securePort === undefined ? 'not spoken here (tls.cert)' : `on port ${this.#securePort}`;
    this.#seldom.tell(() =>
      this.#options.log.warn(
        `connection closed: this is TLS, and it came to the port for plain HTTP; HTTPS is ${where}`,
      ),
    );
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
  #isWelcome(request: IncomingMessage, response: ServerResponse, connection: Socket): boolean {
    const refusal = this.#comesFrom(request, connection);
    if (refusal === undefined) return true;
    respondText(response, 503, `${refusal}; try again later`, { 'Retry-After': '5' });
    return false;
  }

  #comesFrom(request: IncomingMessage, connection = request.socket): Refusal | undefined {
    const { clients } = this.#options;
    if (!clients.isProxy(connection.remoteAddress)) return undefined;
    return this.#callers.comesFrom(connection, clients.addressOf(request));
  }

  /** @param connection on which it came; of HTTP/2 a request's own `socket` is something else */
  #handle(request: IncomingMessage, response: ServerResponse, connection = request.socket): void {
    response.on('error', destroyIt);
    if (!this.#callers.begin(connection, response)) return;
    if (!this.#isWelcome(request, response, connection)) return;
    const url = request.url ?? '/';
    const { path, query } = splitUrl(url);
    const target = this.#paths.parse(path);
    const { log } = this.#options;
    if (log.isLevelEnabled?.('trace') !== false)
      log.trace({ method: request.method, url: maskQuery(url) }, 'request');
    if (!target) return whenInTurn(response, () => this.#page(request, response));
    if (answersMethod(request, response)) return;
    if (target.kind === 'refused') return respondText(response, 400, target.reason);
    if (target.kind === 'flv') this.#flv.serve({ name: target.name, query }, request, response);
    else this.#options.hls.serve(target, parseQuery(query), request, response);
  }

  #page(request: IncomingMessage, response: ServerResponse): void {
    const address =
      this.#options.tls?.redirect === true ? httpsAddress(request, this.#securePort) : undefined;
    if (address === undefined) return this.#options.pages(request, response);
    respondText(response, 307, `this page is at ${address}`, { Location: address });
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
