import { TICKS_PER_SECOND, type Ticks } from '../../media/time.ts';
import type { Track, TrackSet } from '../../media/track.ts';

/** A track as a movie and its fragments know it. */
export interface MovieTrack {
  /** track_ID, 1 or more. */
  readonly trackId: number;
  readonly track: Track;
  /** Units per second in which the track's times are counted. */
  readonly timescale: number;
}

/** track_ID by kind: the same in every movie, so that a fragment can be read beside any of them. */
const TRACK_IDS = { video: 1, audio: 2 } as const;

/** The movie's tracks, picture first. */
export function movieTracks({ video, audio }: TrackSet): MovieTrack[] {
  const tracks = [video, audio].filter((track) => track !== undefined);
  return tracks.map((track) => ({ trackId: TRACK_IDS[track.kind], track, timescale: timescaleOf(track) }));
}

/** Sound counts in samples, so that each of its frames is as long as the others. */
function timescaleOf(track: Track): number {
  return track.kind === 'audio' ? track.coreRate : TICKS_PER_SECOND;
}

/** A time in the movie, in the track's units, whole. `zero` is where the movie begins on the stream's time line. */
export function movieTime({ timescale }: MovieTrack, at: Ticks, zero: Ticks): number {
  return Math.round(((at - zero) * timescale) / TICKS_PER_SECOND);
}
