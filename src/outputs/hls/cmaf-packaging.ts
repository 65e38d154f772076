import { CodecError } from '../../codecs/codec-error.ts';
import { Continuity } from '../../containers/fmp4/continuity.ts';
import { fragment } from '../../containers/fmp4/fragment.ts';
import { initSegment } from '../../containers/fmp4/init-segment.ts';
import { movieTracks, type MovieTrack } from '../../containers/fmp4/movie-track.ts';
import { ticks, type Ticks } from '../../media/time.ts';
import type { Track, TrackSet } from '../../media/track.ts';
import { KeptFrames } from './kept-frames.ts';
import type { InitSegment, LivePart } from './live-segment.ts';
import { SegmentBytes } from './segment-bytes.ts';
import type { FramePart, SegmentHead } from './segment.ts';

/** Why CMAF cannot carry a track, in words; undefined if it can. */
export function cmafRefusal(track: Track): string | undefined {
  try {
    initSegment(movieTracks([track]));
    return undefined;
  } catch (error) {
    if (error instanceof CodecError) return error.message;
    throw error;
  }
}

/**
 * Puts a rendition into CMAF (ISO/IEC 23000-19), part by part: each is one fragment. Every stream is packaged, watched or
 * not, because that is also how its window is kept: one buffer for each segment instead of one for each frame.
 */
export class CmafPackaging {
  #tracks: TrackSet | undefined;
  /** Where the movie begins on the stream's time line. */
  #zero: Ticks = ticks(0);
  #movie: readonly MovieTrack[] = [];
  #init: InitSegment | undefined;
  #continuity = new Continuity();
  #fragments = 0;
  #isFirst = true;
  readonly #bytes = new SegmentBytes();
  readonly #allocate = (size: number): Buffer => this.#bytes.take(size);
  /** Of the running segment. */
  #frames = new KeptFrames();

  /** A segment begins. Gives the initialization segment that it needs: a new one where its tracks are new, or its movie is another. */
  open({ tracks, discontinuity, movieStart }: SegmentHead, sequence: number): InitSegment {
    this.#isFirst = true;
    this.#bytes.begin();
    this.#frames = new KeptFrames(this.#frames.count);
    if (discontinuity) this.#continuity = new Continuity();
    if (this.#init && isSame(this.#tracks, tracks) && movieStart === this.#zero) return this.#init;
    this.#zero = movieStart;
    this.#tracks = tracks;
    this.#movie = movieTracks(tracks);
    this.#continuity = new Continuity();
    this.#init = { number: sequence, tracks, bytes: initSegment(this.#movie) };
    return this.#init;
  }

  part({ frames, next, duration, independent }: FramePart): LivePart {
    const bytes = fragment({
      sequence: ++this.#fragments,
      tracks: this.#movie,
      frames,
      zero: this.#zero,
      next,
      continuity: this.#continuity,
      allocate: this.#allocate,
      ...(this.#isFirst && { type: 'segment' }),
    });
    this.#isFirst = false;
    const kept = this.#frames;
    const firstFrame = kept.count;
    kept.add(bytes, frames);
    return { duration, independent, bytes, frames: kept, firstFrame, endFrame: kept.count };
  }
}

function isSame(one: TrackSet | undefined, other: TrackSet): boolean {
  return one !== undefined && one.video === other.video && one.audio === other.audio;
}
