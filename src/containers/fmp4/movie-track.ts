import { TICKS_PER_SECOND, type Ticks } from '../../media/time.ts';
import { trackNumber, type Track, type TrackSet } from '../../media/track.ts';

/** A track as a movie and its fragments know it. */
export interface MovieTrack {
  /** track_ID, 1 or more. */
  readonly trackId: number;
  readonly track: Track;
  /** Units per second in which the track's times are counted. */
  readonly timescale: number;
}

/** The same in every movie, so that a fragment can be read beside any of them: 1 and 2 for main picture and sound, then 3 and 4. */
function movieTrackId({ kind, id }: Track): number {
  return 2 * trackNumber(id) + (kind === 'video' ? 1 : 2);
}

/** The movie's tracks, of a set its picture first. */
export function movieTracks(of: TrackSet | readonly Track[]): MovieTrack[] {
  const tracks = isList(of) ? of : [of.video, of.audio].filter((track) => track !== undefined);
  return tracks.map((track) => ({ trackId: movieTrackId(track), track, timescale: timescaleOf(track) }));
}

function isList(of: TrackSet | readonly Track[]): of is readonly Track[] {
  return Array.isArray(of);
}

/** Sound counts in samples, so that each of its frames is as long as the others. */
function timescaleOf(track: Track): number {
  return track.kind === 'audio' ? track.coreRate : TICKS_PER_SECOND;
}

/** A time in the movie, in the track's units, whole. `zero` is where the movie begins on the stream's time line. */
export function movieTime({ timescale }: MovieTrack, at: Ticks, zero: Ticks): number {
  return Math.round(((at - zero) * timescale) / TICKS_PER_SECOND);
}
