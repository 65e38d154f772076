import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { Log } from '../observe/log.ts';
import type { Pacing } from '../stream/pacing.ts';

/** Long enough for a steady figure, short enough to act before queues grow. */
const WINDOW_MS = 500;
/** A loop on the brink comes and goes; the log need not tell each time. */
const LOG_EVERY_MS = 10_000;

/** Watches how busy the event loop is, and lets {@link Pacing} know. */
export class LoadWatch {
  readonly #pacing: Pacing;
  readonly #log: Log;
  /** At the last look; undefined before the first: how busy the start was tells nothing. */
  #last: EventLoopUtilization | undefined;
  #lookedAt = -Infinity;
  #askedLast = performance.eventLoopUtilization();
  #loggedAt = -Infinity;
  #wasStretched = false;

  constructor(pacing: Pacing, log: Log) {
    this.#pacing = pacing;
    this.#log = log;
  }

  /** Share of the time since it was last asked for in which the loop was busy, 0 to 1; for a scrape, also while nothing is on the air. */
  utilizationSinceAsked(): number {
    const current = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(current, this.#askedLast);
    this.#askedLast = current;
    return utilization;
  }

  /** Call several times a second while there are streams. `now` in ms, monotonic. */
  look(now: number): void {
    if (now - this.#lookedAt < WINDOW_MS) return;
    this.#lookedAt = now;
    const current = performance.eventLoopUtilization();
    const last = this.#last;
    this.#last = current;
    if (!last) return;
    const { utilization } = performance.eventLoopUtilization(current, last);
    this.#pacing.note(utilization);
    this.#tell(now, utilization);
  }

  #tell(now: number, utilization: number): void {
    const { isStretched, batchMs } = this.#pacing;
    if (isStretched === this.#wasStretched || now - this.#loggedAt < LOG_EVERY_MS) return;
    this.#loggedAt = now;
    this.#wasStretched = isStretched;
    const load = `${Math.round(utilization * 100)} %`;
    if (isStretched)
      this.#log.warn({ load, batchMs }, 'near the limit of one core: viewers get frames in larger batches');
    else this.#log.info({ load, batchMs }, 'the load is over: batches are as the settings say');
  }
}
