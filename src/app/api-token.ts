import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { syncFolderNow, writeNow } from '../observe/durable.ts';
import type { Log } from '../observe/log.ts';
import { DataDirError } from './data-dir.ts';

/** In the data directory. */
const FILE = 'api-token';
const RANDOM_BYTES = 32;
/** The same as the setting may be. */
const TOKEN = /^[\x21-\x7e]{16,}$/;

export interface ApiToken {
  readonly token: string;
  /** Where the operator finds it: a path, or the setting's name. Never the token. */
  readonly place: string;
  /** Made just now. */
  readonly isNew: boolean;
}

export interface ApiTokenOptions {
  /** The data directory, which exists. */
  readonly dir: string;
  /** `api.token`; empty: the file's. */
  readonly configured: string;
  readonly log: Log;
}

/**
 * The token of the API: the setting's, or the file's, which is made at the first start. A file that cannot be understood is
 * never replaced: somebody may need what is in it. @throws {DataDirError}
 */
export function openApiToken({ dir, configured, log }: ApiTokenOptions): ApiToken {
  if (configured !== '') return { token: configured, place: 'api.token in the settings', isNew: false };
  const path = join(dir, FILE);
  const kept = read(path);
  if (kept === undefined) return { token: make(path), place: path, isNew: true };
  if (!isToken(kept))
    throw new DataDirError(
      `${path} does not hold an API token; put one into it, or delete the file to have a new one made`,
    );
  if ((statSync(path).mode & 0o077) !== 0)
    log.warn(
      { file: path },
      'the file with the API token can be read by others; chmod 600 would change that',
    );
  return { token: kept, place: path, isNew: false };
}

const isToken = (text: string): boolean => TOKEN.test(text);

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new DataDirError(`cannot read the API token in ${path}: ${codeOf(error)}`);
  }
}

/** Whole or not at all, also if the power fails; and of two processes that start at once, the first one's. */
function make(path: string): string {
  const token = randomBytes(RANDOM_BYTES).toString('base64url');
  const temporary = `${path}.${process.pid}.new`;
  try {
    writeNow({ path: temporary, text: `${token}\n`, mode: 0o600 });
    try {
      linkSync(temporary, path);
    } finally {
      unlinkSync(temporary);
    }
    syncFolderNow(dirname(path));
    return token;
  } catch (error) {
    const theirs = codeOf(error) === 'EEXIST' ? read(path) : undefined;
    if (theirs !== undefined && isToken(theirs)) return theirs;
    throw new DataDirError(`cannot keep the API token in ${path}: ${codeOf(error)}`);
  }
}

const codeOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));
