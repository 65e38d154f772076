import type { Animal, Answer, Ask, Moment } from './animal.ts';
import { LiveShow } from './live-show.ts';
import { NOT_FOUND, ZOO, type Zoo } from './wire.ts';

const PLAYLIST_HEADERS = { 'Content-Type': 'application/vnd.apple.mpegurl', 'Cache-Control': 'no-cache' };
const SEGMENT_HEADERS = { 'Content-Type': 'video/mp2t', 'Cache-Control': 'public, max-age=60' };

/** Plays every animal at `/NAME/…`. A show's clock starts when somebody first asks for it, so that each look sees the same. */
export class HighZoo implements Zoo<Animal> {
  readonly base: string;
  readonly #animals = new Map<string, Animal>();
  readonly #shows = new Map<string, { show: LiveShow; startedAt: number }>();

  /** `base`: where it is, as animals see it that write whole URLs. */
  constructor(animals: readonly Animal[], base = ZOO) {
    this.base = base;
    for (const animal of animals) this.#animals.set(animal.name, animal);
  }

  urlOf(animal: Animal): string {
    return `${this.base}/${animal.name}/${animal.entry ?? 'index.m3u8'}`;
  }

  answer(url: URL): Answer {
    const animal = this.#animals.get(url.pathname.split('/')[1] ?? '');
    if (!animal) return NOT_FOUND;
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
