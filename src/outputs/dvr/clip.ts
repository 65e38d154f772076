import { flatMovieHead, type FlatTrack } from '../../containers/fmp4/flat-movie.ts';
import { readMovie, type MovieTrackFacts } from '../../containers/fmp4/movie-reader.ts';
import { SampleTable } from '../../containers/fmp4/sample-table.ts';
import type { StoredBytes } from '../hls/archive.ts';
import type { ClipPiece } from './clip-pieces.ts';
import { chosenSamples, samplesOf, type Found } from './clip-samples.ts';
import { clipStretch, type ClipWish } from './clip-stretch.ts';

/** What is sent of it at a time: a slow client holds no more than this and what its socket takes. */
const SEND_BYTES = 256 * 1024;

/** A piece's bytes that go into the clip. */
interface Extent {
  readonly piece: ClipPiece;
  readonly offset: number;
  bytes: number;
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
    const release = this.#extents[0]?.piece.hold();
    try {
      if (from < this.head.length) yield this.head.subarray(from, Math.min(to, this.head.length));
      yield* this.#media(from, to);
    } finally {
      release?.();
    }
  }

  async *#media(from: number, to: number): AsyncGenerator<Buffer, void> {
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

/**
 * The clip of what was shown from `from` to `to`: it begins on the key frame at or before `from`. Where the stream's configuration
 * changes in between, it is the longest stretch without a change. Undefined: nothing of it is kept.
 *
 * @param pieces oldest first
 * @throws {Mp4Error} for an initialization segment that is none
 */
export async function makeClip(pieces: readonly ClipPiece[], wish: ClipWish): Promise<Clip | undefined> {
  const stretch = await clipStretch(pieces, wish);
  if (!stretch) return undefined;
  const { init } = stretch;
  const movie = readMovie(init);
  const chosen = chosenSamples(await samplesOf(stretch.pieces, movie), movie, wish);
  const first = chosen[0];
  if (!first) return undefined;
  return assemble({ init, movie, chosen, first });
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
  const byId = new Map(tracks.map((track) => [track.trackId, track]));
  let before: Found | undefined;
  for (const one of chosen) {
    const { sample, piece } = one;
    const extent = extents.at(-1);
    const isNext = extent?.piece === piece && extent.offset + extent.bytes === sample.offset;
    if (isNext) extent.bytes += sample.bytes;
    else extents.push({ piece, offset: sample.offset, bytes: sample.bytes });
    const follows = isNext && before?.sample.trackId === sample.trackId;
    byId.get(sample.trackId)!.table.add(sample, at, follows);
    at += sample.bytes;
    before = one;
  }
  const begins = startOf(tracks, movie);
  const head = flatMovieHead({ init, tracks, begins, mediaBytes: at });
  const ends = Math.max(...tracks.map(({ table, timescale }) => table.shownUntil / timescale));
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

function there<Thing>(found: Thing | undefined): Thing {
  if (found === undefined) throw new Error('a segment of the clip is not kept any more');
  return found;
}
