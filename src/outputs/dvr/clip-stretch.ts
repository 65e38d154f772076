import { TICKS_PER_MS } from '../../media/time.ts';
import type { ClipPiece } from './clip-pieces.ts';

/** Ms since 1970. */
export interface ClipWish {
  readonly from: number;
  readonly to: number;
}

/** Pieces that one initialization segment is for, oldest first. */
export interface Stretch {
  readonly init: Buffer;
  readonly pieces: readonly ClipPiece[];
}

/** Pieces that are looked at in front of the wanted beginning for a key frame. */
const MAX_PIECES_BACK = 16;

/**
 * What a clip is made of: the wanted pieces, and those in front of them that their first picture needs. Where the stream's
 * configuration changes in between it is the longest stretch without a change; a publisher who came back with the same one, also
 * over a restart of the gateway, has not changed it. Undefined: there is nothing.
 */
export async function clipStretch(
  pieces: readonly ClipPiece[],
  { from, to }: ClipWish,
): Promise<Stretch | undefined> {
  const isWanted = (piece: ClipPiece): boolean => endOf(piece) > from && piece.programDateTime < to;
  const first = pieces.findIndex(isWanted);
  if (first < 0) return undefined;
  const last = pieces.findLastIndex(isWanted);
  let best: { readonly stretch: Stretch; readonly length: number } | undefined;
  for (const stretch of await stretches(pieces.slice(Math.max(0, first - MAX_PIECES_BACK), last + 1))) {
    const wanted = stretch.pieces.filter(isWanted);
    const length = wanted.reduce((sum, { duration }) => sum + duration, 0);
    if (wanted.length === 0 || (best && length <= best.length)) continue;
    const begin = beginningOf(stretch.pieces, stretch.pieces.indexOf(wanted[0]!));
    best = { stretch: { ...stretch, pieces: stretch.pieces.slice(begin) }, length };
  }
  return best?.stretch;
}

/** One whose initialization segment is gone belongs to none. */
async function stretches(pieces: readonly ClipPiece[]): Promise<Stretch[]> {
  const found: { init: Buffer; pieces: ClipPiece[] }[] = [];
  let number: number | undefined;
  let init: Buffer | undefined;
  for (const piece of pieces) {
    const before = found.at(-1);
    if (piece.init !== number) init = await piece.fetchInit();
    number = piece.init;
    if (!init) continue;
    if (before?.init.equals(init)) before.pieces.push(piece);
    else found.push({ init, pieces: [piece] });
  }
  return found;
}

function endOf({ programDateTime, duration }: ClipPiece): number {
  return programDateTime + duration / TICKS_PER_MS;
}

/** The piece with the key frame that this one needs. */
function beginningOf(pieces: readonly ClipPiece[], at: number): number {
  for (let index = at; index >= Math.max(0, at - MAX_PIECES_BACK); index--)
    if (pieces[index]!.independent) return index;
  return at;
}
