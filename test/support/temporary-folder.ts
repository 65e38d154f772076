import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './at-exit.ts';

/**
 * A directory of its own for a test. It goes when the process ends, and not with the test: what a test has started is stopped
 * behind it, and may write until then.
 */
export function temporaryFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
