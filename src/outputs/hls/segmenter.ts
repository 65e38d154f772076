import type { MediaFrame } from '../../media/frame.ts';
import { Announcer, canStartAt } from './announcer.ts';
import { CutJudge, isSameTracks } from './cut-judge.ts';
import type { CutSchedule } from './cut-schedule.ts';
import type { PlaylistNumbers } from './numbers.ts';
import { PartCutter } from './part-cutter.ts';
import { RunningSegment, type Opening } from './running-segment.ts';
import type { SegmentSink } from './segment.ts';
import { StartBuffer } from './start-buffer.ts';
import type { Start } from './start-buffer.ts';
import { TrackWatch, type TrackJudge } from './track-watch.ts';

export interface SegmenterOptions {
  /** Where and how long segments and parts may be; renditions of one publisher share it and cut at the same key frames. */
  readonly cuts: CutSchedule;
  /** The lowest numbers that the first segment may have; by default 0. */
  readonly first?: PlaylistNumbers;
  /** It goes by the main rendition, which shares its schedule. */
  readonly follows?: boolean;
  /** Something on another time line is in front of the first segment. */
  readonly continues?: boolean;
  /** The server's clock: ms since 1970. */
  readonly clock: () => number;
  /** Decides which tracks are carried. */
  readonly judge: TrackJudge;
  readonly sink: SegmentSink;
}

/**
 * Cuts a stream into segments. With video, each starts at a key frame, the one nearest to the wanted length, unless none
 * comes in time; audio alone is cut by time. New tracks, changed tracks and new epochs begin with a discontinuity.
 *
 * A new epoch is told of where the next segment can begin: until then its frames need those before the jump, and decode.
 */
export class Segmenter {
  readonly #clock: () => number;
  readonly #sink: SegmentSink;
  readonly #cuts: CutSchedule;
  readonly #follows: boolean;
  readonly #watch: TrackWatch;
  readonly #judge: CutJudge;
  readonly #announcer: Announcer;
  readonly #parts: PartCutter;
  #start: StartBuffer | undefined = new StartBuffer();
  #run: RunningSegment | undefined;
  #dropped = 0;

  constructor({ cuts, clock, judge, sink, ...options }: SegmenterOptions) {
    const { first = { sequence: 0, discontinuity: 0 }, follows = false, continues = false } = options;
    this.#clock = clock;
    this.#sink = sink;
    this.#cuts = cuts;
    this.#follows = follows;
    this.#watch = new TrackWatch(judge);
    this.#judge = new CutJudge({ cuts, watch: this.#watch, follows });
    const { places } = cuts;
    this.#announcer = new Announcer({ places, first, follows, continues, open: (head) => sink.open(head) });
    this.#parts = new PartCutter((part) => {
      this.#announcer.tell();
      sink.part(part);
    });
  }

  /** Frames that went into no segment. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Why a track is left out, or does not go with the others, in words. */
  get problem(): string | undefined {
    return this.#watch.problem ?? this.#announcer.problem;
  }

  /** Bytes of frames that are in no part yet. */
  get heldBytes(): number {
    return this.#parts.heldBytes;
  }

  write(frame: MediaFrame): void {
    if (!this.#watch.accepts(frame.track)) {
      this.#dropped++;
      return;
    }
    if (this.#start) {
      if (this.#start.offer(frame, this.#clock())) this.#begin(this.#start.take());
    } else {
      this.#continue(this.#run!, frame);
    }
  }

  /** Finishes the segment that is being made. What is written after it begins anew, with a discontinuity. */
  interrupt(): void {
    if (this.#start) this.#begin(this.#start.take());
    if (this.#run) this.#close(this.#run, this.#run.end, undefined);
    this.#run = undefined;
    this.#watch.forget();
    this.#start = new StartBuffer();
  }

  #begin(start: Start | undefined): void {
    const first = start?.frames[0];
    if (!start || !first) return;
    this.#start = undefined;
    const { tracks, arrived: now, frames } = start;
    this.#watch.expect(tracks, first.dts);
    const discontinuity = this.#announcer.hasBegun;
    const run = this.#open({ tracks, first, epoch: first.epoch, discontinuity, now, fresh: true });
    this.#watch.note(first);
    this.#put(run, first);
    for (const frame of frames.slice(1)) this.#continue(this.#run!, frame);
  }

  #continue(run: RunningSegment, frame: MediaFrame): void {
    this.#watch.note(frame);
    const verdict = this.#judge.judge(run, frame);
    if (verdict === 'drop') {
      this.#dropped++;
      return;
    }
    if (verdict !== 'cut' && !run.isFull) return this.#put(run, frame);
    const late = this.#takeBack(run, frame.dts);
    const next = this.#cut(run, late[0] ?? frame);
    for (const one of late) this.#put(next, one);
    this.#put(next, frame);
  }

  /** Sound that came before the picture at which the main rendition has begun its segment belongs to the next one, too. */
  #takeBack(run: RunningSegment, until: number): readonly MediaFrame[] {
    if (!this.#follows || run.tracks.video) return [];
    const led = this.#cuts.places.ledBetween(run.firstDts, until);
    const late = led === undefined ? [] : this.#parts.takeBack(led);
    run.giveBack(late);
    return late;
  }

  /** Ends the running segment where this frame begins, and begins the next with it. */
  #cut(run: RunningSegment, first: MediaFrame): RunningSegment {
    const tracks = this.#judge.tracksAt(run, first);
    // The segment ends where its frames end, then, and players are told of the hole.
    const hole = this.#judge.isHole(run, first);
    const jumped = first.epoch !== run.epoch && canStartAt(first, tracks);
    const discontinuity = hole || jumped || !isSameTracks(run.tracks, tracks);
    if (hole) this.#close(run, run.end, undefined);
    else this.#close(run, first.dts, first);
    const epoch = discontinuity ? first.epoch : run.epoch;
    return this.#open({ tracks, first, epoch, discontinuity, now: this.#clock(), fresh: false });
  }

  #open(opening: Opening): RunningSegment {
    this.#announcer.begin(opening);
    this.#parts.begin(opening.first.dts, opening.tracks.video ? 'video' : 'audio');
    return (this.#run = new RunningSegment(opening));
  }

  #put(run: RunningSegment, frame: MediaFrame): void {
    const isAlone = frame.kind === 'audio' && this.#watch.hasVideoStalledAt(frame.dts);
    this.#parts.write(frame, isAlone);
    run.add(frame, this.#watch);
  }

  /** @param end ticks @param next what goes on there; undefined: nothing does, or not there */
  #close(run: RunningSegment, end: number, next: MediaFrame | undefined): void {
    const wanted = end - run.firstDts;
    const duration = Math.max(1, Math.min(Math.round(wanted), this.#cuts.rule.limit));
    this.#parts.settle(this.#cuts.settle(duration, this.#parts.held));
    this.#parts.finish(run.firstDts + duration, duration === wanted ? next : undefined);
    this.#sink.close({ duration, videoFrames: run.videoFrames });
  }
}
