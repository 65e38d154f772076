import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { replaceFileNow } from '../observe/durable.ts';
import { DataDirError } from './data-dir.ts';

const relay = z.strictObject({
  id: z.string().regex(/^r-[0-9a-f]{8,32}$/),
  direction: z.enum(['push', 'pull']),
  stream: z.string(),
  url: z.string(),
  when: z.enum(['watched', 'always']),
});

const content = z.strictObject({ relays: z.array(relay) });

/** A relay that was made by the API. */
export type KeptRelay = z.infer<typeof relay>;

/** Relays that were made by the API, so that they survive a restart. Their URLs hold secrets: only the owner may read it. */
export class RelayFile {
  readonly #path: string;
  /** One of its own for each process: two that share a directory by mistake must not write into each other's. */
  readonly #temporary: string;

  constructor(path: string) {
    this.#path = path;
    this.#temporary = `${path}.${process.pid}.new`;
  }

  /** @throws {DataDirError} if there is a file that is not one of ours: it is left as it is. */
  read(): readonly KeptRelay[] {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return [];
      throw new DataDirError(`cannot read the relays in ${this.#path}: ${code ?? String(error)}`);
    }
    const parsed = content.safeParse(fromJson(text));
    if (parsed.success) return parsed.data.relays;
    throw new DataDirError(
      `${this.#path} does not hold relays (any more): repair it, or move it away to start without them`,
    );
  }

  /** Replaces the file as a whole or not at all, also if the power fails in between. @throws what the system says */
  write(relays: readonly KeptRelay[]): void {
    const text = `${JSON.stringify({ relays }, undefined, 2)}\n`;
    replaceFileNow({ path: this.#path, temporary: this.#temporary, text, mode: 0o600 });
  }
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
