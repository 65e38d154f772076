import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { room } from '../respond.ts';

/** A disk gives it in one go, and a slow client holds no more than this and what its socket takes. */
const PIECE_BYTES = 256 * 1024;

export interface Span {
  readonly file: Pick<FileHandle, 'read'>;
  /** Bytes of the file, the last one not included. */
  readonly from: number;
  readonly to: number;
}

export interface SendWatch {
  /** So many bytes more are on their way. */
  readonly sent: (bytes: number) => void;
  /** Asked before each piece: undefined goes on. */
  readonly ended: () => string | undefined;
}

/**
 * Sends a part of a file at the client's pace; ends the response. The headers are written with the first piece: before, a disk
 * that fails can still be told. Rejects with what the system says; resolves also when the client has hung up.
 *
 * @param begin writes the headers
 */
export async function sendFile(
  { file, from, to }: Span,
  response: ServerResponse,
  begin: () => void,
  { sent, ended }: SendWatch,
): Promise<void> {
  let at = from;
  while (at < to && !response.destroyed && ended() === undefined) {
    const piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, to - at));
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    if (bytesRead === 0) throw new Error('the file has become shorter while it was being sent');
    if (at === from) begin();
    at += bytesRead;
    sent(bytesRead);
    if (!response.write(piece.subarray(0, bytesRead))) await room(response);
  }
  if (at < to) return void response.destroy();
  if (from === to) begin();
  response.end();
}
