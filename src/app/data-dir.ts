import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The operator's problem, in one sentence. */
export class DataDirError extends Error {
  override readonly name = 'DataDirError';
}

/** Makes the data directory if it is missing and makes sure that it can be written. @throws {DataDirError} */
export function openDataDir(dir: string): string {
  const path = resolve(dir);
  try {
    makeDir(path);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    const reason =
      code === 'EACCES' || code === 'EROFS'
        ? 'it cannot be written'
        : code === 'ENOTDIR' || code === 'EEXIST'
          ? 'it is not a directory'
          : code === 'ENOENT'
            ? 'it cannot be made'
            : code;
    throw new DataDirError(`cannot use the data directory ${path}: ${reason} (data.dir)`);
  }
  return path;
}

/** Like `mkdir -p`. Node's own recursive way never ends where a folder above exists but takes no new ones (/proc). */
function makeDir(path: string): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory()) return;
  if (there) throw Object.assign(new Error(`${path} is not a directory`), { code: 'ENOTDIR' });
  makeDir(dirname(path));
  mkdirSync(path);
}
