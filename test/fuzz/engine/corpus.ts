import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from './target.ts';

/** Inputs that long runs have found to lead somewhere new: one a line, in hex. */
export function readCorpus(folder: string, name: string): Buffer[] {
  const file = join(folder, `${name}.hex`);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => Buffer.from(line, 'hex'));
}

export interface ZooFile {
  readonly target: string;
  /** What was wrong, in words joined by hyphens. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Inputs that once broke something: `test/zoo/files/TARGET/NAME`. */
export function readZoo(folder: string): ZooFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: target }) =>
      readdirSync(join(folder, target)).map((name) => ({
        target,
        name,
        bytes: readFileSync(join(folder, target, name)),
      })),
    );
}

/** Everything a run on this target begins with. */
export function startOf(target: Target, corpus: readonly Buffer[]): Buffer[] {
  const seeds = target.seeds().map((seed) => Buffer.from(seed).subarray(0, target.maxBytes));
  return [...seeds, ...corpus.map((input) => input.subarray(0, target.maxBytes)), Buffer.alloc(0)];
}

export function wordsOf(target: Target): Buffer[] {
  return (target.words ?? []).map((word) =>
    typeof word === 'string' ? Buffer.from(word, 'latin1') : Buffer.from(word),
  );
}
