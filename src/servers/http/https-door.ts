import { createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Log } from '../../observe/log.ts';
import { plainAddress } from '../address.ts';
import { listen, type Listening } from '../listen.ts';
import { Seldom } from '../seldom.ts';
import { endSocket } from '../socket-sink.ts';
import { type CertificateSource, distrustIn, type HandshakeFailure, Handshakes } from '../tls/handshakes.ts';

export interface HttpsDoorOptions {
  readonly host: string;
  readonly port: number;
  readonly certificate: CertificateSource;
  /** A connection has come: false if it is not let in, and has been told so or ended. */
  readonly accept: (raw: Socket) => boolean;
  /** TLS is agreed on. */
  readonly http1: (socket: TLSSocket, raw: Socket) => void;
  readonly http2: (socket: TLSSocket, raw: Socket) => void;
  readonly closed: (reason: string) => void;
  readonly log: Log;
}

/** The best first: RFC 7301. */
const ALPN = ['h2', 'http/1.1'];
/** Bytes of a plain request that are looked at for what was asked for. */
const MAX_REQUEST_LINE = 4_096;

/** The port of HTTPS: TLS, and what was agreed on inside. */
export class HttpsDoor {
  readonly #options: HttpsDoorOptions;
  readonly #server: Server;
  readonly #handshakes: Handshakes;
  readonly #seldom = new Seldom();
  #port = 0;

  constructor(options: HttpsDoorOptions) {
    this.#options = options;
    this.#handshakes = new Handshakes({ certificate: options.certificate, alpn: ALPN });
    this.#server = createServer({ noDelay: true }, (raw) => this.#accept(raw));
  }

  /** @throws {ListenError} */
  async start(): Promise<Listening> {
    const listening = await listen(this.#server, 'HTTPS', this.#options.host, this.#options.port);
    this.#port = listening.port;
    return listening;
  }

  /** Takes no more connections; resolves when all are closed. */
  stop(): Promise<void> {
    this.#handshakes.giveUp();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #accept(raw: Socket): void {
    const { accept, http1, http2 } = this.#options;
    if (!accept(raw)) return;
    this.#handshakes.begin(raw, {
      secured: (socket) => {
        socket.on('error', (error: Error) => {
          const reason = distrustIn(error);
          if (reason !== undefined) this.#note(plainAddress(raw.remoteAddress), reason);
          socket.destroy();
        });
        if (socket.alpnProtocol === 'h2') http2(socket, raw);
        else http1(socket, raw);
      },
      failed: (failure) => this.#failed(raw, failure),
    });
  }

  #failed(raw: Socket, failure: HandshakeFailure): void {
    const { closed, log } = this.#options;
    const peer = plainAddress(raw.remoteAddress);
    if (failure.kind === 'no TLS') {
      closed('no TLS');
      if (failure.spoken === 'HTTP') return sayHttps(raw, failure.said, this.#port);
      this.#seldom.tell(() =>
        log.warn(
          { peer, port: this.#port },
          `connection closed: this is HTTPS, and what came is ${failure.spoken}`,
        ),
      );
      return void raw.destroy();
    }
    const reason = failure.kind === 'failed' ? failure.reason : 'it took too long';
    closed('TLS handshake failed');
    this.#note(peer, reason);
    raw.destroy();
  }

  #note(peer: string, reason: string): void {
    this.#seldom.tell(() => this.#options.log.info({ peer, reason }, 'no TLS connection came about'));
  }
}

/** Plain HTTP to the port of HTTPS: said in the language that was spoken, with the address that is right. */
function sayHttps(raw: Socket, said: Buffer, port: number): void {
  const text = said.subarray(0, MAX_REQUEST_LINE).toString('latin1');
  const [, path = '/'] = /^[A-Z]+ (\/[\x21-\x7e]*) HTTP\//.exec(text) ?? [];
  const [, host = ''] = /\r\nhost: *([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d+)?\r\n/i.exec(text) ?? [];
  const right = host === '' ? 'https://' : `https://${host}${port === 443 ? '' : `:${port}`}${path}`;
  const body = `this port speaks HTTPS: use ${right}\n`;
  raw.write(
    'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  endSocket(raw);
}
