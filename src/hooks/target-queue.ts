import type { Log } from '../observe/log.ts';
import type { After } from '../stream/registry.ts';
import { deliver } from './courier.ts';
import type { Post } from './http-post.ts';
import type { Note, NoteDraft } from './note.ts';
import { NowAndThen } from './now-and-then.ts';
import { Outbox, type Dropped, type QueueLimits } from './outbox.ts';
import { Spool } from './spool.ts';
import { SpoolFiles } from './spool-files.ts';
import type { HookTarget } from './target.ts';

export interface TargetQueueOptions {
  readonly dir: string;
  readonly target: HookTarget;
  readonly post: Post;
  readonly limits: QueueLimits;
  readonly clock: () => number;
  readonly after: After;
  readonly random: () => number;
  /** In words, for operators. */
  readonly alarm: (text: string) => void;
  readonly log: Log;
}

/** Since the start, but for what waits now. */
export interface QueueCounts {
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly delivered: number;
  /** Attempts in vain. */
  readonly failed: number;
  readonly dropped: Readonly<Record<Dropped, number>>;
}

const WHY: Readonly<Record<Dropped, string>> = {
  full: 'its queue is full (hooks.queueBytes)',
  old: 'they have waited too long (hooks.queueHours)',
  refused: 'it has refused them for ten minutes',
};
/** Between two alarms of one kind. */
const ALARM_PAUSE_MS = 60_000;

/** One target's notifications: outbox, its memory on the disk, and what the operator is told of both. */
export class TargetQueue {
  /** Its settings may change; its address does not. */
  target: HookTarget;
  readonly #options: TargetQueueOptions;
  readonly #outbox: Outbox;
  readonly #spool: Spool;
  readonly #abort = new AbortController();
  readonly #dropped: Record<Dropped, number> = { full: 0, old: 0, refused: 0 };
  readonly #alarms: Readonly<Record<Dropped, NowAndThen>>;

  constructor(options: TargetQueueOptions) {
    this.#options = options;
    this.target = options.target;
    const { limits, clock, after, random, post } = options;
    const alarm = (): NowAndThen => new NowAndThen(clock, ALARM_PAUSE_MS);
    this.#alarms = { full: alarm(), old: alarm(), refused: alarm() };
    const { signal } = this.#abort;
    const outbox: Outbox = new Outbox({
      send: (note, repetition) => deliver(note, repetition, { target: this.target, post, clock, signal }),
      spool: { append: (note) => this.#spool.append(note), done: (seq) => this.#spool.done(seq) },
      ...{ limits, clock, after, random },
      dropped: (note, why, text) => this.#drop(note, why, text),
      heard: (problem) => this.#tellOfReceiver(problem),
    });
    this.#outbox = outbox;
    const files = new SpoolFiles(options.dir);
    const problem = (text: string | undefined): void => this.#tellOfDisk(text);
    this.#spool = new Spool({ files, limits, live: outbox, after, problem });
  }

  get label(): string {
    return this.target.label;
  }

  /** Reads what an earlier run has left, and sends it first. */
  start(): void {
    const { log, dir } = this.#options;
    try {
      const { notes, nextSeq, problems } = this.#spool.open();
      for (const text of problems) log.error({ hook: this.label }, `queue of notifications damaged: ${text}`);
      if (notes.length > 0)
        log.info({ hook: this.label, waiting: notes.length }, 'notifications wait from before');
      this.#outbox.restore(notes, nextSeq);
    } catch (error) {
      const text = (error as Error).message;
      log.error({ hook: this.label }, `the queue of notifications in ${dir} cannot be read: ${text}`);
    }
  }

  add(note: NoteDraft): void {
    this.#outbox.add(note);
  }

  /** @param drainMs how long what waits may still be sent */
  async stop(drainMs: number): Promise<void> {
    if (drainMs > 0) await this.#drain(drainMs);
    const isIdle = this.#outbox.stop();
    this.#abort.abort();
    await isIdle;
    await this.#spool.close();
    const { count } = this.#outbox;
    if (count > 0)
      this.#options.log.info({ hook: this.label, waiting: count }, 'notifications wait for the next start');
  }

  counts(): QueueCounts {
    const { count: waiting, bytes: waitingBytes, delivered, failed } = this.#outbox;
    return { waiting, waitingBytes, delivered, failed, dropped: { ...this.#dropped } };
  }

  #drain(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.after(ms, resolve);
      void this.#outbox.whenEmpty().then(() => {
        cancel();
        resolve();
      });
    });
  }

  #drop(note: Note, why: Dropped, text: string): void {
    this.#dropped[why]++;
    const { log, alarm } = this.#options;
    log.debug({ hook: this.label, id: note.id, event: note.call }, `notification dropped: ${text}`);
    this.#alarms[why].say((held) => {
      const sentence = `${this.label} is not told of ${held + 1} events: ${WHY[why]}`;
      log.error({ hook: this.label }, sentence);
      // Not from within the event that is being told: the next one would overtake it.
      queueMicrotask(() => alarm(sentence));
    });
  }

  #tellOfReceiver(problem: string | undefined): void {
    const { log } = this.#options;
    const fields = { hook: this.label, waiting: this.#outbox.count };
    if (problem === undefined) log.info(fields, `${this.label} answers again`);
    else log.warn(fields, `${this.label} ${problem}; notifications wait for it`);
  }

  #tellOfDisk(problem: string | undefined): void {
    const { log, dir } = this.#options;
    const fields = { hook: this.label };
    if (problem === undefined) log.info(fields, `notifications are kept in ${dir} again`);
    else log.error(fields, `notifications cannot be kept in ${dir} (${problem}); they wait in memory alone`);
  }
}
