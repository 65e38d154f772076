import { randomBytes } from 'node:crypto';
import type { RtmpMessage } from '../protocols/rtmp/message.ts';
import { authStep } from '../protocols/rtmp/session/client-auth.ts';
import { redirectedTarget, withAppQuery, type ClientTarget } from '../protocols/rtmp/session/client-url.ts';
import type { Enhanced } from '../protocols/rtmp/session/enhanced.ts';
import { isLoopRefusal, type RelayPath } from '../protocols/rtmp/session/relay-path.ts';
import { RtmpSocket, type SocketEnd } from './rtmp-socket.ts';
import { REAL_TIME, type RelayTime } from './time.ts';

/** The end of a client. */
export interface ClientEnd {
  readonly reason: string;
  /** No other attempt will fare better: a loop. */
  readonly isFinal: boolean;
  /** The server said no, in words. */
  readonly isRefusal?: boolean;
}

export interface RtmpClientOptions {
  readonly target: ClientTarget;
  readonly mode: 'publish' | 'play';
  /** Relays that the stream, or the wish for it, has passed, this gateway too. */
  readonly path?: RelayPath;
  /** Certificates (PEM) that are trusted beside the well-known ones. */
  readonly extraCa?: string | undefined;
  readonly time?: RelayTime;
  /** True for this gateway's own door. */
  readonly isSelf?: ((address: string, port: number) => boolean) | undefined;
  /** The server takes media now, or is about to send some, which came by these relays. */
  readonly started: (path: RelayPath) => void;
  readonly media?: (message: RtmpMessage) => void;
  /** What one read brought has been given to `media`. */
  readonly flush?: () => void;
  /** The server asks us to go on over another connection: see ClientHost. */
  readonly reconnect?: (tcUrl: string | undefined, text: string) => void;
  /** Over, for whatever reason; called once, unless `close` was. */
  readonly ended: (end: ClientEnd) => void;
}

/** What the rest of the house needs of a client. */
export interface RtmpLink {
  /** Where it leads, redirects followed. */
  readonly target: ClientTarget;
  /** What the server can do of Enhanced RTMP; known when it has started. */
  readonly enhanced: Enhanced;
  readonly streamId: number;
  /** Of the server. */
  readonly address: string;
  /** Bytes the system has not taken yet. */
  readonly queuedBytes: number;
  readonly bytesRead: number;
  /** Whole RTMP messages as chunks, in one write. */
  writeShared(pieces: readonly Buffer[]): void;
  /** Takes leave properly; `ended` is not called. */
  close(): void;
}

/** Makes a link. */
export type OpenLink = (options: RtmpClientOptions) => RtmpLink;

/** Servers that are asked on the way to the right one. */
const MAX_REDIRECTS = 3;
/** To say who one is, and to answer the challenge. */
const MAX_AUTH_STEPS = 2;

/**
 * An RTMP client that publishes or plays one stream: goes where the server sends it, and logs in where the server wants
 * that. Each of these takes a new connection.
 */
export class RtmpClient implements RtmpLink {
  readonly #options: RtmpClientOptions;
  #target: ClientTarget;
  #socket: RtmpSocket;
  #redirects = 0;
  #authSteps = 0;

  constructor(options: RtmpClientOptions) {
    this.#options = options;
    this.#target = options.target;
    this.#socket = this.#open(options.target);
  }

  get target(): ClientTarget {
    return this.#target;
  }

  get enhanced(): Enhanced {
    return this.#socket.enhanced;
  }

  get streamId(): number {
    return this.#socket.streamId;
  }

  get address(): string {
    return this.#socket.address;
  }

  get queuedBytes(): number {
    return this.#socket.queuedBytes;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  /** Audio (8), video (9) or data (18); `timestamp` in ms, taken modulo 2^32. */
  send(type: number, timestamp: number, body: Uint8Array): void {
    this.#socket.send(type, timestamp, body);
  }

  writeShared(pieces: readonly Buffer[]): void {
    this.#socket.writeShared(pieces);
  }

  close(): void {
    this.#socket.close();
  }

  #open(target: ClientTarget): RtmpSocket {
    const {
      mode,
      path = [],
      extraCa,
      time = REAL_TIME,
      isSelf,
      started,
      media,
      flush,
      reconnect,
    } = this.#options;
    return new RtmpSocket({
      target,
      mode,
      path,
      extraCa,
      time,
      isSelf,
      started,
      media: media ?? (() => undefined),
      flush: flush ?? (() => undefined),
      reconnect: reconnect ?? (() => undefined),
      ended: (end) => this.#ended(end),
    });
  }

  #ended(end: SocketEnd): void {
    const next = this.#next(end);
    if (typeof next === 'object') {
      this.#socket = this.#open(next);
      return;
    }
    const reason = next ?? end.reason;
    // What a server may not have from us now it may have later, from elsewhere; what we push does not change by waiting.
    const isLoop = this.#options.mode === 'publish' && isLoopRefusal(reason);
    this.#options.ended({
      reason,
      isFinal: end.isFinal === true || isLoop,
      isRefusal: end.description !== undefined,
    });
  }

  /** Where to go on; or why not, if there is more to say than what the server did. */
  #next({ description, redirect }: SocketEnd): ClientTarget | string | undefined {
    if (redirect !== undefined) return this.#redirected(redirect);
    if (description === undefined) return undefined;
    const step = authStep({
      description,
      credentials: this.#target.credentials,
      app: this.#target.app,
      nonce: randomBytes(4).toString('hex'),
    });
    if (!step) return undefined;
    if ('failed' in step) return step.failed;
    if (++this.#authSteps > MAX_AUTH_STEPS) return 'the server asks for name and password again and again';
    return withAppQuery(this.#target, step.query);
  }

  #redirected(url: string): ClientTarget | string {
    if (++this.#redirects > MAX_REDIRECTS) return `the server redirects more than ${MAX_REDIRECTS} times`;
    const target = redirectedTarget(this.#target, url);
    if (!target) return 'the server redirects to an address that is no RTMP URL, or gives up TLS';
    this.#target = target;
    this.#authSteps = 0;
    return target;
  }
}

export const openRtmpClient: OpenLink = (options) => new RtmpClient(options);
