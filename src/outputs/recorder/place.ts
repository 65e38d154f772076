import { constants } from 'node:fs';
import { lstat, mkdir, open, realpath, rmdir, statfs, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

/** Something is where it must not be; never the system's fault. */
export class PlaceError extends Error {
  override readonly name = 'PlaceError';
}

export interface FileLook {
  readonly bytes: number;
  readonly inode: number;
  /** Wall clock, ms. */
  readonly changedAt: number;
}

/** Nobody but us writes into the file, and nothing is overwritten: not even through a link. */
const NEW_FILE = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW;

/**
 * The directory of the recordings. Everything is done by paths below it, with `/`; a path that leads out of it, by whatever
 * links, is refused.
 */
export class Place {
  readonly dir: string;
  #root: string | undefined;
  /** The disk it was on when it was opened. */
  #device: number | undefined;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Makes the directory if it is missing, which it may be only at the start: later it may be a disk that is gone. Rejects with what the system says. */
  async open(): Promise<void> {
    await makeDir(this.dir);
    this.#root = await realpath(this.dir);
    this.#device = (await lstat(this.#root)).dev;
  }

  /** Where a path is, whether or not there is something. @throws {PlaceError} */
  absolute(path: string): string {
    if (this.#root === undefined) throw new PlaceError('the directory of the recordings is not open');
    const absolute = join(this.#root, path);
    const back = relative(this.#root, absolute);
    if (back === '' || back.startsWith('..') || back.split(sep).join('/') !== path)
      throw new PlaceError(`"${path}" is no path below the directory of the recordings`);
    return absolute;
  }

  /** Rejects if the directory has vanished; what is left where a disk was mounted is another one. */
  async check(): Promise<void> {
    const { dev } = await lstat(this.#root ?? this.dir);
    if (dev !== this.#device) throw Object.assign(new Error('another disk is there now'), { code: 'ESTALE' });
  }

  /** Makes a new file, and folders on the way to it. Rejects with EEXIST if there is something of this name. */
  async create(path: string): Promise<FileHandle> {
    const absolute = this.absolute(path);
    await this.check();
    await this.#makeFolders(dirname(path));
    await this.#checkFolder(absolute, path);
    return open(absolute, NEW_FILE, 0o644);
  }

  /** Opens a file for reading and writing. */
  async openAgain(path: string): Promise<FileHandle> {
    const absolute = this.absolute(path);
    await this.#checkFolder(absolute, path);
    return open(absolute, constants.O_RDWR | constants.O_NOFOLLOW);
  }

  /** Opens a file for reading. */
  async openToRead(path: string): Promise<FileHandle> {
    const absolute = this.absolute(path);
    await this.#checkFolder(absolute, path);
    return open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW);
  }

  /** Undefined if there is no such file. A link counts as none. */
  async look(path: string): Promise<FileLook | undefined> {
    try {
      const absolute = this.absolute(path);
      await this.#checkFolder(absolute, path);
      const found = await lstat(absolute);
      return found.isFile() ? { bytes: found.size, inode: found.ino, changedAt: found.mtimeMs } : undefined;
    } catch (error) {
      if (error instanceof PlaceError || isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Room on the disk, bytes. */
  async room(): Promise<{ readonly free: number; readonly total: number }> {
    const { bavail, blocks, bsize } = await statfs(this.#root ?? this.dir);
    return { free: bavail * bsize, total: blocks * bsize };
  }

  /** Removes a file, and the folders it leaves empty. It is no error if it is gone already. */
  async remove(path: string): Promise<void> {
    const absolute = this.absolute(path);
    try {
      await this.#checkFolder(absolute, path);
      await unlink(absolute);
      for (let folder = dirname(path); folder !== '.'; folder = dirname(folder))
        await rmdir(this.absolute(folder));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (!isMissing(error) && code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    }
  }

  async #makeFolders(path: string): Promise<void> {
    if (path === '.') return;
    await this.#makeFolders(dirname(path));
    const absolute = this.absolute(path);
    await this.#checkFolder(absolute, path); // a folder, too, is made only where it belongs
    await mkdir(absolute).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }

  async #checkFolder(absolute: string, path: string): Promise<void> {
    const folder = dirname(absolute);
    if ((await realpath(folder)) !== folder)
      throw new PlaceError(
        `"${dirname(path)}" leads out of the directory of the recordings: a link is in the way`,
      );
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Node's own recursive way never ends where a folder above exists but takes no new ones (/proc). */
async function makeDir(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there) return;
  await makeDir(dirname(path));
  await mkdir(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
}
