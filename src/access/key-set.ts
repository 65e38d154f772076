import { createRemoteJWKSet, customFetch, type RemoteJWKSet } from 'jose';

/** The key set could not be had: nobody's credentials are wrong. */
export class KeySetError extends Error {
  override readonly name = 'KeySetError';
}

/** A key set has a handful of keys of some 500 bytes each. */
const MAX_BYTES = 1024 * 1024;
const TIMEOUT_MS = 5_000;
/** A token with an unknown key has the set fetched again, this often at most. */
const COOLDOWN_MS = 30_000;
/** Keys that were withdrawn stop working after this time. */
const MAX_AGE_MS = 10 * 60_000;
/** When the server of the set does not answer it is left alone for so long. */
const RETRY_MS = 5_000;
/** As long as the server of the set is down, the keys it gave last go on working for a day. */
const KEEP_MS = 24 * 3600_000;

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface KeySetOptions {
  readonly url: URL;
  readonly clock: () => number;
  readonly fetch: Fetch;
  /** The set could not be fetched. */
  readonly onProblem: (reason: string) => void;
}

/** The public keys behind a URL (RFC 7517 §5): kept, fetched again in time, and not asked for in vain all the time. */
export function keySet(options: KeySetOptions): RemoteJWKSet {
  const { clock } = options;
  let last: { readonly text: string; readonly at: number } | undefined;
  let failedAt = -Infinity;
  const get = async (url: string, init: RequestInit): Promise<Response> => {
    try {
      if (clock() - failedAt < RETRY_MS) throw new KeySetError('it did not answer a moment ago');
      last = { text: await load(options.fetch, url, init), at: clock() };
    } catch (error) {
      if (!(error instanceof KeySetError)) {
        failedAt = clock();
        options.onProblem(error instanceof Error ? error.message : String(error));
      }
      if (!last || clock() - last.at > KEEP_MS) throw new KeySetError('the key set cannot be fetched');
    }
    return new Response(last.text);
  };
  return createRemoteJWKSet(options.url, {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: MAX_AGE_MS,
    [customFetch]: get,
  });
}

/** The set's text, checked to be one, so that rubbish does not take the place of good keys. */
async function load(fetchIt: Fetch, url: string, init: RequestInit): Promise<string> {
  const response = await fetchIt(url, init);
  if (response.status !== 200) throw new Error(`the server answers ${response.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`the answer has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  const root = JSON.parse(text) as { readonly keys?: unknown } | null;
  if (!Array.isArray(root?.keys)) throw new Error('the answer is no key set');
  return text;
}
