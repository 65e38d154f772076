import type { After } from '../stream/registry.ts';
import type { Note } from './note.ts';
import type { SpoolContent, SpoolFiles } from './spool-files.ts';
import { doneLine, noteLine } from './spool-line.ts';

export interface SpoolOptions {
  readonly files: Pick<SpoolFiles, 'read' | 'rewrite' | 'append' | 'close' | 'bytes'>;
  /** What the queue may hold. */
  readonly limits: { readonly bytes: number };
  /** All that has still to be sent, in order, and what that takes: asked for when the file is written anew. */
  readonly live: { notes(): readonly Note[]; readonly bytes: number };
  readonly after: After;
  /** In words, once each time it changes; undefined: all is well again. */
  readonly problem: (text: string | undefined) => void;
}

/** A file with less waste than this is left as it is. */
const MIN_WASTE = 1_048_576;
/** After the disk has refused: time to the next attempt. */
const RETRY_MS = 5_000;

/**
 * The memory of a queue that outlives the process: notes are appended when they come, and once more, in short, when they are
 * done with; the file is written anew when most of it is waste. Whenever the process is killed, what was appended is found
 * again. While the disk refuses, the queue lives on in memory alone.
 */
export class Spool {
  readonly #options: SpoolOptions;
  #pending: string[] = [];
  #writing: Promise<void> | undefined;
  /** The file is not what it should be: write it anew. */
  #isBroken = true;
  #isRefused = false;
  #isClosed = false;

  constructor(options: SpoolOptions) {
    this.#options = options;
  }

  /** What an earlier run has left. @throws what the system says */
  open(): SpoolContent {
    return this.#options.files.read(4 * this.#options.limits.bytes + 16 * MIN_WASTE);
  }

  append(note: Note): void {
    this.#write(noteLine(note));
  }

  done(seq: number): void {
    this.#write(doneLine(seq));
  }

  /** Resolves when the disk has, or has refused, everything. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#isBroken && (this.#isRefused || this.#options.live.bytes > 0)) this.#begin();
    await this.flush();
    await this.#options.files.close();
  }

  #write(line: string): void {
    // While the file is broken, all that is alive is going to be written anyway.
    if (!this.#isBroken) this.#pending.push(line);
    if (!this.#isRefused && !this.#isClosed) this.#begin();
  }

  #begin(): void {
    this.#writing ??= this.#work().finally(() => (this.#writing = undefined));
  }

  async #work(): Promise<void> {
    const { files, problem } = this.#options;
    await Promise.resolve(); // whatever comes in the same turn goes in the same write
    try {
      while (this.#pending.length > 0 || this.#isBroken) {
        if (this.#isBroken || this.#isMostlyWaste()) await this.#anew();
        const text = this.#pending.join('');
        this.#pending = [];
        if (text !== '') await files.append(text);
      }
      if (this.#isRefused) problem(undefined);
      this.#isRefused = false;
    } catch (error) {
      this.#refused(error);
    }
  }

  async #anew(): Promise<void> {
    this.#isBroken = false; // what comes from now on is appended behind
    await this.#options.files.rewrite(this.#options.live.notes());
  }

  #isMostlyWaste(): boolean {
    const { files, live } = this.#options;
    return files.bytes > MIN_WASTE && files.bytes > MIN_WASTE + 2 * live.bytes;
  }

  #refused(error: unknown): void {
    const { problem, after } = this.#options;
    this.#isBroken = true;
    this.#pending = [];
    if (!this.#isRefused)
      problem(
        error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error),
      );
    this.#isRefused = true;
    if (!this.#isClosed) after(RETRY_MS, () => !this.#isClosed && this.#begin());
  }
}
