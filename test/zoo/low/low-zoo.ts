import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../animal.ts';
import { NOT_FOUND, ZOO, type Zoo } from '../wire.ts';
import type { LowAnimal, LowAsk } from './low-animal.ts';
import { LowShow } from './low-show.ts';

interface Playing {
  readonly animal: LowAnimal;
  readonly sides: ReadonlyMap<string, LowShow>;
  readonly startedAt: number;
}

/** Plays every animal at `/NAME/…`, with blocking reload, delta updates and parts that can be had before they are there. */
export class LowZoo implements Zoo<LowAnimal> {
  readonly #animals: ReadonlyMap<string, LowAnimal>;
  readonly #playing = new Map<string, Playing>();

  constructor(animals: readonly LowAnimal[]) {
    this.#animals = new Map(animals.map((animal) => [animal.name, animal]));
  }

  urlOf({ name, other }: LowAnimal): string {
    return `${ZOO}/${name}/${other ? 'index' : 'media'}.m3u8`;
  }

  answer(url: URL): Answer | Promise<Answer> {
    const [, name = '', file = ''] = url.pathname.split('/');
    const animal = this.#animals.get(name);
    if (!animal) return NOT_FOUND;
    const playing = this.#playingOf(animal);
    const side = playing.sides.get(file);
    if (file === 'index.m3u8') return asPlaylist(multivariantOf(animal));
    return side ? playlistOf(side, playing, askOf(url)) : fileOf(file, playing);
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
}

async function playlistOf(side: LowShow, playing: Playing, ask: LowAsk): Promise<Answer> {
  const { animal } = playing;
  const before = side.moment(secondsOf(playing));
  const { status, atOnce = false, delay } = animal.reload?.(ask, before) ?? {};
  const isFar = ask.msn !== undefined && ask.msn > before.last + 3;
  if (status !== undefined || (isFar && !atOnce && delay === undefined))
    return { ...NOT_FOUND, status: status ?? 400 };
  const ready = atOnce || animal.low === false ? 0 : side.readyAt(ask);
  const stays = side.ended(before) ? 0 : Math.max(0, ready - secondsOf(playing)) + (delay ?? 0);
  if (stays > 0) await sleep(Math.ceil(stays * 1000));
  const moment = side.moment(secondsOf(playing));
  return asPlaylist(side.text(moment, { skip: ask.skip, reports: reportsOf(playing, side) }));
}

async function fileOf(file: string, playing: Playing): Promise<Answer> {
  const { animal } = playing;
  const seconds = secondsOf(playing);
  for (const side of playing.sides.values()) {
    const found = side.file(file, side.moment(seconds));
    if (!found) continue;
    const own = animal.file ? animal.file(file, found.bytes) : found.bytes;
    const body = own && animal.early && found.readyAt > seconds ? animal.early(own) : own;
    if (!body) break;
    if (found.readyAt > seconds) await sleep(Math.ceil((found.readyAt - seconds) * 1000));
    const headers = { 'Content-Type': animal.type ?? 'video/mp4', 'Cache-Control': 'public, max-age=60' };
    return { status: 200, headers, body };
  }
  return NOT_FOUND;
}

const asPlaylist = (text: string): Answer => ({
  status: 200,
  headers: { 'Content-Type': 'application/vnd.apple.mpegurl', 'Cache-Control': 'no-cache' },
  body: Buffer.from(text),
});

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
