import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from '../../observe/log.ts';
import { maskQuery } from '../../observe/log.ts';
import type { Listening } from '../listen.ts';
import type { CertificateSource } from '../tls/handshakes.ts';
import type { Admission, Refusal } from '../admission.ts';
import type { Gate } from '../gate.ts';
import { Seldom } from '../seldom.ts';
import type { Watching } from '../watching.ts';
import { Callers } from './callers.ts';
import type { ClientAddresses } from './client-address.ts';
import { FlvRoute } from './flv-route.ts';
import type { HlsRoute } from './hls-route.ts';
import { Http1Door } from './http1-door.ts';
import { Http2Door, MAX_STREAMS } from './http2/http2-door.ts';
import { HttpsDoor } from './https-door.ts';
import { httpsAddress } from './https-redirect.ts';
import { MediaPaths, parseQuery, splitUrl } from './media-url.ts';
import { answersMethod, isGone, isInTurn, respondText } from './respond.ts';
import { Turns } from './turns.ts';
import { WebSocketRoute } from './websocket-route.ts';

/**
 * A connection on which nothing moves, not even bytes that wait to be read, for this long is closed. Longer than the
 * longest wait for a publisher (60 s) and than the keep-alive.
 */
const STALLED_MS = 75_000;
/** A request comes to its end within this time, however slowly its body comes. */
const REQUEST_MS = 30_000;

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

/** The HTTP door: media first, by plain handlers; pages and API behind them. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #webSockets: WebSocketRoute;
  readonly #flv: FlvRoute;
  readonly #callers: Callers;
  readonly #paths = new MediaPaths();
  readonly #https: HttpsDoor | undefined;
  readonly #http1: Http1Door;
  readonly #http2: Http2Door;
  /** A hundred pages can be asked for in one packet of HTTP/2. */
  readonly #pages = new Turns((begin: () => void) => begin());
  readonly #seldom = new Seldom();
  #securePort: number | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#webSockets = new WebSocketRoute(options);
    this.#flv = new FlvRoute(options);
    this.#callers = new Callers(options);
    const patience = { stalledMs: options.stalledMs ?? STALLED_MS, requestMs: REQUEST_MS };
    this.#http2 = new Http2Door({
      handle: (request, response, connection) => this.#handle(request, response, connection),
      closed: options.closed,
      ...patience,
    });
    this.#http1 = new Http1Door({
      handle: (request, response) => this.#handle(request, response),
      connected: (socket) => {
        if (!this.#callers.knows(socket)) this.#callers.accept(socket);
      },
      takeOver: (socket) => this.#callers.takeOver(socket),
      webSocket: (request, socket, head) => {
        if (this.#comesFrom(request) !== undefined) return false; // refused in the answer
        this.#webSockets.upgrade(request, socket, head);
        return true;
      },
      isAnswering: (socket) => this.#callers.answersOn(socket) > 0,
      heardTls: () => this.#noteTls(),
      ...patience,
    });
    this.#https = options.tls && this.#openHttps(options.tls);
  }

  /** @throws {ListenError} and then no port is open */
  async start(): Promise<HttpListening> {
    const { host, port } = this.#options;
    const plain = await this.#http1.start(host, port);
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
    await Promise.all([this.#http1.stop(), this.#https?.stop()]);
  }

  /** Ends what is still open. */
  destroy(): void {
    this.#webSockets.destroy();
    this.#http1.destroy();
    this.#http2.destroy();
  }

  #openHttps(tls: HttpTlsOptions): HttpsDoor {
    const { closed, log } = this.#options;
    return new HttpsDoor({
      ...tls,
      accept: (raw) => this.#callers.accept(raw, true),
      http1: (socket, raw) => {
        this.#callers.secured(raw, socket);
        this.#http1.begin(socket);
      },
      http2: (socket, raw) => {
        this.#callers.secured(raw, socket, MAX_STREAMS);
        this.#http2.begin(socket);
      },
      closed,
      log,
    });
  }

  #noteTls(): void {
    const where =
      this.#securePort === undefined ? 'not spoken here (tls.cert)' : `on port ${this.#securePort}`;
    this.#seldom.tell(() =>
      this.#options.log.warn(
        `connection closed: this is TLS, and it came to the port for plain HTTP; HTTPS is ${where}`,
      ),
    );
  }

  /** A proxy's connection counts as its client's, whose limits it may be beyond; so does a request beside others on its connection. */
  #isWelcome(request: IncomingMessage, response: ServerResponse, connection: Socket): boolean {
    const isBeside = request.httpVersionMajor >= 2 && this.#callers.answersOn(connection) > 1;
    const refusal = isBeside
      ? this.#callers.beginBeside(this.#options.clients.addressOf(request), response)
      : this.#comesFrom(request, connection);
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
    if (isInTurn(response)) this.#answer(request, response);
    else response.once('socket', () => this.#answer(request, response));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '/';
    const { path, query } = splitUrl(url);
    const target = this.#paths.parse(path);
    const { log } = this.#options;
    if (log.isLevelEnabled?.('trace') !== false)
      log.trace({ method: request.method, url: maskQuery(url) }, 'request');
    if (!target) return this.#pageInTurn(request, response);
    if (answersMethod(request, response)) return;
    if (target.kind === 'refused') return respondText(response, 400, target.reason);
    if (target.kind === 'flv') this.#flv.serve({ name: target.name, query }, request, response);
    else this.#options.hls.serve(target, parseQuery(query), request, response);
  }

  #pageInTurn(request: IncomingMessage, response: ServerResponse): void {
    if (request.httpVersionMajor < 2) this.#page(request, response);
    else this.#pages.add(() => !isGone(response) && this.#page(request, response));
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
