import { Counter, Histogram, type Registry } from 'prom-client';
import type { PlaybackReport } from './playback.ts';

/** FLV starts within some hundred ms, HLS may have to wait for a segment. */
const START_SECONDS = [0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, 12, 20, 40];
/** FLV is under a second behind, low-latency HLS under two, HLS some segments; beyond a minute somebody watches the past. */
const DELAY_SECONDS = [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 18, 30, 60];
/** Share of a report's time; one stop in a hundred seconds is what people notice. */
const STALL_RATIO = [0, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/** Heights that pictures usually have. What lies between counts as the next lower one: labels come from outside. */
const LINES = [2160, 1440, 1080, 720, 540, 480, 360, 240] as const;

/** Metrics of what viewers' pages tell. */
export class PlaybackMetrics {
  readonly #start: Histogram<'protocol'>;
  readonly #delay: Histogram<'protocol'>;
  readonly #ratio: Histogram<'protocol'>;
  readonly #watched: Counter<'protocol' | 'picture'>;
  readonly #stalls: Counter<'protocol'>;
  readonly #stalled: Counter<'protocol'>;
  readonly #troubles: Counter<'protocol' | 'trouble'>;

  constructor(registry: Registry) {
    const registers = [registry];
    const histogram = (name: string, help: string, buckets: number[]): Histogram<'protocol'> =>
      new Histogram({
        name: `millrace_playback_${name}`,
        help,
        buckets,
        labelNames: ['protocol'],
        registers,
      });
    const counter = <Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> =>
      new Counter({ name: `millrace_playback_${name}_total`, help, labelNames, registers });
    this.#start = histogram(
      'start_seconds',
      'From the wish to watch to the first picture, as pages tell.',
      START_SECONDS,
    );
    this.#delay = histogram(
      'delay_seconds',
      'How far pictures are behind the encoder, as pages tell twice a minute.',
      DELAY_SECONDS,
    );
    this.#ratio = histogram(
      'stall_ratio',
      'Share of the time watched in which a page’s picture stood still, by report.',
      STALL_RATIO,
    );
    this.#watched = counter(
      'watched_seconds',
      'Time watched, as pages tell, by protocol and lines of the picture.',
      ['protocol', 'picture'],
    );
    this.#stalls = counter('stalls', 'Times a page’s picture stood still for want of data.', ['protocol']);
    this.#stalled = counter('stalled_seconds', 'Time in which pages’ pictures stood still.', ['protocol']);
    this.#troubles = counter('troubles', 'Times an engine of a page gave up, by why.', [
      'protocol',
      'trouble',
    ]);
  }

  heard(report: PlaybackReport): void {
    const { protocol, startSeconds, delaySeconds, watchedSeconds, stalledSeconds, stalls, lines } = report;
    if (startSeconds !== undefined) this.#start.observe({ protocol }, startSeconds);
    if (delaySeconds !== undefined) this.#delay.observe({ protocol }, delaySeconds);
    if (watchedSeconds > 0) this.#ratio.observe({ protocol }, Math.min(1, stalledSeconds / watchedSeconds));
    this.#watched.inc({ protocol, picture: pictureOf(lines) }, watchedSeconds);
    this.#stalls.inc({ protocol }, stalls);
    this.#stalled.inc({ protocol }, stalledSeconds);
    for (const trouble of report.troubles) this.#troubles.inc({ protocol, trouble });
  }
}

/** One of few words: `1080`, `720` …, `small`, `none`. */
function pictureOf(lines: number | undefined): string {
  if (lines === undefined || lines === 0) return 'none';
  const usual = LINES.find((one) => lines >= one);
  return usual === undefined ? 'small' : String(usual);
}
