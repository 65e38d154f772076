import { ChunkReader } from '../../../src/protocols/rtmp/chunk-reader.ts';
import type { RtmpMessage } from '../../../src/protocols/rtmp/message.ts';

/** Bytes from hex; blanks and everything from `//` to the end of a line are left out. */
export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\/\/.*$|\s/gm, ''), 'hex');

/** Pushes the pieces and returns the messages, bodies as plain buffers so that they compare by content. */
export function readAll(pieces: readonly Uint8Array[], reader = new ChunkReader()): RtmpMessage[] {
  const messages: RtmpMessage[] = [];
  for (const piece of pieces)
    reader.push(piece, (message) => messages.push({ ...message, body: Buffer.from(message.body) }));
  return messages;
}

/** Bytes that count up from `first`. */
export function ramp(length: number, first = 0): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (first + index) & 0xff));
}

export interface SentChunks {
  csid: number;
  format: 0 | 1 | 2 | 3;
  /** Absolute for format 0, a delta for 1 and 2; for 3 the field of the header before, if that was extended. */
  field: number;
  type?: number;
  streamId?: number;
  body: Buffer;
  chunkSize: number;
  /** Whether type 3 chunks carry the extended timestamp again. */
  repeat: boolean;
}

/** An independent chunker: plain, slow, and able to send what our own writer never does. */
export function chunks(message: SentChunks): Buffer {
  const { csid, format, field, body, chunkSize } = message;
  const extended = field >= 0xffffff;
  const ext = Buffer.alloc(extended ? 4 : 0);
  if (extended) ext.writeUInt32BE(field);
  const basic = (fmt: number) => {
    if (csid < 64) return Buffer.from([(fmt << 6) | csid]);
    if (csid < 320) return Buffer.from([fmt << 6, csid - 64]);
    return Buffer.from([(fmt << 6) | 1, (csid - 64) & 0xff, (csid - 64) >> 8]);
  };
  const header = Buffer.alloc([11, 7, 3, 0][format]!);
  if (format < 3) header.writeUIntBE(extended ? 0xffffff : field, 0, 3);
  if (format < 2) {
    header.writeUIntBE(body.length, 3, 3);
    header[6] = message.type ?? 9;
  }
  if (format < 1) header.writeUInt32LE(message.streamId ?? 1, 7);
  const out: Buffer[] = [basic(format), header, format < 3 || message.repeat ? ext : Buffer.alloc(0)];
  for (let at = 0; at < body.length; at += chunkSize) {
    if (at > 0) out.push(basic(3), message.repeat ? ext : Buffer.alloc(0));
    out.push(body.subarray(at, at + chunkSize));
  }
  return Buffer.concat(out);
}

export function setChunkSizeBytes(size: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(size);
  return Buffer.concat([hex('02 000000 000004 01 00000000'), body]);
}
