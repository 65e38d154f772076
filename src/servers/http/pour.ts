import type { ServerResponse } from 'node:http';
import { isGone, room } from './respond.ts';

/** Sends pieces at the client's pace and ends the response; resolves also when nobody is there any more. */
export async function pour(
  pieces: AsyncIterable<Buffer>,
  response: ServerResponse,
  sent: (bytes: number) => void,
): Promise<void> {
  for await (const piece of pieces) {
    if (isGone(response)) return;
    sent(piece.length);
    if (!response.write(piece)) await room(response);
  }
  response.end();
}
