import type { VideoFrame } from '../../media/frame.ts';
import { ticks } from '../../media/time.ts';
import { fragment } from './fragment.ts';
import { initSegment } from './init-segment.ts';
import { movieTracks } from './movie-track.ts';

/** A whole movie of one picture, for a video element that shows a poster: no decoder is needed to make it. `frame`: a key frame. */
export function posterMp4(frame: VideoFrame): Buffer {
  const tracks = movieTracks({ video: frame.track });
  const alone = { ...frame, dts: ticks(0), pts: ticks(0) };
  return Buffer.concat([
    initSegment(tracks),
    fragment({ sequence: 1, tracks, frames: [alone], zero: ticks(0) }),
  ]);
}
