import { Allowance, NO_BUDGET, type Budget } from './budget.ts';
import {
  isExtended,
  MESSAGE_HEADER_BYTES,
  repeatedTimestampLength,
  takeFields,
  takeTime,
} from './chunk-header.ts';
import { ChunkStream } from './chunk-stream.ts';
import { ProtocolError } from './errors.ts';
import { FIRST_BODY_BYTES, MEDIA_LIMITS, type ChunkLimits } from './limits.ts';
import { INITIAL_CHUNK_SIZE, isMessageType, MessageType } from './message.ts';
import type { RtmpMessage } from './message.ts';

/** Basic header (3), message header (11), extended timestamp (4). */
const LONGEST_HEADER = 18;
const EXTENDED_BYTES = 4;
/** Nothing changes above 24 bits: no message is longer. */
const LARGEST_CHUNK_SIZE = 0xffffff;
/** Messages of unknown type on chunk streams never seen before: one may be an extension, two are noise. */
const MAX_IMPLAUSIBLE_HEADERS = 2;

const EMPTY = Buffer.alloc(0);

/**
 * Puts messages together from chunks (RTMP 1.0 §5.3), however TCP cut the bytes.
 * Set Chunk Size and Abort take effect in here, and are passed on like every other message.
 */
export class ChunkReader {
  #limits: ChunkLimits;
  readonly #memory: Allowance;
  readonly #streams = new Map<number, ChunkStream>();
  /** The start of a header whose rest has not arrived. */
  readonly #held = Buffer.alloc(LONGEST_HEADER);
  #heldBytes = 0;
  /** Where the current chunk's payload goes, and how much of it is still to come. */
  #current: ChunkStream | undefined;
  #chunkLeft = 0;
  #chunkSize = INITIAL_CHUNK_SIZE;
  /** Announced for messages that are not complete. */
  #unfinishedBytes = 0;
  #isClosed = false;
  #implausible = 0;
  /** Learned from the peer's chunks: it does not repeat extended timestamps. */
  #leavesOutRepeats = false;

  /** @param budget what this and other readers share for the bodies of messages that are not complete. */
  constructor(limits: ChunkLimits = MEDIA_LIMITS, budget: Budget = NO_BUDGET) {
    this.#limits = limits;
    this.#memory = new Allowance(budget, limits.ownBytes);
  }

  /** Largest chunk payload that the peer has announced, bytes. */
  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** The chunk streams used so far: part of what tells one encoder from another. */
  get chunkStreamIds(): number[] {
    return [...this.#streams.keys()];
  }

  /**
   * What a peer may send depends on what it has been allowed to do. Messages that have begun are completed.
   *
   * @throws ProtocolError if the other budget has no room for what is held of them.
   */
  allow(limits: ChunkLimits, budget: Budget = NO_BUDGET): void {
    if (limits === this.#limits) return;
    this.#limits = limits;
    if (!this.#memory.move(budget, limits.ownBytes)) this.#overBudget();
  }

  /** Nothing more is read, and the budget gets back what it gave. Safe in `onMessage`, and to call twice. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#streams.values()) this.#discard(stream);
  }

  /**
   * Takes what the socket gave. `onMessage` is called for each message that these bytes complete, in order.
   *
   * @throws ProtocolError; the connection cannot go on after it.
   */
  push(bytes: Uint8Array, onMessage: (message: RtmpMessage) => void): void {
    let at = 0;
    while (at < bytes.length && !this.#isClosed) {
      if (this.#current !== undefined) at = this.#payload(this.#current, bytes, at, onMessage);
      else if (this.#heldBytes === 0) at = this.#header(bytes, at, onMessage);
      else at = this.#heldHeader(bytes, at, onMessage);
    }
  }

  /** Copies chunk payload to its place in the message. Returns the offset behind it. */
  #payload(
    stream: ChunkStream,
    bytes: Uint8Array,
    at: number,
    onMessage: (message: RtmpMessage) => void,
  ): number {
    const count = Math.min(this.#chunkLeft, bytes.length - at);
    if (stream.filled + count > stream.body!.length) this.#grow(stream, stream.filled + count);
    const body = stream.body!;
    body.set(count === bytes.length ? bytes : bytes.subarray(at, at + count), stream.filled);
    stream.filled += count;
    this.#chunkLeft -= count;
    if (this.#chunkLeft === 0) {
      this.#current = undefined;
      if (stream.filled === stream.announced) this.#finish(stream, body, onMessage);
    }
    return at + count;
  }

  #header(bytes: Uint8Array, at: number, onMessage: (message: RtmpMessage) => void): number {
    const length = this.#readHeader(bytes, at, bytes.length, onMessage);
    if (length > 0) return at + length;
    this.#held.set(bytes.subarray(at));
    this.#heldBytes = bytes.length - at;
    return bytes.length;
  }

  /** A header that began in an earlier read: goes on with what is held and as much as a header may need. */
  #heldHeader(bytes: Uint8Array, at: number, onMessage: (message: RtmpMessage) => void): number {
    const before = this.#heldBytes;
    const added = Math.min(LONGEST_HEADER - before, bytes.length - at);
    this.#held.set(bytes.subarray(at, at + added), before);
    const length = this.#readHeader(this.#held, 0, before + added, onMessage);
    if (length === 0) {
      this.#heldBytes = before + added;
      return at + added;
    }
    this.#heldBytes = 0;
    if (length >= before) return at + length - before;
    // Held as a possible extended timestamp, and turned out to be payload.
    this.push(Buffer.from(this.#held.subarray(length, before)), onMessage);
    return at;
  }

  /**
   * Reads one chunk header (RTMP 1.0 §5.3.1) from `bytes[at..end)` and makes its message the current one.
   * Returns its length, or 0, and has then changed nothing, when more bytes are needed.
   */
  #readHeader(bytes: Uint8Array, at: number, end: number, onMessage: (message: RtmpMessage) => void): number {
    const format = bytes[at]! >> 6;
    const short = bytes[at]! & 0x3f;
    const basicLength = short === 0 ? 2 : short === 1 ? 3 : 1;
    const field = at + basicLength;
    if (field + MESSAGE_HEADER_BYTES[format]! > end) return 0;

    const id =
      short === 0
        ? 64 + bytes[at + 1]!
        : short === 1
          ? 64 + bytes[at + 1]! + bytes[at + 2]! * 0x100 // low byte first (RTMP 1.0 §5.3.1.1)
          : short;
    const stream = this.#streams.get(id);
    const length =
      format === 3
        ? basicLength + this.#repeatedLength(stream, bytes, field, end)
        : basicLength + MESSAGE_HEADER_BYTES[format]! + (isExtended(bytes, field) ? 4 : 0);
    if (Number.isNaN(length) || at + length > end) return 0;

    this.#startChunk(stream ?? this.#open(id), stream === undefined, format, bytes, field, onMessage);
    return length;
  }

  /**
   * NaN until it can be told. A peer that leaves them out is not waited for where a chunk has less payload than a timestamp has
   * bytes, as more may never come; elsewhere the payload brings them. So it does not matter how TCP cut them.
   */
  #repeatedLength(stream: ChunkStream | undefined, bytes: Uint8Array, at: number, end: number): number {
    if (stream?.extended !== true) return 0;
    if (this.#leavesOutRepeats && this.#payloadOf(stream) < EXTENDED_BYTES) return 0;
    const length = repeatedTimestampLength(stream, bytes, at, end);
    if (!Number.isNaN(length)) this.#leavesOutRepeats = length === 0;
    return length;
  }

  /** Bytes of payload of the type 3 chunk that comes now. */
  #payloadOf(stream: ChunkStream): number {
    const left = stream.body === undefined ? stream.length : stream.announced - stream.filled;
    return Math.min(this.#chunkSize, left);
  }

  #open(id: number): ChunkStream {
    if (this.#streams.size >= this.#limits.chunkStreams) {
      throw new ProtocolError(
        'RTMP_CHUNK_STREAMS',
        `peer uses more than ${this.#limits.chunkStreams} chunk streams`,
      );
    }
    // Some encoders begin a chunk stream with a header that builds on one before it: that one is all zeros.
    const stream = new ChunkStream(id);
    this.#streams.set(id, stream);
    return stream;
  }

  #startChunk(
    stream: ChunkStream,
    isNew: boolean,
    format: number,
    bytes: Uint8Array,
    at: number,
    onMessage: (message: RtmpMessage) => void,
  ): void {
    if (format < 3) takeFields(stream, format, bytes, at);
    if (format < 3 || stream.body === undefined) {
      takeTime(stream, format);
      if (isNew && !isMessageType(stream.type)) this.#implausibleHeader(stream);
      this.#begin(stream);
    }
    if (stream.announced === 0) {
      this.#finish(stream, EMPTY, onMessage);
      return;
    }
    this.#chunkLeft = Math.min(this.#chunkSize, stream.announced - stream.filled);
    this.#current = stream;
  }

  #begin(stream: ChunkStream): void {
    // A new header before the message was complete: the peer has given it up.
    this.#discard(stream);
    const { length } = stream;
    if (length > this.#limits.messageBytes) {
      throw new ProtocolError(
        'RTMP_MESSAGE_LENGTH',
        `message of ${length} bytes on chunk stream ${stream.id}; at most ${this.#limits.messageBytes} are taken`,
      );
    }
    if (this.#unfinishedBytes + length > this.#limits.unfinishedBytes) {
      throw new ProtocolError(
        'RTMP_UNFINISHED_BYTES',
        `more than ${this.#limits.unfinishedBytes} bytes in messages that are not complete`,
      );
    }
    const first = Math.min(length, FIRST_BODY_BYTES);
    if (!this.#memory.add(first)) this.#overBudget();
    this.#unfinishedBytes += length;
    stream.announced = length;
    stream.body = first === 0 ? EMPTY : Buffer.allocUnsafe(first);
    stream.filled = 0;
  }

  /** What is announced is believed only as it comes: at least twice the space, so that few bytes are copied again. */
  #grow(stream: ChunkStream, needed: number): void {
    const former = stream.body!;
    const length = Math.min(stream.announced, Math.max(needed, 2 * former.length));
    if (!this.#memory.add(length - former.length)) this.#overBudget();
    stream.body = Buffer.allocUnsafe(length);
    stream.body.set(former.subarray(0, stream.filled));
  }

  #overBudget(): never {
    throw new ProtocolError(
      'RTMP_BUDGET',
      'all connections together hold too much in messages that are not complete',
    );
  }

  #discard(stream: ChunkStream): void {
    if (stream.body === undefined) return;
    this.#unfinishedBytes -= stream.announced;
    this.#memory.add(-stream.body.length);
    stream.body = undefined;
  }

  #finish(stream: ChunkStream, body: Buffer, onMessage: (message: RtmpMessage) => void): void {
    this.#discard(stream);
    const { type } = stream;
    if (type === MessageType.setChunkSize) this.#chunkSize = readChunkSize(body);
    else if (type === MessageType.abort) this.#abort(body);
    onMessage({
      chunkStreamId: stream.id,
      type,
      streamId: stream.streamId,
      timestamp: stream.timestamp,
      body,
    });
  }

  /** RTMP 1.0 §5.4.2. */
  #abort(body: Buffer): void {
    if (body.length < 4) throw new ProtocolError('RTMP_CONTROL', `Abort of ${body.length} bytes`);
    const stream = this.#streams.get(body.readUInt32BE(0));
    if (stream !== undefined) this.#discard(stream);
  }

  #implausibleHeader(stream: ChunkStream): void {
    if (++this.#implausible < MAX_IMPLAUSIBLE_HEADERS) return;
    throw new ProtocolError(
      'RTMP_DESYNCHRONISED',
      `message type ${stream.type} on new chunk stream ${stream.id}: these are not chunk headers any more`,
    );
  }
}

/** RTMP 1.0 §5.4.1: the top bit is zero. Some peers announce more than a message can hold. */
function readChunkSize(body: Buffer): number {
  if (body.length < 4) throw new ProtocolError('RTMP_CHUNK_SIZE', `Set Chunk Size of ${body.length} bytes`);
  const bytes = body.readUInt32BE(0) & 0x7fffffff;
  if (bytes === 0) throw new ProtocolError('RTMP_CHUNK_SIZE', 'peer asked for a chunk size of 0');
  return Math.min(bytes, LARGEST_CHUNK_SIZE);
}
