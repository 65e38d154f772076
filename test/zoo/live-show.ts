import type { Animal, Moment } from './animal.ts';
import { writePlaylist, type Line, type Playlist } from './playlist.ts';
import { Show } from './show.ts';

const WINDOW = 8;
/** A few milliseconds that a sum of seconds may be off. */
const EPSILON = 1e-6;

/** An animal's show by the clock: which segments there are at a moment, and what its playlist says. */
export class LiveShow {
  readonly #animal: Animal;
  readonly #show: Show;
  readonly #base: string;

  /** `base`: the URL of the animal's folder. */
  constructor(animal: Animal, base: string) {
    this.#animal = animal;
    this.#show = new Show(animal.take);
    this.#base = base;
  }

  /** `seconds` since the show began, with so many segments as its opening has. */
  moment(seconds: number): Moment {
    const { opening = WINDOW, window = WINDOW, pace } = this.#animal;
    const there = (opening === 0 ? 0 : this.#endOf(opening - 1)) + (pace?.(seconds) ?? seconds) + EPSILON;
    let last = opening - 1;
    while (this.#endOf(last + 1) <= there) last++;
    return { seconds, first: Math.max(0, last - window + 1), last };
  }

  text(moment: Moment): string {
    const playlist = this.#playlist(moment);
    const text = writePlaylist(this.#animal.playlist?.(playlist, moment) ?? playlist);
    return this.#animal.text?.(text, moment) ?? text;
  }

  /** The bytes behind a URI, as the playlist writes it; the newest of them if it was used again; a query that means nothing is passed over. */
  find(file: string, { last }: Moment): { number: number; bytes: Buffer } | undefined {
    const named = (number: number): boolean => {
      const uri = this.#uri(number);
      const name = uri.slice(uri.lastIndexOf('/') + 1);
      return name === file || name === file.replace(/\?.*/, '');
    };
    const { packed = 1 } = this.#animal;
    for (let number = last; number >= 0; number--) {
      if (!named(number)) continue;
      const first = number - (number % packed);
      const all = Array.from({ length: packed }, (_, index) => this.#show.segment(first + index).bytes);
      return { number: first, bytes: Buffer.concat(all) };
    }
    return undefined;
  }

  #playlist({ first, last }: Moment): Playlist {
    const lines: Line[] = [];
    for (let number = first; number <= last; number++) lines.push(this.#line(number));
    const marks = (from: number, to: number): number =>
      Array.from({ length: Math.max(0, to - from) }, (_, index) => this.#show.segment(from + index)).filter(
        (segment) => segment.discontinuity,
      ).length;
    return {
      version: this.#animal.packed === undefined ? 3 : 4,
      target: 1,
      sequence: first,
      discontinuitySequence: marks(0, last + 1) > 0 ? marks(0, first) : undefined,
      tags: [],
      lines,
      ended: false,
    };
  }

  #line(number: number): Line {
    const { seconds, discontinuity, bytes } = this.#show.segment(number);
    return {
      number,
      uri: this.#uri(number),
      seconds,
      discontinuity,
      tags: this.#range(number, bytes.length),
    };
  }

  #range(number: number, length: number): string[] {
    const { packed } = this.#animal;
    if (packed === undefined) return [];
    let offset = 0;
    for (let other = number - (number % packed); other < number; other++)
      offset += this.#show.segment(other).bytes.length;
    return [`#EXT-X-BYTERANGE:${length}@${offset}`];
  }

  #uri(number: number): string {
    const { uri, packed } = this.#animal;
    if (packed !== undefined) return `pack${Math.floor(number / packed)}.ts`;
    return uri?.(number, this.#base) ?? `seg${number}.ts`;
  }

  #endOf(number: number): number {
    const { startsAt, seconds } = this.#show.segment(number);
    return startsAt + seconds;
  }
}
