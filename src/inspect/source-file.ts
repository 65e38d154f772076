import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { InspectError } from './errors.ts';
import type { OpenOptions, Source } from './source.ts';

const CHUNK_BYTES = 256 * 1024;

export async function openFile(url: URL, { range }: OpenOptions): Promise<Source> {
  const path = fileURLToPath(url);
  const info = await stat(path).catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new InspectError('NOT_FOUND', `there is no file ${path}`);
    throw new InspectError('UNREADABLE', `${path} cannot be read: ${code ?? String(error)}`);
  });
  if (!info.isFile()) throw new InspectError('UNREADABLE', `${path} is not a file`);
  const stream = createReadStream(path, {
    highWaterMark: CHUNK_BYTES,
    ...(range ? { start: range.offset, end: range.offset + range.length - 1 } : {}),
  });
  const chunks = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  return {
    url,
    size: range?.length ?? info.size,
    chunks: { next: () => chunks.next().catch((error: unknown) => unreadable(path, error)) },
    close: () => stream.destroy(),
  };
}

function unreadable(path: string, error: unknown): never {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  const why = code === 'EACCES' ? 'permission denied' : code;
  throw new InspectError('UNREADABLE', `${path} cannot be read: ${why}`);
}
