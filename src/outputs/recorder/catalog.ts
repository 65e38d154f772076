import { readFile, rename, open, type FileHandle } from 'node:fs/promises';
import type { RecordingFormat } from './muxer.ts';

/** One recording, as it is remembered. */
export interface CatalogEntry {
  /** `app/stream/file.mp4`; never used for another one as long as this one is there. */
  readonly id: string;
  /** Of the file, below the directory of the recordings. */
  readonly path: string;
  /** `app/stream`. */
  readonly stream: string;
  readonly format: RecordingFormat;
  /** Wall clock, ms. */
  readonly startedAt: number;
  /** Undefined: not known, because it is being written or was left open. */
  readonly seconds?: number;
  readonly bytes?: number;
  /** Of the process that began it. */
  readonly pid: number;
}

/** A line of the file: what is true of an entry from now on, or that it is gone. */
type Line = CatalogEntry | { readonly gone: string };

/** Lines beyond the entries themselves after which the file is written anew. */
const SPARE_LINES = 200;
/** Longer ones have not been written by us. */
const MAX_LINE_LENGTH = 4096;

/**
 * All recordings that are ours, in memory and in one file of JSON lines that only grows while the program runs. A file that is
 * not in here is never touched.
 */
export class Catalog {
  readonly #path: string;
  readonly #entries = new Map<string, CatalogEntry>();
  readonly #paths = new Set<string>();
  #work: Promise<void> = Promise.resolve();
  /** Something could not be written: the whole is due. */
  #isBehind = false;
  /** Lines that could not be read. */
  badLines = 0;

  constructor(path: string) {
    this.#path = path;
  }

  get entries(): Iterable<CatalogEntry> {
    return this.#entries.values();
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): CatalogEntry | undefined {
    return this.#entries.get(id);
  }

  hasPath(path: string): boolean {
    return this.#paths.has(path);
  }

  /** Rejects with what the system says; that there is no file yet is no error. */
  async load(): Promise<void> {
    const text = await readFile(this.#path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    });
    const lines = text.split('\n').filter((line) => line !== '');
    for (const text of lines) {
      const line = parse(text);
      if (!line) this.badLines++;
      else if ('gone' in line) this.#forget(line.gone);
      else this.#set(line);
    }
    // A line that was cut short by a crash has no end: the next one must not be written behind it.
    const isTorn = text !== '' && !text.endsWith('\n');
    this.#isBehind = isTorn || lines.length > 2 * this.#entries.size + SPARE_LINES;
  }

  /** Resolves when it is on the disk, rejects if it is not; it is in the catalog either way. */
  put(entry: CatalogEntry): Promise<void> {
    this.#set(entry);
    return this.#append(entry);
  }

  forget(id: string): Promise<void> {
    this.#forget(id);
    return this.#append({ gone: id });
  }

  #set(entry: CatalogEntry): void {
    this.#entries.set(entry.id, entry);
    this.#paths.add(entry.path);
  }

  #forget(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) this.#paths.delete(entry.path);
    this.#entries.delete(id);
  }

  /** One after the other, each as a whole. */
  #append(line: Line): Promise<void> {
    const done = this.#work.then(() =>
      this.#isBehind ? this.#rewrite() : this.#write(this.#path, 'a', `${JSON.stringify(line)}\n`),
    );
    this.#work = done.catch(() => {
      this.#isBehind = true;
    });
    return done;
  }

  async #rewrite(): Promise<void> {
    const temporary = `${this.#path}.${process.pid}.new`;
    const lines = [...this.#entries.values()].map((entry) => `${JSON.stringify(entry)}\n`);
    await this.#write(temporary, 'w', lines.join(''));
    await rename(temporary, this.#path);
    this.#isBehind = false;
  }

  async #write(path: string, flags: string, text: string): Promise<void> {
    const file: FileHandle = await open(path, flags, 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

/** Undefined for what is no line of ours. */
function parse(text: string): Line | undefined {
  if (text.length > MAX_LINE_LENGTH) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if ('gone' in value) return typeof value.gone === 'string' ? { gone: value.gone } : undefined;
  return isEntry(value) ? value : undefined;
}

function isEntry(value: object): value is CatalogEntry {
  const { id, path, stream, format, startedAt, seconds, bytes, pid } = value as Record<string, unknown>;
  const isCount = (one: unknown): boolean => typeof one === 'number' && Number.isFinite(one) && one >= 0;
  return (
    [id, path, stream].every((text) => typeof text === 'string' && text !== '') &&
    (format === 'mp4' || format === 'flv') &&
    [startedAt, pid].every(isCount) &&
    [seconds, bytes].every((one) => one === undefined || isCount(one))
  );
}
