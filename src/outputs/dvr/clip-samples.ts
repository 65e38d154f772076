import { TruncatedError } from '../../bytes/byte-reader.ts';
import type { MovieTrackFacts, SampleDefaults } from '../../containers/fmp4/movie-reader.ts';
import { Mp4Error } from '../../containers/fmp4/reader.ts';
import type { Sample } from '../../containers/fmp4/sample-reader.ts';
import type { ClipPiece } from './clip-pieces.ts';
import type { ClipWish } from './clip-stretch.ts';
import { samplesStored } from './stored-samples.ts';

/** A sample, where it is, and when it is decoded: in seconds on the clip's time line, and in ms since 1970. */
export interface Found {
  /** Its decode time is on the clip's time line. */
  readonly sample: Sample;
  readonly piece: ClipPiece;
  readonly seconds: number;
  readonly date: number;
}

/** Of all pieces behind the last one that cannot be read: that is a clip, too. */
export async function samplesOf(
  pieces: readonly ClipPiece[],
  movie: readonly MovieTrackFacts[],
): Promise<Found[]> {
  const defaults = new Map(movie.map((track) => [track.trackId, track.defaults]));
  const line = new TimeLine(movie);
  let found: Found[] = [];
  for (const piece of pieces) {
    const samples = await samplesIn(piece, defaults);
    if (samples) for (const one of line.place(piece, samples)) found.push(one);
    else found = [];
  }
  return found;
}

/** Undefined: it is gone, or the disk has not kept it as it was. */
async function samplesIn(
  piece: ClipPiece,
  defaults: ReadonlyMap<number, SampleDefaults>,
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

/** Decode times of all pieces on one line: a stream that was cut off and goes on counts anew. */
class TimeLine {
  readonly #timescales: ReadonlyMap<number, number>;
  #before: { readonly piece: ClipPiece; readonly seconds: number } | undefined;
  /** Seconds: where the last sample ends. */
  #end = 0;
  /** Seconds between the stream's line and the clip's. */
  #shift = 0;

  constructor(movie: readonly MovieTrackFacts[]) {
    this.#timescales = new Map(movie.map(({ trackId, timescale }) => [trackId, timescale]));
  }

  place(piece: ClipPiece, samples: readonly Sample[]): Found[] {
    const known = samples.filter(({ trackId }) => this.#timescales.has(trackId));
    const [first] = known;
    if (!first) return [];
    this.#adjust(piece, first.decodeTime / this.#timescales.get(first.trackId)!);
    const found: Found[] = [];
    let begin: number | undefined;
    for (const sample of known) {
      const timescale = this.#timescales.get(sample.trackId)!;
      const decodeTime = sample.decodeTime + Math.round(this.#shift * timescale);
      const seconds = decodeTime / timescale;
      begin ??= seconds;
      this.#before = { piece, seconds: begin };
      this.#end = Math.max(this.#end, seconds + sample.duration / timescale);
      const date = piece.programDateTime + (seconds - begin) * 1000;
      found.push({ sample: this.#shift === 0 ? sample : { ...sample, decodeTime }, piece, seconds, date });
    }
    return found;
  }

  /** What was lost in between lasts as long as it did, and nothing goes back. */
  #adjust(piece: ClipPiece, first: number): void {
    const before = this.#before;
    if (!before || before.piece.init === piece.init) return;
    const after = before.seconds + (piece.programDateTime - before.piece.programDateTime) / 1000;
    this.#shift = Math.max(after, this.#end) - first;
  }
}

/** From the key frame at or before the beginning, all that is decoded before the end; sound from the first picture on. */
export function chosenSamples(
  found: readonly Found[],
  movie: readonly MovieTrackFacts[],
  { from, to }: ClipWish,
): Found[] {
  const guide = (movie.find(({ handler }) => handler === 'vide') ?? movie[0])?.trackId;
  const keys = found.filter(({ sample }) => sample.trackId === guide && sample.sync);
  const key = keys.findLast(({ date }) => date <= from) ?? keys[0];
  if (!key) return [];
  const timescales = new Map(movie.map(({ trackId, timescale }) => [trackId, timescale]));
  return found.filter(({ sample, seconds, date }) => {
    if (date >= to) return false;
    if (sample.trackId === guide) return seconds >= key.seconds;
    return seconds + sample.duration / timescales.get(sample.trackId)! > key.seconds;
  });
}
