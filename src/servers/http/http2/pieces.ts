import type { ServerHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import { PIECE_BYTES } from '../../tls/pieces.ts';

/**
 * Bytes that the answers on one connection may have on their way together. What HTTP/2 is given is encrypted at once if the
 * peer lets us send, whether it reads or not; what waits in a stream before that is shared with other viewers.
 */
const CONNECTION_BYTES = 512 * 1024;
/** A frame, which every peer takes: RFC 9113 §4.2. */
const LEAST_BYTES = 16 * 1024;

/** Answers under way, by connection. */
const underWay = new WeakMap<object, number>();

type Done = (error?: Error | null) => void;

/** An answer begins on this stream: what is written to it from now on is handed over a piece at a time. */
export function beginAnswer(stream: ServerHttp2Stream): void {
  const { session } = stream;
  if (!session) return;
  underWay.set(session, (underWay.get(session) ?? 0) + 1);
  stream.once('close', () => underWay.set(session, (underWay.get(session) ?? 1) - 1));
  Object.defineProperties(stream, OF_STREAM);
}

/** So much may be handed over of one answer at a time. */
export function pieceBytes({ session }: ServerHttp2Stream): number {
  const answers = (session && underWay.get(session)) ?? 1;
  return Math.max(LEAST_BYTES, Math.min(PIECE_BYTES, Math.floor(CONNECTION_BYTES / answers)));
}

/** For all streams. */
const OF_STREAM: PropertyDescriptorMap = {
  // Where it can, Node hands over all that waits in one go.
  _writev: { value: null },
  write: { value: writeInPieces, configurable: true, writable: true },
};

function writeInPieces(
  this: ServerHttp2Stream,
  chunk: string | Buffer,
  encoding?: BufferEncoding | Done,
  done?: Done,
): boolean {
  const write = Duplex.prototype.write.bind(this) as (chunk: string | Buffer, ...rest: unknown[]) => boolean;
  if (chunk.length <= LEAST_BYTES) return write(chunk, encoding, done);
  const size = pieceBytes(this);
  const [coding, callback] = typeof encoding === 'function' ? [undefined, encoding] : [encoding, done];
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk, coding) : chunk;
  let at = 0;
  for (; at + size < bytes.length; at += size) write(bytes.subarray(at, at + size));
  return write(bytes.subarray(at), callback);
}
