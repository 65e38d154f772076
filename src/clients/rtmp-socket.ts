import { randomBytes } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates } from 'node:tls';
import type { RtmpMessage } from '../protocols/rtmp/message.ts';
import { ClientSession } from '../protocols/rtmp/session/client-session.ts';
import type { ClientTarget } from '../protocols/rtmp/session/client-url.ts';
import type { Enhanced } from '../protocols/rtmp/session/enhanced.ts';
import type { RelayPath } from '../protocols/rtmp/session/relay-path.ts';
import { connectReason } from './connect-error.ts';
import type { RelayTime } from './time.ts';
import { Vigil } from './vigil.ts';

/** The end of a connection. */
export interface SocketEnd {
  readonly reason: string;
  /** The text of the server's refusal, if it said one. */
  readonly description?: string;
  /** Where the server wants us to go instead. */
  readonly redirect?: string | undefined;
  /** No other attempt will fare better. */
  readonly isFinal?: boolean;
}

export interface RtmpSocketOptions {
  readonly target: ClientTarget;
  readonly mode: 'publish' | 'play';
  /** See ClientSessionOptions. */
  readonly path: RelayPath;
  /** Certificates (PEM) that are trusted beside the well-known ones. */
  readonly extraCa?: string | undefined;
  readonly time: RelayTime;
  /** True for this gateway's own door; `address` and `port` of the peer. */
  readonly isSelf?: ((address: string, port: number) => boolean) | undefined;
  readonly started: (path: RelayPath) => void;
  readonly media: (message: RtmpMessage) => void;
  /** What one read brought has been given to `media`. */
  readonly flush: () => void;
  /** See ClientHost. */
  readonly reconnect: (tcUrl: string | undefined, text: string) => void;
  /** Called once, unless `close` was. */
  readonly ended: (end: SocketEnd) => void;
}

/** Time for the goodbye to leave before the socket is destroyed. */
const GOODBYE_MS = 1_000;
const LOOK_MS = 1_000;
/** The system's own check for peers that vanished. */
const KEEP_ALIVE_MS = 15_000;

/** One connection to an RTMP or RTMPS server: a socket around a client session, with a time limit for each step. */
export class RtmpSocket {
  readonly #options: RtmpSocketOptions;
  readonly #socket: Socket;
  readonly #session: ClientSession;
  readonly #vigil: Vigil;
  #stopLooking: () => void = () => undefined;
  #isOver = false;

  constructor(options: RtmpSocketOptions) {
    this.#options = options;
    const { target, mode, path, time } = options;
    this.#session = new ClientSession(
      {
        send: (bytes) => this.write(bytes),
        started: (path) => options.started(path),
        media: (message) => options.media(message),
        reconnect: (tcUrl, text) => options.reconnect(tcUrl, text),
        ended: (code, text, redirect) =>
          this.#over({ reason: `${code}: ${text}`, description: text, redirect }),
      },
      { random: randomBytes, mode, target, path },
    );
    this.#vigil = new Vigil(mode, time.now());
    this.#socket = dial(target, options.extraCa);
    this.#socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.#socket.once('connect', () => this.#refuseSelf());
    this.#socket.once(target.isSecure ? 'secureConnect' : 'connect', () => this.#begin());
    this.#socket.on('data', (bytes) => this.#receive(bytes));
    this.#socket.on('error', (error) => this.#over({ reason: connectReason(error) }));
    this.#socket.on('close', () => this.#over({ reason: 'the server closed the connection' }));
    this.#look();
  }

  get enhanced(): Enhanced {
    return this.#session.enhanced;
  }

  /** Of the message stream on which media goes. */
  get streamId(): number {
    return this.#session.streamId;
  }

  get address(): string {
    return this.#socket.remoteAddress ?? this.#options.target.host;
  }

  /** Bytes the system has not taken yet. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  send(type: number, timestamp: number, body: Uint8Array): void {
    this.#session.sendMedia(type, timestamp, body);
  }

  /** Chunks made beside the session, as they are. */
  writeShared(pieces: readonly Buffer[]): void {
    if (this.#isOver) return;
    this.#socket.cork(); // one writev for all of them
    for (const piece of pieces) {
      this.#session.sentBeside(piece.length);
      this.write(piece);
    }
    this.#socket.uncork();
  }

  write(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Takes leave properly; `ended` is not called. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopLooking();
    if (this.#session.phase === 'handshake') return void this.#socket.destroy();
    this.#session.goodbye();
    this.#socket.end();
    const stop = this.#options.time.after(GOODBYE_MS, () => this.#socket.destroy());
    this.#socket.once('close', stop);
  }

  #refuseSelf(): void {
    const { remoteAddress = '', remotePort = 0 } = this.#socket;
    if (this.#options.isSelf?.(remoteAddress, remotePort) === true)
      this.#over({ reason: 'relay loop: the address is that of this gateway itself', isFinal: true });
  }

  #begin(): void {
    if (this.#isOver) return;
    this.#socket.setNoDelay(true);
    this.#vigil.dialled = true;
    this.#session.start();
  }

  #receive(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#vigil.heard(this.#options.time.now());
    this.#socket.cork(); // the replies to one read leave in one write
    try {
      this.#session.receive(bytes);
      if (!this.#hasEnded()) this.#options.flush();
    } catch (error) {
      this.#over({ reason: error instanceof Error ? error.message : String(error) });
    }
    this.#socket.uncork();
  }

  /** Deadlines and silence, about once a second. */
  #look(): void {
    const { time } = this.#options;
    this.#stopLooking = time.after(LOOK_MS, () => {
      const { phase, lastPong } = this.#session;
      const queued = this.#socket.writableLength;
      const facts = {
        phase,
        queued,
        taken: this.#socket.bytesWritten - queued,
        answersPings: lastPong !== undefined,
      };
      const complaint = this.#vigil.look(time.now(), facts);
      if (complaint !== undefined) return this.#over({ reason: complaint });
      if (this.#vigil.isPingDue(time.now())) this.#session.ping(Math.floor(time.now()));
      this.#look();
    });
  }

  /** The compiler takes what a call may have changed for unchanged. */
  #hasEnded(): boolean {
    return this.#isOver;
  }

  #over(end: SocketEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopLooking();
    this.#socket.destroy();
    this.#options.ended(end);
  }
}

function dial({ host, port, isSecure }: ClientTarget, extraCa: string | undefined): Socket {
  if (!isSecure) return connectTcp({ host, port });
  return connectTls({
    host,
    port,
    // RFC 6066 §3: a name only, never an address.
    ...(isIP(host) === 0 && { servername: host }),
    ...(extraCa !== undefined && { ca: [...rootCertificates, extraCa] }),
  });
}
