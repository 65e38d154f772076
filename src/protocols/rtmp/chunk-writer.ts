import type { MessageHeader } from './message.ts';

/** In place of a 24-bit timestamp: the real one follows in 32 bits (RTMP 1.0 §5.3.1.3). */
const EXTENDED = 0xffffff;
/** Basic header (1) and message header (11) of a type 0 chunk on chunk streams 2–63. */
const TYPE_0_BYTES = 12;
const TYPE_3_BYTES = 1;
const EXTENDED_BYTES = 4;

const EMPTY = new Uint8Array(0);

/** Bytes that a message takes on the wire, chunk headers included. `timestamp` in ms, taken modulo 2^32. */
export function measureMessage(bodyLength: number, timestamp: number, chunkSize: number): number {
  const extended = timestamp >>> 0 >= EXTENDED ? EXTENDED_BYTES : 0;
  const chunks = bodyLength === 0 ? 1 : Math.ceil(bodyLength / chunkSize);
  return TYPE_0_BYTES + extended + (chunks - 1) * (TYPE_3_BYTES + extended) + bodyLength;
}

/**
 * Writes a message as chunks into `out` from `at`, and returns the offset behind it. There must be
 * {@link measureMessage} bytes of room. The body is `head` followed by `payload`; both are copied straight into place.
 *
 * Always a type 0 chunk first, so that bytes made once can follow anything; an extended timestamp is repeated
 * on each type 3 chunk, as the standard has it (RTMP 1.0 §5.3.1.3).
 */
export function writeMessage(
  out: Uint8Array,
  at: number,
  header: MessageHeader,
  head: Uint8Array,
  payload: Uint8Array,
  chunkSize: number,
): number {
  const { chunkStreamId } = header;
  if (chunkStreamId < 2 || chunkStreamId > 63)
    throw new RangeError(`cannot write on chunk stream ${chunkStreamId}`);
  const timestamp = header.timestamp >>> 0;
  const total = head.length + payload.length;

  at = writeHeader(out, at, header, timestamp, total);
  for (let from = 0; ;) {
    const to = Math.min(from + chunkSize, total);
    at = copyBody(out, at, head, payload, from, to);
    if (to === total) return at;
    out[at++] = 0xc0 | chunkStreamId;
    if (timestamp >= EXTENDED) at = writeU32(out, at, timestamp);
    from = to;
  }
}

/** One message as chunks, ready to send. */
export function encodeMessage(header: MessageHeader, body: Uint8Array, chunkSize: number): Buffer {
  const out = Buffer.allocUnsafe(measureMessage(body.length, header.timestamp, chunkSize));
  writeMessage(out, 0, header, EMPTY, body, chunkSize);
  return out;
}

/** RTMP 1.0 §5.3.1.2.1. */
function writeHeader(
  out: Uint8Array,
  at: number,
  header: MessageHeader,
  timestamp: number,
  length: number,
): number {
  const extended = timestamp >= EXTENDED;
  const field = extended ? EXTENDED : timestamp;
  const { streamId } = header;
  out[at] = header.chunkStreamId; //   fmt 0, cs id
  out[at + 1] = field >> 16; //        timestamp
  out[at + 2] = field >> 8;
  out[at + 3] = field;
  out[at + 4] = length >> 16; //       message length
  out[at + 5] = length >> 8;
  out[at + 6] = length;
  out[at + 7] = header.type; //        message type id
  out[at + 8] = streamId; //           message stream id, low byte first
  out[at + 9] = streamId >> 8;
  out[at + 10] = streamId >> 16;
  out[at + 11] = streamId >>> 24;
  return extended ? writeU32(out, at + TYPE_0_BYTES, timestamp) : at + TYPE_0_BYTES;
}

/** Copies bytes `from` to `to` of head + payload. */
function copyBody(
  out: Uint8Array,
  at: number,
  head: Uint8Array,
  payload: Uint8Array,
  from: number,
  to: number,
): number {
  if (from < head.length) {
    const part = from === 0 && to >= head.length ? head : head.subarray(from, Math.min(to, head.length));
    out.set(part, at);
    at += part.length;
    from += part.length;
  }
  if (from < to) {
    const start = from - head.length;
    const end = to - head.length;
    out.set(start === 0 && end === payload.length ? payload : payload.subarray(start, end), at);
    at += end - start;
  }
  return at;
}

function writeU32(out: Uint8Array, at: number, value: number): number {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
  return at + 4;
}
