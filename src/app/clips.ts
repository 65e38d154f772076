import { TICKS_PER_MS } from '../media/time.ts';
import { clipPieces, type ClipPiece } from '../outputs/dvr/clip-pieces.ts';
import { makeClip, type Clip } from '../outputs/dvr/clip.ts';
import type { HlsOutput } from '../outputs/hls/hls-output.ts';
import { numberOf } from '../outputs/hls/rendition-id.ts';
import type { ClipWish } from '../servers/http/clip-wish.ts';
import type { HlsLives } from './hls-lives.ts';

export interface ClipAsk {
  /** The publisher's number. */
  readonly track: number;
  readonly wish: ClipWish;
}

/**
 * A clip of what is kept of a stream; a text says why there is none, undefined that there is no such stream. Of a ladder without a
 * stream of its name it is the best that is in it.
 *
 * @param members streams that are asked for by one name; its namesake first, if there is one
 */
export function clipOf(
  members: readonly HlsLives[],
  { track, wish }: ClipAsk,
): Promise<Clip | string> | undefined {
  const source = members.length > 1 ? best(members) : members[0];
  if (!source) return undefined;
  const output = source.rendition(track);
  if (output) return cutOut(output, wish);
  const others = source.newest.beside.map(({ id }) => numberOf(id));
  const there = [...new Set([0, ...others])].join(', ');
  return Promise.resolve(`the stream has no track ${track}, but: ${there}`);
}

function best(members: readonly HlsLives[]): HlsLives {
  const bandwidth = ({ newest }: HlsLives): number =>
    newest.main.variant({ dvr: true })?.averageBandwidth ?? 0;
  return members.reduce((one, other) => (bandwidth(other) > bandwidth(one) ? other : one));
}

async function cutOut({ kept }: HlsOutput, wish: ClipWish): Promise<Clip | string> {
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
