import { join } from 'node:path';
import type { StoredBytes } from '../hls/archive.ts';
import type { DvrDisk } from './dvr-disk.ts';
import {
  ENDED_LINE,
  INDEX_FILE,
  initLine,
  segmentLine,
  type DvrIndex,
  type IndexedSegment,
} from './dvr-index.ts';

/** The index grows by a line for each segment; it is written anew when it has so many lines that nobody needs. */
const MAX_STALE_LINES = 1_000;
/** Lines that a full disk has not taken wait for the next one; more of them are left to the next time that all is written anew. */
const MAX_OWED = 64 * 1024;

export interface DvrFolderOptions {
  /** Made when there is something to put into it. */
  readonly dir: string;
  readonly disk: DvrDisk;
  /** All that the index has to tell of now. */
  readonly contents: () => Pick<DvrIndex, 'segments' | 'inits'>;
}

/** An archive's files, and its index, which is what is left of it after a crash. */
export class DvrFolder {
  readonly #options: DvrFolderOptions;
  #lines = 0;
  /** What was to be appended and may be there in part. */
  #owed = '';
  /** Something has been put into it: a life without a segment leaves its number, and with it the folder, to the next one. */
  #isOwn = false;
  #isClosed = false;

  constructor(options: DvrFolderOptions) {
    this.#options = options;
  }

  /** False: the disk does not keep up, and `done` is not called. */
  write(file: string, bytes: Buffer, done: (error: Error | undefined) => void): boolean {
    this.#isOwn = true;
    return this.#options.disk.write({ path: this.#pathOf(file), bytes, done });
  }

  /** @param gone told when the file turns out not to be what was written */
  stored(file: string, size: number, gone: () => void): StoredBytes {
    const path = this.#pathOf(file);
    return { size, read: (from, to) => this.#options.disk.read({ path, from, to }, gone) };
  }

  tellInit(number: number, bytes: Buffer): void {
    this.#append(initLine(number, bytes));
  }

  tellSegment(segment: IndexedSegment): void {
    this.#append(segmentLine(segment));
  }

  tellEnd(): void {
    if (this.#isOwn) this.#append(ENDED_LINE);
  }

  /** @param held segments in the folder by now */
  removeFile(file: string, held: number): void {
    this.#options.disk.remove(this.#pathOf(file));
    if (this.#lines - held > MAX_STALE_LINES) this.rewriteIndex();
  }

  rewriteIndex(): void {
    if (this.#isClosed) return;
    this.#isOwn = true;
    const { disk, contents } = this.#options;
    const { inits, segments } = contents();
    const lines = [
      ...[...inits].map(([number, bytes]) => initLine(number, bytes)),
      ...segments.map((segment) => segmentLine(segment)),
    ];
    const bytes = Buffer.from(lines.join(''));
    if (disk.write({ path: this.#pathOf(INDEX_FILE), bytes, how: 'replace' })) this.#lines = lines.length;
  }

  /** All of it. */
  remove(): void {
    this.#isClosed = true;
    if (this.#isOwn) this.#options.disk.remove(this.#options.dir);
  }

  #append(line: string): void {
    if (this.#isClosed) return;
    this.#isOwn = true;
    this.#lines++;
    const text = this.#owed + line;
    this.#owed = '';
    const owe = (): void => {
      // On a line of its own, whatever there is of it.
      if (this.#owed.length + text.length < MAX_OWED)
        this.#owed += `${text.startsWith('\n') ? '' : '\n'}${text}`;
    };
    const done = (error: Error | undefined): void => (error ? owe() : undefined);
    const bytes = Buffer.from(text);
    if (!this.#options.disk.write({ path: this.#pathOf(INDEX_FILE), bytes, how: 'append', done })) owe();
  }

  #pathOf(file: string): string {
    return join(this.#options.dir, file);
  }
}
