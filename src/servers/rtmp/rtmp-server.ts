import { createServer, type Server, type Socket } from 'node:net';
import { ByteBudget } from '../../protocols/rtmp/budget.ts';
import { MAX_UNFINISHED_OF_PUBLISHERS, MAX_UNFINISHED_OF_TALKERS } from '../../protocols/rtmp/limits.ts';
import type { SessionBudgets } from '../../protocols/rtmp/session/server-session.ts';
import { plainAddress, isOwnAddress } from '../address.ts';
import { PROXY, type Admission, type Guest } from '../admission.ts';
import { listen, type Listening } from '../listen.ts';
import type { Networks } from '../networks.ts';
import { endSocket } from '../socket-sink.ts';
import type { CloseReason } from './close-reason.ts';
import type { HeldTotal } from './held-share.ts';
import { ProcessorTime } from './processor-time.ts';
import { awaitProxyHeader } from './proxy-greeting.ts';
import { RtmpConnection } from './rtmp-connection.ts';
import type { RtmpDoor, RtmpPeer } from './rtmp-door.ts';

export interface RtmpServerOptions extends RtmpDoor {
  readonly host: string;
  readonly port: number;
  readonly admission: Admission;
  /** `rtmp.proxyProtocol`: who connects are proxies out of these networks, each of which says where its client is. */
  readonly proxies?: Networks | undefined;
}

/** How often connections are looked at for deadlines and silence. */
const LOOK_MS = 1_000;
/** A look that comes so late was held up, by a busy or a suspended machine, and so were all peers. */
const LATE_MS = 2_500;
/** Connections without a PROXY header may be many: one line in so many ms. */
const TELL_MS = 1_000;
/** The system's own check for peers that vanished without a goodbye; a player says nothing for hours. */
const KEEP_ALIVE_MS = 30_000;

/** The RTMP door: a TCP port and the connections that came through it. */
export class RtmpServer {
  readonly #options: RtmpServerOptions;
  readonly #server: Server;
  readonly #connections = new Set<RtmpConnection>();
  /** From proxies whose header has not come. */
  readonly #unheard = new Set<Socket>();
  readonly #processorTime = new ProcessorTime();
  readonly #budgets: SessionBudgets = {
    talkers: new ByteBudget(MAX_UNFINISHED_OF_TALKERS),
    publishers: new ByteBudget(MAX_UNFINISHED_OF_PUBLISHERS),
  };
  readonly #held: HeldTotal = { bytes: 0 };
  #accepted = 0;
  #toldAt = -TELL_MS;
  #looking: NodeJS.Timeout | undefined;
  #shut: Promise<void> | undefined;
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

  /** Takes no more connections; those that are open go on. Resolves when they have gone. */
  shut(): Promise<void> {
    this.#shut ??= new Promise((resolve) => this.#server.close(() => resolve()));
    return this.#shut;
  }

  /** Takes no more connections and ends those that are open; resolves when they have gone. */
  stop(): Promise<void> {
    clearInterval(this.#looking);
    const isClosed = this.shut();
    for (const connection of this.#connections) if (!connection.isPlaying) connection.close('shutting down');
    for (const socket of this.#unheard) socket.destroy();
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
    const { admission, proxies } = this.#options;
    const address = plainAddress(socket.remoteAddress);
    if (proxies && !proxies.has(address)) return this.#turnAway(socket, address, 'not a trusted proxy');
    let turnOut = (): void => void socket.destroy();
    const guest = admission.enter(proxies ? PROXY : address, () => turnOut());
    if (typeof guest === 'string') {
      this.#options.closed(guest);
      socket.destroy();
      return;
    }
    socket.once('close', () => guest.left());
    const begin = (peer: Omit<RtmpPeer, 'connection'>): void => {
      const connection = this.#begin(socket, guest, { ...peer, connection: ++this.#accepted });
      turnOut = () => connection.makeRoom();
    };
    if (proxies) return this.#hearProxy(socket, guest, begin);
    const isThisMachine = isOwnAddress(address, socket.localAddress);
    begin({ address, port: socket.remotePort ?? 0, isThisMachine });
  }

  #hearProxy(socket: Socket, guest: Guest, begin: (peer: Omit<RtmpPeer, 'connection'>) => void): void {
    const address = plainAddress(socket.remoteAddress);
    this.#unheard.add(socket);
    socket.once('close', () => this.#unheard.delete(socket));
    socket.on('error', () => socket.destroy());
    awaitProxyHeader(socket, (header) => {
      this.#unheard.delete(socket);
      if (typeof header === 'string') return this.#turnAway(socket, address, 'bad PROXY header', header);
      const client = header.client ?? { address, port: socket.remotePort ?? 0 };
      const peer = { address: plainAddress(client.address), port: client.port, isThisMachine: false };
      const refusal = guest.comesFrom(peer.address);
      if (refusal !== undefined) {
        this.#options.closed(refusal);
        return void socket.destroy();
      }
      begin(peer);
      socket.resume();
    });
  }

  #begin(socket: Socket, guest: Guest, peer: RtmpPeer): RtmpConnection {
    const connection = new RtmpConnection(socket, this.#options, {
      guest,
      peer,
      budgets: this.#budgets,
      processorTime: this.#processorTime,
      held: this.#held,
    });
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
    return connection;
  }

  /** Before anything was said in RTMP there is no way to tell the peer; the operator finds it in the log. */
  #turnAway(socket: Socket, peer: string, reason: CloseReason, detail?: string): void {
    const why =
      detail ??
      'it is in none of rtmp.trustedProxies, and rtmp.proxyProtocol takes connections from these only';
    const now = performance.now();
    if (now - this.#toldAt > TELL_MS) {
      this.#toldAt = now;
      this.#options.log.warn({ peer }, `connection closed: ${why}`);
    }
    this.#options.closed(reason);
    socket.on('error', () => socket.destroy());
    endSocket(socket);
  }
}
