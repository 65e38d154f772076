import { readAmf0 } from '../../../amf/amf0-reader.ts';
import { encodeAmf0 } from '../../../amf/amf0-writer.ts';
import type { AmfValue } from '../../../amf/value.ts';
import { ByteReader } from '../../../bytes/byte-reader.ts';
import { DEFAULT_ACK_WINDOW, ReceiveCounter } from '../acknowledgement.ts';
import { splitAggregate } from '../aggregate.ts';
import { ChunkReader } from '../chunk-reader.ts';
import { acknowledgement, pingRequest, setBufferLength, windowAckSize } from '../control.ts';
import { ProtocolError } from '../errors.ts';
import { ClientHandshake } from '../handshake/client-handshake.ts';
import type { DigestScheme, RandomBytes } from '../handshake/digest.ts';
import { MessageType, OUT_CHUNK_SIZE } from '../message.ts';
import type { RtmpMessage } from '../message.ts';
import { connectObject } from './client-connect.ts';
import { checkClientMove } from './client-phase.ts';
import type { ClientPhase } from './client-phase.ts';
import type { ClientTarget } from './client-url.ts';
import { asNumber, asString, member, readCommand } from './command.ts';
import type { Command } from './command.ts';
import { ControlInlet } from './control-inlet.ts';
import { normalizeData } from './data-message.ts';
import { PLAIN_RTMP, readEnhanced, type Enhanced } from './enhanced.ts';
import { Outbox } from './outbox.ts';
import { readRelayPath, RELAY_MEMBER } from './relay-path.ts';
import type { RelayPath } from './relay-path.ts';

/** What a client session needs from whoever holds its socket. */
export interface ClientHost {
  send(bytes: Buffer): void;
  /** Publishing: media may be sent. Playing: media follows, which came by these relays. Called once. */
  started(path: RelayPath): void;
  /** Audio (8), video (9) or data (18, beginning with the event's name) of the stream that plays. */
  media(message: RtmpMessage): void;
  /**
   * Refused, failed or over, in the server's own code and words. Called at most once; close the socket.
   * `redirect`: the URL where the server says that we should go instead.
   */
  ended(code: string, text: string, redirect?: string): void;
  /**
   * The server asks us to go on over another connection, and to leave this one then: Enhanced RTMP, "Reconnect Request". `tcUrl`:
   * where to, absolute or relative to where we are; undefined: the same again.
   */
  reconnect?(tcUrl: string | undefined, text: string): void;
}

export interface ClientSessionOptions {
  readonly random: RandomBytes;
  readonly mode: 'publish' | 'play';
  readonly target: ClientTarget;
  readonly digestScheme?: DigestScheme;
  /** Relays that what is published, or asked for, has passed, this one too; encoders and players have none. */
  readonly path?: RelayPath;
  /** Says nothing of Enhanced RTMP, for servers that do not bear it. */
  readonly isPlain?: boolean;
}

/** What we ask a server to keep in hand for us, ms. Live servers send at once anyway. */
const PLAY_BUFFER_MS = 1000;
/** Live, and if there is none, recorded (RTMP 1.0 §7.2.2.1). */
const START_ANY = -2;

/** Statuses after which nothing more is played. */
const PLAY_IS_OVER: ReadonlySet<string> = new Set([
  'NetStream.Play.UnpublishNotify',
  'NetStream.Play.Stop',
  'NetStream.Play.Complete',
]);

/** Enhanced RTMP, a status of the connection. */
const RECONNECT = 'NetConnection.Connect.ReconnectRequest';

/** The gateway as an RTMP client: publishes one stream, or plays one. Pure, like the server's side. */
export class ClientSession {
  readonly #host: ClientHost;
  readonly #mode: 'publish' | 'play';
  readonly #target: ClientTarget;
  readonly #path: RelayPath;
  readonly #isPlain: boolean;
  readonly #handshake: ClientHandshake;
  readonly #chunks = new ChunkReader();
  readonly #received = new ReceiveCounter();
  readonly #out: Outbox;
  readonly #control: ControlInlet;
  /** Calls whose answers matter, by transaction id. */
  readonly #calls = new Map<number, 'connect' | 'createStream'>();
  #lastTransaction = 0;
  #streamId = 0;
  #phase: ClientPhase = 'handshake';
  #enhanced = PLAIN_RTMP;

  constructor(host: ClientHost, options: ClientSessionOptions) {
    this.#host = host;
    this.#mode = options.mode;
    this.#target = options.target;
    this.#path = options.path ?? [];
    this.#isPlain = options.isPlain ?? false;
    this.#handshake = new ClientHandshake(options.random, options.digestScheme);
    this.#out = new Outbox((bytes) => host.send(bytes));
    this.#control = new ControlInlet(this.#out, this.#received, () => this.#eof());
  }

  get phase(): ClientPhase {
    return this.#phase;
  }

  /** What the server can do of Enhanced RTMP; nothing before it has answered `connect`. */
  get enhanced(): Enhanced {
    return this.#enhanced;
  }

  /** Of the message stream that the server made for us; 0 before. */
  get streamId(): number {
    return this.#streamId;
  }

  /** The timestamp of the latest {@link ping} that was answered, ms modulo 2^32. */
  get lastPong(): number | undefined {
    return this.#control.lastPong;
  }

  /** Whether the server signed its side of the handshake. */
  get signed(): boolean {
    return this.#handshake.signed;
  }

  /** Bytes sent that the server has not acknowledged. */
  get unacknowledgedBytes(): number {
    return this.#out.counter.outstanding;
  }

  /** Speaks first: call it when the socket is open. */
  start(): void {
    this.#out.raw(this.#handshake.start());
  }

  /**
   * Takes what the socket gave.
   *
   * @throws ProtocolError for what no server may send; close the socket.
   */
  receive(bytes: Uint8Array): void {
    if (this.#ended()) return;
    const sequence = this.#received.add(bytes.length);
    const rest = this.#phase === 'handshake' ? this.#shakeHands(bytes) : bytes;
    if (rest === undefined) return;
    this.#chunks.push(rest, this.#onMessage);
    if (sequence !== undefined && !this.#ended()) this.#out.raw(acknowledgement(sequence));
  }

  /**
   * Sends audio (8), video (9) or data (18) while publishing; before and after, it is left out and false returned.
   * `timestamp`: ms, taken modulo 2^32. A data body begins with the event's name; metadata gets its `@setDataFrame`.
   */
  sendMedia(type: number, timestamp: number, body: Uint8Array): boolean {
    if (this.#phase !== 'publishing') return false;
    const isMetadata = type === MessageType.data && firstString(body) === 'onMetaData';
    const sent = isMetadata ? Buffer.concat([encodeAmf0('@setDataFrame'), body]) : body;
    this.#out.media(this.#streamId, type, timestamp, sent);
    return true;
  }

  /** Counts bytes that went to the server past this session: media made once for several servers. */
  sentBeside(bytes: number): void {
    this.#out.counter.add(bytes);
  }

  /** Asks for a sign of life. `now`: ms of any clock. */
  ping(now: number): void {
    if (this.#phase === 'publishing' || this.#phase === 'playing') this.#out.raw(pingRequest(now));
  }

  /** Takes leave as servers expect it, so that they do not wait for us to come back. Then close the socket. */
  goodbye(): void {
    if (this.#ended()) return;
    if (this.#phase === 'publishing') this.#call('FCUnpublish', null, this.#target.key);
    if (this.#streamId !== 0) this.#call('deleteStream', null, this.#streamId);
    this.#enter('ended');
  }

  #shakeHands(bytes: Uint8Array): Uint8Array | undefined {
    const { send, rest } = this.#handshake.receive(bytes);
    if (send !== undefined) this.#out.raw(send);
    if (rest !== undefined) this.#connect();
    return rest;
  }

  #connect(): void {
    this.#enter('connecting');
    const object = connectObject(this.#mode, this.#target, { path: this.#path, isPlain: this.#isPlain });
    this.#calls.set(this.#call('connect', object), 'connect');
  }

  #createStream(): void {
    this.#enter('creating');
    this.#out.raw(windowAckSize(DEFAULT_ACK_WINDOW));
    this.#out.setChunkSize(OUT_CHUNK_SIZE);
    if (this.#mode === 'publish') {
      this.#call('releaseStream', null, this.#target.key);
      this.#call('FCPublish', null, this.#target.key);
    }
    this.#calls.set(this.#call('createStream', null), 'createStream');
  }

  #ask(streamId: number): void {
    this.#enter('asking');
    this.#streamId = streamId;
    const { key } = this.#target;
    if (this.#mode === 'publish') {
      this.#out.callOn(streamId, 'publish', ++this.#lastTransaction, null, key, 'live');
    } else {
      this.#out.callOn(streamId, 'play', ++this.#lastTransaction, null, key, START_ANY);
      this.#out.raw(setBufferLength(streamId, PLAY_BUFFER_MS));
    }
  }

  readonly #onMessage = (message: RtmpMessage): void => {
    if (this.#ended()) return;
    switch (message.type) {
      case MessageType.audio:
      case MessageType.video:
        if (this.#phase === 'playing') this.#host.media(message);
        return;
      case MessageType.data:
      case MessageType.dataAmf3:
        this.#data(message);
        return;
      case MessageType.aggregate:
        splitAggregate(message, this.#onAggregated);
        return;
      case MessageType.command:
      case MessageType.commandAmf3:
        this.#command(readCommand(message));
        return;
      default:
        this.#control.take(message);
    }
  };

  readonly #onAggregated = (message: RtmpMessage): void => {
    if (message.type === MessageType.audio || message.type === MessageType.video) this.#onMessage(message);
    else if (message.type === MessageType.data) this.#data(message);
  };

  #data(message: RtmpMessage): void {
    const data = this.#phase === 'playing' ? normalizeData(message) : undefined;
    if (data !== undefined) this.#host.media(data);
  }

  #command(command: Command): void {
    switch (command.name) {
      case '_result':
        this.#result(command);
        return;
      case '_error':
        this.#error(command);
        return;
      case 'onStatus':
        this.#status(command.args[0]);
        return;
      case 'onBWDone':
        this.#call('_checkbw', null);
        return;
      case 'close':
        this.#end('NetConnection.Connect.Closed', 'the server closed the connection');
    }
  }

  #result(command: Command): void {
    const call = this.#calls.get(command.transactionId);
    this.#calls.delete(command.transactionId);
    if (call === 'connect') this.#connected(command);
    else if (call === 'createStream') this.#ask(streamIdIn(command.args[0]));
  }

  /** Members of Enhanced RTMP stand in either object, by what server it is. */
  #connected({ object, args }: Command): void {
    this.#enhanced = readEnhanced(args[0], object);
    this.#createStream();
  }

  /** Servers that do not know releaseStream or FCPublish say so; only the other calls matter. */
  #error(command: Command): void {
    const call = this.#calls.get(command.transactionId);
    if (call === undefined) return;
    const info = command.args[0];
    const code = asString(member(info, 'code'));
    const text = asString(member(info, 'description'));
    this.#end(
      code === '' ? 'NetConnection.Call.Failed' : code,
      text === '' ? `the server refused ${call}` : text,
      asString(member(member(info, 'ex'), 'redirect')),
    );
  }

  #status(info: AmfValue): void {
    const code = asString(member(info, 'code'));
    const text = asString(member(info, 'description'));
    if (code === RECONNECT) return this.#reconnect(asString(member(info, 'tcUrl')), text);
    if (member(info, 'level') === 'error' || PLAY_IS_OVER.has(code)) {
      this.#end(code, text === '' ? code : text, asString(member(member(info, 'ex'), 'redirect')));
    } else if (
      this.#phase === 'asking' &&
      (code === 'NetStream.Publish.Start' || code === 'NetStream.Play.Start')
    ) {
      this.#enter(this.#mode === 'publish' ? 'publishing' : 'playing');
      this.#host.started(readRelayPath(asString(member(info, RELAY_MEMBER))));
    }
  }

  /** Before we have what we came for there is nothing to move. */
  #reconnect(tcUrl: string, text: string): void {
    if (this.#phase !== 'publishing' && this.#phase !== 'playing') return;
    this.#host.reconnect?.(tcUrl === '' ? undefined : tcUrl, text);
  }

  #eof(): void {
    if (this.#phase === 'playing') this.#end('NetStream.Play.Stop', 'the stream has ended');
  }

  #call(name: string, ...values: readonly AmfValue[]): number {
    const transaction = ++this.#lastTransaction;
    this.#out.call(name, transaction, ...values);
    return transaction;
  }

  #end(code: string, text: string, redirect = ''): void {
    this.#enter('ended');
    if (redirect === '') this.#host.ended(code, text);
    else this.#host.ended(code, text, redirect);
  }

  #enter(next: ClientPhase): void {
    checkClientMove(this.#phase, next);
    this.#phase = next;
  }

  #ended(): boolean {
    return this.#phase === 'ended';
  }
}

/** A message stream id has 32 bits (RTMP 1.0 §5.3.1.2.1), a number of AMF0 far more. Where a server names none it means 1. */
function streamIdIn(value: AmfValue): number {
  const id = asNumber(value, 1);
  if (Number.isInteger(id) && id >= 0 && id <= 0xffffffff) return id;
  throw new ProtocolError('RTMP_COMMAND', `the server made stream ${id}, which no message can name`);
}

function firstString(body: Uint8Array): AmfValue {
  return body.length === 0 ? undefined : readAmf0(new ByteReader(body, 'data message'));
}
