import { ChunkStream } from './chunk-stream.ts';
import { ProtocolError } from './errors.ts';
import { MAX_CHUNK_STREAMS, MAX_COMMAND_BYTES, MAX_MESSAGE_BYTES, MAX_UNFINISHED_BYTES } from './limits.ts';
import { INITIAL_CHUNK_SIZE, isMessageType, MessageType } from './message.ts';
import type { RtmpMessage } from './message.ts';

/** Basic header (3), message header (11), extended timestamp (4). */
const LONGEST_HEADER = 18;
/** In place of a 24-bit timestamp: the real one follows in 32 bits (RTMP 1.0 §5.3.1.3). */
const EXTENDED = 0xffffff;
/**
 * A delta of 2.3 h and more is one below zero, cut to 24 bits: encoders with sound and picture on one chunk stream send such
 * when a frame is late.
 */
const LEAST_NEGATIVE_DELTA = 0x800000;
/** Nothing changes above 24 bits: no message is longer. */
const LARGEST_CHUNK_SIZE = 0xffffff;
/** Message header bytes by format (RTMP 1.0 §5.3.1.2). */
const MESSAGE_HEADER_BYTES = [11, 7, 3, 0] as const;
/** Messages of unknown type on chunk streams never seen before: one may be an extension, two are noise. */
const MAX_IMPLAUSIBLE_HEADERS = 2;

const EMPTY = Buffer.alloc(0);

export interface ChunkLimits {
  /** Bytes of one message. */
  readonly messageBytes: number;
  /** Bytes of all messages that have begun and not ended. */
  readonly unfinishedBytes: number;
  readonly chunkStreams: number;
}

export const MEDIA_LIMITS: ChunkLimits = {
  messageBytes: MAX_MESSAGE_BYTES,
  unfinishedBytes: MAX_UNFINISHED_BYTES,
  chunkStreams: MAX_CHUNK_STREAMS,
};

/** For a peer that only talks: commands are small, and nobody need hold much for somebody who has not been let in. */
export const COMMAND_LIMITS: ChunkLimits = {
  messageBytes: MAX_COMMAND_BYTES,
  unfinishedBytes: 4 * MAX_COMMAND_BYTES,
  chunkStreams: MAX_CHUNK_STREAMS,
};

/**
 * Puts messages together from chunks (RTMP 1.0 §5.3), however TCP cut the bytes.
 * Set Chunk Size and Abort take effect in here, and are passed on like every other message.
 */
export class ChunkReader {
  /** May be changed between two reads: what a peer may send depends on what it has been allowed to do. */
  limits: ChunkLimits;
  readonly #streams = new Map<number, ChunkStream>();
  /** The start of a header whose rest has not arrived. */
  readonly #held = Buffer.alloc(LONGEST_HEADER);
  #heldBytes = 0;
  /** Where the current chunk's payload goes, and how much of it is still to come. */
  #current: ChunkStream | undefined;
  #chunkLeft = 0;
  #chunkSize = INITIAL_CHUNK_SIZE;
  #unfinishedBytes = 0;
  #implausible = 0;
  /** Learned from the peer's chunks: it does not repeat extended timestamps. */
  #leavesOutRepeats = false;

  constructor(limits: ChunkLimits = MEDIA_LIMITS) {
    this.limits = limits;
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
   * Takes what the socket gave. `onMessage` is called for each message that these bytes complete, in order.
   *
   * @throws ProtocolError; the connection cannot go on after it.
   */
  push(bytes: Uint8Array, onMessage: (message: RtmpMessage) => void): void {
    let at = 0;
    while (at < bytes.length) {
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
    const body = stream.body!;
    body.set(count === bytes.length ? bytes : bytes.subarray(at, at + count), stream.filled);
    stream.filled += count;
    this.#chunkLeft -= count;
    if (this.#chunkLeft === 0) {
      this.#current = undefined;
      if (stream.filled === body.length) this.#finish(stream, body, onMessage);
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
        : basicLength + MESSAGE_HEADER_BYTES[format]! + (u24(bytes, field) === EXTENDED ? 4 : 0);
    if (Number.isNaN(length) || at + length > end) return 0;

    this.#startChunk(stream ?? this.#open(id), stream === undefined, format, bytes, field, onMessage);
    return length;
  }

  /** Where the bytes at hand cannot tell, and more may never come, a peer is taken to do as it did before. */
  #repeatedLength(stream: ChunkStream | undefined, bytes: Uint8Array, at: number, end: number): number {
    if (stream?.extended !== true) return 0;
    const length = repeatedTimestampLength(stream, bytes, at, end);
    if (Number.isNaN(length)) return this.#leavesOutRepeats ? 0 : length;
    this.#leavesOutRepeats = length === 0;
    return length;
  }

  #open(id: number): ChunkStream {
    if (this.#streams.size >= this.limits.chunkStreams) {
      throw new ProtocolError(
        'RTMP_CHUNK_STREAMS',
        `peer uses more than ${this.limits.chunkStreams} chunk streams`,
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
    const body = stream.body!;
    if (body.length === 0) {
      this.#finish(stream, body, onMessage);
      return;
    }
    this.#chunkLeft = Math.min(this.#chunkSize, body.length - stream.filled);
    this.#current = stream;
  }

  #begin(stream: ChunkStream): void {
    // A new header before the message was complete: the peer has given it up.
    this.#discard(stream);
    const { length } = stream;
    if (length > this.limits.messageBytes) {
      throw new ProtocolError(
        'RTMP_MESSAGE_LENGTH',
        `message of ${length} bytes on chunk stream ${stream.id}; at most ${this.limits.messageBytes} are taken`,
      );
    }
    if (this.#unfinishedBytes + length > this.limits.unfinishedBytes) {
      throw new ProtocolError(
        'RTMP_UNFINISHED_BYTES',
        `more than ${this.limits.unfinishedBytes} bytes in messages that are not complete`,
      );
    }
    this.#unfinishedBytes += length;
    stream.body = length === 0 ? EMPTY : Buffer.allocUnsafe(length);
    stream.filled = 0;
  }

  #discard(stream: ChunkStream): void {
    if (stream.body === undefined) return;
    this.#unfinishedBytes -= stream.body.length;
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

/** Timestamp field, length, type and message stream id, as far as the format has them. */
function takeFields(stream: ChunkStream, format: number, bytes: Uint8Array, at: number): void {
  const field = u24(bytes, at);
  stream.extended = field === EXTENDED;
  if (stream.extended) stream.field = u32(bytes, at + MESSAGE_HEADER_BYTES[format]!);
  else stream.field = format !== 0 && field >= LEAST_NEGATIVE_DELTA ? field - 0x1000000 : field;
  if (format === 2) return;
  stream.length = u24(bytes, at + 3);
  stream.type = bytes[at + 6]!;
  if (format === 1) return;
  // The one little-endian field of the protocol.
  stream.streamId =
    bytes[at + 7]! + bytes[at + 8]! * 0x100 + bytes[at + 9]! * 0x10000 + bytes[at + 10]! * 0x1000000;
}

/**
 * A type 3 chunk that begins a message adds the latest field once more, even if that was the absolute time of a
 * type 0 chunk (RTMP 1.0 §5.3.1.2.4); ffmpeg sends by that rule. Deltas below zero arrive as 2^32 minus something.
 */
function takeTime(stream: ChunkStream, format: number): void {
  stream.timestamp = format === 0 ? stream.field : (stream.timestamp + stream.field) >>> 0;
}

/**
 * Whether a type 3 chunk repeats the extended timestamp: the standard and Flash do, librtmp for years did not.
 * So the four bytes are taken only if they equal the latest field. 4, 0, or NaN when too few bytes are there to tell.
 */
function repeatedTimestampLength(stream: ChunkStream, bytes: Uint8Array, at: number, end: number): number {
  for (let index = 0; index < 4; index++) {
    if (at + index >= end) return NaN;
    if (bytes[at + index] !== ((stream.field >>> (24 - 8 * index)) & 0xff)) return 0;
  }
  return 4;
}

/** RTMP 1.0 §5.4.1: the top bit is zero. Some peers announce more than a message can hold. */
function readChunkSize(body: Buffer): number {
  if (body.length < 4) throw new ProtocolError('RTMP_CHUNK_SIZE', `Set Chunk Size of ${body.length} bytes`);
  const bytes = body.readUInt32BE(0) & 0x7fffffff;
  if (bytes === 0) throw new ProtocolError('RTMP_CHUNK_SIZE', 'peer asked for a chunk size of 0');
  return Math.min(bytes, LARGEST_CHUNK_SIZE);
}

function u24(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x10000 + bytes[at + 1]! * 0x100 + bytes[at + 2]!;
}

function u32(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x1000000 + u24(bytes, at + 1);
}
