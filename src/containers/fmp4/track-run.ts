import type { MediaFrame } from '../../media/frame.ts';
import { TICKS_PER_SECOND, type Ticks } from '../../media/time.ts';
import { boxType, type BoxCursor } from './box-cursor.ts';
import { roundingOf } from './continuity.ts';
import { movieTime, type MovieTrack } from './movie-track.ts';

/** One track's frames in a fragment. */
export interface TrackRun {
  readonly movie: MovieTrack;
  /** Of all frames of the fragment; those of other tracks are passed over. */
  readonly frames: readonly MediaFrame[];
  /** Index of the first one that is the track's. */
  readonly first: number;
  /** How many are. */
  readonly samples: number;
  /** Bytes of all their payloads. */
  readonly bytes: number;
}

/** When a run is, in the fragment and in the movie. */
export interface RunPlace {
  /** Where its payloads begin, counted from the moof's first byte. */
  readonly dataAt: number;
  /** When its first frame is decoded, in the track's units. */
  readonly start: number;
  readonly zero: Ticks;
  /** When the track goes on behind it, where that is known. */
  readonly next: Ticks | undefined;
}

/** tfhd: default-base-is-moof, default_sample_flags. */
const TFHD_FLAGS = 0x020020;
/** trun, version 1, composition offsets are signed: data offset, and of each sample duration and size. */
const TRUN_AUDIO = 0x01000301;
/** The same, and of each sample its flags and composition offset. */
const TRUN_VIDEO = 0x01000f01;
/** sample_depends_on 2: on none. */
const SYNC_SAMPLE = 0x02000000;
/** sample_depends_on 1: on others; sample_is_non_sync_sample. */
const DEPENDENT_SAMPLE = 0x01010000;
/** traf 8, tfhd 20, tfdt 20, trun 20. */
const TRAF_HEAD_BYTES = 68;
const TRUN_HEAD_BYTES = 20;
const AUDIO_SAMPLE_BYTES = 8;
const VIDEO_SAMPLE_BYTES = 16;
/** 25 pictures a second, where nothing is known. */
const DEFAULT_VIDEO_TICKS = TICKS_PER_SECOND / 25;

const TRAF = boxType('traf');
const TFHD = boxType('tfhd');
const TFDT = boxType('tfdt');
const TRUN = boxType('trun');

/** A track's frames among others; undefined: there are none. */
export function findRun(movie: MovieTrack, frames: readonly MediaFrame[]): TrackRun | undefined {
  const { id } = movie.track;
  let first = -1;
  let samples = 0;
  let bytes = 0;
  for (let index = 0; index < frames.length; index++) {
    const frame = frames[index]!;
    if (frame.track.id !== id) continue;
    if (samples++ === 0) first = index;
    bytes += frame.payload.length;
  }
  return samples === 0 ? undefined : { movie, frames, first, samples, bytes };
}

function samplesBytes({ movie, samples }: TrackRun): number {
  return samples * (movie.track.kind === 'video' ? VIDEO_SAMPLE_BYTES : AUDIO_SAMPLE_BYTES);
}

/** Bytes of its traf. */
export function trackRunBytes(run: TrackRun): number {
  return TRAF_HEAD_BYTES + samplesBytes(run);
}

/** Writes traf: tfhd, tfdt and trun, ISO/IEC 14496-12 §8.8.6 to §8.8.12. Returns where the run ends, in the track's units. */
export function writeTrackRun(out: BoxCursor, run: TrackRun, place: RunPlace): number {
  const { movie, samples } = run;
  const isVideo = movie.track.kind === 'video';
  out.box(trackRunBytes(run), TRAF);
  out.fullBox(20, TFHD, TFHD_FLAGS);
  out.u32(movie.trackId);
  out.u32(SYNC_SAMPLE);
  out.fullBox(20, TFDT, 0x01000000);
  out.u64(place.start);
  out.fullBox(TRUN_HEAD_BYTES + samplesBytes(run), TRUN, isVideo ? TRUN_VIDEO : TRUN_AUDIO);
  out.u32(samples);
  out.u32(place.dataAt);
  return writeSamples(out, run, place);
}

/**
 * Each frame lasts at least one unit. Sound is exactly as long as its samples, as long as the next frame does not say that it
 * cannot be; a picture lasts until the next one, or as long as the one before it.
 */
function writeSamples(out: BoxCursor, run: TrackRun, { start, zero, next }: RunPlace): number {
  const { movie, frames } = run;
  const rounding = movie.track.kind === 'audio' ? roundingOf(movie) : 0;
  let at = start;
  let step = Math.round((DEFAULT_VIDEO_TICKS * movie.timescale) / TICKS_PER_SECOND);
  for (let index = run.first, left = run.samples; left > 0; left--) {
    const frame = frames[index]!;
    if (left > 1) index = nextOf(run, index + 1);
    const nextDts = left > 1 ? frames[index]!.dts : next;
    const own = at + (frame.kind === 'audio' ? (frame.samples ?? frame.track.samplesPerFrame) : step);
    let then = own;
    if (nextDts !== undefined && (left > 1 || nextDts > frame.dts)) {
      const claimed = movieTime(movie, nextDts, zero);
      then = Math.abs(claimed - own) <= rounding ? own : Math.max(at + 1, claimed);
    }
    out.u32(then - at);
    out.u32(frame.payload.length);
    if (frame.kind === 'video') {
      out.u32(frame.startsGop ? SYNC_SAMPLE : DEPENDENT_SAMPLE);
      out.u32(movieTime(movie, frame.pts, zero) - at);
    }
    step = then - at;
    at = then;
  }
  return at;
}

/** Copies the payloads. */
export function writePayloads(out: BoxCursor, run: TrackRun): void {
  for (let index = run.first, left = run.samples; left > 0; left--) {
    out.put(run.frames[index]!.payload);
    if (left > 1) index = nextOf(run, index + 1);
  }
}

/** Index of the track's next frame; there is one. */
function nextOf({ movie, frames }: TrackRun, from: number): number {
  const { id } = movie.track;
  let index = from;
  while (frames[index]!.track.id !== id) index++;
  return index;
}
