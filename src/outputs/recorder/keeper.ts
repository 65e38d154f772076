import type { EventFeed } from '../../observe/events.ts';
import type { Log } from '../../observe/log.ts';
import type { After } from '../../stream/registry.ts';
import type { CatalogEntry } from './catalog.ts';
import type { Library } from './library.ts';
import { problemText } from './problem-text.ts';
import { closeLeft } from './recording-file.ts';
import { outlived, type RetentionRule } from './retention.ts';

export interface KeeperOptions {
  /** In force now. */
  readonly rule: () => RetentionRule;
  readonly library: Library;
  /** Wall clock, ms. */
  readonly clock: () => number;
  readonly after: After;
  readonly log: Log;
  readonly events: Pick<EventFeed, 'tell'>;
  /** Files being written, by the id of their recording. */
  readonly active: ReadonlyMap<string, { readonly bytes: number }>;
}

const LOOK_MS = 60_000;
/** Files looked at in one go: whether somebody has taken them away. */
const LOOKS = 200;
/** Another process that writes into a file has done so within this time. */
const FRESH_MS = 30_000;

/** Looks after the recordings that are there: closes what was left open, removes what has outlived its time. */
export class Keeper {
  readonly #options: KeeperOptions;
  #cancel: (() => void) | undefined;
  #isStopped = false;
  #problem: string | undefined;
  #work: Promise<void> | undefined;
  /** Left open, and nothing could be made of them. */
  readonly #hopeless = new Set<string>();
  #looked = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Resolves when the directory is open, or cannot be; the rest goes on beside. */
  async start(): Promise<void> {
    await this.#open();
    this.#goOn();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  /** A recording is whole. */
  tellDone(entry: CatalogEntry, reason: string): void {
    const { log, events } = this.#options;
    const { id, stream, seconds = 0, bytes = 0 } = entry;
    log.info({ stream, recording: id, seconds, bytes, reason }, 'recording done');
    events.tell({ type: 'recordDone', stream, recording: id, seconds, bytes, reason });
    if (this.#options.rule().keepBytes > 0) void this.look();
  }

  /** One round; a second call while it goes on gets the same. */
  look(): Promise<void> {
    this.#work ??= this.#round().finally(() => (this.#work = undefined));
    return this.#work;
  }

  #goOn(): void {
    void this.look().finally(() => {
      if (!this.#isStopped) this.#cancel = this.#options.after(LOOK_MS, () => this.#goOn());
    });
  }

  async #round(): Promise<void> {
    try {
      if (!(await this.#open())) return;
      await this.#options.library.place.check();
      await this.#closeLeft();
      await this.#removeOutlived();
      await this.#forgetMissing();
    } catch (error) {
      this.#options.log.warn({ reason: problemText(error as Error) }, 'cannot look after the recordings now');
    }
  }

  async #open(): Promise<boolean> {
    const { library, log, events } = this.#options;
    if (library.isOpen) return true;
    try {
      await library.open();
    } catch (error) {
      const text = `recordings cannot be kept: ${problemText(error as Error)} (record.dir)`;
      if (text !== this.#problem) {
        log.error({ dir: library.place.dir }, text);
        events.tell({ type: 'alarm', text });
      }
      this.#problem = text;
      return false;
    }
    this.#problem = undefined;
    if (library.badLines > 0)
      log.warn(
        { lines: library.badLines },
        'the list of recordings has lines that cannot be read; they are left out',
      );
    return true;
  }

  /** What a crash left, one after the other: a long file takes its time. */
  async #closeLeft(): Promise<void> {
    const { library, active, log } = this.#options;
    for (const entry of [...library.entries]) {
      if (this.#isStopped) return;
      if (entry.seconds !== undefined || active.has(entry.id) || this.#hopeless.has(entry.id)) continue;
      if (await this.#isSomebodys(entry)) continue;
      const closed = await closeLeft(library, entry);
      if (closed) this.tellDone(closed, 'left open, closed later');
      else if (library.get(entry.id)) {
        this.#hopeless.add(entry.id);
        log.warn({ recording: entry.id }, 'a recording that was left open cannot be closed properly');
      }
    }
  }

  /** We are writing it, or another gateway on the same directory. */
  async #isSomebodys({ id, pid, path }: CatalogEntry): Promise<boolean> {
    if (this.#options.library.isBeingWritten(id)) return true;
    if (pid === process.pid || !isAlive(pid)) return false;
    const found = await this.#options.library.place.look(path);
    return found !== undefined && this.#options.clock() - found.changedAt < FRESH_MS;
  }

  async #removeOutlived(): Promise<void> {
    const { library, clock, rule, active, log } = this.#options;
    for (const entry of outlived(library.entries, rule(), { now: clock(), active })) {
      if (entry.seconds === undefined && (await this.#isSomebodys(entry))) continue;
      await library.remove(entry);
      log.info({ stream: entry.stream, recording: entry.id }, 'recording removed: kept long enough');
    }
  }

  /** Files that somebody has removed: some in each round. */
  async #forgetMissing(): Promise<void> {
    const { library, active } = this.#options;
    const entries = [...library.entries];
    if (entries.length === 0 || !(await library.isThere())) return;
    for (let count = 0; count < Math.min(LOOKS, entries.length); count++) {
      const entry = entries[this.#looked++ % entries.length]!;
      if (entry.seconds === undefined || active.has(entry.id)) continue;
      if (!(await library.place.look(entry.path))) await library.forget(entry);
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
