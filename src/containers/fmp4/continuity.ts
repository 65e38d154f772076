import { movieTime, type MovieTrack } from './movie-track.ts';
import type { Ticks } from '../../media/time.ts';

/** Seconds by which a track's times may differ from where its frames so far end, and still go on there. */
const ROUNDING = {
  /** Sound is as long as its samples: less than this is what rounding to ticks and back has left over. */
  audio: 1 / 1000,
  /** How long a last picture is was a guess where its successor was not there yet; when it is shown is told apart from that. */
  video: 1 / 10,
} as const;
/** Seconds: so far back is no overlap; somebody begins anew at an earlier place. */
const ANEW = 1;

/** How far from each other two times may be and mean the same, in the track's units. */
export function roundingOf({ track, timescale }: MovieTrack): number {
  return ROUNDING[track.kind] * timescale;
}

/**
 * Where each track's fragments so far end, so that the next ones begin exactly there: the sum of all durations is the next
 * tfdt, whatever rounding to a timescale of 44,100 does. One for each run of fragments that are made in their order.
 */
export class Continuity {
  /** By track_ID, in the track's units. */
  readonly #ends = new Map<number, number>();

  /** When a fragment begins whose first frame is decoded at `dts`: not before the one in front of it ends, never below 0. */
  begin(movie: MovieTrack, dts: Ticks, zero: Ticks): number {
    const start = Math.max(0, movieTime(movie, dts, zero));
    const end = this.#ends.get(movie.trackId);
    if (end === undefined || start < end - ANEW * movie.timescale) return start;
    return start - end > roundingOf(movie) ? start : end;
  }

  end(movie: MovieTrack, at: number): void {
    this.#ends.set(movie.trackId, at);
  }
}
