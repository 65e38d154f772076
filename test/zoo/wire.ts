import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './animal.ts';

/** Where it is. */
export const ZOO = 'http://zoo.test';

/** From one end of the network to the other. */
const ONE_WAY_MS = 2;

/** Where animals of a kind are played. */
export interface Zoo<Kind> {
  urlOf(animal: Kind): string;
  /** To a GET of the whole; it may take its time. */
  answer(url: URL): Answer | Promise<Answer>;
}

export const NOT_FOUND: Answer = {
  status: 404,
  headers: { 'Content-Type': 'text/plain' },
  body: Buffer.from('not found\n'),
};

/** While `work` goes on, `fetch` reaches the zoo and nothing else. */
export async function visiting<Value>(zoo: Zoo<never>, work: () => Promise<Value>): Promise<Value> {
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => ask(zoo, new Request(input, init));
  try {
    return await work();
  } finally {
    globalThis.fetch = fetch;
  }
}

async function ask(zoo: Zoo<never>, request: Request): Promise<Response> {
  const { url, signal } = request;
  await sleep(ONE_WAY_MS, undefined, { signal });
  const gone = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  const answer = await Promise.race([zoo.answer(new URL(url)), gone]);
  await sleep(ONE_WAY_MS, undefined, { signal });
  const response = toRequest(request, answer);
  Object.defineProperty(response, 'url', { value: url });
  return response;
}

/** What of it was asked for: RFC 9110 §9.3.2 (HEAD) and §14. */
export function toRequest({ method, headers: asked }: Request, answer: Answer): Response {
  const { status, body, bare = false } = answer;
  const isHead = method === 'HEAD';
  const headers = { Date: new Date().toUTCString(), ...answer.headers };
  if (bare)
    return isHead ? new Response(null, { status: 405 }) : new Response(bytes(body), { status, headers });
  const range = status === 200 ? /^bytes=(\d+)-(\d*)$/.exec(asked.get('range') ?? '') : null;
  const from = Number(range?.[1] ?? 0);
  const to = Math.min(body.length, range?.[2] ? Number(range[2]) + 1 : body.length);
  if (range && from >= to)
    return new Response(null, { status: 416, headers: { 'Content-Range': `bytes */${body.length}` } });
  return new Response(isHead ? null : bytes(body.subarray(from, to)), {
    status: range ? 206 : status,
    headers: {
      'Accept-Ranges': 'bytes',
      ...headers,
      'Content-Length': String(to - from),
      ...(range && { 'Content-Range': `bytes ${from}-${to - 1}/${body.length}` }),
    },
  });
}

const bytes = (body: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(body);
