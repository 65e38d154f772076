import { KeyFileError } from '../access/key-file.ts';
import { DataDirError } from '../app/data-dir.ts';
import { ConfigError } from '../config/load.ts';
import { ListenError } from '../servers/listen.ts';

/** A command line or settings that cannot be understood. */
export const EXIT_USAGE = 2;

/** True for what the operator can mend: told in one sentence, without a stack trace. */
export function isOperatorError(error: unknown): error is Error {
  return [ConfigError, ListenError, DataDirError, KeyFileError].some((kind) => error instanceof kind);
}
