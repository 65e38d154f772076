import type { TLSSocket } from 'node:tls';

/**
 * Bytes given to TLS at a time. It encrypts all that it is given at once, into memory that no other viewer shares: of a peer
 * that does not read there is no more than this, instead of a whole segment.
 */
export const PIECE_BYTES = 64 * 1024;

type Written = string | Buffer;
type Done = (error?: Error | null) => void;

/** What is written to this socket is encrypted a piece at a time, each when the one before it has been taken. */
export function writeInPieces(socket: TLSSocket): void {
  const write = socket._write.bind(socket);
  const writev = socket._writev?.bind(socket);
  const oneByOne = (pieces: Iterator<Buffer, undefined>, done: Done): void => {
    const { value, done: isOver } = pieces.next();
    if (isOver === true) return done();
    write(value, 'buffer' as BufferEncoding, (error) => {
      if (error) done(error);
      else oneByOne(pieces, done);
    });
  };
  socket._write = (chunk: Written, encoding, done: Done) => {
    if (chunk.length <= PIECE_BYTES) write(chunk, encoding, done);
    else oneByOne(piecesOf([{ chunk, encoding }]), done);
  };
  if (!writev) return;
  socket._writev = (chunks: Chunk[], done: Done) => {
    const length = chunks.reduce((sum, { chunk }) => sum + chunk.length, 0);
    if (length <= PIECE_BYTES) writev(chunks, done);
    else oneByOne(piecesOf(chunks), done);
  };
}

interface Chunk {
  readonly chunk: Written;
  readonly encoding: BufferEncoding;
}

function* piecesOf(chunks: readonly Chunk[]): Generator<Buffer, undefined> {
  for (const { chunk, encoding } of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
  }
  return undefined;
}
