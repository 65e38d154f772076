import type { Stream } from '../stream/stream.ts';

/**
 * For what a publisher's own frames do not bring about because it has fallen silent: they flush too, many times a second. Each
 * tick wakes the process, which costs more than what is done in it.
 */
export const TICK_MS = 100;
const SAMPLE_MS = 1_000;

export interface TickerOptions {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly streams: () => readonly Stream[];
  readonly everyTick: (now: number) => void;
  readonly everySecond: () => void;
}

/** The gateway's one clock for what must happen though no frame comes. Runs only while there are streams. */
export class Ticker {
  readonly #now: () => number;
  readonly #streams: () => readonly Stream[];
  readonly #everyTick: (now: number) => void;
  readonly #everySecond: () => void;
  #timer: NodeJS.Timeout | undefined;
  #sampledAt = 0;

  constructor(options: TickerOptions) {
    this.#now = options.now;
    this.#streams = options.streams;
    this.#everyTick = options.everyTick;
    this.#everySecond = options.everySecond;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const streams = this.#streams();
    for (const stream of streams) stream.flush();
    const now = this.#now();
    this.#everyTick(now);
    if (now - this.#sampledAt < SAMPLE_MS) return;
    this.#sampledAt = now;
    for (const stream of streams) stream.sample(now);
    this.#everySecond();
  }
}
