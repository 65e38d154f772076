import type { RenditionId } from './rendition-id.ts';

export type HlsContainer = 'ts' | 'fmp4';

/** What a file's name says. */
export type NamedFile =
  | { readonly kind: 'segment'; readonly container: HlsContainer; readonly sequence: number }
  | { readonly kind: 'part'; readonly sequence: number; readonly part: number }
  | { readonly kind: 'init'; readonly number: number };

/** Whole numbers as we write them, that a number can hold exactly. */
const NUMBER = '(0|[1-9]\\d{0,14})';
const FILE = new RegExp(`^${NUMBER}(?:\\.${NUMBER})?\\.(m4s|ts)$`);
const INIT = new RegExp(`^init-${NUMBER}\\.mp4$`);

/** Names of a rendition's playlists and files, below `/{app}/{stream}/`. */
export class FileNames {
  readonly #playlist: string;
  readonly #prefix: string;
  readonly #usual: HlsContainer;

  /** @param rendition 'video' for the main one, which is called `media` and has no prefix @param usual of `media.m3u8` */
  constructor(rendition: RenditionId, usual: HlsContainer) {
    const isMain = rendition === 'video' || rendition === 'audio';
    this.#playlist = isMain ? 'media' : rendition;
    this.#prefix = isMain ? '' : `${rendition}-`;
    this.#usual = usual;
  }

  playlist(container: HlsContainer): string {
    return `${this.#playlist}${container === this.#usual ? '' : `-${container}`}.m3u8`;
  }

  segment(container: HlsContainer, sequence: number): string {
    return `${this.#prefix}${sequence}.${container === 'ts' ? 'ts' : 'm4s'}`;
  }

  part(sequence: number, part: number): string {
    return `${this.#prefix}${sequence}.${part}.m4s`;
  }

  init(number: number): string {
    return `${this.#prefix}init-${number}.mp4`;
  }

  /** Which playlist; undefined: none of this rendition. Its own container may be named, too. */
  containerOf(playlist: string): HlsContainer | undefined {
    if (playlist === `${this.#playlist}.m3u8`) return this.#usual;
    if (playlist === `${this.#playlist}-ts.m3u8`) return 'ts';
    return playlist === `${this.#playlist}-fmp4.m3u8` ? 'fmp4' : undefined;
  }

  /** Undefined: no file of this rendition is called like that. */
  read(name: string): NamedFile | undefined {
    if (!name.startsWith(this.#prefix)) return undefined;
    const own = name.slice(this.#prefix.length);
    const init = INIT.exec(own);
    if (init) return { kind: 'init', number: Number(init[1]) };
    const [, first, second, ending] = FILE.exec(own) ?? [];
    if (first === undefined) return undefined;
    const sequence = Number(first);
    const container = ending === 'ts' ? 'ts' : 'fmp4';
    if (second === undefined) return { kind: 'segment', container, sequence };
    return container === 'ts' ? undefined : { kind: 'part', sequence, part: Number(second) };
  }
}
