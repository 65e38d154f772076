import type { MediaFrame } from '../../media/frame.ts';
import type { Ticks } from '../../media/time.ts';
import type { TrackId } from '../../media/track.ts';
import { BoxCursor, boxType } from './box-cursor.ts';
import { BOX_HEAD_BYTES, MAX_BOX_BYTES } from './box.ts';
import type { Continuity } from './continuity.ts';
import { movieTime, type MovieTrack } from './movie-track.ts';
import { PRODUCER_REFERENCE_BYTES, writeProducerReference } from './producer-reference.ts';
import { SEGMENT_TYPE_BYTES, writeSegmentType, type SegmentType } from './segment-type.ts';
import { findRun, trackRunBytes, writePayloads, writeTrackRun, type TrackRun } from './track-run.ts';

export interface FragmentOptions {
  /** sequence_number: greater than that of the fragment before. */
  readonly sequence: number;
  readonly tracks: readonly MovieTrack[];
  /** At least one; each track's frames in their order of decoding, none before `zero`. Of other tracks' frames nothing is written. */
  readonly frames: readonly MediaFrame[];
  /** Where the movie begins on the stream's time line. */
  readonly zero: Ticks;
  /** When each track goes on after this fragment, as far as it is known; else a last frame is as long as the one before it. */
  readonly next?: Readonly<Partial<Record<TrackId, Ticks>>>;
  /** The same object for fragment after fragment: each track goes on exactly where it ended. Without it, each stands alone. */
  readonly continuity?: Continuity;
  /** Writes a styp box in front. */
  readonly type?: SegmentType;
  /** Wall clock of the first track's first frame, in ms since 1970: written as a prft box, ISO/IEC 14496-12 §8.16.5. */
  readonly producedAt?: number;
  /** Gives that many bytes to write into; by default they are allocated. */
  readonly allocate?: (size: number) => Buffer;
}

const MFHD_BYTES = 16;
const MOOF = boxType('moof');
const MFHD = boxType('mfhd');
const MDAT = boxType('mdat');

/**
 * moof and mdat: ISO/IEC 14496-12 §8.8.4 to §8.8.12 and §8.1.1. One track fragment for each track that has frames.
 *
 * It is written for every part of every stream that is watched: all sizes are worked out first, so that there is one
 * allocation, each payload is copied once, and nothing is made per frame.
 *
 * @throws {RangeError} beyond 4 GiB
 */
export function fragment(options: FragmentOptions): Buffer {
  const runs = runsOf(options);
  const frontBytes =
    (options.type ? SEGMENT_TYPE_BYTES : 0) +
    (options.producedAt === undefined ? 0 : PRODUCER_REFERENCE_BYTES);
  let moofBytes = BOX_HEAD_BYTES + MFHD_BYTES;
  let mdatBytes = BOX_HEAD_BYTES;
  for (const run of runs) {
    moofBytes += trackRunBytes(run);
    mdatBytes += run.bytes;
  }
  if (mdatBytes > MAX_BOX_BYTES) throw new RangeError(`a fragment of ${mdatBytes} bytes`);
  const size = frontBytes + moofBytes + mdatBytes;
  const out = new BoxCursor(options.allocate?.(size) ?? Buffer.allocUnsafe(size));
  writeFront(out, options, runs);
  out.box(moofBytes, MOOF);
  out.fullBox(MFHD_BYTES, MFHD, 0);
  out.u32(options.sequence);
  writeRuns(out, options, runs);
  out.box(mdatBytes, MDAT);
  for (const run of runs) writePayloads(out, run);
  return out.bytes;
}

function runsOf({ tracks, frames }: FragmentOptions): TrackRun[] {
  const runs: TrackRun[] = [];
  for (const movie of tracks) {
    const run = findRun(movie, frames);
    if (run) runs.push(run);
  }
  return runs;
}

function writeFront(out: BoxCursor, options: FragmentOptions, [first]: readonly TrackRun[]): void {
  const { type, producedAt, zero } = options;
  if (type) writeSegmentType(out, type);
  if (producedAt === undefined) return;
  const trackId = first?.movie.trackId ?? 0;
  const mediaTime = first ? Math.max(0, movieTime(first.movie, first.frames[first.first]!.pts, zero)) : 0;
  writeProducerReference(out, { trackId, mediaTime, wallClock: producedAt });
}

/** The mdat follows right behind them. */
function writeRuns(
  out: BoxCursor,
  { zero, next, continuity }: FragmentOptions,
  runs: readonly TrackRun[],
): void {
  let dataAt = 2 * BOX_HEAD_BYTES + MFHD_BYTES;
  for (const run of runs) dataAt += trackRunBytes(run);
  for (const run of runs) {
    const { movie, frames, first, bytes } = run;
    const { dts } = frames[first]!;
    const start = continuity ? continuity.begin(movie, dts, zero) : Math.max(0, movieTime(movie, dts, zero));
    const end = writeTrackRun(out, run, { dataAt, start, zero, next: next?.[movie.track.id] });
    continuity?.end(movie, end);
    dataAt += bytes;
  }
}
