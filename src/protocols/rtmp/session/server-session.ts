import { ReceiveCounter } from '../acknowledgement.ts';
import { splitAggregate } from '../aggregate.ts';
import { NO_BUDGET, type Budget } from '../budget.ts';
import { ChunkReader } from '../chunk-reader.ts';
import * as control from '../control.ts';
import type { DigestScheme, RandomBytes } from '../handshake/digest.ts';
import { ServerHandshake } from '../handshake/server-handshake.ts';
import { ProtocolError } from '../errors.ts';
import { COMMAND_LIMITS, MAX_COMMAND_BYTES, MEDIA_LIMITS } from '../limits.ts';
import { MessageType } from '../message.ts';
import type { RtmpMessage } from '../message.ts';
import { readCommand, shown } from './command.ts';
import type { Command } from './command.ts';
import { answerError, endRole } from './command-context.ts';
import type { CommandContext, CommandHandler, CommandTable, PeerFacts } from './command-context.ts';
import { connectionCommands, turnAway, welcome } from './connection-commands.ts';
import { ControlInlet } from './control-inlet.ts';
import { PLAIN_RTMP } from './enhanced.ts';
import type { SessionHost } from './host.ts';
import { MediaInlet } from './media-inlet.ts';
import type { DroppedMessages } from './media-inlet.ts';
import { MessageStreams } from './message-streams.ts';
import { Outbox, statusInfo } from './outbox.ts';
import { isSaid, PendingConnect } from './pending-connect.ts';
import { checkMove } from './phase.ts';
import type { ConnectionPhase } from './phase.ts';
import { playCommands } from './play-commands.ts';
import { publishCommands } from './publish-commands.ts';
import { connectAddress } from './url.ts';
import { Verdicts } from './verdicts.ts';

export interface ServerSessionOptions {
  readonly random: RandomBytes;
  /** Commands beside or in place of the built-in ones. */
  readonly commands?: CommandTable;
  /** Shared with other sessions, for messages that are not complete; without them each has its own limits only. */
  readonly budgets?: SessionBudgets;
}

export interface SessionBudgets {
  /** Of those who do not publish. */
  readonly talkers: Budget;
  readonly publishers: Budget;
}

/** `waiting`: asked to publish or play, and the verdict is not yet spoken. */
export type SessionPhase = ConnectionPhase | 'waiting' | 'publishing' | 'playing';

/** What tells one encoder from another: maintainers ask for it in every report. */
export interface SessionFacts extends Readonly<PeerFacts> {
  /** How the handshake was signed; `undefined` when it was not. */
  readonly digestScheme: DigestScheme | undefined;
  /** Bytes of chunk payload, as the peer announced. */
  readonly chunkSize: number;
  readonly chunkStreamIds: readonly number[];
}

/**
 * The server's side of one RTMP connection: bytes in by {@link receive}, bytes and events out by the host.
 * It owns no socket and no clock; the door closes, times and logs.
 */
export class ServerSession {
  readonly #handshake: ServerHandshake;
  readonly #budgets: SessionBudgets;
  readonly #chunks: ChunkReader;
  readonly #received = new ReceiveCounter();
  readonly #out: Outbox;
  readonly #streams = new MessageStreams();
  readonly #peer: PeerFacts = {
    app: '',
    tcUrl: '',
    flashVersion: '',
    pageUrl: '',
    swfUrl: '',
    objectEncoding: 0,
    relayPath: [],
    enhanced: PLAIN_RTMP,
  };
  readonly #commands: ReadonlyMap<string, CommandHandler>;
  readonly #context: CommandContext;
  readonly #media: MediaInlet;
  readonly #control: ControlInlet;
  /** What the door says on `publish` and `play`. */
  readonly verdicts: Verdicts;
  readonly #host: SessionHost;
  #connection: ConnectionPhase = 'handshake';
  #connect: PendingConnect | undefined;

  constructor(host: SessionHost, options: ServerSessionOptions) {
    this.#host = host;
    this.#budgets = options.budgets ?? { talkers: NO_BUDGET, publishers: NO_BUDGET };
    this.#chunks = new ChunkReader(COMMAND_LIMITS, this.#budgets.talkers);
    this.#handshake = new ServerHandshake(options.random);
    this.#out = new Outbox((bytes) => host.send(bytes));
    this.#commands = new Map([
      ...connectionCommands,
      ...publishCommands,
      ...playCommands,
      ...(options.commands ?? []),
    ]);
    this.#media = new MediaInlet(host, this.#streams);
    this.#control = new ControlInlet(this.#out, this.#received);
    this.#context = {
      host,
      out: this.#out,
      streams: this.#streams,
      peer: this.#peer,
      connecting: (command) => this.#connecting(command),
    };
    this.verdicts = new Verdicts(this.#context, this.#media);
  }

  get phase(): SessionPhase {
    const uses = this.#streams.all.map((stream) => stream.state.at);
    if (uses.includes('publishing')) return 'publishing';
    if (uses.includes('playing')) return 'playing';
    if (uses.some((use) => use !== 'idle')) return 'waiting';
    return this.#connection;
  }

  get facts(): SessionFacts {
    return {
      ...this.#peer,
      digestScheme: this.#handshake.scheme,
      chunkSize: this.#chunks.chunkSize,
      chunkStreamIds: this.#chunks.chunkStreamIds,
    };
  }

  /** Messages passed over so far. */
  get dropped(): Readonly<DroppedMessages> {
    return this.#media.dropped;
  }

  /** Bytes received since the connection began. */
  get receivedBytes(): number {
    return this.#received.total;
  }

  /** Bytes sent that the peer has not acknowledged. Many peers never do: a hint, not a verdict. */
  get unacknowledgedBytes(): number {
    return this.#out.counter.outstanding;
  }

  /**
   * A client that has sent a file and closed its socket resets the connection, and with it what is still on its way, when anything
   * comes from us: with `true` nothing is acknowledged until it is `false` again.
   */
  putOffAcknowledgements(isPutOff: boolean): void {
    this.#received.isPutOff = isPutOff;
  }

  /** The timestamp of the latest {@link ping} that was answered, ms modulo 2^32. */
  get lastPong(): number | undefined {
    return this.#control.lastPong;
  }

  /**
   * Takes what the socket gave.
   *
   * @throws ProtocolError for what ends the connection. The door then closes and calls {@link end}.
   */
  receive(bytes: Uint8Array): void {
    if (this.#closed()) return;
    const sequence = this.#received.add(bytes.length);
    const rest = this.#connection === 'handshake' ? this.#shakeHands(bytes) : bytes;
    if (rest === undefined) return;
    this.#chunks.push(rest, this.#onMessage);
    if (sequence !== undefined && !this.#closed()) this.#out.raw(control.acknowledgement(sequence));
  }

  /** Bytes and messages of media that wait for the verdict on their publisher. */
  get held(): { readonly bytes: number; readonly messages: number } {
    return this.#media.held;
  }

  /**
   * The verdict on `connect`. What the peer said meanwhile is heard now. False when it has gone.
   *
   * @throws ProtocolError like {@link receive}.
   */
  acceptConnect(): boolean {
    if (!this.#connect || this.#connection !== 'connecting') return false;
    const { command, unheard } = this.#connect;
    this.#connect = undefined;
    this.#enter('connected');
    welcome(this.#context, command);
    for (const message of unheard) this.#onMessage(message);
    return true;
  }

  /** Refuses a `connect`; the door then closes. `redirect`: where else to go. */
  refuseConnect(text: string, redirect?: string): boolean {
    if (!this.#connect || this.#connection !== 'connecting') return false;
    turnAway(this.#context, this.#connect.command, text, redirect);
    return true;
  }

  /** Asks for a sign of life. `now`: ms of any clock. */
  ping(now: number): void {
    if (this.#connection === 'connected') this.#out.raw(control.pingRequest(now));
  }

  /**
   * Asks the peer to go on over another connection: Enhanced RTMP, "Reconnect Request". It leaves when it has one. False: it has
   * not said that it understands this.
   *
   * @param tcUrl where to; undefined: where it came to before
   */
  askToReconnect(description: string, tcUrl?: string): boolean {
    if (this.#connection !== 'connected' || !this.#peer.enhanced.reconnects) return false;
    const more = tcUrl === undefined ? {} : { tcUrl };
    const info = statusInfo('status', 'NetConnection.Connect.ReconnectRequest', description, more);
    this.#out.call('onStatus', 0, null, info);
    return true;
  }

  /** Counts bytes that the door wrote to this peer itself: media shared by all players. */
  sentBeside(bytes: number): void {
    this.#out.counter.add(bytes);
  }

  /** The connection is over: its publishers and players end, each with this one reason. Safe to call twice. */
  end(because: string): void {
    if (this.#closed()) return;
    this.#enter('closed');
    this.#chunks.close();
    for (const stream of this.#streams.all) endRole(this.#context, stream, because);
  }

  #shakeHands(bytes: Uint8Array): Uint8Array | undefined {
    const { send, rest } = this.#handshake.receive(bytes);
    if (send !== undefined) this.#out.raw(send);
    if (rest !== undefined) this.#enter('opened');
    return rest;
  }

  /** One function for the life of the session: nothing is made per read. */
  readonly #onMessage = (message: RtmpMessage): void => {
    if (this.#closed()) return; // by the host, on an earlier message of this read
    if (this.#connection === 'connecting' && isSaid(message.type)) return this.#connect?.hold(message);
    switch (message.type) {
      case MessageType.audio:
      case MessageType.video:
      case MessageType.data:
      case MessageType.dataAmf3:
        this.#media.take(message);
        return;
      case MessageType.aggregate:
        splitAggregate(message, this.#onAggregated);
        return;
      case MessageType.command:
      case MessageType.commandAmf3:
        if (message.body.length > MAX_COMMAND_BYTES)
          throw new ProtocolError('RTMP_COMMAND', `command of ${message.body.length} bytes`);
        this.#command(readCommand(message));
        if (this.#closed()) return; // by the host, which has answered
        if (this.#streams.hasPublisher) this.#chunks.allow(MEDIA_LIMITS, this.#budgets.publishers);
        else this.#chunks.allow(COMMAND_LIMITS, this.#budgets.talkers);
        return;
      default:
        this.#control.take(message);
    }
  };

  #connecting(command: Command): void {
    const { app, tcUrl, flashVersion, pageUrl, swfUrl } = this.#peer;
    this.#enter('connecting');
    this.#connect = new PendingConnect(command);
    if (this.#host.connect) {
      this.#host.connect({ ...connectAddress(app, tcUrl), flashVersion, tcUrl, pageUrl, swfUrl });
    } else this.acceptConnect();
  }

  /** Media only: an aggregate in an aggregate has no place to end. */
  readonly #onAggregated = (message: RtmpMessage): void => {
    const { type } = message;
    if (type === MessageType.audio || type === MessageType.video || type === MessageType.data) {
      this.#onMessage(message);
    }
  };

  #command(command: Command): void {
    const { name } = command;
    const first = name === 'connect';
    if (first !== (this.#connection === 'opened')) {
      const text = first ? 'this connection is connected already' : `"${shown(name)}" before "connect"`;
      answerError(this.#context, command, 'NetConnection.Call.Failed', text);
      return;
    }
    const handler = this.#commands.get(name);
    if (handler !== undefined) handler(this.#context, command);
    else answerError(this.#context, command, 'NetConnection.Call.Failed', `unknown command "${shown(name)}"`);
  }

  #enter(next: ConnectionPhase): void {
    checkMove(this.#connection, next);
    this.#connection = next;
  }

  #closed(): boolean {
    return this.#connection === 'closed';
  }
}
