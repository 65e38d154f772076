import { TICKS_PER_SECOND } from '../media/time.ts';
import { bitsPerSecond, rounded, seconds } from './numbers.ts';
import type { GopReport, MediaReport } from './report-media.ts';
import { TrackLook, type FrameSeen } from './track-look.ts';

/** Seconds of media whose bytes are counted one by one: a day. */
const MAX_COUNTED_SECONDS = 86_400;

/** Watches the frames of all tracks go by. The containers' readers feed it. */
export class MediaLook {
  readonly #tracks = new Map<string, TrackLook>();
  readonly #gops = new GopLook();
  /** Of several pictures the first one tells of GOPs. */
  #picture: TrackLook | undefined;
  readonly #bytesOfSecond = new Map<number, number>();
  #origin: number | undefined;

  /** The track of that name, made when first asked for. */
  track(id: string, kind: 'video' | 'audio'): TrackLook {
    const known = this.#tracks.get(id);
    if (known) return known;
    const track = new TrackLook(id, kind);
    if (this.#origin !== undefined) track.setOrigin(this.#origin);
    this.#tracks.set(id, track);
    return track;
  }

  add(track: TrackLook, frame: FrameSeen): void {
    if (this.#origin === undefined) {
      this.#origin = frame.dts;
      for (const known of this.#tracks.values()) known.setOrigin(frame.dts);
    }
    const position = track.add(frame);
    if (track.kind === 'video' && track === (this.#picture ??= track))
      this.#gops.add(position, frame.keyFrame);
    const second = Math.floor(position / TICKS_PER_SECOND);
    if (this.#bytesOfSecond.size < MAX_COUNTED_SECONDS || this.#bytesOfSecond.has(second)) {
      this.#bytesOfSecond.set(second, (this.#bytesOfSecond.get(second) ?? 0) + frame.bytes);
    }
  }

  /** What comes next has another clock, and says so. */
  breakClock(): void {
    for (const track of this.#tracks.values()) track.breakClock();
    this.#gops.breakClock();
  }

  get hasFrames(): boolean {
    return this.#origin !== undefined;
  }

  /** `bytes`: all that were read, container included. */
  report(bytes: number): MediaReport {
    const tracks = [...this.#tracks.values()];
    const video = tracks.find((track) => track.kind === 'video' && track.frames > 0);
    const audio = tracks.find((track) => track.kind === 'audio' && track.frames > 0);
    const spanTicks = Math.max(0, ...tracks.map((track) => track.spanTicks));
    return {
      tracks: tracks.map((track) => track.report()),
      gops: video ? this.#gops.report() : undefined,
      audioStartsLaterSeconds:
        video?.firstPts !== undefined && audio?.firstPts !== undefined
          ? seconds(audio.firstPts - video.firstPts)
          : undefined,
      spanSeconds: seconds(spanTicks),
      bitrate: {
        mean: bitsPerSecond(bytes, seconds(spanTicks)),
        peakSecond: this.#peakSecond(spanTicks),
      },
    };
  }

  #peakSecond(spanTicks: number): number | undefined {
    const wholeSeconds = Math.floor(spanTicks / TICKS_PER_SECOND);
    const whole = [...this.#bytesOfSecond].filter(([second]) => second >= 0 && second < wholeSeconds);
    return whole.length === 0 ? undefined : 8 * whole.reduce((most, [, bytes]) => Math.max(most, bytes), 0);
  }
}

class GopLook {
  #count = 0;
  #startsWithKeyFrame: boolean | undefined;
  #lastKey: number | undefined;
  #closed = 0;
  #sum = 0;
  #shortest = Infinity;
  #longest = 0;

  add(position: number, keyFrame: boolean): void {
    this.#startsWithKeyFrame ??= keyFrame;
    if (!keyFrame) return;
    this.#count++;
    if (this.#lastKey !== undefined) this.#close(position - this.#lastKey);
    this.#lastKey = position;
  }

  breakClock(): void {
    this.#lastKey = undefined;
  }

  #close(length: number): void {
    if (length < 0) return; // the clock went back; that is told elsewhere
    this.#closed++;
    this.#sum += length;
    this.#shortest = Math.min(this.#shortest, length);
    this.#longest = Math.max(this.#longest, length);
  }

  report(): GopReport {
    const closed = this.#closed > 0;
    return {
      count: this.#count,
      shortestSeconds: closed ? seconds(this.#shortest) : undefined,
      longestSeconds: closed ? seconds(this.#longest) : undefined,
      meanSeconds: closed ? rounded(seconds(this.#sum) / this.#closed, 6) : undefined,
      startsWithKeyFrame: this.#startsWithKeyFrame === true,
    };
  }
}
