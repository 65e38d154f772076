import type { HlsFacts, HlsOutput } from '../outputs/hls/hls-output.ts';
import type { AnyHlsFile, HlsAsk, HlsFile, HlsPlaylist, HlsSource } from '../servers/http/hls-source.ts';
import type { HlsLife } from './hls-life.ts';

/** Former lives that are kept although a later one has begun: each holds its last segments. */
const MAX_FORMER = 2;

/** A stream's name in HLS: the playlists of its newest life, the segments of those before as well, for a while. */
export class HlsLives implements HlsSource {
  readonly path: string;
  #newest: HlsLife;
  readonly #former: HlsLife[] = [];

  constructor(path: string, first: HlsLife) {
    this.path = path;
    this.#newest = first;
  }

  get newest(): HlsLife {
    return this.#newest;
  }

  facts(): HlsFacts {
    return this.#newest.facts();
  }

  /**
   * Whoever has seen the end mark of a life finishes its segments, though the next life has begun. Returns the life that
   * has to make room, if one has to.
   */
  begin(next: HlsLife): HlsLife | undefined {
    this.#former.push(this.#newest);
    this.#newest = next;
    return this.#former.length > MAX_FORMER ? this.#former.shift() : undefined;
  }

  /** The time of a life is over; true if it was the newest, so that nothing is left to be shown. */
  forget(life: HlsLife): boolean {
    const at = this.#former.indexOf(life);
    if (at >= 0) this.#former.splice(at, 1);
    return life === this.#newest;
  }

  /** By the publisher's number for its track. */
  rendition(track: number): HlsOutput | undefined {
    return this.#newest.rendition(track);
  }

  multivariant(ask: HlsAsk): ReturnType<HlsSource['multivariant']> {
    return this.#newest.multivariant(ask);
  }

  refusal(ask: HlsAsk): string | undefined {
    return this.#newest.refusal(ask);
  }

  playlist(file: string): HlsPlaylist | undefined {
    return this.#newest.playlist(file);
  }

  file(name: string): HlsFile | undefined {
    return this.#newest.file(name) ?? this.#former.map((life) => life.file(name)).find(Boolean);
  }

  whenFile(name: string, callback: (file: AnyHlsFile | undefined) => void): (() => void) | undefined {
    for (const life of [this.#newest, ...this.#former]) {
      const giveUp = life.whenFile(name, callback);
      if (giveUp) return giveUp;
    }
    return undefined;
  }

  whenReady(callback: () => void, segments?: number): () => void {
    return this.#newest.whenReady(callback, segments);
  }
}
