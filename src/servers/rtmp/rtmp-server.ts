import { createServer, type Server, type Socket } from 'node:net';
import { listen, type Listening } from '../listen.ts';
import { RtmpConnection, type RtmpDoor } from './rtmp-connection.ts';

export interface RtmpServerOptions extends RtmpDoor {
  readonly host: string;
  readonly port: number;
}

/** How often connections are looked at for deadlines and silence. */
const LOOK_MS = 1_000;
/** The system's own check for peers that vanished without a goodbye; a player says nothing for hours. */
const KEEP_ALIVE_MS = 30_000;

/** The RTMP door: a TCP port and the connections that came through it. */
export class RtmpServer {
  readonly #options: RtmpServerOptions;
  readonly #server: Server;
  readonly #connections = new Set<RtmpConnection>();
  #looking: NodeJS.Timeout | undefined;

  constructor(options: RtmpServerOptions) {
    this.#options = options;
    this.#server = createServer(
      { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS },
      (socket) => this.#accept(socket),
    );
  }

  /** @throws {ListenError} */
  async start(): Promise<Listening> {
    const listening = await listen(this.#server, 'RTMP', this.#options.host, this.#options.port);
    this.#looking = setInterval(() => {
      const now = performance.now();
      for (const connection of this.#connections) connection.look(now);
    }, LOOK_MS);
    return listening;
  }

  /** Takes no more connections; resolves when those that are open have gone. */
  stop(): Promise<void> {
    clearInterval(this.#looking);
    const isClosed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) if (!connection.isPlaying) connection.close('shutting down');
    return isClosed;
  }

  /** Ends what is still open. */
  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  #accept(socket: Socket): void {
    const connection = new RtmpConnection(socket, this.#options);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }
}
