import type { EventFeed } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { Doctor, type HealthNews } from '../outputs/doctor/doctor.ts';
import type { HealthVerdict } from '../servers/http/api/parts.ts';
import type { Stream } from '../stream/stream.ts';
import { TICK_MS } from './ticker.ts';

export interface ExaminingOptions {
  readonly feed: EventFeed;
  /** ms, monotonic. */
  readonly now: () => number;
  /** ms since 1970. */
  readonly clock: () => number;
  readonly log: Log;
}

/** A second of ticks. */
const BEATS = 1000 / TICK_MS;

/** A doctor for every stream: what it says goes to the API, the log and the feed of events. */
export class Examining {
  readonly #options: ExaminingOptions;
  readonly #doctors = new Map<string, { readonly doctor: Doctor; readonly turn: number }>();
  #opened = 0;
  #beats = 0;
  #beatAt: number | undefined;
  /** How long before each of the last beats the process did not get round to anything, ms. */
  readonly #heldUpMs = new Float64Array(BEATS);

  constructor(options: ExaminingOptions) {
    this.#options = options;
  }

  open(stream: Stream): void {
    const { path } = stream.name;
    const { now, clock } = this.#options;
    const doctor = new Doctor({
      now,
      clock,
      publisher: () =>
        stream.publisher && {
          metadata: stream.facts.metadata,
          problems: stream.publisher.problems?.() ?? [],
        },
      changed: (news) => this.#changed(path, news),
    });
    this.#doctors.set(path, { doctor, turn: this.#opened++ % BEATS });
    stream.attach(doctor);
  }

  streamEnded(stream: Stream): void {
    this.#doctors.delete(stream.name.path);
    if (this.#doctors.size === 0) this.#beatAt = undefined; // nobody beats where there are no streams
  }

  /**
   * Call with every tick, `now` in ms, monotonic. Each stream is looked at once a second, a tenth of them at a time: looking at a
   * thousand at once would hold up all of them. What came late because we were busy is not the publishers' lateness.
   */
  beat(now: number): void {
    const turn = this.#beats++ % BEATS;
    this.#heldUpMs[turn] = this.#beatAt === undefined ? 0 : Math.max(0, now - this.#beatAt - TICK_MS);
    this.#beatAt = now;
    const heldUpMs = Math.max(...this.#heldUpMs);
    for (const one of this.#doctors.values()) if (one.turn === turn) one.doctor.look(heldUpMs);
  }

  /** What stands of a stream now, the gravest first. */
  readonly health = (path: string): HealthVerdict[] =>
    (this.#doctors.get(path)?.doctor.verdicts ?? []).map((verdict) => ({
      ...verdict,
      since: new Date(verdict.since).toISOString(),
    }));

  readonly lateMs = (path: string): number | undefined => this.#doctors.get(path)?.doctor.lateMs;

  /** The log is told of the news alone, everybody else of all that stands. */
  #changed(path: string, { verdicts, come, healed }: HealthNews): void {
    const { feed, log } = this.#options;
    for (const { code, severity, text, remedy, measured } of come) {
      const facts = { stream: path, verdict: code, measured, remedy };
      if (severity === 'advice') log.info(facts, text);
      else log.warn(facts, text);
    }
    for (const { code } of healed) log.info({ stream: path, verdict: code }, 'this is over');
    if (healed.length > 0 && verdicts.length === 0) log.info({ stream: path }, 'the stream is well again');
    feed.tell({
      type: 'health',
      stream: path,
      verdicts: verdicts.map(({ code, severity, text, remedy, measured }) => {
        return { code, severity, text, remedy, measured };
      }),
    });
  }
}
