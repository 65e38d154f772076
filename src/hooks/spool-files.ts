import { closeSync, fstatSync, linkSync, mkdirSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Note } from './note.ts';
import { noteLine, readSpoolLine } from './spool-line.ts';

/** What was found in a queue's directory. */
export interface SpoolContent {
  /** What is still to be sent, in order. */
  readonly notes: Note[];
  /** One past the highest number ever used. */
  readonly nextSeq: number;
  /** Sentences on what cannot be read. */
  readonly problems: readonly string[];
}

/** Each time the file is written anew its number goes up; two are there only while that happens. */
const FILE = /^queue-(\d{1,12})\.log$/;
/** Records written between two looks at the clock: while a large queue is written anew, streams go on. */
const RECORDS_AT_ONCE = 500;

/** The files of one queue: what Spool does in order, done to the disk. Its directory is private: notes may hold secrets. */
export class SpoolFiles {
  readonly dir: string;
  #number = 0;
  #file: FileHandle | undefined;
  /** Of the present file. */
  bytes = 0;

  constructor(dir: string) {
    this.dir = dir;
  }

  /**
   * Reads what an earlier run has left. Nothing is changed but that a damaged file is kept under another name as well.
   * @param maxBytes more of one file is not read
   * @throws what the system says
   */
  read(maxBytes: number): SpoolContent {
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    const notes = new Map<number, Note>();
    const done = new Set<number>();
    const problems: string[] = [];
    let highest = 0;
    const names = readdirSync(this.dir).filter((name) => FILE.test(name));
    for (const name of names.sort((a, b) => numberIn(a) - numberIn(b))) {
      this.#number = Math.max(this.#number, numberIn(name));
      const damage = readRecords(join(this.dir, name), maxBytes, (record) => {
        if ('note' in record) notes.set(record.note.seq, record.note);
        else done.add(record.done);
        highest = Math.max(highest, 'note' in record ? record.note.seq : record.done);
      });
      if (damage !== undefined) problems.push(this.#keepDamaged(name, damage));
    }
    for (const seq of done) notes.delete(seq);
    const inOrder = [...notes.values()].sort((a, b) => a.seq - b.seq);
    return { notes: inOrder, nextSeq: highest + 1, problems };
  }

  /** The sentence for the log. The file itself goes when what is readable in it has been written anew. */
  #keepDamaged(name: string, damage: string): string {
    const path = join(this.dir, name);
    const kept = join(this.dir, 'damaged.log');
    try {
      rmSync(kept, { force: true });
      linkSync(path, kept);
      return `${path}: ${damage}; it is kept as ${kept}`;
    } catch (error) {
      return `${path}: ${damage}; it cannot be kept (${(error as Error).message})`;
    }
  }

  /** Writes all of it anew, and only then removes what was there. Rejects with what the system says. */
  async rewrite(notes: readonly Note[]): Promise<void> {
    const next = join(this.dir, `queue-${this.#number + 1}.log`);
    const file = await open(`${next}.new`, 'w', 0o600);
    try {
      let bytes = 0;
      for (let at = 0; at < notes.length; at += RECORDS_AT_ONCE) {
        const text = notes
          .slice(at, at + RECORDS_AT_ONCE)
          .map(noteLine)
          .join('');
        await file.appendFile(text);
        bytes += Buffer.byteLength(text);
      }
      await file.sync();
      await rename(`${next}.new`, next);
      this.bytes = bytes;
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
    const before = this.#file;
    this.#file = file;
    this.#number++;
    await before?.close();
    for (const name of await readdir(this.dir))
      if (/^queue-\d{1,12}\.log(\.new)?$/.test(name) && name !== `queue-${this.#number}.log`)
        await rm(join(this.dir, name), { force: true });
  }

  /** Rejects with what the system says; the file's last line may be cut then, so write it anew. */
  async append(text: string): Promise<void> {
    if (!this.#file) throw new Error('the queue is not open');
    await this.#file.appendFile(text);
    this.bytes += Buffer.byteLength(text);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.sync().catch(() => undefined);
    await file?.close();
  }

  /** For the queue of a target that is no more. */
  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

const numberIn = (name: string): number => Number(FILE.exec(name)?.[1] ?? 0);

/** What is wrong with the file, if anything is. A last line without its end is what `kill -9` leaves: it never counted. */
function readRecords(
  path: string,
  maxBytes: number,
  take: (record: NonNullable<ReturnType<typeof readSpoolLine>>) => void,
): string | undefined {
  const { text, isWhole } = readText(path, maxBytes);
  const lines = text.split('\n');
  lines.pop();
  let damaged = 0;
  for (const line of lines) {
    const record = readSpoolLine(line);
    if (record) take(record);
    else damaged++;
  }
  if (!isWhole) return `it is larger than ${maxBytes} bytes, and only so much was read`;
  return damaged > 0 ? `${damaged} of ${lines.length} lines cannot be read` : undefined;
}

function readText(path: string, maxBytes: number): { readonly text: string; readonly isWhole: boolean } {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, maxBytes));
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(file, bytes, at, bytes.length - at, at);
      if (read === 0) break;
      at += read;
    }
    return { text: bytes.toString('utf8', 0, at), isWhole: size <= maxBytes };
  } finally {
    closeSync(file);
  }
}
