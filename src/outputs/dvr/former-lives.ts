import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { TICKS_PER_MS } from '../../media/time.ts';
import { INDEX_FILE, readIndex, type DvrIndex, type IndexedSegment } from './dvr-index.ts';

/** What a life that was cut off has left: its newest segments without a gap. */
export interface FormerLife extends Pick<DvrIndex, 'segments' | 'inits'> {
  readonly dir: string;
  readonly bytes: number;
  /** When its last segment ended, ms since 1970. */
  readonly until: number;
}

export interface FormerLives {
  /** By `app/stream/rendition`, the newest of each. */
  readonly lives: Map<string, FormerLife>;
  /** Files and folders that nobody needs. */
  readonly stale: readonly string[];
}

/** Application, stream, rendition, life: so deep is an archive's folder. */
const DEPTH = 4;
/** Files that are looked at at a time: more than the system's threads do not make it faster. */
const LOOKS_AT_ONCE = 64;

/**
 * Looks for archives' folders below `root` whose streams did not come to their end: the process was killed, the power failed.
 *
 * @param since ms since 1970: older ones are of no use
 */
export async function findFormerLives(root: string, since: number): Promise<FormerLives> {
  const lives = new Map<string, FormerLife>();
  const stale: string[] = [];
  for (const dir of await foldersAt(root, DEPTH)) {
    const { life, unused } = await readLife(dir);
    const of = relative(root, join(dir, '..')).replaceAll('\\', '/');
    const other = lives.get(of);
    if (!life || life.until < since || (other && other.until >= life.until)) {
      stale.push(dir);
      continue;
    }
    if (other) stale.push(other.dir);
    lives.set(of, life);
    stale.push(...unused);
  }
  return { lives, stale };
}

async function foldersAt(root: string, depth: number): Promise<string[]> {
  if (depth === 0) return [root];
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries)
    if (entry.isDirectory()) found.push(...(await foldersAt(join(root, entry.name), depth - 1)));
  return found;
}

/** `unused`: files in the folder that are none of its. */
async function readLife(dir: string): Promise<{ life?: FormerLife; unused: string[] }> {
  const index = await readIndex(dir);
  if (!index || index.ended) return { unused: [] };
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
  if (!last) return { unused: [] };
  const used = new Set(segments.map(({ file }) => file));
  const unused = [...sizes.keys()].filter((name) => !used.has(name)).map((name) => join(dir, name));
  const until = last.programDateTime + last.duration / TICKS_PER_MS;
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  return { life: { dir, segments, inits: index.inits, bytes, until }, unused };
}

async function sizesIn(dir: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const names = (await readdir(dir).catch(() => [])).filter((name) => name !== INDEX_FILE);
  const look = async (name: string): Promise<void> => {
    const found = await stat(join(dir, name)).catch(() => undefined);
    sizes.set(name, found?.isFile() ? found.size : -1);
  };
  for (let at = 0; at < names.length; at += LOOKS_AT_ONCE)
    await Promise.all(names.slice(at, at + LOOKS_AT_ONCE).map(look));
  return sizes;
}
