import { InspectError } from './errors.ts';
import { FETCH_TIMEOUT_MS, SILENCE_TIMEOUT_MS } from './limits.ts';
import type { EndReason } from './report-media.ts';
import { openSource } from './open-source.ts';
import type { OpenOptions, Source } from './source.ts';

export interface ReadLimits {
  readonly maxBytes: number;
  /** `Date.now()` at which to stop; undefined reads to the end. */
  readonly deadline?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Hands every chunk to `take` until the source ends or one of the limits is met, and says which. Closes the source.
 * A connection that breaks in the middle ends it with `broken`; before the first byte it throws {@link InspectError}.
 */
export async function readFrom(
  source: Source,
  limits: ReadLimits,
  take: (bytes: Uint8Array) => void,
): Promise<{ readonly ended: EndReason; readonly bytes: number; readonly why?: string }> {
  let bytes = 0;
  try {
    for (;;) {
      const next = await nextOf(source, limits);
      if (typeof next === 'string') return { ended: next, bytes };
      if (next.done) return { ended: 'end', bytes };
      bytes += next.value.length;
      take(next.value);
      if (bytes >= limits.maxBytes) return { ended: 'limit', bytes };
    }
  } catch (error) {
    if (bytes === 0 || !(error instanceof InspectError) || error.code !== 'BROKEN') throw error;
    return { ended: 'broken', bytes, why: error.message };
  } finally {
    source.close();
  }
}

/** The next chunk, or why it is no longer waited for. */
async function nextOf(source: Source, limits: ReadLimits): Promise<IteratorResult<Uint8Array> | EndReason> {
  const { deadline, signal } = limits;
  if (signal?.aborted) return 'stopped';
  const left = deadline === undefined ? Infinity : deadline - Date.now();
  if (left <= 0) return 'time';
  const next = source.chunks.next();
  next.catch(() => undefined); // nobody listens any more once the time is up
  let timer: NodeJS.Timeout | undefined;
  let stopped: (() => void) | undefined;
  const over = new Promise<EndReason>((resolve) => {
    const reason = left <= SILENCE_TIMEOUT_MS ? 'time' : 'silence';
    timer = setTimeout(() => resolve(reason), Math.min(left, SILENCE_TIMEOUT_MS));
    stopped = () => resolve('stopped');
    signal?.addEventListener('abort', stopped);
  });
  try {
    return await Promise.race([next, over]);
  } finally {
    clearTimeout(timer);
    if (stopped) signal?.removeEventListener('abort', stopped);
  }
}

/** Reads chunks until `enough` has an answer; the source returned gives them again. Closes on errors. */
export async function peek<Answer>(
  source: Source,
  signal: AbortSignal | undefined,
  enough: (head: Buffer, isAll: boolean) => Answer | undefined,
): Promise<{ readonly answer: Answer; readonly source: Source }> {
  let head = Buffer.alloc(0);
  try {
    for (;;) {
      const next = await nextOf(source, { maxBytes: 0, signal });
      if (typeof next === 'string') {
        const what =
          next === 'silence'
            ? `nothing came within ${SILENCE_TIMEOUT_MS / 1000} s`
            : 'stopped before anything came';
        throw new InspectError('TIMEOUT', `${what} from ${source.url.href}`);
      }
      if (!next.done) head = Buffer.concat([head, next.value]);
      const answer = enough(head, next.done === true);
      if (answer !== undefined) return { answer, source: withHead(source, head, next.done === true) };
    }
  } catch (error) {
    source.close();
    throw error;
  }
}

function withHead(source: Source, head: Buffer, isAll: boolean): Source {
  let given = false;
  return {
    ...source,
    chunks: {
      next: () => {
        if (!given) {
          given = true;
          return Promise.resolve({ done: false, value: head });
        }
        return isAll ? Promise.resolve({ done: true, value: undefined }) : source.chunks.next();
      },
    },
  };
}

/** All of it, for playlists and segments. Throws {@link InspectError} where it is too large, cut, silent or too slow. */
export async function readWhole(
  url: URL,
  what: string,
  maxBytes: number,
  options: OpenOptions = {},
): Promise<{ readonly url: URL; readonly bytes: Buffer; readonly headers?: Headers | undefined }> {
  const source = await openSource(url, options);
  const bytes = await readRest(source, what, maxBytes, options.signal);
  return { url: source.url, bytes, headers: source.headers };
}

/** The same for a source that is open already. */
export async function readRest(
  source: Source,
  what: string,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Buffer> {
  const tooLarge = (): InspectError =>
    new InspectError('TOO_LARGE', `${what} ${source.url.href} is larger than ${maxBytes / 2 ** 20} MiB`);
  if (source.size !== undefined && source.size > maxBytes) {
    source.close();
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  const deadline = Date.now() + FETCH_TIMEOUT_MS;
  const { ended, why } = await readFrom(source, { maxBytes: maxBytes + 1, deadline, signal }, (bytes) => {
    chunks.push(bytes);
  });
  if (ended === 'time') {
    const took = `${FETCH_TIMEOUT_MS / 1000} s`;
    throw new InspectError('TIMEOUT', `${what} ${source.url.href} was not there as a whole within ${took}`);
  }
  if (ended === 'limit') throw tooLarge();
  if (ended === 'silence') throw new InspectError('TIMEOUT', `${what} ${source.url.href} stopped coming`);
  if (ended === 'stopped')
    throw new InspectError('TIMEOUT', `stopped in the middle of ${what} ${source.url.href}`);
  if (ended === 'broken') throw new InspectError('BROKEN', why ?? `${what} ${source.url.href} broke off`);
  return Buffer.concat(chunks);
}
