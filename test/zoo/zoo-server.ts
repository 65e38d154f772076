import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Animal, Answer, Ask, Moment } from './animal.ts';
import { LiveShow } from './live-show.ts';

const PLAYLIST_HEADERS = { 'Content-Type': 'application/vnd.apple.mpegurl', 'Cache-Control': 'no-cache' };
const SEGMENT_HEADERS = { 'Content-Type': 'video/mp2t', 'Cache-Control': 'public, max-age=60' };
const NOT_FOUND: Answer = {
  status: 404,
  headers: { 'Content-Type': 'text/plain' },
  body: Buffer.from('not found\n'),
};

/** Plays every animal at `/NAME/…`. A show's clock starts when somebody first asks for it, so that each look sees the same. */
export class ZooServer {
  readonly #animals = new Map<string, Animal>();
  readonly #shows = new Map<string, { show: LiveShow; startedAt: number }>();
  readonly #server: Server;

  constructor(animals: readonly Animal[]) {
    for (const animal of animals) this.#animals.set(animal.name, animal);
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get base(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  urlOf(animal: Animal): string {
    return `${this.base}/${animal.name}/${animal.entry ?? 'index.m3u8'}`;
  }

  /** The animal's show begins anew with the next that asks. */
  rewind(animal: Animal): void {
    this.#shows.delete(animal.name);
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.base);
    const animal = this.#animals.get(url.pathname.split('/')[1] ?? '');
    send(request, response, animal ? this.#answer(animal, url) : NOT_FOUND);
  }

  #answer(animal: Animal, url: URL): Answer {
    const known = this.#shows.get(animal.name) ?? {
      show: new LiveShow(animal, `${this.base}/${animal.name}`),
      startedAt: performance.now(),
    };
    this.#shows.set(animal.name, known);
    const moment = known.show.moment((performance.now() - known.startedAt) / 1000);
    const file = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
    const { answer, ask } = healthyAnswer(animal, known.show, { moment, url, file });
    return animal.answer?.(answer, ask) ?? answer;
  }
}

function healthyAnswer(
  animal: Animal,
  show: LiveShow,
  { moment, url, file }: { moment: Moment; url: URL; file: string },
): { answer: Answer; ask: Ask } {
  const ask = (kind: Ask['kind'], number = -1): Ask => ({ ...moment, kind, path: url.pathname, number });
  const entry = animal.entry ?? 'index.m3u8';
  if (animal.multivariant !== undefined && file === entry) {
    const body = Buffer.from(animal.multivariant);
    return { answer: { status: 200, headers: PLAYLIST_HEADERS, body }, ask: ask('multivariant') };
  }
  if (file === (animal.multivariant === undefined ? entry : (animal.media ?? 'media.m3u8'))) {
    const body = Buffer.from(show.text(moment));
    return { answer: { status: 200, headers: PLAYLIST_HEADERS, body }, ask: ask('playlist') };
  }
  const found = show.find(file + url.search, moment);
  if (!found) return { answer: NOT_FOUND, ask: ask('segment') };
  const answer = { status: 200, headers: SEGMENT_HEADERS, body: found.bytes };
  return { answer, ask: ask('segment', found.number) };
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status, headers, body, bare = false } = answer;
  const isHead = request.method === 'HEAD';
  if (bare) {
    if (isHead) response.writeHead(405).end();
    else response.writeHead(status, { ...headers, 'Transfer-Encoding': 'chunked' }).end(body);
    return;
  }
  const range = status === 200 ? /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') : null;
  const from = Number(range?.[1] ?? 0);
  const to = Math.min(body.length, range?.[2] ? Number(range[2]) + 1 : body.length);
  if (range && from >= to) {
    response.writeHead(416, { 'Content-Range': `bytes */${body.length}` }).end();
    return;
  }
  response.writeHead(range ? 206 : status, {
    'Accept-Ranges': 'bytes',
    ...headers,
    'Content-Length': String(to - from),
    ...(range && { 'Content-Range': `bytes ${from}-${to - 1}/${body.length}` }),
  });
  response.end(isHead ? undefined : body.subarray(from, to));
}
