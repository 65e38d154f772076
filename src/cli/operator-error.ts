import { DataDirError } from '../app/data-dir.ts';
import { ConfigError } from '../config/load.ts';
import { ListenError } from '../servers/listen.ts';

/** A command line or settings that cannot be understood. */
export const EXIT_USAGE = 2;

/** True for what the operator can mend: told in one sentence, without a stack trace. */
export function isOperatorError(error: unknown): error is Error {
  return error instanceof ConfigError || error instanceof ListenError || error instanceof DataDirError;
}
