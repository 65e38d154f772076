import { resolve } from 'node:path';
import type { Settings } from '../config/schema.ts';
import type { EventFeed } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import type { VideoFrame } from '../media/frame.ts';
import { Pacing } from '../stream/pacing.ts';
import { StreamRegistry, type After } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import { ViewerTally } from '../stream/viewer-tally.ts';
import { HlsSettingsFor } from './hls-settings.ts';
import { Dvr } from './dvr.ts';
import { HlsShelf } from './hls-shelf.ts';
import { LadderGroups } from './ladder-groups.ts';
import { Ladders } from './ladders.ts';
import { LoadWatch } from './load-watch.ts';
import { NumberFile } from './number-file.ts';
import { NumberReserve } from './number-reserve.ts';
import { soundIn } from './sound-labels.ts';
import { Ticker } from './ticker.ts';

/** In the data directory: see NumberReserve. */
const NUMBERS = 'playlist-numbers.json';

export interface OnAirOptions {
  /** In force now: they may change. */
  readonly settings: () => Settings;
  /** ms, monotonic. */
  readonly now: () => number;
  /** ms since 1970. */
  readonly clock: () => number;
  readonly after: After;
  /** A stream has come to be: the time to attach what wants its frames. */
  readonly opened: (stream: Stream) => void;
  readonly ended: (stream: Stream, reason: string) => void;
  /** While there are streams: ten times a second, and once. */
  readonly everyTick: (now: number) => void;
  readonly everySecond: () => void;
  /** A segment has been made, of so many seconds. */
  readonly onSegment: (seconds: number) => void;
  readonly feed: EventFeed;
  readonly log: Log;
}

/** The streams that there are, their HLS, and the beat that keeps them going. */
export class OnAir {
  readonly streams: StreamRegistry;
  readonly hls: HlsShelf;
  /** What is asked for as HLS: streams, and those that are one. */
  readonly ladders: Ladders;
  readonly dvr: Dvr;
  /** What has happened to slow viewers of all streams. */
  readonly tally = new ViewerTally();
  readonly pacing: Pacing;
  readonly load: LoadWatch;
  readonly #numbers: NumberReserve;
  readonly #ticker: Ticker;
  #hlsSettings: { readonly of: Settings['hls']; readonly are: HlsSettingsFor } | undefined;
  readonly #options: OnAirOptions;

  constructor(options: OnAirOptions) {
    this.#options = options;
    const { settings, now, clock, after, feed, log } = options;
    const { data, delivery } = settings();
    this.dvr = new Dvr({ settings, clock, feed, log });
    this.#numbers = new NumberReserve({ file: new NumberFile(resolve(data.dir, NUMBERS)), clock, log });
    this.hls = new HlsShelf({
      settingsOf: (name) => this.hlsSettings.of(name),
      clock,
      after,
      dvr: this.dvr,
      numbers: this.#numbers,
      beside: (name) => this.ladders.beside(name),
      soundOf: (name, track) => soundIn(settings().ladder.sounds, name, track),
      onProblem: (stream, why) => log.warn({ stream }, `not in HLS: ${why}`),
      onSegment: options.onSegment,
    });
    const groups = new LadderGroups(() => settings().ladder.groups);
    this.ladders = new Ladders({ groups, find: (path) => this.hls.find(path) });
    const pacing = new Pacing(delivery.batchMs);
    this.pacing = pacing;
    this.load = new LoadWatch(pacing, log);
    this.streams = new StreamRegistry({
      now,
      clock,
      get batchMs() {
        return pacing.batchMs;
      },
      tally: this.tally,
      get graceSeconds() {
        return settings().publish.graceSeconds;
      },
      after,
      opened: (stream) => this.#opened(stream),
      ended: (stream, reason) => this.#ended(stream, reason),
    });
    this.#ticker = new Ticker({
      now,
      streams: () => this.streams.list(),
      everyTick: (at) => {
        this.load.look(at);
        options.everyTick(at);
      },
      everySecond: () => {
        this.hls.tick();
        this.dvr.tick();
        options.everySecond();
      },
    });
  }

  /** Call when the data directory is there. */
  async open(): Promise<void> {
    this.#numbers.open();
    await this.dvr.open();
  }

  /** How the next life of each stream is made: those that are on the air go on as they are. */
  get hlsSettings(): HlsSettingsFor {
    const { hls } = this.#options.settings();
    if (this.#hlsSettings?.of !== hls) this.#hlsSettings = { of: hls, are: new HlsSettingsFor(hls) };
    return this.#hlsSettings.are;
  }

  /** The newest frame of a stream that is a picture by itself; null: it has none; undefined: there is no such stream. */
  keyFrame(path: string): VideoFrame | null | undefined {
    const stream = this.streams.find(path);
    return stream && (stream.keyFrame ?? null);
  }

  /** About how often players of a stream, or of a ladder, fetch its playlist, in seconds; 0: nothing of it is there. */
  targetSecondsOf(path: string): number {
    const lengths = this.ladders
      .members(path)
      .flatMap((member) => this.hls.find(member)?.newest.lengths ?? []);
    return Math.max(0, ...lengths.map(({ rule, segmentSeconds }) => rule.targetDuration ?? segmentSeconds));
  }

  /** After the doors: lets go of everything. */
  async close(): Promise<void> {
    this.#ticker.stop();
    this.hls.clear();
    await this.dvr.close();
    await this.#numbers.close();
  }

  #opened(stream: Stream): void {
    this.hls.open(stream);
    this.#options.opened(stream);
    this.#ticker.start();
  }

  #ended(stream: Stream, reason: string): void {
    if (this.streams.list().length === 0) this.#ticker.stop();
    this.#options.ended(stream, reason);
  }
}
