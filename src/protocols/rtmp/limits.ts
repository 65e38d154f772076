/**
 * Largest message we put together, bytes. A 20 Mb/s stream with a key frame every 2 s that spends half its bits
 * on that frame needs 2.5 MB; this is three times that. (The protocol allows 16 MiB.)
 */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/**
 * All messages of one connection that have begun and not ended, bytes. A chunk stream carries one message at a
 * time and encoders use two for media: two of the largest, and no hostile socket holds more.
 */
const MAX_UNFINISHED_BYTES = 16 * 1024 * 1024;

/**
 * Largest command, bytes, and largest message of a peer that does not publish. `connect` with every codec list there is
 * takes a few hundred; a token in the address may take a few thousand.
 */
export const MAX_COMMAND_BYTES = 64 * 1024;

/** Chunk streams one peer may open. An encoder opens a handful; the protocol allows 65,597. */
export const MAX_CHUNK_STREAMS = 64;

/**
 * Message streams one connection may create, and the largest id of one: players with the same id share their bytes.
 * Players and encoders create one, test tools a few.
 */
export const MAX_MESSAGE_STREAMS = 16;

/**
 * Media that arrives between `publish` and the verdict on it, bytes per connection. Ten seconds (the time allowed
 * for a verdict) at 6 Mb/s; a peer that sends more before it was let in is cut off.
 */
export const MAX_HELD_BYTES = 8 * 1024 * 1024;
/** The same in messages: small ones cost more than their bytes. */
export const MAX_HELD_MESSAGES = 4096;

/**
 * What a peer may say between `connect` and the verdict on it: some send `createStream` and the rest without waiting
 * for the answer, and nobody sends media that early.
 */
export const MAX_UNHEARD_BYTES = MAX_COMMAND_BYTES;
export const MAX_UNHEARD_MESSAGES = 32;

/**
 * First space for a message's body, bytes; a longer one gets more as it comes. Nearly every frame below 10 Mb/s fits, and
 * whoever only announces pays for what it got with its own limits.
 */
export const FIRST_BODY_BYTES = 64 * 1024;

/**
 * Bytes in messages that are not complete, of all peers together that do not publish: a thousand honest ones that
 * all send the longest token there is at the same moment have room, tens of thousands of others have not.
 */
export const MAX_UNFINISHED_OF_TALKERS = 32 * 1024 * 1024;
/** Of these, what each peer may have however much the others use: a `connect`, several times over. */
export const OWN_BYTES_OF_TALKER = 4 * 1024;

/**
 * The same for all publishers together: 32 of them at the limit of {@link MAX_UNFINISHED_BYTES}, or two thousand that
 * are each in the middle of a key frame of 250 kB.
 */
export const MAX_UNFINISHED_OF_PUBLISHERS = 512 * 1024 * 1024;
/** A key frame at 5 Mb/s. */
export const OWN_BYTES_OF_PUBLISHER = 256 * 1024;

/** What one peer's chunks may hold. */
export interface ChunkLimits {
  /** Bytes of one message. */
  readonly messageBytes: number;
  /** Bytes announced for all messages that have begun and not ended. */
  readonly unfinishedBytes: number;
  readonly chunkStreams: number;
  /** Bytes held for such messages that are not asked of the budget. */
  readonly ownBytes: number;
}

export const MEDIA_LIMITS: ChunkLimits = {
  messageBytes: MAX_MESSAGE_BYTES,
  unfinishedBytes: MAX_UNFINISHED_BYTES,
  chunkStreams: MAX_CHUNK_STREAMS,
  ownBytes: OWN_BYTES_OF_PUBLISHER,
};

/** For a peer that only talks: commands are small, and nobody need hold much for somebody who has not been let in. */
export const COMMAND_LIMITS: ChunkLimits = {
  messageBytes: MAX_COMMAND_BYTES,
  unfinishedBytes: 4 * MAX_COMMAND_BYTES,
  chunkStreams: MAX_CHUNK_STREAMS,
  ownBytes: OWN_BYTES_OF_TALKER,
};
