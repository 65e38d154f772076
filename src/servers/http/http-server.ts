import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Log } from '../../observe/log.ts';
import { maskQuery } from '../../observe/log.ts';
import { listen, type Listening } from '../listen.ts';
import type { Watching } from '../watching.ts';
import { serveFlv } from './flv-route.ts';
import type { HlsRoute } from './hls-route.ts';
import { parseMediaPath } from './media-url.ts';
import { answersMethod, respondText } from './respond.ts';
import { WebSocketRoute } from './websocket-route.ts';

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly watching: Watching;
  readonly hls: HlsRoute;
  /** Answers everything that is not media. */
  readonly pages: (request: IncomingMessage, response: ServerResponse) => void;
  readonly log: Log;
}

/** The HTTP door: media first, by plain handlers; pages and API behind them. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server: Server;
  readonly #webSockets: WebSocketRoute;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#webSockets = new WebSocketRoute(options.watching);
    this.#server = createServer((request, response) => this.#handle(request, response));
    // Never rely on the defaults, which change with Node's versions. An answer may take for ever, a request may not.
    this.#server.timeout = 0;
    this.#server.headersTimeout = 10_000;
    this.#server.requestTimeout = 30_000;
    this.#server.keepAliveTimeout = 65_000; // longer than the 60 s of proxies in front, so that they close first
    this.#server.maxHeadersCount = 100;
    this.#server.on('upgrade', (request, socket, head) => this.#webSockets.upgrade(request, socket, head));
    this.#server.on('clientError', (_error, socket) => {
      if (socket.writable)
        socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      else socket.destroy();
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

  #handle(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => response.destroy());
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const target = parseMediaPath(mark < 0 ? url : url.slice(0, mark));
    this.#options.log.trace({ method: request.method, url: maskQuery(url) }, 'request');
    if (!target) return this.#options.pages(request, response);
    if (answersMethod(request, response)) return;
    if (target.kind === 'refused') return respondText(response, 400, target.reason);
    const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
    if (target.kind === 'flv') serveFlv(this.#options.watching, target.name, query, request, response);
    else this.#options.hls.serve(target, query, request, response);
  }
}
