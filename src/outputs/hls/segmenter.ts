import type { AudioFrame, MediaFrame, VideoFrame } from '../../media/frame.ts';
import type { TrackSet } from '../../media/track.ts';
import { CutRule } from './cut-rule.ts';
import type { Packager } from './packager.ts';
import { ProgramClock } from './program-clock.ts';
import type { Segment } from './segment.ts';
import { StartBuffer } from './start-buffer.ts';
import type { Start } from './start-buffer.ts';
import { INTERLEAVE, TrackWatch } from './track-watch.ts';

/** A segment is cut wherever it stands at this size: two seconds of 128 Mb/s. */
const MAX_SEGMENT_BYTES = 32 * 1024 * 1024;

export interface SegmenterOptions {
  readonly segmentSeconds: number;
  readonly packager: Packager;
  /** The server's clock: ms since 1970. */
  readonly clock: () => number;
  /** Called with each finished segment; the target duration is known by then. */
  readonly onSegment: (segment: Segment) => void;
}

/** The segment that is being made. */
interface Running {
  readonly tracks: TrackSet;
  readonly firstDts: number;
  readonly discontinuity: boolean;
  readonly independent: boolean;
  readonly programDateTime: number;
  /** The time line that players have been told of. Frames of the next one go on in time, and in this segment. */
  readonly epoch: number;
  /** Frames before this time do not belong to anything that has been started. */
  readonly notBefore: number;
  videoFrames: number;
  audioFrames: number;
  /** Where the last frame of the reference track ends. */
  end: number;
}

/**
 * Cuts a stream into segments. With video, each starts at a key frame, the one nearest to the wanted length, unless none
 * comes in time; audio alone is cut by time. New tracks, changed tracks and new epochs begin with a discontinuity.
 *
 * A new epoch is told of where the next segment can begin: until then its frames need those before the jump, and decode.
 */
export class Segmenter {
  readonly #options: SegmenterOptions;
  readonly #packager: Packager;
  readonly #rule: CutRule;
  readonly #watch: TrackWatch;
  #start: StartBuffer | undefined = new StartBuffer();
  #run: Running | undefined;
  readonly #clock = new ProgramClock();
  #begun = false;
  #dropped = 0;

  constructor(options: SegmenterOptions) {
    this.#options = options;
    this.#packager = options.packager;
    this.#rule = new CutRule(options.segmentSeconds);
    this.#watch = new TrackWatch(options.packager);
  }

  /** Whole seconds; undefined before the first segment is finished. */
  get targetDuration(): number | undefined {
    return this.#rule.targetDuration;
  }

  /** Frames that went into no segment. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Why a track is left out, in words. */
  get problem(): string | undefined {
    return this.#watch.problem;
  }

  /** Bytes of the segment that is being made. */
  get pendingBytes(): number {
    return this.#packager.size;
  }

  write(frame: MediaFrame): void {
    if (!this.#watch.accepts(frame.track)) {
      this.#dropped++;
      return;
    }
    if (this.#start) {
      if (this.#start.offer(frame, this.#options.clock())) this.#begin(this.#start.take());
    } else {
      this.#continue(this.#run!, frame);
    }
  }

  /** Finishes the segment that is being made. What is written after it begins anew, with a discontinuity. */
  interrupt(): void {
    if (this.#start) this.#begin(this.#start.take());
    this.#closeAtEnd();
    this.#packager.rest();
    this.#watch.forget();
    this.#start = new StartBuffer();
  }

  #closeAtEnd(): void {
    const run = this.#run;
    if (run) this.#close(run, run.end - run.firstDts);
    this.#run = undefined;
  }

  #begin(start: Start | undefined): void {
    const first = start?.frames[0];
    if (!start || !first) return;
    this.#start = undefined;
    this.#watch.expect(start.tracks, first.dts);
    const { epoch } = first;
    this.#open(start.tracks, first, { discontinuity: this.#begun, epoch, now: start.arrived, fresh: true });
    this.#watch.note(first);
    this.#put(this.#run!, first);
    for (const frame of start.frames.slice(1)) this.#continue(this.#run!, frame);
  }

  #continue(run: Running, frame: MediaFrame): void {
    this.#watch.note(frame);
    const elapsed = frame.dts - run.firstDts;
    const verdict =
      frame.kind === 'video' ? this.#judgeVideo(run, frame, elapsed) : this.#judgeAudio(run, frame, elapsed);
    if (verdict === 'drop') {
      this.#dropped++;
      return;
    }
    // Whatever the times say: a publisher whose clock stands still must not fill the memory.
    const isFull = this.#packager.size >= MAX_SEGMENT_BYTES;
    this.#put(verdict === 'cut' || isFull ? this.#cut(run, frame) : run, frame);
  }

  #judgeVideo(run: Running, frame: VideoFrame, elapsed: number): Verdict {
    const known = frame.track === run.tracks.video;
    if (frame.startsGop) {
      if (!known || frame.epoch !== run.epoch || !sameTracks(run.tracks, this.#tracksAt(run, frame)))
        return 'cut';
      return this.#rule.isNearest(elapsed, this.#watch.gop ?? elapsed) ? 'cut' : 'put';
    }
    // A new configuration takes effect at its first key frame; before that, its frames would be decoded with the old one.
    if (!known) return 'drop';
    const mustCut = this.#rule.isOver(elapsed, this.#watch.videoInterval) || this.#isHole(run, frame);
    return mustCut ? 'cut' : 'put';
  }

  #judgeAudio(run: Running, frame: AudioFrame, elapsed: number): Verdict {
    const length = this.#watch.audioInterval;
    if (run.tracks.video) {
      const stalled = this.#watch.hasVideoStalledAt(frame.dts);
      if (stalled && this.#rule.isOverInStall(elapsed, length + INTERLEAVE)) return 'cut';
      return frame.track === run.tracks.audio && frame.dts >= run.notBefore ? 'put' : 'drop';
    }
    if (frame.track !== run.tracks.audio || frame.epoch !== run.epoch) return 'cut';
    return this.#rule.isNearest(elapsed, length) ? 'cut' : 'put';
  }

  #isHole(run: Running, frame: MediaFrame): boolean {
    return this.#rule.isHole(frame.dts - run.firstDts, frame.dts - run.end);
  }

  /** The tracks of a segment that begins with this frame: those that are there, without one that has gone silent. */
  #tracksAt(run: Running, frame: MediaFrame): TrackSet {
    if (frame.kind === 'video') {
      const audio = this.#watch.audioAt(frame.dts, run.audioFrames > 0);
      return { video: frame.track, ...(audio ? { audio } : {}) };
    }
    const gone = run.videoFrames === 0;
    return { ...(run.tracks.video && !gone ? { video: run.tracks.video } : {}), audio: frame.track };
  }

  /** Ends the running segment where this frame begins, and begins the next with it. */
  #cut(run: Running, frame: MediaFrame): Running {
    const tracks = this.#tracksAt(run, frame);
    // The segment ends where its frames end, then, and players are told of the hole.
    const hole = this.#isHole(run, frame);
    const jumped = frame.epoch !== run.epoch && canStartAt(frame, tracks);
    const discontinuity = hole || jumped || !sameTracks(run.tracks, tracks);
    this.#close(run, (hole ? run.end : frame.dts) - run.firstDts);
    const epoch = discontinuity ? frame.epoch : run.epoch;
    return this.#open(tracks, frame, { discontinuity, epoch, now: this.#options.clock(), fresh: false });
  }

  #open(tracks: TrackSet, first: MediaFrame, how: Opening): Running {
    if (how.discontinuity) this.#clock.reset();
    this.#packager.begin(tracks, this.#begun && !how.discontinuity);
    this.#begun = true;
    this.#run = {
      tracks,
      firstDts: first.dts,
      discontinuity: how.discontinuity,
      independent: canStartAt(first, tracks),
      programDateTime: this.#clock.at(first.dts, how.now),
      epoch: how.epoch,
      notBefore: how.fresh ? first.dts : -Infinity,
      videoFrames: 0,
      audioFrames: 0,
      end: first.dts,
    };
    return this.#run;
  }

  #put(run: Running, frame: MediaFrame): void {
    this.#packager.write(frame);
    if (frame.kind === 'video') {
      run.videoFrames++;
      run.end = frame.dts + this.#watch.videoInterval;
    } else {
      run.audioFrames++;
      if (run.videoFrames === 0) run.end = frame.dts + this.#watch.audioInterval;
    }
  }

  #close(run: Running, wanted: number): void {
    const duration = Math.max(1, Math.min(Math.round(wanted), this.#rule.limit));
    this.#rule.settle(duration);
    const { tracks, discontinuity, independent, programDateTime, videoFrames } = run;
    const bytes = this.#packager.finish();
    this.#options.onSegment({
      bytes,
      duration,
      tracks,
      discontinuity,
      independent,
      programDateTime,
      videoFrames,
    });
  }
}

type Verdict = 'put' | 'cut' | 'drop';

/** What is known of a segment before its frames. */
interface Opening {
  readonly discontinuity: boolean;
  readonly epoch: number;
  /** When its first frame came, by the server's clock. */
  readonly now: number;
  /** Nothing goes on from before. */
  readonly fresh: boolean;
}

/**
 * A decoder can begin with this frame and shows all that follows (RFC 8216 §4.3.5.1): after a recovery point, pictures
 * still lean on what came before. Sound in a stream with pictures can be decoded, but shows nothing.
 */
function canStartAt(frame: MediaFrame, tracks: TrackSet): boolean {
  return frame.kind === 'video' ? frame.startsGop && frame.recovers !== true : !tracks.video;
}

function sameTracks(one: TrackSet, other: TrackSet): boolean {
  return one.video === other.video && one.audio === other.audio;
}
