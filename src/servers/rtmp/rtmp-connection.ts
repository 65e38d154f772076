import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { UnsupportedCodecError } from '../../inputs/flv-input.ts';
import { streamName } from '../../media/stream-name.ts';
import { maskQuery, type Log } from '../../observe/log.ts';
import { ProtocolError } from '../../protocols/rtmp/errors.ts';
import type { RtmpMessage } from '../../protocols/rtmp/message.ts';
import type {
  PlayControl,
  PlayRequest,
  PublishRequest,
  SessionHost,
} from '../../protocols/rtmp/session/host.ts';
import { OUT_CHUNK_SIZE } from '../../protocols/rtmp/message.ts';
import { ServerSession } from '../../protocols/rtmp/session/server-session.ts';
import type { Stream } from '../../stream/stream.ts';
import type { ViewerEnd } from '../../stream/viewer.ts';
import { isLoopback, plainAddress } from '../address.ts';
import { MADE_ROOM, type Guest } from '../admission.ts';
import { endSocket, SocketSink } from '../socket-sink.ts';
import { closeReason } from './close-reason.ts';
import { Playing } from './playing.ts';
import { ProcessorShare } from './processor-time.ts';
import { Publishing } from './publishing.ts';
import type { RtmpDoor, RtmpEntry } from './rtmp-door.ts';

/** Time for the handshake, for `connect`, and then for `publish` or `play`: each by itself. */
const STEP_MS = 10_000;
/** Sign of life asked of a peer; also keeps NATs from forgetting the connection. */
const PING_MS = 30_000;
/** Characters of a peer's own text in a log line. */
const MAX_LOGGED = 256;
/** Replies a peer may leave unread before it has to go. A player's media has its own limit. */
const MAX_UNREAD_REPLIES = 256 * 1024;

/** One peer over RTMP: carries bytes between its socket and its session, and gives the session's wishes to the streams. */
export class RtmpConnection implements SessionHost {
  readonly #socket: Socket;
  readonly #door: RtmpDoor;
  readonly #guest: Guest;
  readonly #share: ProcessorShare;
  readonly #log: Log;
  readonly #session: ServerSession;
  readonly #address: string;
  readonly #publishing = new Map<number, Publishing>();
  readonly #playing = new Map<number, Playing>();
  readonly #stopWaiting = new Map<number, () => void>();
  #step = '';
  #stepSince = performance.now();
  #heardAt = this.#stepSince;
  #pingedAt = this.#stepSince;
  #closedBecause: string | undefined;
  /** Bytes of replies since the peer had last taken all there was. */
  #unreadReplies = 0;

  constructor(socket: Socket, door: RtmpDoor, { guest, budgets, processorTime }: RtmpEntry) {
    this.#socket = socket;
    this.#door = door;
    this.#guest = guest;
    this.#share = new ProcessorShare(processorTime);
    this.#address = plainAddress(socket.remoteAddress);
    this.#log = door.log.child({ peer: `${this.#address}:${socket.remotePort ?? 0}` });
    this.#session = new ServerSession(this, { random: randomBytes, budgets });
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('error', (error) => this.#over(`connection error: ${error.message}`));
    socket.once('end', () => this.#over('the peer closed the connection'));
    socket.once('close', () => this.#over('the connection was closed'));
  }

  get isPlaying(): boolean {
    return this.#playing.size > 0;
  }

  /** Deadlines and silence; called about once a second. `now` in ms, monotonic. */
  look(now: number): void {
    this.#share.renew();
    if (this.#socket.isPaused()) this.#socket.resume();
    const { phase } = this.#session;
    if (phase !== this.#step) {
      this.#step = phase;
      this.#stepSince = now;
    }
    const isSettled = phase === 'publishing' || phase === 'playing' || phase === 'waiting';
    if (!isSettled) this.#guest.become('arriving'); // a publisher or player that has stopped, too
    if (!isSettled && now - this.#stepSince > STEP_MS) return this.close(`too long in step "${phase}"`);
    if (phase === 'publishing' && now - this.#heardAt > this.#door.idleMs) {
      return this.close(`the publisher sent nothing for ${Math.round(this.#door.idleMs / 1000)} s`);
    }
    for (const publishing of this.#publishing.values()) {
      const complaint = publishing.look(now);
      if (complaint !== undefined) return this.close(complaint);
    }
    if (now - this.#pingedAt > PING_MS) {
      this.#pingedAt = now;
      this.#session.ping(Math.floor(now));
    }
  }

  /** Ends the connection after what is queued for the peer. The first reason counts. */
  close(reason: string): void {
    if (this.#closedBecause === undefined)
      this.#log.info({ reason: reason.slice(0, MAX_LOGGED) }, 'closing connection');
    this.#over(reason);
    endSocket(this.#socket);
  }

  destroy(): void {
    this.#over('shutting down');
    this.#socket.destroy();
  }

  /** Closed at once and without a line in the log, of which there would be thousands. */
  makeRoom(): void {
    this.#over(MADE_ROOM);
    this.#socket.destroy();
  }

  send(bytes: Buffer): void {
    if (!this.#socket.writable) return;
    if (this.#socket.writableLength === 0) this.#unreadReplies = 0;
    this.#unreadReplies += bytes.length;
    this.#socket.write(bytes);
  }

  publish(request: PublishRequest): void {
    this.#guest.become('busy');
    const { streamId } = request;
    const name = streamName(request.app, request.name);
    if ('refused' in name) return this.#refusePublish(streamId, 'NetStream.Publish.BadName', name.refused);
    // To take over from oneself would be to be closed by oneself.
    if ([...this.#publishing.values()].some(({ path }) => path === name.path)) {
      const text = `this connection publishes "${name.path}" already`;
      return this.#refusePublish(streamId, 'NetStream.Publish.BadName', text);
    }
    const isThisMachine =
      isLoopback(this.#address) || this.#address === plainAddress(this.#socket.localAddress);
    const refusal = this.#door.mayPublish({ address: this.#address, isThisMachine });
    if (refusal !== undefined)
      return this.#refusePublish(streamId, 'NetStream.Publish.Unauthorized', refusal);
    const claim = this.#door.streams.claim(name, {
      address: this.#address,
      encoder: request.flashVersion || undefined,
      dropped: () => Object.fromEntries(this.#publishing.get(streamId)?.input.dropped ?? []),
      problems: () => this.#publishing.get(streamId)?.problems ?? [],
      kick: (reason) => {
        this.#session.refusePublish(streamId, 'NetStream.Publish.BadName', reason);
        this.close(reason);
      },
    });
    if (!claim.granted) return this.#refusePublish(streamId, 'NetStream.Publish.BadName', claim.reason);
    const { flashVersion, tcUrl, chunkSize, digestScheme } = this.#session.facts;
    this.#log.info(
      {
        stream: name.path,
        encoder: flashVersion,
        tcUrl: maskQuery(tcUrl.slice(0, MAX_LOGGED)),
        chunkSize,
        digestScheme,
      },
      'publishing',
    );
    const noticed = (text: string): void => this.#log.warn({ stream: name.path }, text);
    this.#publishing.set(streamId, new Publishing(name.path, claim.publication, noticed));
    this.#session.acceptPublish(streamId);
  }

  media(streamId: number, message: RtmpMessage): void {
    try {
      this.#publishing.get(streamId)?.take(message);
    } catch (error) {
      if (!(error instanceof UnsupportedCodecError)) throw error;
      this.#session.refusePublish(streamId, 'NetStream.Publish.Failed', error.message);
      this.#endPublishing(streamId, error.message);
      this.close(error.message);
    }
  }

  unpublish(streamId: number, because: string): void {
    this.#endPublishing(streamId, because);
  }

  play(request: PlayRequest): void {
    this.#guest.become('busy');
    const { streamId } = request;
    const name = streamName(request.app, request.name);
    if ('refused' in name) {
      this.#session.refusePlay(streamId, 'NetStream.Play.StreamNotFound', name.refused);
      return this.close(name.refused);
    }
    const stop = this.#door.watching.whenPublished(name.path, this.#door.waitMs, (stream) => {
      this.#stopWaiting.delete(streamId);
      if (stream) return this.#startPlaying(streamId, stream);
      const text = `no stream "${name.path}" is being published`;
      this.#session.refusePlay(streamId, 'NetStream.Play.StreamNotFound', text);
      this.#playOver(streamId, text);
    });
    if (!this.#playing.has(streamId) && this.#closedBecause === undefined)
      this.#stopWaiting.set(streamId, stop);
  }

  playControl(streamId: number, control: PlayControl): void {
    this.#playing.get(streamId)?.control(control);
  }

  stopPlay(streamId: number): void {
    this.#stopWaiting.get(streamId)?.();
    this.#stopWaiting.delete(streamId);
    this.#playing.get(streamId)?.end();
    this.#playing.delete(streamId);
  }

  refused(_streamId: number, _code: string, text: string): void {
    this.close(text);
  }

  #receive(bytes: Buffer): void {
    if (this.#closedBecause !== undefined) return;
    this.#heardAt = performance.now();
    this.#socket.cork(); // the replies to one read leave in one write
    try {
      this.#session.receive(bytes);
      for (const publishing of this.#publishing.values()) publishing.flush();
    } catch (error) {
      this.#fail(error);
    }
    this.#socket.uncork();
    this.#account(this.#heardAt);
    if (this.#unreadReplies > MAX_UNREAD_REPLIES && this.#socket.writableLength > 0)
      this.close('the peer does not read');
  }

  /** Who asks too much is heard again in the next second. Publishers have work to do, and have been let in for it. */
  #account(from: number): void {
    if (this.#publishing.size > 0) return;
    const now = performance.now();
    if (!this.#share.use(now - from, now)) this.#socket.pause();
  }

  /** A peer's rubbish ends that peer's connection; a mistake of ours too, but is logged as such. */
  #fail(error: unknown): void {
    if (error instanceof ProtocolError) return this.close(`${error.code}: ${error.message}`);
    this.#log.error({ err: error }, 'internal error');
    this.close('internal error');
  }

  #startPlaying(streamId: number, stream: Stream): void {
    if (!this.#session.acceptPlay(streamId)) return;
    const sink = new SocketSink(this.#socket, {
      protocol: 'rtmp',
      bytesOf: (batch) => batch.bytes,
      close: (reason) => this.#endPlaying(streamId, reason),
    });
    const { watching } = this.#door;
    this.#log.debug({ stream: stream.name.path }, 'playing');
    this.#playing.set(streamId, new Playing({ watching, stream, sink, streamId, chunkSize: OUT_CHUNK_SIZE }));
  }

  #endPlaying(streamId: number, reason: ViewerEnd): void {
    if (reason === 'too slow') this.#session.refusePlay(streamId, 'NetStream.Play.InsufficientBW', reason);
    else this.#session.playEnded(streamId);
    this.#playOver(streamId, reason);
  }

  /** The connection goes with its last play, but who talks both ways on it goes on with what it publishes or plays beside. */
  #playOver(streamId: number, reason: string): void {
    this.stopPlay(streamId);
    if (this.#publishing.size + this.#playing.size + this.#stopWaiting.size === 0) return this.close(reason);
    this.#log.debug({ streamId, reason }, 'play over');
  }

  #refusePublish(streamId: number, code: string, text: string): void {
    this.#session.refusePublish(streamId, code, text);
    this.close(`publisher refused: ${text}`);
  }

  #endPublishing(streamId: number, because: string): void {
    const publishing = this.#publishing.get(streamId);
    if (!publishing) return;
    this.#publishing.delete(streamId);
    publishing.end(because);
    const dropped = Object.fromEntries(publishing.input.dropped);
    this.#log.info({ stream: publishing.path, reason: because, dropped }, 'publisher gone');
  }

  /** Everything ends once, with the first reason. */
  #over(reason: string): void {
    if (this.#closedBecause !== undefined) return;
    this.#closedBecause = reason;
    const wasPublisher = this.#publishing.size > 0;
    this.#session.end(reason);
    for (const streamId of [...this.#publishing.keys()]) this.#endPublishing(streamId, reason);
    for (const streamId of [...this.#playing.keys(), ...this.#stopWaiting.keys()]) this.stopPlay(streamId);
    this.#door.closed(closeReason(reason, wasPublisher));
    this.#log.debug({ reason }, 'connection over');
  }
}
