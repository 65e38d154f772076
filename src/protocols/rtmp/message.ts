/** Message type ids (RTMP 1.0 §5.4, §7.1). */
export const MessageType = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAckSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  sharedObjectAmf3: 16,
  commandAmf3: 17,
  data: 18,
  sharedObject: 19,
  command: 20,
  aggregate: 22,
} as const;

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(MessageType));

/** False for a type that no sender uses, which is how a reader notices that it has lost its place. */
export const isMessageType = (type: number): boolean => KNOWN_TYPES.has(type);

/**
 * The chunk streams on which we send. Strict encoders ignore control messages that come on any other
 * (RTMP 1.0 §5.4 asks for 2; the rest is what Flash's own server did).
 */
export const ChunkStreamId = {
  control: 2,
  command: 3,
  audio: 4,
  /** NetStream's onStatus; data messages share its chunk stream. */
  status: 5,
  data: 5,
  video: 6,
} as const;

/** The message stream of protocol control and NetConnection commands. */
export const CONTROL_STREAM_ID = 0;

/** Chunk payload at the start of every connection, in both directions (RTMP 1.0 §5.4.1). */
export const INITIAL_CHUNK_SIZE = 128;

/**
 * Chunk payload of everything we send once a connection is set up, bytes. Most frames then are one chunk, and
 * chunks made once serve every player. The largest that all players are known to take.
 */
export const OUT_CHUNK_SIZE = 60_000;

/** Milliseconds, message type and message stream id, as a chunk of format 0 carries them. */
export interface MessageHeader {
  /** 2–63 when written; up to 65,599 when read. */
  readonly chunkStreamId: number;
  readonly type: number;
  readonly streamId: number;
  /** Absolute, ms, 0 to 2^32 − 1. */
  readonly timestamp: number;
}

/** One message, put together from its chunks. The body belongs to the message alone. */
export interface RtmpMessage extends MessageHeader {
  readonly body: Uint8Array;
}
