import { evenCounters } from '../../containers/mpegts/even-counters.ts';
import type { MediaFrame } from '../../media/frame.ts';
import type { TrackSet } from '../../media/track.ts';
import { TsPackager } from '../hls/ts-packager.ts';

/** A segment of MPEG-TS of these frames, all of these tracks. The same frames make the same bytes. */
export function tsSegment(frames: readonly MediaFrame[], tracks: TrackSet): Buffer {
  const packager = new TsPackager();
  packager.begin(tracks, false);
  for (const frame of frames) packager.write(frame);
  return evenCounters(packager.finish());
}
