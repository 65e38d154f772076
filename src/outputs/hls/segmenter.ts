import type { AudioFrame, MediaFrame, VideoFrame } from '../../media/frame.ts';
import type { TrackSet } from '../../media/track.ts';
import type { Place } from './common-places.ts';
import type { CutRule } from './cut-rule.ts';
import type { CutSchedule } from './cut-schedule.ts';
import type { PlaylistNumbers } from './numbers.ts';
import { PartCutter } from './part-cutter.ts';
import type { FramePart, SegmentSink } from './segment.ts';
import { StartBuffer } from './start-buffer.ts';
import type { Start } from './start-buffer.ts';
import { INTERLEAVE, TrackWatch, type TrackJudge } from './track-watch.ts';

/** A segment is cut wherever it stands at this size: two seconds of 128 Mb/s. */
const MAX_SEGMENT_BYTES = 32 * 1024 * 1024;
/** What a frame takes beside its payload, whatever the container. */
const FRAME_COST = 188;
/** So many segments that begin elsewhere than the main rendition's are no accident. */
const MAX_ASTRAY = 4;
const ASTRAY =
  'its key frames are not where those of the main picture are, so that players cannot change over without a jump: ' +
  'all renditions need the same key frame interval, and encoders that count from the same frame';

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

/** The segment that is being made. */
interface Running {
  readonly tracks: TrackSet;
  readonly firstDts: number;
  /** The time line that players have been told of. Frames of the next one go on in time, and in this segment. */
  readonly epoch: number;
  /** Frames before this time do not belong to anything that has been started. */
  readonly notBefore: number;
  videoFrames: number;
  audioFrames: number;
  /** Of its frames, with what they cost. */
  bytes: number;
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
  readonly #cuts: CutSchedule;
  readonly #rule: CutRule;
  readonly #parts: PartCutter;
  readonly #watch: TrackWatch;
  #start: StartBuffer | undefined = new StartBuffer();
  #run: Running | undefined;
  /** Of the running segment, or of the last one. */
  #place: Place | undefined;
  /** What is to be told of the running segment, as soon as it has a part. */
  #untold: Untold | undefined;
  /** Segments in a row that do not begin where one of the main rendition does. */
  #astray = 0;
  #begun: boolean;
  #dropped = 0;

  constructor(options: SegmenterOptions) {
    this.#options = options;
    this.#cuts = options.cuts;
    this.#rule = options.cuts.rule;
    this.#watch = new TrackWatch(options.judge);
    this.#begun = options.continues ?? false;
    this.#parts = new PartCutter((part) => this.#part(part));
  }

  /** Frames that went into no segment. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Why a track is left out, or does not go with the others, in words. */
  get problem(): string | undefined {
    return this.#watch.problem ?? (this.#astray >= MAX_ASTRAY ? ASTRAY : undefined);
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
      if (this.#start.offer(frame, this.#options.clock())) this.#begin(this.#start.take());
    } else {
      this.#continue(this.#run!, frame);
    }
  }

  /** Finishes the segment that is being made. What is written after it begins anew, with a discontinuity. */
  interrupt(): void {
    if (this.#start) this.#begin(this.#start.take());
    this.#closeAtEnd();
    this.#watch.forget();
    this.#start = new StartBuffer();
  }

  #closeAtEnd(): void {
    const run = this.#run;
    if (run) this.#close(run, run.end, undefined);
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
    const isFull = run.bytes >= MAX_SEGMENT_BYTES;
    if (verdict !== 'cut' && !isFull) return this.#put(run, frame);
    const late = this.#takeBack(run, frame.dts);
    const next = this.#cut(run, late[0] ?? frame);
    for (const one of late) this.#put(next, one);
    this.#put(next, frame);
  }

  /** Sound that came before the picture at which the main rendition has begun its segment belongs to the next one, too. */
  #takeBack(run: Running, until: number): readonly MediaFrame[] {
    if (this.#options.follows !== true || run.tracks.video) return [];
    const led = this.#cuts.places.ledBetween(run.firstDts, until);
    const late = led === undefined ? [] : this.#parts.takeBack(led);
    const [first] = late;
    if (!first) return [];
    run.end = first.dts;
    run.audioFrames -= late.length;
    for (const { payload } of late) run.bytes -= payload.length + FRAME_COST;
    return late;
  }

  #judgeVideo(run: Running, frame: VideoFrame, elapsed: number): Verdict {
    const known = frame.track === run.tracks.video;
    if (frame.startsGop) {
      const isNew =
        !known || frame.epoch !== run.epoch || !sameTracks(run.tracks, this.#tracksAt(run, frame));
      const isPlace = isNew || this.#rule.isNearest(elapsed, this.#watch.gop ?? elapsed);
      return this.#cuts.decide(frame.dts, isPlace) || isNew ? 'cut' : 'put';
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
    return this.#isPlaceInSound(run, elapsed, length) ? 'cut' : 'put';
  }

  /** Sound can be cut anywhere: beside the main rendition, where that is. */
  #isPlaceInSound(run: Running, elapsed: number, length: number): boolean {
    if (this.#options.follows !== true) return this.#rule.isNearest(elapsed, length);
    const led = this.#cuts.places.ledBetween(run.firstDts, run.firstDts + elapsed);
    return led !== undefined || this.#rule.isOver(elapsed, length);
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
    if (hole) this.#close(run, run.end, undefined);
    else this.#close(run, frame.dts, frame);
    const epoch = discontinuity ? frame.epoch : run.epoch;
    return this.#open(tracks, frame, { discontinuity, epoch, now: this.#options.clock(), fresh: false });
  }

  #open(tracks: TrackSet, first: MediaFrame, how: Opening): Running {
    const isFirst = this.#place === undefined;
    this.#noteAstray();
    this.#place = this.#cuts.places.begin({
      dts: first.dts,
      now: how.now,
      breaks: how.discontinuity,
      fresh: how.fresh,
      before: this.#place ?? this.#options.first ?? { sequence: 0, discontinuity: 0 },
      leads: this.#options.follows !== true,
    });
    this.#begun = true;
    this.#run = {
      tracks,
      firstDts: first.dts,
      epoch: how.epoch,
      notBefore: how.fresh ? first.dts : -Infinity,
      videoFrames: 0,
      audioFrames: 0,
      bytes: 0,
      end: first.dts,
    };
    this.#parts.begin(first.dts, tracks.video ? 'video' : 'audio');
    this.#untold = { run: this.#run, independent: canStartAt(first, tracks), isFirst };
    return this.#run;
  }

  /** By the time of its first part, all renditions have told of what lies in front of a segment. */
  #part(part: FramePart): void {
    if (this.#untold) this.#tell(this.#untold);
    this.#options.sink.part(part);
  }

  #tell({ run: { tracks, firstDts, epoch }, independent, isFirst }: Untold): void {
    this.#untold = undefined;
    const place = this.#cuts.places.settled(this.#place!, firstDts, isFirst);
    this.#place = place;
    this.#options.sink.open({
      tracks,
      discontinuity: place.breaks,
      independent,
      programDateTime: place.programDateTime,
      epoch,
      ...(isFirst && { first: place.numbers }),
    });
  }

  /** Looks back at the segment that is over, as others may have come to its place a little later. */
  #noteAstray(): void {
    const { follows } = this.#options;
    const run = this.#run;
    if (follows !== true || !run?.tracks.video) return;
    const isMet = this.#cuts.places.isLed(run.firstDts);
    if (isMet) this.#astray = 0;
    else if (this.#cuts.places.ledBetween(run.firstDts, Infinity) !== undefined) this.#astray++;
  }

  #put(run: Running, frame: MediaFrame): void {
    const isAlone = frame.kind === 'audio' && this.#watch.hasVideoStalledAt(frame.dts);
    this.#parts.write(frame, isAlone);
    run.bytes += frame.payload.length + FRAME_COST;
    if (frame.kind === 'video') {
      run.videoFrames++;
      run.end = frame.dts + this.#watch.videoInterval;
    } else {
      run.audioFrames++;
      if (run.videoFrames === 0) run.end = frame.dts + this.#watch.audioInterval;
    }
  }

  /** @param end ticks @param next what goes on there; undefined: nothing does, or not there */
  #close(run: Running, end: number, next: MediaFrame | undefined): void {
    const wanted = end - run.firstDts;
    const duration = Math.max(1, Math.min(Math.round(wanted), this.#rule.limit));
    this.#parts.settle(this.#cuts.settle(duration, this.#parts.held));
    this.#parts.finish(run.firstDts + duration, duration === wanted ? next : undefined);
    this.#options.sink.close({ duration, videoFrames: run.videoFrames });
  }
}

type Verdict = 'put' | 'cut' | 'drop';

/** A segment that has begun, and has no part yet. */
interface Untold {
  readonly run: Running;
  readonly independent: boolean;
  /** It is the first of all. */
  readonly isFirst: boolean;
}

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
