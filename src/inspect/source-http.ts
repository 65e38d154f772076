import { InspectError } from './errors.ts';
import { ANSWER_TIMEOUT_MS } from './limits.ts';
import type { OpenOptions, Source } from './source.ts';

/** GET, redirects followed. Waits for the head of the answer; the body comes through `chunks`. */
export async function openHttp(url: URL, { signal, range }: OpenOptions): Promise<Source> {
  if (url.username !== '' || url.password !== '') {
    throw new InspectError('SCHEME', 'a URL with a user name and password in it is not read');
  }
  const closing = new AbortController();
  const timeout = setTimeout(() => {
    closing.abort(
      new InspectError('TIMEOUT', `${url.href} did not answer within ${ANSWER_TIMEOUT_MS / 1000} s`),
    );
  }, ANSWER_TIMEOUT_MS);
  const stopped = (): void =>
    closing.abort(new InspectError('TIMEOUT', `stopped before ${url.href} answered`));
  signal?.addEventListener('abort', stopped);
  try {
    signal?.throwIfAborted();
    const response = await fetch(url, {
      signal: closing.signal,
      headers: range ? { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` } : {},
    });
    checkStatus(response, url, range !== undefined);
    return {
      url: new URL(response.url),
      size: sizeOf(response),
      headers: response.headers,
      chunks: bodyOf(response),
      close: () => closing.abort(),
    };
  } catch (error) {
    closing.abort();
    throw error instanceof InspectError ? error : refused(url, error);
  } finally {
    clearTimeout(timeout);
    signal?.removeEventListener('abort', stopped);
  }
}

function checkStatus(response: Response, url: URL, ranged: boolean): void {
  const status = `${response.status} ${response.statusText}`.trim();
  const isMissing = response.status === 404;
  if (!response.ok) {
    const message = `the server answered ${status} for ${url.href}`;
    throw new InspectError(isMissing ? 'NOT_FOUND' : 'HTTP_STATUS', message, { status: response.status });
  }
  if (ranged && response.status !== 206) {
    throw new InspectError('HTTP_STATUS', `the server does not serve byte ranges of ${url.href}`);
  }
}

function sizeOf(response: Response): number | undefined {
  const text = response.headers.get('content-length');
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}

function bodyOf(response: Response): AsyncIterator<Uint8Array> {
  if (!response.body) return { next: () => Promise.resolve({ done: true, value: undefined }) };
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  return {
    next: async () => {
      try {
        const { done, value } = await reader.read();
        return done ? { done: true, value: undefined } : { done: false, value };
      } catch (error) {
        throw new InspectError('BROKEN', `the connection to ${response.url} broke: ${reasonOf(error)}`);
      }
    },
  };
}

function refused(url: URL, error: unknown): InspectError {
  return new InspectError('REFUSED', `${url.href} cannot be reached: ${reasonOf(error)}`, { cause: error });
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody is listening there (connection refused)',
  ECONNRESET: 'the other end broke the connection',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name cannot be looked up',
  UND_ERR_SOCKET: 'the other end closed the connection',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  ...certificateReasons(),
  EPROTO: 'the other end does not speak TLS there: use http:// or ws://',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the other end does not speak TLS there: use http:// or ws://',
};

/** Whoever looks at a server of their own has to say whom to trust. */
function certificateReasons(): Readonly<Record<string, string>> {
  const trust = 'NODE_EXTRA_CA_CERTS=FILE in the environment names certificates to trust';
  const unknown = `its certificate is of an authority that is not trusted, or its chain is incomplete; ${trust}`;
  return {
    CERT_HAS_EXPIRED: 'its certificate has expired',
    CERT_NOT_YET_VALID: 'its certificate is not valid yet',
    DEPTH_ZERO_SELF_SIGNED_CERT: `its certificate is self-signed; ${trust}`,
    SELF_SIGNED_CERT_IN_CHAIN: unknown,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknown,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknown,
    ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  };
}

/** In words, from what fetch or a socket throws: the code is often two causes deep. */
export function reasonOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = (at as NodeJS.ErrnoException).code ?? firstCode(at);
    if (typeof code === 'string') return REASONS[code] ?? `${code} ${at.message}`.trim();
    if (at.cause === undefined) return at.message;
  }
  return String(error);
}

/** A name with two addresses fails with an AggregateError. */
function firstCode(error: Error): string | undefined {
  if (!(error instanceof AggregateError)) return undefined;
  return (error.errors as NodeJS.ErrnoException[])[0]?.code;
}
