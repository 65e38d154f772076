import { connect, type Socket } from 'node:net';

/** A socket to an HTTP server on which any bytes may be sent. */
export class RawHttp {
  readonly socket: Socket;
  isClosed = false;
  readonly closed: Promise<void>;
  readonly #chunks: Buffer[] = [];

  constructor(port: number, options: { readonly keepsItsSideOpen?: boolean } = {}) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: options.keepsItsSideOpen === true });
    this.socket.on('data', (bytes: Buffer) => this.#chunks.push(bytes));
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      this.socket.once('close', () => {
        this.isClosed = true;
        resolve();
      }),
    );
  }

  send(text: string | Buffer): this {
    this.socket.write(text);
    return this;
  }

  /** All that has come, one character a byte. */
  get text(): string {
    return Buffer.concat(this.#chunks).toString('latin1');
  }

  /** Status codes of the answers so far. */
  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
  }
}

/** One request as it is written, on a connection of its own, up to the end of the connection. */
export async function exchange(port: number, request: string): Promise<string> {
  const raw = new RawHttp(port).send(request);
  await raw.closed;
  return raw.text;
}
