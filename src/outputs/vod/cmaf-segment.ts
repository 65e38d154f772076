import { fragment } from '../../containers/fmp4/fragment.ts';
import { initSegment } from '../../containers/fmp4/init-segment.ts';
import { movieTracks } from '../../containers/fmp4/movie-track.ts';
import type { MediaFrame } from '../../media/frame.ts';
import { ticks, type Ticks } from '../../media/time.ts';
import type { TrackSet } from '../../media/track.ts';

/** Where a recording's times begin. */
const ZERO = ticks(0);

/** What stands in front of all segments of a recording. */
export function cmafInit(tracks: TrackSet): Buffer {
  return initSegment(movieTracks(tracks));
}

export interface CmafSegmentOptions {
  readonly tracks: TrackSet;
  /** All of these tracks. */
  readonly frames: readonly MediaFrame[];
  /** From 1 on, in the order of the segments. */
  readonly number: number;
  /** Where the next segment begins; undefined: there is none yet. */
  readonly end: Ticks | undefined;
}

/** A CMAF segment of one fragment. The same frames make the same bytes. */
export function cmafSegment({ tracks, frames, number, end }: CmafSegmentOptions): Buffer {
  const reference = tracks.video ? 'video' : 'audio';
  return fragment({
    sequence: number,
    tracks: movieTracks(tracks),
    frames,
    zero: ZERO,
    type: 'segment',
    ...(end !== undefined && { next: { [reference]: end } }),
  });
}
