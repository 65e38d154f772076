import { TICKS_PER_MS } from '../media/time.ts';
import { clipPieces, type ClipPiece } from '../outputs/dvr/clip-pieces.ts';
import { makeClip, type Clip } from '../outputs/dvr/clip.ts';
import type { HlsOutput } from '../outputs/hls/hls-output.ts';
import type { ClipWish } from '../servers/http/clip-wish.ts';

/** A clip of what is kept of a rendition; a text says why there is none. */
export async function clipOf({ kept }: HlsOutput, wish: ClipWish): Promise<Clip | string> {
  const pieces = clipPieces(kept.window, kept.archive);
  const [first, last] = [pieces[0], pieces.at(-1)];
  if (!first || !last) return 'nothing of the stream is there yet';
  const end = endOf(last);
  const span = 'last' in wish ? { from: end - wish.last * 1000, to: Infinity } : wish;
  const oldest = new Date(first.programDateTime).toISOString();
  const none = `nothing of that is kept: there is something from ${oldest} to ${new Date(end).toISOString()}`;
  if (span.to <= first.programDateTime || span.from >= end) return none;
  return (await makeClip(pieces, span)) ?? none;
}

/** Ms since 1970. */
function endOf({ programDateTime, duration }: ClipPiece): number {
  return programDateTime + duration / TICKS_PER_MS;
}
