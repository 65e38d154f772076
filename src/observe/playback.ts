import { RoughMedian } from './rough-median.ts';

/** How a page was given its stream. `ll-hls`: HLS with parts; `native-hls`: by the browser itself. */
export const PLAYBACK_PROTOCOLS = ['ws-flv', 'http-flv', 'hls', 'll-hls', 'native-hls'] as const;
export type PlaybackProtocol = (typeof PLAYBACK_PROTOCOLS)[number];

/** Why an engine gave up. */
export const PLAYBACK_TROUBLES = ['network', 'codec', 'no-picture', 'stopped', 'other'] as const;
export type PlaybackTrouble = (typeof PLAYBACK_TROUBLES)[number];

/** What one viewer's page tells of the time since it last told something. Seconds; nothing in it says who it is. */
export interface PlaybackReport {
  /** `app/stream` */
  readonly stream: string;
  readonly protocol: PlaybackProtocol;
  /** From the wish to watch to the first picture; only in the first report of a viewing. */
  readonly startSeconds?: number | undefined;
  /** Time in which the picture moved, or should have. */
  readonly watchedSeconds: number;
  /** How often the picture stopped for want of data, and for how long altogether; a part of the time watched. */
  readonly stalls: number;
  readonly stalledSeconds: number;
  /** Behind the encoder, now. */
  readonly delaySeconds?: number | undefined;
  /** Lines of the picture shown. */
  readonly lines?: number | undefined;
  readonly troubles: readonly PlaybackTrouble[];
}

/** Sums of many reports of one protocol. Means and medians are null while nothing was told; medians are right within a fortieth. */
export interface PlaybackSummary {
  readonly protocol: PlaybackProtocol;
  /** Viewings that came to a picture. */
  readonly starts: number;
  readonly reports: number;
  readonly meanStartSeconds: number | null;
  readonly medianStartSeconds: number | null;
  readonly meanDelaySeconds: number | null;
  readonly medianDelaySeconds: number | null;
  readonly watchedSeconds: number;
  readonly stalls: number;
  readonly stalledSeconds: number;
  /** Share of the time watched in which the picture stood still, 0 to 1. */
  readonly stallRatio: number | null;
  /** Of time watched. */
  readonly stallsPerHour: number | null;
  readonly troubles: number;
}

/** Streams that are remembered; the one that was told of the longest time ago is forgotten for a new one. */
const MAX_STREAMS = 500;

const HOUR_SECONDS = 3600;

interface Sums {
  readonly start: RoughMedian;
  readonly delay: RoughMedian;
  starts: number;
  reports: number;
  startSeconds: number;
  delays: number;
  delaySeconds: number;
  watchedSeconds: number;
  stalls: number;
  stalledSeconds: number;
  troubles: number;
}

type ByProtocol = Map<PlaybackProtocol, Sums>;

/** What viewers' pages have told since the process began, of all streams and of each. */
export class PlaybackTally {
  readonly #all: ByProtocol = new Map();
  readonly #streams = new Map<string, ByProtocol>();

  /** @param isThere whether there is such a stream now: names that somebody makes up must not drive out real ones */
  heard(report: PlaybackReport, isThere: boolean): void {
    add(this.#all, report);
    if (!isThere && !this.#streams.has(report.stream)) return;
    const own = this.#streams.get(report.stream) ?? new Map<PlaybackProtocol, Sums>();
    this.#streams.delete(report.stream); // to the end of the order
    this.#streams.set(report.stream, own);
    add(own, report);
    if (this.#streams.size <= MAX_STREAMS) return;
    for (const oldest of this.#streams.keys()) {
      this.#streams.delete(oldest);
      return;
    }
  }

  /** @param stream `app/stream`; undefined: of all */
  summary(stream?: string): PlaybackSummary[] {
    const sums = stream === undefined ? this.#all : this.#streams.get(stream);
    return PLAYBACK_PROTOCOLS.flatMap((protocol) => {
      const own = sums?.get(protocol);
      return own ? [summed(protocol, own)] : [];
    });
  }
}

function add(to: ByProtocol, report: PlaybackReport): void {
  let sums = to.get(report.protocol);
  if (!sums) {
    sums = {
      start: new RoughMedian(),
      delay: new RoughMedian(),
      starts: 0,
      reports: 0,
      startSeconds: 0,
      delays: 0,
      delaySeconds: 0,
      watchedSeconds: 0,
      stalls: 0,
      stalledSeconds: 0,
      troubles: 0,
    };
    to.set(report.protocol, sums);
  }
  sums.reports++;
  if (report.startSeconds !== undefined) {
    sums.starts++;
    sums.startSeconds += report.startSeconds;
    sums.start.add(report.startSeconds);
  }
  if (report.delaySeconds !== undefined) {
    sums.delays++;
    sums.delaySeconds += report.delaySeconds;
    sums.delay.add(report.delaySeconds);
  }
  sums.watchedSeconds += report.watchedSeconds;
  sums.stalls += report.stalls;
  sums.stalledSeconds += report.stalledSeconds;
  sums.troubles += report.troubles.length;
}

function summed(protocol: PlaybackProtocol, sums: Sums): PlaybackSummary {
  const { watchedSeconds, stalledSeconds, stalls } = sums;
  const share = (part: number, of: number, digits: number): number | null =>
    of > 0 ? rounded(part / of, digits) : null;
  return {
    protocol,
    starts: sums.starts,
    reports: sums.reports,
    meanStartSeconds: share(sums.startSeconds, sums.starts, 3),
    medianStartSeconds: median(sums.start),
    meanDelaySeconds: share(sums.delaySeconds, sums.delays, 3),
    medianDelaySeconds: median(sums.delay),
    watchedSeconds: rounded(watchedSeconds, 1),
    stalls,
    stalledSeconds: rounded(stalledSeconds, 1),
    stallRatio: share(stalledSeconds, watchedSeconds, 5),
    stallsPerHour: share(stalls * HOUR_SECONDS, watchedSeconds, 2),
    troubles: sums.troubles,
  };
}

const median = ({ value }: RoughMedian): number | null => (value === null ? null : rounded(value, 3));
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
