import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { TICKS_PER_MS } from '../../media/time.ts';
import { removeBelow } from './dvr-disk.ts';
import { INDEX_FILE, readIndex, type DvrIndex, type IndexedSegment } from './dvr-index.ts';

/** What a life that was cut off has left: its newest segments without a gap. */
export interface FormerLife extends Pick<DvrIndex, 'segments' | 'inits'> {
  readonly dir: string;
  readonly bytes: number;
  /** When its last segment ended, ms since 1970. */
  readonly until: number;
}

/** Application, stream, rendition, life: so deep is an archive's folder. */
const DEPTH = 4;

/**
 * Archives' folders below `root` whose streams did not come to their end (the process was killed, the power failed), by
 * `app/stream/rendition`, the newest of each. All others are removed.
 *
 * @param since ms since 1970: older ones are of no use
 */
export async function findFormerLives(root: string, since: number): Promise<Map<string, FormerLife>> {
  const lives = new Map<string, FormerLife>();
  for (const dir of await foldersAt(root, DEPTH)) {
    const life = await readLife(dir);
    const of = relative(root, join(dir, '..')).replaceAll('\\', '/');
    const other = lives.get(of);
    const isNewest = life !== undefined && life.until >= since && (!other || other.until < life.until);
    if (isNewest) lives.set(of, life);
    const stale = isNewest ? other?.dir : dir;
    if (stale !== undefined) await removeBelow(root, stale);
  }
  return lives;
}

/** The same segments by numbers that end before `next`: none of them is one that any of them had before. */
export function renumbered(segments: readonly IndexedSegment[], next: number): IndexedSegment[] {
  const first = next - segments.length;
  return segments.map((segment, index) => ({ ...segment, sequence: first + index }));
}

async function foldersAt(root: string, depth: number): Promise<string[]> {
  if (depth === 0) return [root];
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries)
    if (entry.isDirectory()) found.push(...(await foldersAt(join(root, entry.name), depth - 1)));
  return found;
}

async function readLife(dir: string): Promise<FormerLife | undefined> {
  const index = await readIndex(dir);
  if (!index || index.ended) return undefined;
  const sizes = await sizesIn(dir);
  const segments: IndexedSegment[] = [];
  for (const segment of index.segments) {
    const last = segments.at(-1);
    if (last && last.sequence + 1 !== segment.sequence) segments.length = 0;
    const isHere = sizes.get(segment.file) === segment.bytes && index.inits.has(segment.init);
    if (isHere) segments.push(segment);
    else segments.length = 0;
  }
  const last = segments.at(-1);
  if (!last) return undefined;
  const until = last.programDateTime + last.duration / TICKS_PER_MS;
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  return { dir, segments, inits: index.inits, bytes, until };
}

async function sizesIn(dir: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const name of await readdir(dir).catch(() => [])) {
    if (name === INDEX_FILE) continue;
    const found = await stat(join(dir, name)).catch(() => undefined);
    if (found?.isFile()) sizes.set(name, found.size);
  }
  return sizes;
}
