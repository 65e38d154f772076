import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeWithFfmpeg } from './programs.ts';

const FOLDER = join(tmpdir(), 'millrace-coded-clips');

/**
 * A file that ffmpeg makes of these arguments; made once for this machine and kept with its temporary files.
 *
 * @param name with the ending of its container; another recipe of the same name is another file
 */
export function keptClip(name: string, args: readonly string[]): string {
  const recipe = createHash('sha1').update(args.join(' ')).digest('hex').slice(0, 12);
  const file = join(FOLDER, `${recipe}-${name}`);
  if (existsSync(file)) return file;
  mkdirSync(FOLDER, { recursive: true });
  const unfinished = join(FOLDER, `${process.pid}-${recipe}-${name}`);
  makeWithFfmpeg([...args, unfinished]);
  renameSync(unfinished, file); // whole, or not there at all
  return file;
}
