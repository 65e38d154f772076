import type { Frame, MediaFrame } from '../../media/frame.ts';
import { secondsFromTicks, ticks, ticksFromSeconds, type Ticks } from '../../media/time.ts';
import type { StreamName } from '../../media/stream-name.ts';
import type { TrackSet } from '../../media/track.ts';
import type { StreamFacts } from '../../stream/wire-format.ts';
import { StartBuffer } from '../hls/start-buffer.ts';
import type { CatalogEntry } from './catalog.ts';
import { CutPoints } from './cut-points.ts';
import { Held } from './held.ts';
import { keyPointsFor } from './key-index.ts';
import type { Library } from './library.ts';
import type { RecordingFormat } from './muxer.ts';
import { RecordingFile, type RecordingResult } from './recording-file.ts';
import { Rest } from './rest.ts';

export interface Rotation {
  readonly rotateSeconds?: number | undefined;
  readonly rotateBytes?: number | undefined;
}

/** What a recording tells to whoever keeps the books. */
export interface TakeListener {
  /** A file is there. */
  started(entry: CatalogEntry, file: RecordingFile): void;
  /** A file is closed; undefined: nothing is left of it. */
  done(file: RecordingFile, result: RecordingResult, reason: string): void;
  /** It does not go on, for now; in words for the operator. */
  failed(error: Error): void;
  /** The disk was too slow: so many frames are missing in the file. */
  leftOut(frames: number): void;
}

export interface TakeOptions extends Rotation {
  readonly name: StreamName;
  readonly format: RecordingFormat;
  readonly library: Library;
  readonly facts: () => StreamFacts;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Wall clock, ms. */
  readonly clock: () => number;
  readonly listener: TakeListener;
}

/** FLV's clock has 31 bits that everybody reads, 24.8 days. */
const LONGEST_FILE: Ticks = ticksFromSeconds(7 * 86_400);
/** More than this waits for the disk, in all files of a recording: there is no room. Three seconds at 20 Mb/s. */
const QUEUE_BYTES = 8 * 1024 * 1024;
/** Key frames come a little early or late: a file of 60 s may end with the one at 59.9 s. */
const EARLY: Ticks = ticksFromSeconds(0.1);
/** How long the file before stays open for sound that belongs to it. */
const LATE_SOUND: Ticks = ticksFromSeconds(1);

/** A recording of a stream in one format, made of one file after the other, for as long as it is wanted. */
export class Take {
  readonly #options: TakeOptions;
  readonly #points = new CutPoints();
  readonly #held: Held;
  readonly #rest: Rest;
  /** Frames until it is known which tracks there are. */
  #start: StartBuffer | undefined;
  #file: RecordingFile | undefined;
  /** The file before, which may still get sound that came late. */
  #former: RecordingFile | undefined;
  #needsKey = false;
  #newest: Ticks = ticks(0);
  #count = 0;
  #isOver = false;
  /** Files that are being closed; what they still have to write is in memory too. */
  readonly #closings = new Map<RecordingFile, Promise<void>>();

  /** `past`: frames the recording begins with. */
  constructor(options: TakeOptions, past: readonly Frame[] = []) {
    this.#options = options;
    this.#held = new Held((frames) => options.listener.leftOut(frames));
    this.#rest = new Rest(options.now, () => options.library.place.room());
    this.#held.begin(past);
    this.#newest = past.at(-1)?.dts ?? ticks(0);
  }

  get file(): RecordingFile | undefined {
    return this.#file;
  }

  /** Why it does not go on, until it does. */
  get problem(): string | undefined {
    return this.#rest.problem;
  }

  /** Frames that are missing because the disk was too slow. */
  get leftOutFrames(): number {
    return this.#held.leftOutFrames;
  }

  /** The disk has taken what there was, but for a little. */
  get hasRoom(): boolean {
    let queued = (this.#file?.queuedBytes ?? 0) + (this.#former?.queuedBytes ?? 0);
    for (const file of this.#closings.keys()) queued += file.queuedBytes;
    return queued < QUEUE_BYTES;
  }

  /** Frames wait, or the next ones will have to. */
  get isBehind(): boolean {
    return !this.#held.isEmpty || !this.hasRoom;
  }

  write(frame: Frame): void {
    if (this.#isOver) return;
    if (frame.dts > this.#newest) this.#newest = frame.dts;
    if (this.#held.isEmpty && this.hasRoom && !this.#held.isLeavingOut) this.#take(frame);
    else this.#held.push(frame);
  }

  flush(): void {
    if (!this.#held.isEmpty)
      this.#held.handOn(
        (frame) => this.#take(frame),
        () => this.hasRoom,
      );
    this.#file?.flush();
  }

  /** Another publisher may go on from here, with a key frame. */
  interrupt(): void {
    this.#file?.pass();
    this.#needsKey = true;
  }

  /** Closes the file; resolves when that is done. */
  async end(reason: string): Promise<void> {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#held.handOnAll((frame) => this.#take(frame));
      if (!this.#file) this.#begin();
      this.#closeFormer();
      if (this.#file) this.#close(this.#file, reason);
      this.#file = undefined;
    }
    await Promise.all(this.#closings.values());
  }

  #take(frame: Frame): void {
    this.#points.note(frame);
    if (frame.kind === 'data') return this.#file?.write(frame);
    if (!this.#file) return this.#prepare(frame);
    if (this.#former && this.#isForFormer(frame, this.#file)) return this.#former.write(frame);
    if (this.#needsKey && frame.kind === 'video') {
      if (!frame.startsGop) return;
      this.#needsKey = false;
    }
    const reason = this.#points.isPoint(frame) ? this.#endOf(this.#file, frame) : undefined;
    if (reason !== undefined) this.#cut(frame, reason);
    else if (frame.track === this.#file.tracks[frame.kind]) this.#file.write(frame);
    // Else it is of a track that begins with the next key frame, in the next file.
  }

  #prepare(frame: MediaFrame): void {
    if (!this.#rest.isOver) return;
    this.#start ??= new StartBuffer();
    if (this.#start.offer(frame, this.#options.now())) this.#begin();
  }

  #begin(): void {
    const start = this.#start?.take();
    this.#start = undefined;
    if (!start) return;
    this.#needsKey = false;
    this.#open(start.tracks, start.frames[0]!.dts);
    for (const frame of start.frames) this.#take(frame);
  }

  #open(tracks: TrackSet, zero: Ticks): void {
    const { name, format, library, now, clock, listener, rotateSeconds } = this.#options;
    const behind = secondsFromTicks(Math.max(0, this.#newest - zero)) * 1000;
    const file: RecordingFile = new RecordingFile({
      wish: { name, format, startedAt: Math.round(clock() - behind), n: ++this.#count },
      start: {
        tracks,
        metadata: this.#options.facts().metadata,
        zero,
        keyPoints: keyPointsFor(rotateSeconds),
      },
      library,
      now,
      started: (entry) => listener.started(entry, file),
      failed: (error) => this.#failed(file, error),
    });
    this.#file = file;
  }

  /** Why the file ends in front of this frame; undefined: it does not. */
  #endOf(file: RecordingFile, frame: MediaFrame): string | undefined {
    if (this.#points.isChange(file.tracks, frame)) return 'tracks changed';
    const { rotateSeconds, rotateBytes } = this.#options;
    const span = frame.dts - file.zero;
    if (rotateSeconds !== undefined && span >= ticksFromSeconds(rotateSeconds) - EARLY)
      return 'rotated by time';
    if (rotateBytes !== undefined && file.bytes >= rotateBytes) return 'rotated by size';
    return span >= LONGEST_FILE ? 'rotated by time' : undefined;
  }

  #cut(frame: MediaFrame, reason: string): void {
    const file = this.#file!;
    file.pass(frame);
    this.#closeFormer();
    this.#former = file;
    this.#formerReason = reason;
    this.#open(this.#points.tracksAt(frame), frame.dts);
    if (!file.tracks.audio || frame.kind === 'audio') this.#closeFormer();
    this.#file!.write(frame);
  }

  #formerReason = '';

  #isForFormer(frame: MediaFrame, file: RecordingFile): boolean {
    const isOurs =
      frame.kind === 'audio' && frame.dts < file.zero && frame.track === this.#former?.tracks.audio;
    if (!isOurs && (frame.kind === 'audio' || frame.dts - file.zero > LATE_SOUND)) this.#closeFormer();
    return isOurs;
  }

  #closeFormer(): void {
    if (this.#former) this.#close(this.#former, this.#formerReason);
    this.#former = undefined;
  }

  #failed(file: RecordingFile, error: Error): void {
    this.#options.listener.failed(error);
    if (file === this.#former) this.#former = undefined;
    if (file === this.#file) {
      this.#file = undefined;
      this.#start = undefined;
      this.#rest.begin(error, file.seconds);
    }
    this.#close(file, `failed: ${error.message}`);
  }

  #close(file: RecordingFile, reason: string): void {
    const closing = file.close().then((result) => {
      this.#closings.delete(file);
      this.#options.listener.done(file, result, reason);
    });
    this.#closings.set(file, closing);
  }
}
