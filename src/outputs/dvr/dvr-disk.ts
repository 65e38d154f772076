import { appendFile, mkdir, open, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Segments that wait for the disk: more than this is a disk that is slower than what comes in. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** Files that are read at a time: players who go back must not take all of the system's threads. */
const MAX_READS = 2;
/** Readings that wait beyond these: one for each client that is sent something. */
const MAX_WAITING_READS = 4096;
/** What a file is called until it takes another one's place. */
const DRAFT = '.new';

interface Writing {
  readonly path: string;
  readonly bytes: Buffer;
  /**
   * `append`: behind what is in the file already. `replace`: in its place at one stroke, so that whoever dies or finds the disk full
   * meanwhile leaves the file that was there. By default a new file, which is whole or is not there.
   */
  readonly how?: 'append' | 'replace';
  readonly done?: (error: Error | undefined) => void;
}

/** A piece of a file: from `from` to before `to`. */
interface Piece {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

interface Reading extends Piece {
  readonly done: (bytes: Buffer | undefined) => void;
  readonly gone: () => void;
}

/** The disk as all archives of the past share it: written one file after the other, and never waited for. */
export class DvrDisk {
  readonly #writings: Writing[] = [];
  readonly #readings = new Set<Reading>();
  /** By path: how many writings are in front. */
  readonly #removals = new Map<string, number>();
  readonly #root: string | undefined;
  #asked = 0;
  #written = 0;
  readonly #maxWaiting: number;
  #waitingBytes = 0;
  #reads = 0;
  #isBusy = false;
  #idle: (() => void)[] = [];

  /** @param root below it, folders that get empty are removed @param maxWaitingBytes instead of 64 MiB, for tests */
  constructor(root?: string, maxWaitingBytes = MAX_WAITING_BYTES) {
    this.#root = root;
    this.#maxWaiting = maxWaitingBytes;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** False: too much waits already, and this is not taken. `done` is called later, with what the system says if it fails. */
  write(writing: Writing): boolean {
    const { length } = writing.bytes;
    if (this.#waitingBytes > 0 && this.#waitingBytes + length > this.#maxWaiting) return false;
    this.#waitingBytes += length;
    this.#writings.push(writing);
    this.#asked++;
    this.#work();
    return true;
  }

  /** Removes a file or a folder with all in it, behind what is to be written by now; what cannot be removed is left. */
  remove(path: string): void {
    this.#removals.set(path, this.#asked);
    this.#work();
  }

  /** Undefined: too many wait already, or it cannot be read to its end, of which `gone` is told. */
  read(piece: Piece, gone: () => void = () => undefined): Promise<Buffer | undefined> {
    if (this.#readings.size >= MAX_WAITING_READS) return Promise.resolve(undefined);
    return new Promise((done) => {
      this.#readings.add({ ...piece, done, gone });
      this.#readNext();
    });
  }

  /** Resolves when all that waits has been written and removed. */
  async settled(): Promise<void> {
    if (this.#isBusy) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #work(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    void this.#workThrough();
  }

  async #workThrough(): Promise<void> {
    for (;;) {
      // First: a disk that is always busy must still be emptied, and one that is full before it takes anything.
      const [removal] = this.#removals;
      if (removal && removal[1] <= this.#written) {
        this.#removals.delete(removal[0]);
        await removeBelow(this.#root, removal[0]);
        continue;
      }
      const writing = this.#writings.shift();
      if (!writing) break;
      const error = await writeWhole(writing);
      this.#waitingBytes -= writing.bytes.length;
      this.#written++;
      writing.done?.(error);
    }
    this.#isBusy = false;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  #readNext(): void {
    if (this.#reads >= MAX_READS) return;
    const [reading] = this.#readings;
    if (!reading) return;
    this.#readings.delete(reading);
    this.#reads++;
    void readWhole(reading)
      .catch(() => undefined)
      .then((bytes) => {
        this.#reads--;
        if (!bytes) reading.gone();
        reading.done(bytes);
        this.#readNext();
      });
  }
}

/** A file that is not whole is no file; what is appended is read with care. */
async function writeWhole({ path, bytes, how }: Writing): Promise<Error | undefined> {
  const target = how === 'replace' ? `${path}${DRAFT}` : path;
  try {
    await mkdir(dirname(path), { recursive: true });
    await (how === 'append' ? appendFile(path, bytes) : writeFile(target, bytes));
    if (how === 'replace') await rename(target, path);
    return undefined;
  } catch (error) {
    if (how !== 'append') await rm(target, { force: true }).catch(() => undefined);
    return error as Error;
  }
}

/** Opened for each piece: thousands of slow clients would need as many open files. */
async function readWhole({ path, from, to }: Piece): Promise<Buffer | undefined> {
  const file = await open(path);
  try {
    const bytes = Buffer.allocUnsafeSlow(to - from);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
    return bytesRead === bytes.length ? bytes : undefined;
  } finally {
    await file.close();
  }
}

/** Removes a file or a folder, and the folders around it that are empty then: names of streams are many. What cannot be removed is left. */
export async function removeBelow(root: string | undefined, path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
  if (root === undefined) return;
  for (let around = dirname(path); around !== root; around = dirname(around)) {
    const isGone = await rmdir(around).then(
      () => true,
      () => false,
    );
    if (!isGone) return;
  }
}
