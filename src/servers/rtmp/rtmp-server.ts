import { createServer, type Server, type Socket } from 'node:net';
import { ByteBudget } from '../../protocols/rtmp/budget.ts';
import { MAX_UNFINISHED_OF_PUBLISHERS, MAX_UNFINISHED_OF_TALKERS } from '../../protocols/rtmp/limits.ts';
import type { SessionBudgets } from '../../protocols/rtmp/session/server-session.ts';
import type { Admission } from '../admission.ts';
import { listen, type Listening } from '../listen.ts';
import { ProcessorTime } from './processor-time.ts';
import { RtmpConnection } from './rtmp-connection.ts';
import type { RtmpDoor } from './rtmp-door.ts';

export interface RtmpServerOptions extends RtmpDoor {
  readonly host: string;
  readonly port: number;
  readonly admission: Admission;
}

/** How often connections are looked at for deadlines and silence. */
const LOOK_MS = 1_000;
/** A look that comes so late was held up, by a busy or a suspended machine, and so were all peers. */
const LATE_MS = 2_500;
/** The system's own check for peers that vanished without a goodbye; a player says nothing for hours. */
const KEEP_ALIVE_MS = 30_000;

/** The RTMP door: a TCP port and the connections that came through it. */
export class RtmpServer {
  readonly #options: RtmpServerOptions;
  readonly #server: Server;
  readonly #connections = new Set<RtmpConnection>();
  readonly #processorTime = new ProcessorTime();
  readonly #budgets: SessionBudgets = {
    talkers: new ByteBudget(MAX_UNFINISHED_OF_TALKERS),
    publishers: new ByteBudget(MAX_UNFINISHED_OF_PUBLISHERS),
  };
  #looking: NodeJS.Timeout | undefined;
  #lookedAt = 0;
  #wasLate = false;

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
    this.#lookedAt = performance.now();
    this.#looking = setInterval(() => this.#look(performance.now()), LOOK_MS);
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

  /** What peers sent while we were held up is read before anybody is blamed for silence: one look is left out. */
  #look(now: number): void {
    this.#wasLate = !this.#wasLate && now - this.#lookedAt > LATE_MS;
    this.#lookedAt = now;
    if (this.#wasLate) return;
    for (const connection of this.#connections) connection.look(now);
  }

  #accept(socket: Socket): void {
    const guest = this.#options.admission.enter(socket.remoteAddress, () => connection.makeRoom());
    if (typeof guest === 'string') {
      this.#options.closed(guest);
      socket.destroy();
      return;
    }
    const connection = new RtmpConnection(socket, this.#options, {
      guest,
      budgets: this.#budgets,
      processorTime: this.#processorTime,
    });
    this.#connections.add(connection);
    socket.once('close', () => {
      guest.left();
      this.#connections.delete(connection);
    });
  }
}
