import type { ChunkStream } from './chunk-stream.ts';

/** Message header bytes by format (RTMP 1.0 §5.3.1.2). */
export const MESSAGE_HEADER_BYTES = [11, 7, 3, 0] as const;

/** In place of a 24-bit timestamp: the real one follows in 32 bits (RTMP 1.0 §5.3.1.3). */
const EXTENDED = 0xffffff;
/**
 * A delta of 2.3 h and more is one below zero, cut to 24 bits: encoders with sound and picture on one chunk stream send such
 * when a frame is late.
 */
const LEAST_NEGATIVE_DELTA = 0x800000;

/** Whether the header whose fields begin at `at` says that its time follows in 32 bits. Not for format 3. */
export function isExtended(bytes: Uint8Array, at: number): boolean {
  return u24(bytes, at) === EXTENDED;
}

/** Timestamp field, length, type and message stream id, as far as the format has them. */
export function takeFields(stream: ChunkStream, format: number, bytes: Uint8Array, at: number): void {
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
export function takeTime(stream: ChunkStream, format: number): void {
  stream.timestamp = format === 0 ? stream.field : (stream.timestamp + stream.field) >>> 0;
}

/**
 * Whether a type 3 chunk repeats the extended timestamp: the standard and Flash do, librtmp for years did not.
 * So the four bytes are taken only if they equal the latest field. 4, 0, or NaN when too few bytes are there to tell.
 */
export function repeatedTimestampLength(
  stream: ChunkStream,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  for (let index = 0; index < 4; index++) {
    if (at + index >= end) return NaN;
    if (bytes[at + index] !== ((stream.field >>> (24 - 8 * index)) & 0xff)) return 0;
  }
  return 4;
}

function u24(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x10000 + bytes[at + 1]! * 0x100 + bytes[at + 2]!;
}

function u32(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x1000000 + u24(bytes, at + 1);
}
