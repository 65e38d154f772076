import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { StreamName } from '../../media/stream-name.ts';
import { Catalog, type CatalogEntry } from './catalog.ts';
import type { RecordingFormat } from './muxer.ts';
import { recordingPath } from './name-template.ts';
import { Place } from './place.ts';

/** In the directory of the recordings, so that it moves with them. */
const CATALOG_FILE = '.recordings.jsonl';
/** Recordings of one name that began in the same second. */
const MAX_SAME_NAME = 1_000;

export interface NewRecording {
  readonly name: StreamName;
  readonly format: RecordingFormat;
  /** Wall clock, ms. */
  readonly startedAt: number;
  /** Which file of an unbroken recording it is, from 1. */
  readonly n: number;
}

/** The files and what is remembered of them. All that is done with recordings' files goes through here. */
export class Library {
  readonly place: Place;
  readonly #template: string;
  readonly #catalog: Catalog;
  /** Ids of files that this process is writing. */
  readonly #writing = new Set<string>();
  #isOpen = false;
  #opening: Promise<void> | undefined;

  constructor(dir: string, template: string) {
    this.place = new Place(dir);
    this.#template = template;
    this.#catalog = new Catalog(join(dir, CATALOG_FILE));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get entries(): Iterable<CatalogEntry> {
    return this.#catalog.entries;
  }

  get badLines(): number {
    return this.#catalog.badLines;
  }

  get(id: string): CatalogEntry | undefined {
    return this.#catalog.get(id);
  }

  /** Rejects with what the system says; may be tried again. */
  async open(): Promise<void> {
    if (this.#isOpen) return;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    await this.#opening;
  }

  async #open(): Promise<void> {
    await this.place.open();
    await this.#catalog.load();
    this.#isOpen = true;
  }

  /** From {@link create} to {@link release}. */
  isBeingWritten(id: string): boolean {
    return this.#writing.has(id);
  }

  /** The file is closed. */
  release({ id }: CatalogEntry): void {
    this.#writing.delete(id);
  }

  /** A new file, entered before it is made. Rejects with what the system says, or {@link PlaceError}. */
  async create(wish: NewRecording): Promise<{ readonly entry: CatalogEntry; readonly file: FileHandle }> {
    await this.open();
    for (let attempt = 1; attempt <= MAX_SAME_NAME; attempt++) {
      const entry = this.#entryFor(wish, attempt);
      if (this.#catalog.get(entry.id) || this.#catalog.hasPath(entry.path)) continue;
      this.#writing.add(entry.id);
      const file = await this.#createFile(entry);
      if (file) return { entry, file };
    }
    throw new Error(
      'there are too many recordings of the same name already; use {n} or {time} in record.name',
    );
  }

  /** It is whole. */
  async done(
    entry: CatalogEntry,
    facts: { readonly seconds: number; readonly bytes: number },
  ): Promise<CatalogEntry> {
    const whole = { ...entry, ...facts };
    await this.#catalog.put(whole);
    return whole;
  }

  /** Removes the file and what is remembered of it. Rejects, and remembers it, if the file cannot be removed. */
  async remove(entry: CatalogEntry): Promise<void> {
    await this.place.remove(entry.path);
    await this.#catalog.forget(entry.id);
  }

  /** The file is gone. */
  async forget(entry: CatalogEntry): Promise<void> {
    await this.#catalog.forget(entry.id);
  }

  /** Is the directory the one that holds what is remembered? */
  async isThere(): Promise<boolean> {
    return (await this.place.look(CATALOG_FILE)) !== undefined;
  }

  /** Undefined if there is something of this name that is not ours. */
  async #createFile(entry: CatalogEntry): Promise<FileHandle | undefined> {
    try {
      await this.#catalog.put(entry);
      return await this.place.create(entry.path);
    } catch (error) {
      this.release(entry);
      await this.#catalog.forget(entry.id).catch(() => undefined); // what is in memory counts until it can be written
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
      throw error;
    }
  }

  #entryFor({ name, format, startedAt, n }: NewRecording, attempt: number): CatalogEntry {
    const base = recordingPath(this.#template, { name, startedAt, n });
    if (base === undefined) throw new Error(`the name by record.name would be too long for "${name.path}"`);
    const path = `${base}${attempt === 1 ? '' : `-${attempt}`}.${format}`;
    return { id: idOf(name, path), path, stream: name.path, format, startedAt, pid: process.pid };
  }
}

/** By the default template the path itself; for others the path in one part. */
function idOf(name: StreamName, path: string): string {
  const own = `${name.path}/`;
  const file = path.startsWith(own) ? path.slice(own.length) : path;
  return own + file.replaceAll('/', '~');
}
