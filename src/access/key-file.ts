import { readFileSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { replaceFile } from '../observe/durable.ts';
import { KEY_FILE_VERSION, keyDocument, type KeyDocument } from './key-record.ts';

/** The key file cannot be used. It has been left as it is; the message is for the operator. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';

  constructor(path: string, reason: string) {
    super(
      `cannot use the key file ${path}: ${reason}. It has been left as it is: repair it or put a copy back; to begin with new keys, move it away`,
    );
  }
}

/** Forty times what a thousand keys need; nobody's key file is larger. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/**
 * The file of the keys: replaced as a whole or not at all, whenever the process is killed or the power fails, and readable by
 * its owner alone. One process writes it.
 */
export class KeyFile {
  readonly path: string;
  /** As it was when it was read or written last. */
  #state: string | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** True if there is a file, and it is another than was read or written last: somebody is editing it, maybe. */
  get isChanged(): boolean {
    const state = this.#stateNow();
    return state !== undefined && state !== this.#state;
  }

  /** What is in it; undefined: there is no such file. @throws {KeyFileError} */
  read(): KeyDocument | undefined {
    let text: string;
    const state = this.#stateNow();
    try {
      const { size } = statSync(this.path);
      if (size > MAX_FILE_BYTES) throw new KeyFileError(this.path, `it is too large (${size} bytes)`);
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if (error instanceof KeyFileError) throw error;
      if (codeOf(error) === 'ENOENT' && !isDangling(this.path)) return undefined;
      throw new KeyFileError(this.path, `it cannot be read (${codeOf(error)})`);
    }
    const document = parse(this.path, text);
    this.#state = state;
    return document;
  }

  /** True if others than its owner may read it. */
  isOpenToOthers(): boolean {
    return ((statSync(this.path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0;
  }

  /** Rejects with what the system says; then the file is as it was. */
  async write(document: KeyDocument): Promise<void> {
    const path = this.#realPath();
    // A name of its own for each process: two that share a directory by mistake must not write into each other's.
    const temporary = `${path}.${process.pid}.new`;
    try {
      await rm(temporary, { force: true }); // or its mode would stay as it was
      await replaceFile({
        path,
        temporary,
        text: `${JSON.stringify(document, undefined, 2)}\n`,
        mode: 0o600,
      });
      this.#state = this.#stateNow();
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** Takes away what runs of the program that were killed while writing have left. */
  tidy(): void {
    const path = this.#realPath();
    const left = new RegExp(`^${literally(basename(path))}\\.\\d+\\.new$`);
    try {
      for (const name of readdirSync(dirname(path)))
        if (left.test(name)) rmSync(join(dirname(path), name), { force: true });
    } catch {
      // It only takes up room.
    }
  }

  #stateNow(): string | undefined {
    try {
      const { ino, size, mtimeNs } = statSync(this.path, { bigint: true });
      return `${ino} ${size} ${mtimeNs}`;
    } catch {
      return undefined; // reading or writing will tell why
    }
  }

  /** Where a link leads: replacing the link itself would leave the file behind it as it was. */
  #realPath(): string {
    try {
      return realpathSync(this.path);
    } catch {
      return this.path;
    }
  }
}

/** A link to a file that is not there (a volume that is not mounted) is not the same as no key file. */
function isDangling(path: string): boolean {
  try {
    return readdirSync(dirname(path)).includes(basename(path));
  } catch {
    return false;
  }
}

/** Nothing of the text gets into the message: there are hashes in it, and whatever else was put there by mistake. */
function parse(path: string, text: string): KeyDocument {
  if (text.trim() === '') throw new KeyFileError(path, 'it is empty');
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    throw new KeyFileError(path, `it is not valid JSON (${text.length} characters, maybe cut off)`);
  }
  const version: unknown = (root as { readonly version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > KEY_FILE_VERSION) {
    throw new KeyFileError(
      path,
      `it was written by a newer version of this program (form ${version}; this one knows ${KEY_FILE_VERSION})`,
    );
  }
  const result = keyDocument.safeParse(root);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.map(String).join('.') ?? '';
  throw new KeyFileError(path, `${where === '' ? 'it' : where} is wrong: ${issue?.message ?? 'unknown'}`);
}

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);
