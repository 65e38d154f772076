import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { encodeAmf0 } from '../../src/amf/amf0-writer.ts';
import { readAmf0Values } from '../../src/amf/amf0-reader.ts';
import type { AmfObject, AmfValue } from '../../src/amf/value.ts';
import { ChunkReader } from '../../src/protocols/rtmp/chunk-reader.ts';
import { encodeMessage } from '../../src/protocols/rtmp/chunk-writer.ts';
import { pingRequest, readUserControl, UserControlEvent } from '../../src/protocols/rtmp/control.ts';
import { MessageType, OUT_CHUNK_SIZE, type RtmpMessage } from '../../src/protocols/rtmp/message.ts';
import type { ClientPhase } from '../../src/protocols/rtmp/session/client-phase.ts';
import { ClientSession } from '../../src/protocols/rtmp/session/client-session.ts';
import { clientTarget } from '../../src/protocols/rtmp/session/client-url.ts';

export interface RtmpPeerOptions {
  /** The peer's own address: 127.0.0.2 is loopback, and another one than 127.0.0.1. */
  readonly localAddress?: string;
  /** Called with each message as it comes; all of them are in {@link RtmpPeer.messages} too. */
  readonly onMedia?: (message: RtmpMessage) => void;
  /** The server asks to go on over another connection. */
  readonly onReconnect?: (tcUrl: string | undefined) => void;
  /** It says nothing of Enhanced RTMP: a player or encoder of former times. */
  readonly isPlain?: boolean;
}

/** An RTMP publisher or player on a socket of its own: the gateway's client session, driven by hand. */
export class RtmpPeer {
  readonly socket: Socket;
  readonly messages: RtmpMessage[] = [];
  /** Set once media may be sent, or follows. */
  isStarted = false;
  /** The server's last word, if it said one. */
  end: { readonly code: string; readonly text: string } | undefined;
  isClosed = false;
  /** Resolves when the server has said yes, rejects when it has said no or is gone. */
  readonly started: Promise<void>;
  /** Resolves when the socket is closed. */
  readonly closed: Promise<void>;
  /** Codes of every onStatus the server has sent. */
  readonly statuses: AmfValue[] = [];
  readonly #session: ClientSession;
  readonly #reader = new ChunkReader();
  readonly #pinging = new Map<number, () => void>();
  #pings = 0;
  #handshakeLeft = 3073;

  constructor(mode: 'publish' | 'play', url: string, options: RtmpPeerOptions = {}) {
    const target = clientTarget(url);
    if (!target) throw new Error(`not an RTMP URL: ${url}`);
    const { host, port } = target;
    this.socket = connect({
      host,
      port,
      noDelay: true,
      ...(options.localAddress !== undefined && { localAddress: options.localAddress }),
    });
    let started = (): void => undefined;
    let refused: (error: Error) => void = () => undefined;
    this.started = new Promise((resolve, reject) => {
      started = resolve;
      refused = reject;
    });
    this.started.catch(() => undefined);
    this.#session = new ClientSession(
      {
        send: (bytes) => this.socket.writable && this.socket.write(bytes),
        started: () => {
          this.isStarted = true;
          started();
        },
        media: (message) => {
          this.messages.push(message);
          options.onMedia?.(message);
        },
        reconnect: (tcUrl) => options.onReconnect?.(tcUrl),
        ended: (code, text) => {
          this.end = { code, text };
          refused(new Error(`${code}: ${text}`));
        },
      },
      { random: randomBytes, mode, target, isPlain: options.isPlain ?? false },
    );
    this.socket.on('connect', () => this.#session.start());
    this.socket.on('data', (bytes: Buffer) => {
      this.#listen(bytes);
      this.#session.receive(bytes);
    });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      this.socket.once('close', () => {
        this.isClosed = true;
        refused(new Error('the connection was closed'));
        resolve();
      }),
    );
  }

  get phase(): ClientPhase {
    return this.#session.phase;
  }

  /** Sends a command as it is, past the session: on a message stream of its own choice. */
  command(streamId: number, ...values: readonly AmfValue[]): void {
    this.raw(
      encodeMessage(
        { chunkStreamId: 3, type: 20, streamId, timestamp: 0 },
        encodeAmf0(...values),
        OUT_CHUNK_SIZE,
      ),
    );
  }

  /** Any bytes. */
  raw(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Resolves when the server has answered a ping sent now, and so has seen all that was sent before. */
  roundTrip(): Promise<void> {
    const number = ++this.#pings;
    const answered = new Promise<void>((resolve) => this.#pinging.set(number, resolve));
    this.raw(pingRequest(number));
    return answered;
  }

  /** What the player has got of one kind: 8 audio, 9 video, 18 data. */
  of(type: number): RtmpMessage[] {
    return this.messages.filter((message) => message.type === type);
  }

  send(type: number, timestamp: number, body: Uint8Array): void {
    if (!this.#session.sendMedia(type, timestamp, body))
      throw new Error('this peer does not publish (any more)');
  }

  video(timestamp: number, body: Uint8Array): void {
    this.send(MessageType.video, timestamp, body);
  }

  audio(timestamp: number, body: Uint8Array): void {
    this.send(MessageType.audio, timestamp, body);
  }

  /** Beside the session, which tells only what a client needs. */
  #listen(bytes: Buffer): void {
    const skipped = Math.min(this.#handshakeLeft, bytes.length);
    this.#handshakeLeft -= skipped;
    this.#reader.push(bytes.subarray(skipped), ({ type, body }) => {
      const control = type === MessageType.userControl ? readUserControl(body) : undefined;
      if (control?.event === UserControlEvent.pingResponse) this.#pinging.get(control.value)?.();
      const values = type === MessageType.command ? readAmf0Values(body) : [];
      if (values[0] === 'onStatus') this.statuses.push((values[3] as AmfObject).get('code'));
    });
  }

  /** As if the machine had lost its power. */
  kill(): void {
    this.socket.destroy();
  }

  /** Takes leave properly. */
  async leave(): Promise<void> {
    this.#session.goodbye();
    this.socket.end();
    await this.closed;
  }
}

/** A publisher that has been let in. */
export async function publishTo(url: string, options?: RtmpPeerOptions): Promise<RtmpPeer> {
  const peer = new RtmpPeer('publish', url, options);
  await peer.started;
  return peer;
}

/** A player for which the stream has begun. */
export async function playFrom(url: string, options?: RtmpPeerOptions): Promise<RtmpPeer> {
  const peer = new RtmpPeer('play', url, options);
  await peer.started;
  return peer;
}
