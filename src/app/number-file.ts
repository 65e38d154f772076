import { readFileSync } from 'node:fs';
import { replaceFile, replaceFileNow, type DurableText } from '../observe/durable.ts';
import type { PlaylistNumbers } from '../outputs/hls/numbers.ts';

/** What stands in the file: numbers, nothing (no file yet), or something that cannot be read, with the reason. */
export type NumberFileContent =
  | { readonly kind: 'numbers'; readonly numbers: PlaylistNumbers }
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** More than any stream can have used; a number beyond has not been written by this program. */
const MAX_NUMBER = 2 ** 40;

/** A small file that is replaced as a whole or not at all, also if the power fails in between. */
export class NumberFile {
  readonly path: string;
  /** One of its own for each process: two that share a directory by mistake must not write into each other's. */
  readonly #temporary: string;

  constructor(path: string) {
    this.path = path;
    this.#temporary = `${path}.${process.pid}.new`;
  }

  read(): NumberFileContent {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      return code === 'ENOENT' ? { kind: 'none' } : { kind: 'unreadable', reason: code };
    }
    const numbers = parse(text);
    return numbers
      ? { kind: 'numbers', numbers }
      : { kind: 'unreadable', reason: 'it does not hold two numbers' };
  }

  /** For the start of the program. @throws what the system says */
  writeNow(numbers: PlaylistNumbers): void {
    replaceFileNow(this.#text(numbers));
  }

  /** Rejects with what the system says. */
  write(numbers: PlaylistNumbers): Promise<void> {
    return replaceFile(this.#text(numbers));
  }

  #text(numbers: PlaylistNumbers): DurableText {
    return { path: this.path, temporary: this.#temporary, text: format(numbers), mode: 0o644 };
  }
}

function format({ sequence, discontinuity }: PlaylistNumbers): string {
  return `${JSON.stringify({ sequence, discontinuity })}\n`;
}

function parse(text: string): PlaylistNumbers | undefined {
  const [, sequence, discontinuity] =
    /^\{"sequence":(\d{1,13}),"discontinuity":(\d{1,13})\}\n$/.exec(text)?.map(Number) ?? [];
  if (sequence === undefined || discontinuity === undefined) return undefined;
  return sequence <= MAX_NUMBER && discontinuity <= MAX_NUMBER ? { sequence, discontinuity } : undefined;
}
