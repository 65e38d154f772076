import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Log } from '../../observe/log.ts';
import { ProtocolError } from '../../protocols/rtmp/errors.ts';
import type { RtmpMessage } from '../../protocols/rtmp/message.ts';
import type {
  ConnectRequest,
  PlayControl,
  PlayRequest,
  PublishRequest,
  SessionHost,
} from '../../protocols/rtmp/session/host.ts';
import { ServerSession } from '../../protocols/rtmp/session/server-session.ts';
import type { ViewerEnd, ViewerSink } from '../../stream/viewer.ts';
import { MADE_ROOM, type Guest } from '../admission.ts';
import type { Caller, Refusal } from '../gate.ts';
import { endSocket, SocketSink } from '../socket-sink.ts';
import { closeReason } from './close-reason.ts';
import { HeldShare } from './held-share.ts';
import { Pending } from './pending.ts';
import { Players } from './players.ts';
import { ProcessorShare } from './processor-time.ts';
import { Publishers } from './publishers.ts';
import { MAX_LOGGED, type RtmpDoor, type RtmpEntry, type RtmpLink, type RtmpPeer } from './rtmp-door.ts';
import { callerOf } from './rtmp-visit.ts';
import { Waiting } from './waiting.ts';

/** Time for the handshake, for `connect`, and then for `publish` or `play`: each by itself. */
const STEP_MS = 10_000;
/** Sign of life asked of a peer; also keeps NATs from forgetting the connection. */
const PING_MS = 30_000;
/** Replies a peer may leave unread before it has to go. A player's media has its own limit. */
const MAX_UNREAD_REPLIES = 256 * 1024;
/** Steps in which the peer does what it came for, or waits for us. */
const SETTLED: ReadonlySet<string> = new Set(['connecting', 'waiting', 'publishing', 'playing']);
/** A peer that has sent nothing for so long has nothing more on its way. */
const QUIET_MS = 1_000;
const NO_BYTES = new Uint8Array(0);
const NOTHING_HELD = { bytes: 0, messages: 0 };

/** One peer over RTMP: carries bytes between its socket and its session, and gives the session's wishes to the streams. */
export class RtmpConnection implements SessionHost, RtmpLink {
  readonly door: RtmpDoor;
  readonly peer: RtmpPeer;
  readonly log: Log;
  readonly session: ServerSession;
  readonly #socket: Socket;
  readonly #guest: Guest;
  readonly #share: ProcessorShare;
  readonly #held: HeldShare;
  readonly #connecting = new Pending();
  readonly #publishers = new Publishers(this);
  readonly #players = new Players(this);
  readonly #waiting: Waiting;
  #step = '';
  #stepSince = performance.now();
  #heardAt = this.#stepSince;
  #pingedAt = this.#stepSince;
  #closedBecause: string | undefined;
  /** What was said at `connect`, once that was granted. */
  #caller: Caller | undefined;
  /** Bytes of replies since the peer had last taken all there was. */
  #unreadReplies = 0;
  /** So much is held that no more is read until the verdict is there. */
  #isFull = false;

  constructor(socket: Socket, door: RtmpDoor, entry: RtmpEntry) {
    this.#socket = socket;
    this.door = door;
    this.peer = entry.peer;
    this.#guest = entry.guest;
    this.#share = new ProcessorShare(entry.processorTime);
    this.#held = new HeldShare(entry.held);
    this.#waiting = new Waiting(socket, () => this.#mustWait());
    this.log = door.log.child({ peer: `${this.peer.address}:${this.peer.port}` });
    this.session = new ServerSession(this, { random: randomBytes, budgets: entry.budgets });
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('error', (error) => this.#over(`connection error: ${error.message}`));
    socket.once('end', () => this.#over('the peer closed the connection'));
    socket.once('close', () => this.#over('the connection was closed'));
  }

  get isPlaying(): boolean {
    return this.#players.playing > 0;
  }

  get isInUse(): boolean {
    return this.#publishers.size + this.#players.size > 0 || this.#publishers.areAsking;
  }

  /** Deadlines and silence; called about once a second. `now` in ms, monotonic. */
  look(now: number): void {
    this.#share.renew();
    if (this.#socket.isPaused() && !this.#isFull && !this.#waiting.isOn) this.#socket.resume();
    const { phase } = this.session;
    if (phase !== this.#step) {
      this.#step = phase;
      this.#stepSince = now;
    }
    const isSettled = SETTLED.has(phase);
    if (!isSettled) this.#guest.become('arriving'); // a publisher or player that has stopped, too
    if (!isSettled && now - this.#stepSince > STEP_MS) return this.close(`too long in step "${phase}"`);
    if (phase === 'publishing' && now - this.#heardAt > this.door.idleMs) {
      return this.close(`the publisher sent nothing for ${Math.round(this.door.idleMs / 1000)} s`);
    }
    if (now - this.#heardAt > QUIET_MS) this.#acknowledge();
    const complaint = this.#publishers.look(now);
    if (complaint !== undefined) return this.close(complaint);
    this.guarded(() => this.#players.look());
    if (now - this.#pingedAt > PING_MS) {
      this.#pingedAt = now;
      this.session.ping(Math.floor(now));
    }
  }

  /** Asks the peer to go on over another connection, if it has said that it can; false if not. `server`: `rtmp://HOST`, its application is added. */
  askToReconnect(description: string, server: string | undefined): boolean {
    const app = this.session.facts.app.split('?')[0]!;
    return this.session.askToReconnect(description, server === undefined ? undefined : `${server}/${app}`);
  }

  close(reason: string): void {
    if (this.#closedBecause === undefined)
      this.log.info({ reason: reason.slice(0, MAX_LOGGED) }, 'closing connection');
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

  connect(request: ConnectRequest): void {
    const caller = callerOf(this.peer, request);
    this.#connecting.wait<Refusal | undefined>(
      0,
      (done) => this.door.gate.connect(caller, done),
      (refusal) => this.guarded(() => this.#connectJudged(caller, refusal)),
    );
  }

  publish(request: PublishRequest): void {
    this.#guest.become('busy');
    this.#publishers.ask(request);
  }

  media(streamId: number, message: RtmpMessage): void {
    this.#publishers.take(streamId, message);
  }

  unpublish(streamId: number, because: string): void {
    this.#publishers.end(streamId, because);
  }

  play(request: PlayRequest): void {
    this.#guest.become('busy');
    this.#players.ask(request);
  }

  playControl(streamId: number, control: PlayControl): void {
    this.#players.control(streamId, control);
  }

  stopPlay(streamId: number, because: string): void {
    this.#players.stop(streamId, because);
  }

  refused(_streamId: number, _code: string, text: string): void {
    this.close(text);
  }

  sink(close: (reason: ViewerEnd) => void): ViewerSink {
    return new SocketSink(this.#socket, { protocol: 'rtmp', bytesOf: (batch) => batch.bytes, close });
  }

  guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
    this.#mayRead(); // the verdict may have let go what was held
  }

  #connectJudged(caller: Caller, refusal: Refusal | undefined): void {
    if (!refusal) {
      this.#caller = caller;
      return void this.session.acceptConnect();
    }
    this.session.refuseConnect(refusal.reason, refusal.redirect);
    this.close(`connect refused: ${refusal.reason}`);
  }

  #receive(bytes: Buffer): void {
    if (this.#closedBecause !== undefined) return;
    this.#heardAt = performance.now();
    this.#socket.cork(); // the replies to one read leave in one write
    try {
      this.session.receive(bytes);
      this.#publishers.flush();
    } catch (error) {
      this.#fail(error);
    }
    this.#socket.uncork();
    if (this.#publishers.areAsking) this.#mayRead();
    if (this.#publishers.size > 0) this.#waiting.look();
    this.#account(this.#heardAt);
    if (this.#unreadReplies > MAX_UNREAD_REPLIES && this.#socket.writableLength > 0)
      this.close('the peer does not read');
  }

  /** What comes before a verdict is held, but not without end: the rest waits in the network. */
  #mayRead(): void {
    const wasFull = this.#isFull;
    const isOver = this.#closedBecause !== undefined;
    this.#isFull = !this.#held.hold(isOver ? NOTHING_HELD : this.session.held);
    if (this.#isFull) this.#socket.pause();
    else if (wasFull && !this.#waiting.isOn) this.#socket.resume();
  }

  /** Who asks too much is heard again in the next second. Publishers have work to do, and have been let in for it. */
  #account(from: number): void {
    if (this.#publishers.size > 0) return;
    const now = performance.now();
    if (!this.#share.use(now - from, now)) this.#socket.pause();
  }

  /** It may be what a publisher waits for that was ahead of time. */
  #acknowledge(): void {
    this.session.putOffAcknowledgements(false);
    this.guarded(() => this.session.receive(NO_BYTES));
  }

  /** What waits is handed on meanwhile: with nothing read, nothing else does it. */
  #mustWait(): boolean {
    if (!this.#publishers.mustWait(performance.now())) return false;
    this.guarded(() => this.#publishers.flush());
    return this.#closedBecause === undefined;
  }

  /** A peer's rubbish ends that peer's connection; a mistake of ours too, but is logged as such. */
  #fail(error: unknown): void {
    if (error instanceof ProtocolError) return this.close(`${error.code}: ${error.message}`);
    this.log.error({ err: error }, 'internal error');
    this.close('internal error');
  }

  /** Everything ends once, with the first reason. */
  #over(reason: string): void {
    if (this.#closedBecause !== undefined) return;
    this.#closedBecause = reason;
    const wasPublisher = this.#publishers.size > 0;
    this.#waiting.stop();
    this.#connecting.giveUpAll();
    this.session.end(reason);
    this.#publishers.endAll(reason);
    this.#players.stopAll(reason);
    if (this.#caller) this.door.gate.disconnected?.(this.#caller);
    this.#mayRead();
    this.door.closed(closeReason(reason, wasPublisher));
    this.log.debug({ reason }, 'connection over');
  }
}
