import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For everything, from now to the answer's last byte. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface PostAnswer {
  readonly status: number;
  /** Of a 3xx. */
  readonly location: string | undefined;
  readonly contentType: string;
  readonly body: string;
}

/** No answer. The message goes on after the receiver's name: "does not answer within 3 s". */
export class PostError extends Error {
  override readonly name = 'PostError';
}

export type Post = (request: PostRequest) => Promise<PostAnswer>;

/** A decision is one short JSON object, a denial one sentence; a whole page is a mistake. */
export const MAX_ANSWER_BYTES = 16_384;
/** Connections to one receiver at a time. */
const MAX_CONNECTIONS = 32;
/** Requests that wait for one of these; more would be older than any time-out when their turn comes. */
const MAX_WAITING = 4_096;

/** Posts over connections that are kept for the next time. Redirects are not followed. */
export class HttpPoster {
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
  #open = 0;

  /** @throws {PostError} */
  readonly post: Post = async (request) => {
    if (this.#open >= MAX_WAITING) throw new PostError(`has ${this.#open} requests to answer already`);
    this.#open++;
    const timer = AbortSignal.timeout(request.timeoutMs);
    const signal = request.signal ? AbortSignal.any([timer, request.signal]) : timer;
    try {
      return await this.#once(request, signal).catch((error: unknown) => {
        // The receiver closed an idle connection in the moment it was used again; nothing was read by anybody.
        if (error instanceof StaleConnection) return this.#once(request, signal);
        throw error;
      });
    } catch (error) {
      if (timer.aborted) throw new PostError(`does not answer within ${request.timeoutMs / 1000} s`);
      if (request.signal?.aborted) throw new PostError('is not asked any more');
      throw error instanceof PostError ? error : new PostError(inWords(error));
    } finally {
      this.#open--;
    }
  };

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #once({ url, headers, body }: PostRequest, signal: AbortSignal): Promise<PostAnswer> {
    return new Promise((resolve, reject) => {
      const length = { ...headers, 'Content-Length': String(Buffer.byteLength(body)) };
      const options = { method: 'POST', headers: length, signal };
      const client: ClientRequest = url.startsWith('https:')
        ? httpsRequest(url, { ...options, agent: this.#https })
        : httpRequest(url, { ...options, agent: this.#http });
      let isAnswered = false;
      client.on('error', (error: NodeJS.ErrnoException) => {
        const isStale = client.reusedSocket && !isAnswered && /^(ECONNRESET|EPIPE)$/.test(error.code ?? '');
        reject(isStale ? new StaleConnection() : error);
      });
      client.on('response', (response) => {
        isAnswered = true;
        readAnswer(response).then(resolve, (error: unknown) => {
          client.destroy();
          reject(error instanceof Error ? error : new Error(String(error)));
        });
      });
      client.end(body);
    });
  }
}

class StaleConnection extends PostError {
  constructor() {
    super('closes its connections');
  }
}

async function readAnswer(response: IncomingMessage): Promise<PostAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new PostError(`answers with more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    location: response.headers.location,
    contentType: response.headers['content-type'] ?? '',
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection',
  ECONNRESET: 'breaks the connection',
  EPIPE: 'breaks the connection',
  ENOTFOUND: 'has a host name that is not known',
  EAI_AGAIN: 'has a host name that cannot be looked up',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ETIMEDOUT: 'does not answer',
};

function inWords(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code.startsWith('HPE_')) return 'does not speak HTTP';
  if (/CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|UNABLE_TO/.test(code))
    return `shows a certificate that is not trusted (${code})`;
  return WORDS[code] ?? `cannot be asked (${code === '' ? message : code})`;
}
