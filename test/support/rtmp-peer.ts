import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { MessageType, type RtmpMessage } from '../../src/protocols/rtmp/message.ts';
import { ClientSession } from '../../src/protocols/rtmp/session/client-session.ts';
import { clientTarget } from '../../src/protocols/rtmp/session/client-url.ts';

export interface RtmpPeerOptions {
  /** The peer's own address: 127.0.0.2 is loopback, and another one than 127.0.0.1. */
  readonly localAddress?: string;
  /** Called with each message as it comes; all of them are in {@link RtmpPeer.messages} too. */
  readonly onMedia?: (message: RtmpMessage) => void;
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
  readonly #session: ClientSession;

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
    let refused = (_error: Error): void => undefined;
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
        ended: (code, text) => {
          this.end = { code, text };
          refused(new Error(`${code}: ${text}`));
        },
      },
      { random: randomBytes, mode, target },
    );
    this.socket.on('connect', () => this.#session.start());
    this.socket.on('data', (bytes) => this.#session.receive(bytes));
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      this.socket.once('close', () => {
        this.isClosed = true;
        refused(new Error('the connection was closed'));
        resolve();
      }),
    );
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
