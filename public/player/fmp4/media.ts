import type { MediaFrame } from '../../../src/media/frame.ts';
import { secondsFromTicks, ticks, type Ticks } from '../../../src/media/time.ts';
import type { Track, TrackKind } from '../../../src/media/track.ts';
import { openMediaSource, supports } from '../capabilities.ts';
import { mediaTypes } from '../codecs.ts';
import { KEEP_BEHIND_SECONDS } from '../engine.ts';
import { Starts } from './starts.ts';
import { TrackBuffer } from './track-buffer.ts';
import { TrackWriter, UnplayableError } from './track-writer.ts';

/** How much more than is kept behind the picture there may be before it is tidied up. */
const TIDY_SECONDS = 30;
/** What stays behind the picture, in seconds, where there is no room: nothing that is being shown. */
const LEAST_BEHIND_SECONDS = 2;
/** What may wait for a buffer that takes nothing, because it is full before a viewer who paused, or not open in a background tab. */
const MAX_WAITING_SECONDS = 60;
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

export interface MediaOptions {
  readonly video: HTMLVideoElement;
  /** Of which kinds of tracks to expect media: nothing is shown before all of them have some. */
  readonly expects: (kind: TrackKind) => boolean;
  /** Everything was handed on; told once, after {@link Media.complete}. */
  readonly ended: () => void;
  readonly failed: (error: unknown) => void;
}

/** Frames on their way into a video element: a media source with a buffer for each track. */
export class Media {
  readonly #options: MediaOptions;
  readonly #opened: ReturnType<typeof openMediaSource>;
  readonly #writers: Readonly<Record<TrackKind, TrackWriter>>;
  #buffers: TrackBuffer[] | undefined;
  /** Of the picture. */
  readonly #starts = new Starts();
  #hasBegun = false;
  #isComplete = false;
  #isOver = false;

  constructor(options: MediaOptions) {
    this.#options = options;
    this.#writers = { video: new TrackWriter(typeOf), audio: new TrackWriter(typeOf) };
    this.#opened = openMediaSource(options.video, () => this.pump());
  }

  /** Call {@link pump} behind the last one that there is for now. */
  add(frame: MediaFrame): void {
    if (!this.#options.expects(frame.kind)) return;
    this.#writers[frame.kind].add(frame);
    if (frame.kind === 'video' && frame.startsGop) this.#starts.add(secondsFromTicks(frame.pts));
  }

  /** No further frame comes. */
  complete(): void {
    for (const writer of this.#all) writer.complete();
    this.#isComplete = true;
    this.pump();
    this.#endIfDone();
  }

  pump(): void {
    if (this.#isOver) return;
    this.#bound();
    try {
      this.#buffers ??= this.#open();
    } catch (error) {
      return this.#options.failed(error);
    }
    for (const buffer of this.#buffers ?? []) buffer.pump();
  }

  close(): void {
    this.#isOver = true;
    for (const buffer of this.#buffers ?? []) buffer.close();
    this.#opened.close();
  }

  get #all(): readonly TrackWriter[] {
    return [this.#writers.video, this.#writers.audio];
  }

  /** Once something of each track has come: some browsers take no further buffer when they have seen the head of one. */
  #open(): TrackBuffer[] | undefined {
    const { source } = this.#opened;
    const kinds = (['video', 'audio'] as const).filter((kind) => this.#options.expects(kind));
    const tracks = kinds.flatMap((kind) => this.#writers[kind].track ?? []);
    if (source.readyState !== 'open' || tracks.length === 0 || tracks.length < kinds.length) return undefined;
    source.duration = Infinity;
    return tracks.map((track) => this.#bufferFor(track, source));
  }

  #bufferFor(track: Track, source: MediaSource): TrackBuffer {
    const writer = this.#writers[track.kind];
    const type = typeOf(track);
    if (type === undefined) throw new UnplayableError(track.codecString);
    const { failed } = this.#options;
    return new TrackBuffer({
      sink: source.addSourceBuffer(type),
      type,
      next: () => writer.next(),
      spare: () => this.#spareBehind(LEAST_BEHIND_SECONDS),
      changed: () => this.#changed(),
      failed,
    });
  }

  #changed(): void {
    const { video } = this.#options;
    const { buffered, currentTime } = video;
    if (buffered.length === 0) return this.#endIfDone();
    const start = buffered.start(0);
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      // Sound may begin before the picture, and a picture is shown later than it is decoded.
      if (currentTime < start) video.currentTime = start;
    }
    if (currentTime - start > KEEP_BEHIND_SECONDS + TIDY_SECONDS)
      for (const buffer of this.#buffers ?? []) buffer.remove(this.#spareBehind(KEEP_BEHIND_SECONDS));
    this.#endIfDone();
  }

  /** Up to where media can be given up that lie so far behind the picture: with a key frame go all pictures up to the next one. */
  #spareBehind(seconds: number): number {
    const to = this.#options.video.currentTime - seconds;
    return this.#options.expects('video') ? this.#starts.before(to) : to;
  }

  #endIfDone(): void {
    const isDone =
      this.#buffers?.every(({ isIdle }) => isIdle) !== false &&
      this.#all.every(({ track }) => this.#buffers === undefined || track === undefined);
    if (!this.#isComplete || this.#isOver || !isDone) return;
    this.#isComplete = false;
    this.#options.ended();
  }

  /** What has waited too long is left out up to the newest place to go on at, in all tracks at once. */
  #bound(): void {
    const isTooMuch = ({ waitingBytes, waitingSeconds }: TrackWriter): boolean =>
      waitingBytes > MAX_WAITING_BYTES || waitingSeconds > MAX_WAITING_SECONDS;
    if (!this.#all.some(isTooMuch)) return;
    const { video, audio } = this.#writers;
    const start = this.#options.expects('video') ? video.latestStart : audio.latestStart;
    for (const writer of this.#all) writer.leaveOut(start ?? NEVER);
  }
}

/** Behind any frame. */
const NEVER: Ticks = ticks(Infinity);

function typeOf({ kind, codecString }: Track): string | undefined {
  return mediaTypes(kind, codecString).find(supports);
}
