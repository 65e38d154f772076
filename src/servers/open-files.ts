import { readFileSync } from 'node:fs';
import type { Log } from '../observe/log.ts';
import type { ConnectionLimits } from './admission.ts';

/** Open files that are no connections: those of Node itself and of the data directory, and pages while they are sent. */
export const FILES_BESIDE = 64;

/** How many files this process may have open; undefined where the system does not tell. */
function readOpenFilesLimit(): number | undefined {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined; // not Linux
  }
}

/**
 * The same limits, or lower ones if the system allows fewer open files. Beyond those Node closes connections
 * without a word to anybody, and no page can be read any more: we want to refuse them ourselves before that.
 */
export function withinOpenFiles(
  limits: ConnectionLimits,
  log: Log,
  openFiles = readOpenFilesLimit(),
): ConnectionLimits {
  const connections = Math.max(1, (openFiles ?? Infinity) - FILES_BESIDE);
  if (connections >= limits.connections) return limits;
  log.info(
    { openFiles, connections, wanted: limits.connections },
    'fewer connections than the settings allow: the system limits open files (ulimit -n)',
  );
  return { ...limits, connections };
}
