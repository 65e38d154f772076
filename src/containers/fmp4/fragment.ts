import { ByteWriter } from '../../bytes/byte-writer.ts';
import type { MediaFrame } from '../../media/frame.ts';
import { ticks, TICKS_PER_SECOND, type Ticks } from '../../media/time.ts';
import type { TrackId } from '../../media/track.ts';
import { BOX_HEAD_BYTES, box, fullBox, i32, u64 } from './box.ts';
import { movieTime, type MovieTrack } from './movie-track.ts';

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
}

/** One track's frames in the fragment. */
interface Run {
  readonly movie: MovieTrack;
  readonly frames: readonly MediaFrame[];
  readonly bytes: number;
}

/** tfhd: default-base-is-moof. */
const BASE_IS_MOOF = 0x020000;
const DEFAULT_SAMPLE_FLAGS = 0x000020;
/** trun: what it tells of the run, and of each sample. */
const DATA_OFFSET = 0x000001;
const SAMPLE_DURATION = 0x000100;
const SAMPLE_SIZE = 0x000200;
const SAMPLE_FLAGS = 0x000400;
const SAMPLE_COMPOSITION = 0x000800;
/** sample_depends_on 2: on none. */
const SYNC_SAMPLE = 0x02000000;
/** sample_depends_on 1: on others; sample_is_non_sync_sample. */
const DEPENDENT_SAMPLE = 0x01010000;

/** 25 pictures a second, where nothing is known. */
const DEFAULT_VIDEO_TICKS = TICKS_PER_SECOND / 25;

/** moof and mdat: ISO/IEC 14496-12 §8.8.4 to §8.8.12 and §8.1.1. One track fragment for each track that has frames. */
export function fragment(options: FragmentOptions): Buffer {
  const runs = runsOf(options);
  const header = fullBox('mfhd', 0, 0, new ByteWriter(4).u32(options.sequence).done());
  const moofBytes = BOX_HEAD_BYTES + header.length + runs.reduce((sum, run) => sum + trafBytes(run), 0);
  const mediaBytes = runs.reduce((sum, run) => sum + run.bytes, 0);
  let dataAt = moofBytes + BOX_HEAD_BYTES;
  const trafs = runs.map((run) => {
    const traf = trackFragment(run, dataAt, options);
    dataAt += run.bytes;
    return traf;
  });
  const out = Buffer.allocUnsafe(moofBytes + BOX_HEAD_BYTES + mediaBytes);
  out.set(box('moof', header, ...trafs), 0);
  out.writeUInt32BE(BOX_HEAD_BYTES + mediaBytes, moofBytes);
  out.write('mdat', moofBytes + 4, 'latin1');
  let at = moofBytes + BOX_HEAD_BYTES;
  for (const run of runs)
    for (const { payload } of run.frames) {
      out.set(payload, at);
      at += payload.length;
    }
  return out;
}

function runsOf({ tracks, frames }: FragmentOptions): Run[] {
  return tracks
    .map((movie) => {
      const own = frames.filter((frame) => frame.track.id === movie.track.id);
      return { movie, frames: own, bytes: own.reduce((sum, { payload }) => sum + payload.length, 0) };
    })
    .filter((run) => run.frames.length > 0);
}

function sampleBytes({ movie }: Run): number {
  return movie.track.kind === 'video' ? 16 : 8;
}

/** traf 8, tfhd 20, tfdt 20, trun 20 and its samples. */
function trafBytes(run: Run): number {
  return 68 + run.frames.length * sampleBytes(run);
}

function trackFragment(run: Run, dataAt: number, options: FragmentOptions): Buffer {
  const { movie, frames } = run;
  const first = Math.max(0, movieTime(movie, frames[0]!.dts, options.zero));
  const tfhd = new ByteWriter(8).u32(movie.trackId).u32(SYNC_SAMPLE);
  return box(
    'traf',
    fullBox('tfhd', 0, BASE_IS_MOOF | DEFAULT_SAMPLE_FLAGS, tfhd.done()),
    fullBox('tfdt', 1, 0, u64(new ByteWriter(8), first).done()),
    trackRun(run, dataAt, options),
  );
}

/** trun with signed composition offsets: §8.8.8, version 1. */
function trackRun(run: Run, dataAt: number, { zero, next }: FragmentOptions): Buffer {
  const { movie, frames } = run;
  const isVideo = movie.track.kind === 'video';
  const flags =
    DATA_OFFSET | SAMPLE_DURATION | SAMPLE_SIZE | (isVideo ? SAMPLE_FLAGS | SAMPLE_COMPOSITION : 0);
  const out = new ByteWriter(8 + frames.length * sampleBytes(run)).u32(frames.length).u32(dataAt);
  const ends = endOf(run, next?.[movie.track.id]);
  let at = movieTime(movie, frames[0]!.dts, zero);
  for (let index = 0; index < frames.length; index++) {
    const frame = frames[index]!;
    const then = movieTime(movie, frames[index + 1]?.dts ?? ends, zero);
    out.u32(Math.max(0, then - at)).u32(frame.payload.length);
    if (frame.kind === 'video') {
      out.u32(frame.startsGop ? SYNC_SAMPLE : DEPENDENT_SAMPLE);
      i32(out, movieTime(movie, frame.pts, zero) - at);
    }
    at = then;
  }
  return fullBox('trun', 1, flags, out.done());
}

/** Where the last frame ends. */
function endOf({ movie, frames }: Run, next: Ticks | undefined): Ticks {
  const last = frames.at(-1)!;
  if (next !== undefined && next > last.dts) return next;
  if (last.kind === 'audio') {
    const { samplesPerFrame } = last.track;
    return ticks(last.dts + (samplesPerFrame * TICKS_PER_SECOND) / movie.timescale);
  }
  const before = frames.at(-2);
  return ticks(last.dts + (before ? last.dts - before.dts : DEFAULT_VIDEO_TICKS));
}
