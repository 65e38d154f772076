import type { MediaFrame } from '../../media/frame.ts';
import { TICKS_PER_SECOND, type Ticks } from '../../media/time.ts';
import type { AudioTrack, VideoTrack } from '../../media/track.ts';
import { Cadence } from './cadence.ts';
import type { Findings } from './findings.ts';
import { GopLengths } from './gop-lengths.ts';
import { Lateness } from './lateness.ts';
import { Seconds } from './seconds.ts';

/** What the stream itself says beside its frames. */
export interface Declared {
  readonly framesPerSecond: number | undefined;
  readonly problems: readonly string[];
}

const KEPT_SECONDS = 60;
const MEAN_SECONDS = 10;
const LONG_SECONDS = 30;
const JUMP_MEMORY_MS = 60_000;
const SIZE_MEMORY_MS = 600_000;
/** A frame later than this counts its second as one of the late. */
const LATE_MS = 400;
/** Share of the newest distance of sound and picture in the running mean: about four seconds of pictures. */
const OFFSET_SHARE = 1 / 128;
/** Sound that has paused says nothing of where it would be. */
const PAUSED_SOUND_MS = 500;
/** A frame that comes so much before its time, and whose clock has made that step at once, comes from a clock that was set. */
const LEAP_MS = 1_500;
/** Until then it is not known when frames are in time: a server that pushes a stream begins with what it holds. */
const SETTLED_MS = 5_000;
/** Events that are remembered, at most: more say nothing more. */
const MAX_EVENTS = 100;
const ticksToMs = 1000 / TICKS_PER_SECOND;

/** Measures one publisher's frames as they come. All it does per frame is arithmetic on a few numbers. */
export class Examination {
  readonly #seconds = new Seconds(KEPT_SECONDS);
  readonly #cadence = new Cadence();
  readonly #gops = new GopLengths();
  readonly #lateness = new Lateness();
  #video: VideoTrack | undefined;
  #audio: AudioTrack | undefined;
  /** ms; NaN before there was any: what is written with every frame is always a number, for which nothing is allocated. */
  #videoAt = NaN;
  #audioAt = NaN;
  #audioDts: Ticks | undefined;
  /** When the first one is sent and when it is shown. */
  #firstPicture: { readonly dts: Ticks; readonly pts: Ticks } | undefined;
  #firstSound: Ticks | undefined;
  #firstAt: number | undefined;
  #leadingDts: Ticks | undefined;
  /** Media time that has come since the beginning, jumps left out. */
  #mediaMs = 0;
  #audioAheadMs = NaN;
  #epoch: number | undefined;
  readonly #jumps: number[] = [];
  readonly #sizeChanges: number[] = [];

  /** Latest frame of the last whole second, ms; undefined before there is one. */
  get lateMs(): number | undefined {
    return this.#seconds.last(1)[0]?.lateMs;
  }

  /** @param now ms, monotonic */
  take(frame: MediaFrame, now: number): void {
    if (this.#epoch !== undefined && frame.epoch !== this.#epoch) this.#jumped(now);
    this.#epoch = frame.epoch;
    this.#firstAt ??= now;
    const second = this.#seconds.current;
    if (frame.kind === 'video') {
      second.videoBytes += frame.payload.length;
      second.videoFrames++;
      this.#noteSize(frame.track, now);
      this.#videoAt = now;
      this.#firstPicture ??= { dts: frame.dts, pts: frame.pts };
      this.#noteOffset(frame.dts, now);
      this.#cadence.take(frame.dts, frame.pts);
      this.#gops.take(frame.dts, frame.startsGop);
    } else {
      second.audioBytes += frame.payload.length;
      second.audioFrames++;
      this.#audio = frame.track;
      this.#audioAt = now;
      this.#audioDts = frame.dts;
      this.#firstSound ??= frame.dts;
      if (this.#video) return; // the picture's clock is the one that is watched
    }
    this.#noteTime(frame.dts, now);
  }

  /** A second is over. `heldUpMs`: how long we did not read in it. */
  turn(heldUpMs: number): void {
    this.#seconds.turn(heldUpMs);
  }

  findings(now: number, { framesPerSecond, problems }: Declared): Findings {
    const since = (at: number): number | undefined => (Number.isNaN(at) ? undefined : (now - at) / 1000);
    const bits = (second: { videoBytes: number; audioBytes: number }): number =>
      (second.videoBytes + second.audioBytes) * 8;
    const mean = Math.max(1, Math.min(MEAN_SECONDS, this.#seconds.length));
    forget(this.#jumps, now - JUMP_MEMORY_MS);
    forget(this.#sizeChanges, now - SIZE_MEMORY_MS);
    return {
      seconds: this.#seconds.length,
      video: this.#video,
      audio: this.#audio,
      videoSilence: since(this.#videoAt),
      audioSilence: since(this.#audioAt),
      gopSeconds: this.#gops.longest,
      wholeGopSeconds: this.#gops.longestWhole,
      cadence: this.#cadence.facts(),
      declaredRate: framesPerSecond,
      speed10: this.#seconds.speed(MEAN_SECONDS, now),
      speed30: this.#seconds.speed(LONG_SECONDS, now),
      bitrate: this.#seconds.sum(mean, bits) / mean,
      peakBitrate: this.#seconds.max(mean, bits),
      lateMs: this.#seconds.max(MEAN_SECONDS, ({ lateMs }) => lateMs),
      lateSeconds: this.#seconds.sum(MEAN_SECONDS, ({ lateMs }) => (lateMs > LATE_MS ? 1 : 0)),
      audioAheadMs: this.#video && !Number.isNaN(this.#audioAheadMs) ? this.#audioAheadMs : 0,
      audioLeadMs: this.#audioLeadMs,
      aheadMs: this.#firstAt === undefined ? 0 : this.#mediaMs - (now - this.#firstAt),
      jumps: this.#jumps.length,
      sizeChanges: this.#sizeChanges.length,
      problems,
    };
  }

  get #audioLeadMs(): number {
    if (this.#firstPicture === undefined || this.#firstSound === undefined) return 0;
    // Some encoders begin where the first picture is sent, others where it is shown: between the two nothing is amiss.
    const { dts, pts } = this.#firstPicture;
    const sound = this.#firstSound;
    return (sound < dts ? dts - sound : Math.min(0, pts - sound)) * ticksToMs;
  }

  #noteTime(dts: Ticks, now: number): void {
    const second = this.#seconds.current;
    const late = this.#lateness.take(now, dts * ticksToMs);
    const stepMs = this.#leadingDts === undefined ? 0 : (dts - this.#leadingDts) * ticksToMs;
    if (stepMs >= LEAP_MS && late <= -LEAP_MS && now - this.#firstAt! >= SETTLED_MS) this.#jumped(now);
    else if (stepMs > 0) this.#mediaMs += stepMs;
    this.#leadingDts = dts;
    second.mediaMs = this.#mediaMs;
    second.lastAt = now;
    second.lateMs = Math.max(second.lateMs, late);
  }

  /** As the frames come: a picture beside the newest sound frame, of which there are always some in a tenth of a second. */
  #noteOffset(dts: Ticks, now: number): void {
    if (this.#audioDts === undefined || now - this.#audioAt > PAUSED_SOUND_MS) return;
    const ahead = (this.#audioDts - dts) * ticksToMs;
    const mean = this.#audioAheadMs;
    this.#audioAheadMs = Number.isNaN(mean) ? ahead : mean + (ahead - mean) * OFFSET_SHARE;
  }

  #noteSize(track: VideoTrack, now: number): void {
    const former = this.#video;
    this.#video = track;
    if (!former || (former.width === track.width && former.height === track.height)) return;
    if (this.#sizeChanges.length < MAX_EVENTS) this.#sizeChanges.push(now);
  }

  #jumped(now: number): void {
    if (this.#jumps.length < MAX_EVENTS) this.#jumps.push(now);
    this.#cadence.clear();
    this.#gops.clear();
    this.#lateness.clear();
    this.#leadingDts = undefined;
    this.#audioDts = undefined;
  }
}

function forget(events: number[], before: number): void {
  while (events.length > 0 && events[0]! < before) events.shift();
}
