/**
 * Largest message we put together, bytes. A 20 Mb/s stream with a key frame every 2 s that spends half its bits
 * on that frame needs 2.5 MB; this is three times that. (The protocol allows 16 MiB.)
 */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/**
 * All messages of one connection that have begun and not ended, bytes. A chunk stream carries one message at a
 * time and encoders use two for media: two of the largest, and no hostile socket holds more.
 */
export const MAX_UNFINISHED_BYTES = 16 * 1024 * 1024;

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
