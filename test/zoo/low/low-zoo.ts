import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LowAnimal, LowAsk } from './low-animal.ts';
import { LowShow } from './low-show.ts';

interface Playing {
  readonly animal: LowAnimal;
  readonly sides: ReadonlyMap<string, LowShow>;
  readonly startedAt: number;
}

/** Plays every animal at `/NAME/…`, with blocking reload, delta updates and parts that can be had before they are there. */
export class LowZoo {
  readonly #animals: ReadonlyMap<string, LowAnimal>;
  readonly #playing = new Map<string, Playing>();
  readonly #server: Server;

  constructor(animals: readonly LowAnimal[]) {
    this.#animals = new Map(animals.map((animal) => [animal.name, animal]));
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  urlOf({ name, other }: LowAnimal): string {
    const base = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return `${base}/${name}/${other ? 'index' : 'media'}.m3u8`;
  }

  rewind({ name }: LowAnimal): void {
    this.#playing.delete(name);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://zoo');
    const [, name = '', file = ''] = url.pathname.split('/');
    const animal = this.#animals.get(name);
    if (!animal) return send(response, 404, 'text/plain', Buffer.from('nobody'));
    const playing = this.#playingOf(animal);
    const side = playing.sides.get(file);
    if (file === 'index.m3u8') return send(response, 200, PLAYLIST, Buffer.from(multivariantOf(animal)));
    if (side) this.#playlist(side, { playing, url, response });
    else this.#file(file, { playing, request, response });
  }

  #playingOf(animal: LowAnimal): Playing {
    const known = this.#playing.get(animal.name);
    if (known) return known;
    const sides = new Map([['media.m3u8', new LowShow(animal, animal, '')]]);
    if (animal.other) sides.set('other.m3u8', new LowShow(animal, animal.other, 'other-'));
    const made = { animal, sides, startedAt: performance.now() };
    this.#playing.set(animal.name, made);
    return made;
  }

  #playlist(
    side: LowShow,
    { playing, url, response }: { playing: Playing; url: URL; response: ServerResponse },
  ): void {
    const { animal } = playing;
    const ask = askOf(url);
    const before = side.moment(secondsOf(playing));
    const otherwise = animal.reload?.(ask, before);
    const isFar = ask.msn !== undefined && ask.msn > before.last + 3;
    if (
      otherwise?.status !== undefined ||
      (isFar && otherwise?.atOnce !== true && otherwise?.delay === undefined)
    )
      return send(response, otherwise?.status ?? 400, 'text/plain', Buffer.from('no'));
    const ready = otherwise?.atOnce === true || animal.low === false ? 0 : side.readyAt(ask);
    const stays = side.ended(before) ? 0 : Math.max(0, ready - secondsOf(playing)) + (otherwise?.delay ?? 0);
    setTimeout(
      () => {
        const moment = side.moment(secondsOf(playing));
        const text = side.text(moment, { skip: ask.skip, reports: reportsOf(playing, side) });
        send(response, 200, PLAYLIST, Buffer.from(text));
      },
      stays * 1000 + (stays > 0 ? 2 : 0),
    );
  }

  #file(
    file: string,
    { playing, request, response }: { playing: Playing; request: IncomingMessage; response: ServerResponse },
  ): void {
    const { animal } = playing;
    const seconds = secondsOf(playing);
    for (const side of playing.sides.values()) {
      const found = side.file(file, side.moment(seconds));
      if (!found) continue;
      const own = animal.file ? animal.file(file, found.bytes) : found.bytes;
      const bytes = own && animal.early && found.readyAt > seconds ? animal.early(own) : own;
      if (!bytes) break;
      const type = animal.type ?? 'video/mp4';
      const isHead = request.method === 'HEAD';
      setTimeout(
        () => send(response, 200, type, bytes, { isHead, range: request.headers.range }),
        Math.max(0, found.readyAt - seconds) * 1000,
      );
      return;
    }
    send(response, 404, 'text/plain', Buffer.from('no such file'));
  }
}

const PLAYLIST = 'application/vnd.apple.mpegurl';

const secondsOf = ({ startedAt }: Playing): number => (performance.now() - startedAt) / 1000;

function askOf({ searchParams }: URL): LowAsk {
  const number = (name: string): number | undefined => {
    const text = searchParams.get(name);
    return text === null ? undefined : Number(text);
  };
  return { msn: number('_HLS_msn'), part: number('_HLS_part'), skip: searchParams.has('_HLS_skip') };
}

function reportsOf({ animal, sides, startedAt }: Playing, own: LowShow): string[] {
  const { reports } = animal;
  if (reports === false || animal.low === false) return [];
  return [...sides].flatMap(([name, side]) => {
    if (side === own) return [];
    const { last, parts } = side.moment((performance.now() - startedAt) / 1000);
    const whole = side.show.segment(last).parts.length;
    const [msn, part] = parts > 0 ? [last + 1, parts - 1] : [last, whole - 1];
    return [
      `#EXT-X-RENDITION-REPORT:URI="${name}",LAST-MSN=${reports ? reports(msn) : msn},LAST-PART=${part}`,
    ];
  });
}

function multivariantOf(animal: LowAnimal): string {
  const attributes = 'BANDWIDTH=200000,CODECS="avc1.4D001E,mp4a.40.2",RESOLUTION=320x192,FRAME-RATE=24.000';
  const text = [
    '#EXTM3U',
    '#EXT-X-VERSION:6',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...['media.m3u8', 'other.m3u8'].flatMap((uri) => [`#EXT-X-STREAM-INF:${attributes}`, uri]),
    '',
  ].join('\n');
  return animal.multivariant?.(text) ?? text;
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: Buffer,
  { isHead = false, range }: { isHead?: boolean; range?: string | undefined } = {},
): void {
  const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
  const from = Number(match?.[1] ?? 0);
  const to = Math.min(body.length, match?.[2] ? Number(match[2]) + 1 : body.length);
  response.writeHead(match ? 206 : status, {
    'Content-Type': type,
    'Cache-Control': type === PLAYLIST ? 'no-cache' : 'public, max-age=60',
    'Accept-Ranges': 'bytes',
    'Content-Length': String(to - from),
    ...(match && { 'Content-Range': `bytes ${from}-${to - 1}/${body.length}` }),
  });
  response.end(isHead ? undefined : body.subarray(from, to));
}
