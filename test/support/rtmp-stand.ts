import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { RtmpMessage } from '../../src/protocols/rtmp/message.ts';
import type { CommandTable } from '../../src/protocols/rtmp/session/command-context.ts';
import { ServerSession } from '../../src/protocols/rtmp/session/server-session.ts';

export interface RtmpStandOptions {
  /** RTMPS, with this certificate. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Commands in place of the built-in ones. */
  readonly commands?: CommandTable;
}

/** A publisher at an {@link RtmpStand}. */
export interface StandPublisher {
  readonly app: string;
  readonly tcUrl: string;
  readonly key: string;
  readonly messages: RtmpMessage[];
  /** Why it is gone, in the session's words. */
  gone: string | undefined;
  readonly socket: Socket;
}

/** An RTMP server on a port of its own that lets everybody publish and keeps what they send. */
export class RtmpStand {
  readonly publishers: StandPublisher[] = [];
  /** Connections so far. */
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #options: RtmpStandOptions;

  constructor(options: RtmpStandOptions = {}) {
    this.#options = options;
    const accept = (socket: Socket): void => this.#accept(socket);
    this.#server = options.tls ? createTlsServer(options.tls, accept) : createServer(accept);
    this.#server.on('tlsClientError', () => undefined);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get last(): StandPublisher | undefined {
    return this.publishers.at(-1);
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this;
  }

  /** As if its power had gone. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    const mine = new Map<number, StandPublisher>();
    const session: ServerSession = new ServerSession(
      {
        send: (bytes) => {
          if (socket.writable) socket.write(bytes);
        },
        publish: ({ streamId, app, name, query, tcUrl }) => {
          const publisher = {
            app,
            tcUrl,
            key: query === '' ? name : `${name}?${query}`,
            messages: [],
            gone: undefined,
            socket,
          };
          mine.set(streamId, publisher);
          this.publishers.push(publisher);
          session.verdicts.acceptPublish(streamId);
        },
        play: ({ streamId }) =>
          void session.verdicts.refusePlay(streamId, 'NetStream.Play.StreamNotFound', 'not here'),
        media: (streamId, message) =>
          void mine.get(streamId)?.messages.push({ ...message, body: Buffer.from(message.body) }),
        unpublish: (streamId, because) => {
          const publisher = mine.get(streamId);
          if (publisher) publisher.gone = because;
        },
        stopPlay: () => undefined,
        playControl: () => undefined,
        refused: () => void socket.end(),
      },
      { random: randomBytes, ...(this.#options.commands && { commands: this.#options.commands }) },
    );
    socket.on('data', (bytes) => {
      try {
        session.receive(bytes);
      } catch {
        socket.destroy(); // TLS, say, where none is spoken
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      session.end('connection closed');
    });
  }
}
