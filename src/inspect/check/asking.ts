import { InspectError } from '../errors.ts';
import { ANSWER_TIMEOUT_MS } from '../limits.ts';
import { readWhole } from '../reading.ts';
import type { ByteRange } from '../source.ts';
import type { LoadTimes } from './freshness.ts';
import { ageMs } from './headers.ts';

/** What was fetched, and when, in ms by a clock that only goes forward. */
export interface Fetched extends LoadTimes {
  readonly url: URL;
  readonly bytes: Buffer;
  /** Undefined for a file. */
  readonly headers?: Headers | undefined;
}

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  readonly range?: ByteRange | undefined;
}

/** A kept-alive connection may be closed by the server just as it is used again, which says nothing about the stream. */
const MAY_BE_HICCUP = new Set(['REFUSED', 'BROKEN']);

/** Fetches all of it; once more if the connection broke. Throws {@link InspectError}. */
export async function fetchWhole(
  url: URL,
  what: string,
  maxBytes: number,
  options: AskOptions,
): Promise<Fetched> {
  try {
    return await fetchOnce(url, what, maxBytes, options);
  } catch (error) {
    const again =
      error instanceof InspectError && MAY_BE_HICCUP.has(error.code) && options.signal?.aborted !== true;
    if (!again) throw error;
    return fetchOnce(url, what, maxBytes, options);
  }
}

async function fetchOnce(url: URL, what: string, maxBytes: number, options: AskOptions): Promise<Fetched> {
  const requestedAt = performance.now();
  const got = await readWhole(url, what, maxBytes, options);
  return { ...got, requestedAt, arrivedAt: performance.now(), ageMs: ageMs(got.headers) };
}

/** Asks without taking the body. Undefined if no answer came, which is then nobody's fault but perhaps the network's. */
export async function ask(
  url: URL,
  init: { readonly method: 'GET' | 'HEAD'; readonly range?: string; readonly timeoutMs?: number },
): Promise<{ readonly status: number; readonly headers: Headers } | undefined> {
  const closing = new AbortController();
  const timeout = setTimeout(() => closing.abort(), init.timeoutMs ?? ANSWER_TIMEOUT_MS);
  try {
    const headers: Record<string, string> = init.range === undefined ? {} : { Range: init.range };
    const response = await fetch(url, { method: init.method, headers, signal: closing.signal });
    return { status: response.status, headers: response.headers };
  } catch {
    return undefined;
  } finally {
    clearTimeout(timeout);
    closing.abort(); // the body is not read
  }
}
