import { get, type ClientRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { seeTags, type SeenTag } from './flv-tags.ts';

const FILE_HEADER = 13;

/** What both kinds of FLV viewer have: the bytes of the file so far, and the whole tags in it. */
abstract class FlvViewer {
  readonly #chunks: Buffer[] = [];
  #length = 0;
  /** Bytes of FLV so far. */
  get length(): number {
    return this.#length;
  }

  get bytes(): Buffer {
    const all = Buffer.concat(this.#chunks);
    this.#chunks.splice(0, this.#chunks.length, all);
    return all;
  }

  /** The file header's flags. */
  get flags(): { readonly video: boolean; readonly audio: boolean } {
    const flags = this.bytes[4] ?? 0;
    return { video: (flags & 1) !== 0, audio: (flags & 4) !== 0 };
  }

  /** Up to the last whole tag. */
  get file(): Buffer {
    const { bytes } = this;
    let at = FILE_HEADER;
    while (at + 15 <= bytes.length) {
      const end = at + 15 + bytes.readUIntBE(at + 1, 3);
      if (end > bytes.length) break;
      at = end;
    }
    return bytes.subarray(0, Math.min(at, bytes.length));
  }

  /** Whole tags; the reader complains about anything that is not FLV. */
  get tags(): SeenTag[] {
    return seeTags(this.file.subarray(FILE_HEADER));
  }

  /** Leaves without a goodbye. */
  abstract drop(): void;

  protected take(bytes: Buffer): void {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }
}

/** HTTP-FLV by hand: a request on a socket, headers, and then bytes until the end. */
export class HttpFlvViewer extends FlvViewer {
  readonly socket: Socket;
  status = 0;
  headers = '';
  isClosed = false;
  readonly closed: Promise<void>;
  #head = Buffer.alloc(0);

  constructor(port: number, path: string, request?: string) {
    super();
    this.socket = connect(port, '127.0.0.1');
    this.socket.write(request ?? `GET ${path} HTTP/1.1\r\nHost: gateway\r\n\r\n`);
    this.socket.on('data', (bytes) => this.#receive(bytes));
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      this.socket.once('close', () => {
        this.isClosed = true;
        resolve();
      }),
    );
  }

  drop(): void {
    this.socket.destroy();
  }

  #receive(bytes: Buffer): void {
    if (this.status !== 0) return this.take(bytes);
    this.#head = Buffer.concat([this.#head, bytes]);
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return;
    this.headers = this.#head.toString('latin1', 0, end);
    this.status = Number(/^HTTP\/1\.1 (\d{3})/.exec(this.headers)?.[1] ?? -1);
    this.take(this.#head.subarray(end + 4));
  }
}

/** HTTP-FLV as browsers get it: whatever framing a proxy has put around it is taken off. */
export class BrowserFlvViewer extends FlvViewer {
  status = 0;
  isClosed = false;
  readonly #request: ClientRequest;

  constructor(port: number, path: string) {
    super();
    this.#request = get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      this.status = response.statusCode ?? 0;
      response.on('data', (bytes: Buffer) => this.take(bytes));
    });
    this.#request.on('error', () => undefined);
    this.#request.on('close', () => (this.isClosed = true));
  }

  drop(): void {
    this.#request.destroy();
  }
}

/** WebSocket-FLV. */
export class WsFlvViewer extends FlvViewer {
  readonly webSocket: WebSocket;
  /** Bytes of each message. */
  readonly messages: number[] = [];
  /** Set when it is over. */
  close: { readonly code: number; readonly reason: string } | undefined;
  /** What the server answered instead of upgrading. */
  refusedWith: number | undefined;
  readonly closed: Promise<void>;

  constructor(url: string) {
    super();
    this.webSocket = new WebSocket(url);
    this.webSocket.on('message', (data: Buffer) => {
      this.messages.push(data.length);
      this.take(data);
    });
    this.webSocket.on('unexpected-response', (request, response) => {
      this.refusedWith = response.statusCode;
      request.destroy();
    });
    this.webSocket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      this.webSocket.once('close', (code, reason) => {
        this.close = { code, reason: reason.toString() };
        resolve();
      }),
    );
  }
  drop(): void {
    this.webSocket.terminate();
  }
}
