import { TruncatedError } from '../../bytes/byte-reader.ts';
import { flatMovieHead, type FlatTrack } from '../../containers/fmp4/flat-movie.ts';
import { readMovie, type MovieTrackFacts } from '../../containers/fmp4/movie-reader.ts';
import { Mp4Error } from '../../containers/fmp4/reader.ts';
import { SampleTable } from '../../containers/fmp4/sample-table.ts';
import type { Sample } from '../../containers/fmp4/sample-reader.ts';
import { TICKS_PER_MS } from '../../media/time.ts';
import type { StoredBytes } from '../hls/archive.ts';
import type { ClipPiece } from './clip-pieces.ts';
import { samplesStored } from './stored-samples.ts';

/** What is sent of it at a time: a slow client holds no more than this and what its socket takes. */
const SEND_BYTES = 256 * 1024;

/** Ms since 1970. */
export interface ClipWish {
  readonly from: number;
  readonly to: number;
}

/** A piece's bytes that go into the clip. */
interface Extent {
  readonly piece: ClipPiece;
  readonly offset: number;
  bytes: number;
}

/** A sample, where it is, and when it is decoded: in seconds on the stream's time line, and in ms since 1970. */
interface Found {
  readonly sample: Sample;
  readonly piece: ClipPiece;
  readonly seconds: number;
  readonly date: number;
}

/** A part of a stream as a movie that can be played while it comes. */
export class Clip {
  /** Everything in front of the media. */
  readonly head: Buffer;
  readonly #extents: readonly Extent[];
  readonly bytes: number;
  /** When its first picture was shown, ms since 1970. */
  readonly startedAt: number;
  readonly seconds: number;

  constructor(head: Buffer, extents: readonly Extent[], span: { startedAt: number; seconds: number }) {
    this.head = head;
    this.#extents = extents;
    this.bytes = extents.reduce((sum, { bytes }) => sum + bytes, head.length);
    this.startedAt = span.startedAt;
    this.seconds = span.seconds;
  }

  /** Of what it keeps in memory. */
  get heldBytes(): number {
    const pieces = new Set(this.#extents.map(({ piece }) => piece));
    return [...pieces].reduce((sum, { heldBytes }) => sum + heldBytes, this.head.length);
  }

  /** Its bytes from `from` to before `to`, read as they are wanted. @throws {Error} if a segment is gone meanwhile */
  async *read(from: number, to: number): AsyncGenerator<Buffer, void> {
    if (from < this.head.length) yield this.head.subarray(from, Math.min(to, this.head.length));
    let at = this.head.length;
    let open: { readonly piece: ClipPiece; readonly file: StoredBytes } | undefined;
    for (const { piece, offset, bytes } of this.#extents) {
      const last = Math.min(to, at + bytes);
      for (let first = Math.max(from, at); first < last; first += SEND_BYTES) {
        if (open?.piece !== piece) open = { piece, file: there(await piece.open()) };
        const end = Math.min(last, first + SEND_BYTES);
        yield there(await open.file.read(offset + first - at, offset + end - at));
      }
      at += bytes;
    }
  }
}

/** Pieces that are looked at in front of the wanted beginning for a key frame. */
const MAX_PIECES_BACK = 16;

/**
 * The clip of what was shown from `from` to `to`: it begins on the key frame at or before `from`. Where the stream's configuration
 * changes in between, it is the longest stretch without a change. Undefined: nothing of it is kept.
 *
 * @param pieces oldest first
 * @throws {Mp4Error} for an initialization segment that is none
 */
export async function makeClip(pieces: readonly ClipPiece[], wish: ClipWish): Promise<Clip | undefined> {
  const stretch = longestStretch(pieces, wish);
  const init = await stretch[0]?.fetchInit();
  if (!init) return undefined;
  const movie = readMovie(init);
  const found = await samplesOf(stretch, movie);
  const chosen = choose(found, movie, wish);
  const first = chosen[0];
  if (!first) return undefined;
  return assemble({ init, movie, chosen, first });
}

function longestStretch(pieces: readonly ClipPiece[], { from, to }: ClipWish): ClipPiece[] {
  const end = ({ programDateTime, duration }: ClipPiece): number => programDateTime + duration / TICKS_PER_MS;
  let best: ClipPiece[] = [];
  let longest = 0;
  for (let index = 0; index < pieces.length;) {
    const { init } = pieces[index]!;
    let next = index;
    while (pieces[next]?.init === init) next++;
    const same = pieces.slice(index, next);
    const wanted = same.filter((piece) => end(piece) > from && piece.programDateTime < to);
    const length = wanted.reduce((sum, { duration }) => sum + duration, 0);
    if (length > longest) {
      longest = length;
      best = same.slice(beginningOf(same, same.indexOf(wanted[0]!)), same.indexOf(wanted.at(-1)!) + 1);
    }
    index = next;
  }
  return best;
}

/** The piece with the key frame that this one needs. */
function beginningOf(pieces: readonly ClipPiece[], at: number): number {
  for (let index = at; index >= Math.max(0, at - MAX_PIECES_BACK); index--)
    if (pieces[index]!.independent) return index;
  return at;
}

/** Of all pieces behind the last one that cannot be read: that is a clip, too. */
async function samplesOf(stretch: readonly ClipPiece[], movie: readonly MovieTrackFacts[]): Promise<Found[]> {
  const defaults = new Map(movie.map((track) => [track.trackId, track.defaults]));
  const timescales = new Map(movie.map(({ trackId, timescale }) => [trackId, timescale]));
  const found: Found[] = [];
  for (const piece of stretch) {
    const samples = await samplesIn(piece, defaults);
    if (!samples) found.length = 0;
    let first: number | undefined;
    for (const sample of samples ?? []) {
      const timescale = timescales.get(sample.trackId);
      if (timescale === undefined) continue;
      const seconds = sample.decodeTime / timescale;
      first ??= seconds;
      found.push({ sample, piece, seconds, date: piece.programDateTime + (seconds - first) * 1000 });
    }
  }
  return found;
}

/** Undefined: it is gone, or the disk has not kept it as it was. */
async function samplesIn(
  piece: ClipPiece,
  defaults: Parameters<typeof samplesStored>[1],
): Promise<Sample[] | undefined> {
  const file = await piece.open();
  if (!file) return undefined;
  try {
    return await samplesStored(file, defaults);
  } catch (error) {
    if (error instanceof Mp4Error || error instanceof TruncatedError) return undefined;
    throw error;
  }
}

/** From the key frame at or before the beginning, all that is decoded before the end; sound from the first picture on. */
function choose(found: readonly Found[], movie: readonly MovieTrackFacts[], { from, to }: ClipWish): Found[] {
  const guide = (movie.find(({ handler }) => handler === 'vide') ?? movie[0])?.trackId;
  const keys = found.filter(({ sample }) => sample.trackId === guide && sample.sync);
  const key = keys.findLast(({ date }) => date <= from) ?? keys[0];
  if (!key) return [];
  return found.filter(({ sample, seconds, date }) => {
    if (date >= to) return false;
    if (sample.trackId === guide) return seconds >= key.seconds;
    return seconds + lengthOf(sample, movie) > key.seconds;
  });
}

function lengthOf({ trackId, duration }: Sample, movie: readonly MovieTrackFacts[]): number {
  return duration / movie.find((track) => track.trackId === trackId)!.timescale;
}

interface Assembly {
  readonly init: Buffer;
  readonly movie: readonly MovieTrackFacts[];
  readonly chosen: readonly Found[];
  readonly first: Found;
}

function assemble({ init, movie, chosen, first }: Assembly): Clip {
  const tracks = movie.map(({ trackId, timescale }) => ({ trackId, timescale, table: new SampleTable() }));
  const extents: Extent[] = [];
  let at = 0;
  let before: Found | undefined;
  for (const one of chosen) {
    const { sample, piece } = one;
    const extent = extents.at(-1);
    const isNext = extent?.piece === piece && extent.offset + extent.bytes === sample.offset;
    if (isNext) extent.bytes += sample.bytes;
    else extents.push({ piece, offset: sample.offset, bytes: sample.bytes });
    const follows = isNext && before?.sample.trackId === sample.trackId;
    tracks.find(({ trackId }) => trackId === sample.trackId)!.table.add(sample, at, follows);
    at += sample.bytes;
    before = one;
  }
  const begins = startOf(tracks, movie);
  const head = flatMovieHead({ init, tracks, begins, mediaBytes: at });
  const ends = Math.max(
    ...tracks.map(({ table, timescale }) => (table.length > 0 ? table.end / timescale : 0)),
  );
  return new Clip(head, extents, { startedAt: first.date, seconds: ends - begins });
}

/** When the first picture is shown, or the first sound is heard where there are none: seconds. */
function startOf(tracks: readonly FlatTrack[], movie: readonly MovieTrackFacts[]): number {
  const isPicture = ({ trackId }: FlatTrack): boolean =>
    movie.find((track) => track.trackId === trackId)?.handler === 'vide';
  const filled = tracks.filter(({ table }) => table.length > 0);
  const { table, timescale } = filled.find(isPicture) ?? filled[0]!;
  return (table.first!.decodeTime + table.first!.composition) / timescale;
}

function there<Found>(found: Found | undefined): Found {
  if (found === undefined) throw new Error('a segment of the clip is not kept any more');
  return found;
}
