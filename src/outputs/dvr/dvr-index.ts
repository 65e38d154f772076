import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { PastSegment } from '../hls/archive.ts';

/** What an archive's folder says of itself, a line for each thing that has been added to it. */
export const INDEX_FILE = 'index.jsonl';
/** Beyond it nothing is read: it is rewritten long before. */
const MAX_INDEX_BYTES = 64 * 1024 * 1024;

/** A segment in the folder. */
export interface IndexedSegment extends PastSegment {
  /** Its file's name: not that of its number, if that was another one in a former life. */
  readonly file: string;
  readonly bytes: number;
  /** Not only sound. */
  readonly hasPictures: boolean;
}

export interface DvrIndex {
  /** By their numbers. */
  readonly segments: readonly IndexedSegment[];
  /** Initialization segments, by number. */
  readonly inits: ReadonlyMap<number, Buffer>;
  /** The stream has come to its end: nobody goes on from here. */
  readonly ended: boolean;
}

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const line = z.union([
  z.object({
    segment: z.object({
      sequence: count,
      duration: count.min(1),
      discontinuity: z.boolean(),
      independent: z.boolean(),
      programDateTime: z.number().min(0).max(8.64e15),
      init: count,
      file: z.string().regex(/^\d{1,16}\.m4s$/),
      bytes: count,
      hasPictures: z.boolean(),
    }),
  }),
  z.object({ init: z.object({ number: count, base64: z.string().max(1_000_000) }) }),
  z.object({ ended: z.literal(true) }),
]);

export const segmentLine = (segment: IndexedSegment): string => `${JSON.stringify({ segment })}\n`;
export const initLine = (number: number, bytes: Buffer): string =>
  `${JSON.stringify({ init: { number, base64: bytes.toString('base64') } })}\n`;
export const ENDED_LINE = `${JSON.stringify({ ended: true })}\n`;

/** What is in an archive's folder; lines that cannot be read are left out. Undefined: there is no index. */
export async function readIndex(dir: string): Promise<DvrIndex | undefined> {
  const bytes = await readFile(join(dir, INDEX_FILE)).catch(() => undefined);
  if (!bytes || bytes.length > MAX_INDEX_BYTES) return undefined;
  return readIndexLines(bytes.toString());
}

/** What an index's lines say. */
export function readIndexLines(lines: string): DvrIndex {
  const segments = new Map<number, IndexedSegment>();
  const inits = new Map<number, Buffer>();
  let ended = false;
  for (const text of lines.split('\n')) {
    const read = line.safeParse(parsed(text)).data;
    if (!read) continue;
    if ('segment' in read) segments.set(read.segment.sequence, read.segment);
    else if ('init' in read) inits.set(read.init.number, Buffer.from(read.init.base64, 'base64'));
    else ended = true;
  }
  // One that the disk took at the second attempt is behind its followers.
  return { segments: [...segments.values()].sort((a, b) => a.sequence - b.sequence), inits, ended };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
