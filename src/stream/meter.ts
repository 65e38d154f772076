import type { Frame } from '../media/frame.ts';
import { secondsFromTicks } from '../media/time.ts';

/** Rates over the last few seconds; undefined until they are known. */
export interface StreamRates {
  readonly videoBitsPerSecond: number | undefined;
  readonly audioBitsPerSecond: number | undefined;
  readonly framesPerSecond: number | undefined;
  /** Length of the last whole GOP. */
  readonly gopSeconds: number | undefined;
}

interface Sample {
  readonly at: number;
  readonly videoBytes: number;
  readonly audioBytes: number;
  readonly videoFrames: number;
}

/** Rates are taken over this many seconds: long enough to hold a GOP or two, short enough to follow a change. */
const WINDOW_SAMPLES = 5;

/** Counts what a publisher sends. Frames are counted as they come; rates are worked out once a second. */
export class Meter {
  bytesIn = 0;
  videoFrames = 0;
  audioFrames = 0;
  #videoBytes = 0;
  #audioBytes = 0;
  #gopStartedAt: number | undefined;
  #gopSeconds: number | undefined;
  #samples: Sample[] = [];
  /** How the present publisher sends, and what had come before it. */
  #source = 'rtmp';
  #bytesBefore = 0;
  readonly #bytesOfFormer = new Map<string, number>();

  /** Bytes by how their publishers sent them: `rtmp`, `relay`. */
  get bytesInBy(): Readonly<Record<string, number>> {
    const former = this.#bytesOfFormer.get(this.#source) ?? 0;
    return {
      ...Object.fromEntries(this.#bytesOfFormer),
      [this.#source]: former + this.bytesIn - this.#bytesBefore,
    };
  }

  count(frame: Frame): void {
    const bytes = frame.payload.length;
    this.bytesIn += bytes;
    if (frame.kind === 'video') {
      this.videoFrames++;
      this.#videoBytes += bytes;
      if (frame.startsGop) this.#countGop(frame.dts);
    } else if (frame.kind === 'audio') {
      this.audioFrames++;
      this.#audioBytes += bytes;
    }
  }

  /** A frame of another rendition: it has come through the same connection, and says nothing of these rates. */
  countBeside(frame: Frame): void {
    this.bytesIn += frame.payload.length;
  }

  /** Call about once a second; `now` in ms, monotonic. */
  sample(now: number): void {
    this.#samples.push({
      at: now,
      videoBytes: this.#videoBytes,
      audioBytes: this.#audioBytes,
      videoFrames: this.videoFrames,
    });
    if (this.#samples.length > WINDOW_SAMPLES + 1) this.#samples.shift();
  }

  /** A new publisher: what the former one did says nothing about it. `source`: how it sends. */
  restart(source = 'rtmp'): void {
    this.#bytesOfFormer.set(this.#source, this.bytesInBy[this.#source] ?? 0);
    this.#bytesBefore = this.bytesIn;
    this.#source = source;
    this.#samples = [];
    this.#gopStartedAt = undefined;
    this.#gopSeconds = undefined;
  }

  get rates(): StreamRates {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    const seconds = first && last ? (last.at - first.at) / 1000 : 0;
    const per = (key: 'videoBytes' | 'audioBytes' | 'videoFrames'): number | undefined =>
      first && last && seconds > 0 ? (last[key] - first[key]) / seconds : undefined;
    const bits = (rate: number | undefined): number | undefined =>
      rate === undefined ? undefined : rate * 8;
    return {
      videoBitsPerSecond: bits(per('videoBytes')),
      audioBitsPerSecond: bits(per('audioBytes')),
      framesPerSecond: per('videoFrames'),
      gopSeconds: this.#gopSeconds,
    };
  }

  #countGop(dts: number): void {
    if (this.#gopStartedAt !== undefined) this.#gopSeconds = secondsFromTicks(dts - this.#gopStartedAt);
    this.#gopStartedAt = dts;
  }
}
