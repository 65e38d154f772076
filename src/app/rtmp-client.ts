import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { ClientSession } from '../protocols/rtmp/session/client-session.ts';
import type { ClientTarget } from '../protocols/rtmp/session/client-url.ts';

export interface RtmpClientOptions {
  readonly target: ClientTarget;
  /** The server takes media now. */
  readonly started: () => void;
  /** Over, for whatever reason; called once. */
  readonly ended: (reason: string) => void;
}

/** A connection that does not come about in this time is given up. */
const CONNECT_MS = 10_000;
/** Time for the goodbye to leave before the socket is destroyed. */
const GOODBYE_MS = 1_000;

/** Publishes to an RTMP server: a socket around a client session. */
export class RtmpClient {
  readonly #options: RtmpClientOptions;
  readonly #socket: Socket;
  readonly #session: ClientSession;
  readonly #deadline: NodeJS.Timeout;
  #isOver = false;

  constructor(options: RtmpClientOptions) {
    this.#options = options;
    const { target } = options;
    this.#socket = connect({ host: target.host, port: target.port, noDelay: true });
    this.#session = new ClientSession(
      {
        send: (bytes) => {
          if (this.#socket.writable) this.#socket.write(bytes);
        },
        started: () => {
          clearTimeout(this.#deadline);
          options.started();
        },
        media: () => undefined,
        ended: (code, text) => this.#over(`${code}: ${text}`),
      },
      { random: randomBytes, mode: 'publish', target },
    );
    this.#deadline = setTimeout(() => this.#over('no answer in time'), CONNECT_MS);
    this.#socket.on('connect', () => this.#session.start());
    this.#socket.on('data', (bytes) => this.#receive(bytes));
    this.#socket.on('error', (error) => this.#over(error.message));
    this.#socket.on('close', () => this.#over('the connection was closed'));
  }

  /** Bytes the server has not taken yet. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  send(type: number, timestamp: number, body: Uint8Array): void {
    this.#session.sendMedia(type, timestamp, body);
  }

  /** Takes leave properly; `ended` is not called. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#deadline);
    this.#session.goodbye();
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), GOODBYE_MS).unref();
  }

  #receive(bytes: Buffer): void {
    try {
      this.#session.receive(bytes);
    } catch (error) {
      this.#over(error instanceof Error ? error.message : String(error));
    }
  }

  #over(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#deadline);
    this.#socket.destroy();
    this.#options.ended(reason);
  }
}
