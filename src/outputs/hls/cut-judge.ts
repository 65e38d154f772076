import type { AudioFrame, MediaFrame, VideoFrame } from '../../media/frame.ts';
import type { TrackSet } from '../../media/track.ts';
import type { CutRule } from './cut-rule.ts';
import type { CutSchedule } from './cut-schedule.ts';
import type { RunningSegment } from './running-segment.ts';
import { INTERLEAVE, type TrackWatch } from './track-watch.ts';

/** What becomes of a frame: it goes into the running segment, begins the next one, or is left out. */
export type Verdict = 'put' | 'cut' | 'drop';

export interface CutJudgeOptions {
  readonly cuts: CutSchedule;
  readonly watch: TrackWatch;
  /** Its rendition goes by the main one. */
  readonly follows: boolean;
}

/** Decides where a rendition's segments begin. */
export class CutJudge {
  readonly #cuts: CutSchedule;
  readonly #rule: CutRule;
  readonly #watch: TrackWatch;
  readonly #follows: boolean;

  constructor({ cuts, watch, follows }: CutJudgeOptions) {
    this.#cuts = cuts;
    this.#rule = cuts.rule;
    this.#watch = watch;
    this.#follows = follows;
  }

  /** The frame has been noted by the watch. */
  judge(run: RunningSegment, frame: MediaFrame): Verdict {
    const elapsed = frame.dts - run.firstDts;
    return frame.kind === 'video'
      ? this.#judgeVideo(run, frame, elapsed)
      : this.#judgeAudio(run, frame, elapsed);
  }

  /** Is a frame too far behind the segment to belong to it, or to be where it ends? */
  isHole(run: RunningSegment, frame: MediaFrame): boolean {
    return this.#rule.isHole(frame.dts - run.firstDts, frame.dts - run.end);
  }

  /** The tracks of a segment that begins with this frame: those that are there, without one that has gone silent. */
  tracksAt(run: RunningSegment, frame: MediaFrame): TrackSet {
    if (frame.kind === 'video') {
      const audio = this.#watch.audioAt(frame.dts, run.hasSound);
      return { video: frame.track, ...(audio ? { audio } : {}) };
    }
    // A rendition beside the main one ends soon if its picture stays away: no reason for a discontinuity, which all would share.
    const gone = run.videoFrames === 0 && !this.#follows;
    return { ...(run.tracks.video && !gone ? { video: run.tracks.video } : {}), audio: frame.track };
  }

  #judgeVideo(run: RunningSegment, frame: VideoFrame, elapsed: number): Verdict {
    const known = frame.track === run.tracks.video;
    if (frame.startsGop) {
      const isNew =
        !known || frame.epoch !== run.epoch || !isSameTracks(run.tracks, this.tracksAt(run, frame));
      const isPlace = isNew || this.#rule.isNearest(elapsed, this.#watch.gop ?? elapsed);
      return this.#cuts.decide(frame.dts, isPlace) || isNew ? 'cut' : 'put';
    }
    // A new configuration takes effect at its first key frame; before that, its frames would be decoded with the old one.
    if (!known) return 'drop';
    const mustCut = this.#rule.isOver(elapsed, this.#watch.videoInterval) || this.isHole(run, frame);
    return mustCut ? 'cut' : 'put';
  }

  #judgeAudio(run: RunningSegment, frame: AudioFrame, elapsed: number): Verdict {
    const length = this.#watch.audioInterval;
    if (run.tracks.video) {
      const stalled = this.#watch.hasVideoStalledAt(frame.dts);
      if (stalled && this.#rule.isOverInStall(elapsed, length + INTERLEAVE)) return 'cut';
      return frame.track === run.tracks.audio && frame.dts >= run.notBefore ? 'put' : 'drop';
    }
    if (frame.track !== run.tracks.audio) return 'cut';
    // Beside the main rendition the new time line begins where that one can begin it.
    if (frame.epoch !== run.epoch && !this.#follows) return 'cut';
    return this.#isPlaceInSound(run, elapsed, length) ? 'cut' : 'put';
  }

  /** Sound can be cut anywhere: beside the main rendition, where that is. */
  #isPlaceInSound(run: RunningSegment, elapsed: number, length: number): boolean {
    if (!this.#follows) return this.#rule.isNearest(elapsed, length);
    const led = this.#cuts.places.ledBetween(run.firstDts, run.firstDts + elapsed);
    return led !== undefined || this.#rule.isOver(elapsed, length);
  }
}

export function isSameTracks(one: TrackSet, other: TrackSet): boolean {
  return one.video === other.video && one.audio === other.audio;
}
