import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What to answer; undefined: nothing, for as long as the receiver is up. */
export type Answerer = (
  received: Received,
) =>
  { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> } | undefined;

/** A real HTTP server that keeps what it is sent; it can go away and come back on the same port. */
export class HookReceiver {
  readonly received: Received[] = [];
  /** Connections that were opened to it. */
  connections = 0;
  answer: Answerer = () => ({ status: 200 });
  #server: Server | undefined;
  #port = 0;

  static async start(): Promise<HookReceiver> {
    const receiver = new HookReceiver();
    await receiver.up();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** JSON bodies in the order in which they came. */
  get events(): Record<string, unknown>[] {
    return this.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  }

  async up(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const received = { path: request.url ?? '', headers: request.headers, body };
        this.received.push(received);
        const answer = this.answer(received);
        if (answer) response.writeHead(answer.status, answer.headers).end(answer.body);
      });
    });
    server.on('connection', () => this.connections++);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Breaks what is under way; connections are refused from now on. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
}

/** What a receiver does with the header X-Millrace-Signature; false also for one that cannot be read. */
export function isSignedBy(secret: string, header: string, body: string): boolean {
  const [, seconds = '', given = ''] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header) ?? [];
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest();
  return given !== '' && timingSafeEqual(Buffer.from(given, 'hex'), mac);
}
