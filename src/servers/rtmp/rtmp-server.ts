import { createServer, type Server, type Socket } from 'node:net';
import { ByteBudget } from '../../protocols/rtmp/budget.ts';
import { MAX_UNFINISHED_OF_PUBLISHERS, MAX_UNFINISHED_OF_TALKERS } from '../../protocols/rtmp/limits.ts';
import type { SessionBudgets } from '../../protocols/rtmp/session/server-session.ts';
import { plainAddress, isOwnAddress } from '../address.ts';
import { PROXY, type Admission, type Guest } from '../admission.ts';
import { listen, type Listening } from '../listen.ts';
import type { Networks } from '../networks.ts';
import { Seldom } from '../seldom.ts';
import { endSocket } from '../socket-sink.ts';
import { type CertificateSource, distrustIn, type HandshakeFailure, Handshakes } from '../tls/handshakes.ts';
import type { CloseReason } from './close-reason.ts';
import type { HeldTotal } from './held-share.ts';
import { ProcessorTime } from './processor-time.ts';
import { awaitProxyHeader } from './proxy-greeting.ts';
import { RtmpConnection } from './rtmp-connection.ts';
import type { RtmpDoor, RtmpPeer } from './rtmp-door.ts';

export interface RtmpTlsOptions {
  readonly host: string;
  readonly port: number;
  readonly certificate: CertificateSource;
}

/** The ports that were really opened; 0: plain RTMP is not spoken. */
export interface RtmpListening extends Listening {
  readonly securePort?: number;
}

export interface RtmpServerOptions extends RtmpDoor {
  readonly host: string;
  /** Undefined: plain RTMP is not spoken. */
  readonly port: number | undefined;
  /** RTMPS beside it, or alone. */
  readonly tls?: RtmpTlsOptions | undefined;
  readonly admission: Admission;
  /** `rtmp.proxyProtocol`: who connects are proxies out of these networks, each of which says where its client is. */
  readonly proxies?: Networks | undefined;
}

/** How often connections are looked at for deadlines and silence. */
const LOOK_MS = 1_000;
/** A look that comes so late was held up, by a busy or a suspended machine, and so were all peers. */
const LATE_MS = 2_500;
/** The system's own check for peers that vanished without a goodbye; a player says nothing for hours. */
const KEEP_ALIVE_MS = 30_000;

/** The RTMP door: its TCP ports and the connections that came through them. */
export class RtmpServer {
  readonly #options: RtmpServerOptions;
  readonly #plain: Server;
  readonly #secure: Server | undefined;
  readonly #handshakes: Handshakes | undefined;
  readonly #connections = new Set<RtmpConnection>();
  /** From proxies whose header has not come, or whose TLS is not there yet. */
  readonly #unheard = new Set<Socket>();
  readonly #processorTime = new ProcessorTime();
  readonly #budgets: SessionBudgets = {
    talkers: new ByteBudget(MAX_UNFINISHED_OF_TALKERS),
    publishers: new ByteBudget(MAX_UNFINISHED_OF_PUBLISHERS),
  };
  readonly #held: HeldTotal = { bytes: 0 };
  #accepted = 0;
  readonly #seldom = new Seldom();
  #looking: NodeJS.Timeout | undefined;
  #shut: Promise<void> | undefined;
  #lookedAt = 0;
  #wasLate = false;

  constructor(options: RtmpServerOptions) {
    this.#options = options;
    this.#handshakes = options.tls && new Handshakes(options.tls);
    const sockets = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
    this.#plain = createServer(sockets, (socket) => this.#accept(socket));
    if (this.#handshakes)
      this.#secure = createServer(sockets, (socket) => this.#accept(socket, this.#handshakes));
  }

  /** @throws {ListenError} and then no port is open */
  async start(): Promise<RtmpListening> {
    const { host, port, tls } = this.#options;
    const plain = port === undefined ? { port: 0 } : await listen(this.#plain, 'RTMP', host, port);
    let securePort: number | undefined;
    try {
      if (this.#secure && tls) securePort = (await listen(this.#secure, 'RTMPS', tls.host, tls.port)).port;
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#lookedAt = performance.now();
    this.#looking = setInterval(() => this.#look(performance.now()), LOOK_MS);
    return { ...plain, ...(securePort !== undefined && { securePort }) };
  }

  /** Takes no more connections; those that are open go on. Resolves when they have gone. */
  shut(): Promise<void> {
    this.#shut ??= Promise.all([closed(this.#plain), closed(this.#secure)]).then(() => undefined);
    return this.#shut;
  }

  /** Asks all who can to go on over another connection; gives how many were asked. `server`: `rtmp://HOST`; undefined: the same again. */
  askToReconnect(description: string, server?: string): number {
    let asked = 0;
    for (const connection of this.#connections) if (connection.askToReconnect(description, server)) asked++;
    return asked;
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

  /** @param handshakes of the port that speaks TLS */
  #accept(socket: Socket, handshakes?: Handshakes): void {
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
    const speak = (spoken: Socket, peer: Omit<RtmpPeer, 'connection'>): void => {
      const connection = this.#begin(spoken, guest, { ...peer, connection: ++this.#accepted });
      turnOut = () => connection.makeRoom();
    };
    const begin = (peer: Omit<RtmpPeer, 'connection'>): void => {
      if (handshakes) this.#secured(socket, handshakes, (secure) => speak(secure, peer));
      else speak(socket, peer);
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

  #secured(raw: Socket, handshakes: Handshakes, speak: (socket: Socket) => void): void {
    this.#unheard.add(raw);
    const heard = (): void => void this.#unheard.delete(raw);
    raw.once('close', heard);
    handshakes.begin(raw, {
      secured: (socket) => {
        heard();
        socket.on('error', (error: Error) => {
          const reason = distrustIn(error);
          if (reason !== undefined) this.#noteHandshake(raw, reason);
        });
        speak(socket);
      },
      failed: (failure) => this.#handshakeFailed(raw, failure),
    });
  }

  #handshakeFailed(raw: Socket, failure: HandshakeFailure): void {
    this.#options.closed('TLS handshake failed');
    this.#noteHandshake(raw, inWords(failure));
    raw.destroy();
  }

  #noteHandshake(raw: Socket, reason: string): void {
    const peer = plainAddress(raw.remoteAddress);
    this.#seldom.tell(() => this.#options.log.warn({ peer }, `connection closed: ${reason}`));
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
    this.#seldom.tell(() => this.#options.log.warn({ peer }, `connection closed: ${why}`));
    this.#options.closed(reason);
    socket.on('error', () => socket.destroy());
    endSocket(socket);
  }
}

/** Takes no more connections; resolves when those that are open have gone. */
function closed(server: Server | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (server) server.close(() => resolve());
    else resolve();
  });
}

function inWords(failure: HandshakeFailure): string {
  if (failure.kind === 'too slow') return 'the TLS handshake took too long';
  if (failure.kind === 'failed') return `no TLS connection came about: ${failure.reason}`;
  if (failure.spoken === 'RTMP')
    return 'plain RTMP came to the port for RTMPS: use rtmps:// here, or the other port';
  return `this port speaks RTMPS, and what came is ${failure.spoken}`;
}
