import { Continuity } from '../../../src/containers/fmp4/continuity.ts';
import { fragment } from '../../../src/containers/fmp4/fragment.ts';
import { initSegment } from '../../../src/containers/fmp4/init-segment.ts';
import { movieTracks, type MovieTrack } from '../../../src/containers/fmp4/movie-track.ts';
import type { MediaFrame } from '../../../src/media/frame.ts';
import { secondsFromTicks, ticks, type Ticks } from '../../../src/media/time.ts';
import type { Track } from '../../../src/media/track.ts';
import { BARE_MP3 } from '../codecs.ts';

/** What a source buffer is given next. */
export type Piece =
  /** Media of another kind or make follow; `bytes` is empty where the media need no head. */
  | { readonly kind: 'head'; readonly type: string; readonly bytes: Uint8Array }
  /** `at`: seconds of the video's time, where the media do not say it themselves and do not go on where they stood. */
  | { readonly kind: 'media'; readonly bytes: Uint8Array; readonly at?: number };

/** Bytes of a piece beyond which it takes no further frame: a buffer that is full says so of a piece as a whole. */
const PIECE_BYTES = 1024 * 1024;
/** Sound that does not tell its times goes on where it stood as long as it is not further off than this, in seconds. */
const SLACK_SECONDS = 0.1;
const ZERO: Ticks = ticks(0);

/**
 * One track's frames on their way into a source buffer. A picture waits for its successor, which alone tells how long it is:
 * Media Source Extensions take a gap after a guess for lost frames, and leave out everything up to the next key frame.
 */
export class TrackWriter {
  readonly #typeOf: (track: Track) => string | undefined;
  #frames: MediaFrame[] = [];
  #bytes = 0;
  #isComplete = false;
  /** Frames were left out: nothing can be shown until the next one that a decoder can start with. */
  #needsStart = false;
  /** In force. */
  #track: Track | undefined;
  #movie: MovieTrack | undefined;
  #continuity = new Continuity();
  #sequence = 0;
  /** Seconds at which sound ends that does not tell its times. */
  #end: number | undefined;

  /** @param typeOf media type for a source buffer; undefined: the browser has none for it */
  constructor(typeOf: (track: Track) => string | undefined) {
    this.#typeOf = typeOf;
  }

  /** Bytes of the frames that wait. */
  get waitingBytes(): number {
    return this.#bytes;
  }

  /** From the first to the last frame that waits. */
  get waitingSeconds(): number {
    const [first] = this.#frames;
    return first ? secondsFromTicks(this.#frames.at(-1)!.dts - first.dts) : 0;
  }

  /** Of the first frame that waits. */
  get track(): Track | undefined {
    return this.#frames[0]?.track;
  }

  /** The newest frame in waiting that a viewer could go on with, other than the first. */
  get latestStart(): Ticks | undefined {
    for (let index = this.#frames.length - 1; index > 0; index--) {
      const frame = this.#frames[index]!;
      if (frame.startsGop || frame.kind === 'audio') return frame.dts;
    }
    return undefined;
  }

  add(frame: MediaFrame): void {
    if (this.#needsStart && frame.kind === 'video' && !frame.startsGop) return;
    this.#needsStart = false;
    this.#frames.push(frame);
    this.#bytes += frame.payload.length;
  }

  /** No further frame comes. */
  complete(): void {
    this.#isComplete = true;
  }

  /** Leaves out what lies before a time, and then up to a frame that a decoder can start with. */
  leaveOut(before: Ticks): void {
    const isUsable = ({ kind, dts, startsGop }: MediaFrame): boolean =>
      dts >= before && (kind === 'audio' || startsGop);
    const first = this.#frames.findIndex(isUsable);
    this.#needsStart = first < 0;
    this.#frames.splice(0, first < 0 ? this.#frames.length : first);
    this.#bytes = this.#frames.reduce((sum, { payload }) => sum + payload.length, 0);
  }

  /** Undefined: there is nothing yet. @throws {UnplayableError} */
  next(): Piece | undefined {
    const [first] = this.#frames;
    if (!first) return undefined;
    if (first.track !== this.#track) return this.#head(first.track);
    const count = this.#ready(first.track);
    if (count === 0) return undefined;
    const frames = this.#frames.splice(0, count);
    for (const { payload } of frames) this.#bytes -= payload.length;
    return this.#movie ? this.#fragment(this.#movie, frames) : this.#bare(frames);
  }

  #head(track: Track): Piece {
    const type = this.#typeOf(track);
    if (type === undefined) throw new UnplayableError(track.codecString);
    this.#track = track;
    this.#movie = isBare(type) ? undefined : movieTracks([track])[0];
    this.#end = undefined;
    this.#continuity = new Continuity(); // it may count in other units
    return { kind: 'head', type, bytes: this.#movie ? initSegment([this.#movie]) : new Uint8Array(0) };
  }

  /** How many frames of this track can be written now. */
  #ready(track: Track): number {
    const frames = this.#frames;
    let count = 0;
    let bytes = 0;
    while (count < frames.length && frames[count]!.track === track && bytes < PIECE_BYTES)
      bytes += frames[count++]!.payload.length;
    const isLast = count === frames.length;
    return isLast && track.kind === 'video' && !this.#isComplete ? count - 1 : count;
  }

  #fragment(movie: MovieTrack, frames: readonly MediaFrame[]): Piece {
    const { id } = movie.track;
    const next = this.#frames[0]?.dts;
    return {
      kind: 'media',
      bytes: fragment({
        sequence: ++this.#sequence,
        tracks: [movie],
        frames,
        zero: ZERO,
        continuity: this.#continuity,
        ...(next !== undefined && { next: { [id]: next } }),
      }),
    };
  }

  /** Frames of sound as they are, which the browser counts by itself. */
  #bare(frames: readonly MediaFrame[]): Piece {
    const at = secondsFromTicks(frames[0]!.dts);
    const isNew = this.#end === undefined || Math.abs(at - this.#end) > SLACK_SECONDS;
    const last = frames.at(-1)!;
    this.#end = secondsFromTicks(last.dts) + secondsOf(last);
    return { kind: 'media', bytes: joined(frames), ...(isNew && { at }) };
  }
}

/** The browser has no media type for a track. */
export class UnplayableError extends Error {
  override readonly name = 'UnplayableError';
}

/** MP3 where the browser knows it outside of MP4 alone. */
const isBare = (type: string): boolean => type === BARE_MP3;

function joined(frames: readonly MediaFrame[]): Uint8Array {
  const bytes = new Uint8Array(frames.reduce((sum, { payload }) => sum + payload.length, 0));
  let at = 0;
  for (const { payload } of frames) {
    bytes.set(payload, at);
    at += payload.length;
  }
  return bytes;
}

function secondsOf(frame: MediaFrame): number {
  if (frame.kind === 'video') return 0;
  return (frame.samples ?? frame.track.samplesPerFrame) / frame.track.coreRate;
}
