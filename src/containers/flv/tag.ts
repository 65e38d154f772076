import { TruncatedError } from '../../bytes/byte-reader.ts';

/** TagType, Annex E.4.1; the same numbers as RTMP's message types. */
export const TAG_AUDIO = 8;
export const TAG_VIDEO = 9;
export const TAG_SCRIPT = 18;
export type TagType = typeof TAG_AUDIO | typeof TAG_VIDEO | typeof TAG_SCRIPT;

export const TAG_HEADER_BYTES = 11;
/** PreviousTagSize behind every tag. */
export const BACK_POINTER_BYTES = 4;
/** DataSize has 24 bits. */
export const MAX_TAG_BODY_BYTES = 0xffffff;

export interface TagHeader {
  /** As read: may be a type we do not know. */
  readonly type: number;
  /** Bytes of the body that follows. */
  readonly size: number;
  /** Milliseconds, 32 bits: 24 in Timestamp, the top 8 in TimestampExtended. Read as unsigned. */
  readonly timestamp: number;
}

/** Reads the 11 bytes in front of a tag's body, at `at`: Annex E.4.1. @throws {TruncatedError} */
export function readTagHeader(bytes: Uint8Array, at = 0): TagHeader {
  if (bytes.length - at < TAG_HEADER_BYTES) {
    throw new TruncatedError(
      `FLV tag header: ${TAG_HEADER_BYTES} bytes at ${at}, only ${bytes.length - at} left`,
    );
  }
  return {
    type: bytes[at]! & 0x1f, // two reserved bits and Filter are dropped
    size: u24(bytes, at + 1),
    timestamp: bytes[at + 7]! * 0x1000000 + u24(bytes, at + 4),
  };
}

function u24(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x10000 + bytes[at + 1]! * 0x100 + bytes[at + 2]!;
}

/** Writes a tag's header at `at`; returns the offset behind it. `timestamp` is in ms, 0 … 2^32 − 1. */
export function writeTagHeader(out: Buffer, at: number, header: TagHeader): number {
  const { type, size, timestamp } = header;
  out[at] = type; //                        TagType
  out[at + 1] = size >>> 16; //             DataSize
  out[at + 2] = size >>> 8;
  out[at + 3] = size;
  out[at + 4] = timestamp >>> 16; //        Timestamp
  out[at + 5] = timestamp >>> 8;
  out[at + 6] = timestamp;
  out[at + 7] = timestamp >>> 24; //        TimestampExtended
  out[at + 8] = 0; //                       StreamID, always 0
  out[at + 9] = 0;
  out[at + 10] = 0;
  return at + TAG_HEADER_BYTES;
}

/** Bytes a tag with this body takes, header and back pointer included. */
export function tagBytes(bodyBytes: number): number {
  return TAG_HEADER_BYTES + bodyBytes + BACK_POINTER_BYTES;
}

/** Writes one whole tag whose body is `head` followed by `payload`; returns the offset behind it. */
export function writeTag(
  out: Buffer,
  at: number,
  tag: {
    readonly type: TagType;
    readonly timestamp: number;
    readonly head: Uint8Array;
    readonly payload: Uint8Array;
  },
): number {
  const size = tag.head.length + tag.payload.length;
  let end = writeTagHeader(out, at, { type: tag.type, size, timestamp: tag.timestamp });
  out.set(tag.head, end);
  end += tag.head.length;
  out.set(tag.payload, end);
  end += tag.payload.length;
  return out.writeUInt32BE(TAG_HEADER_BYTES + size, end); // PreviousTagSize
}
