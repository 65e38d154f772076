import type { HlsOutput } from '../outputs/hls/hls-output.ts';
import type { HlsSource } from '../servers/http/hls-route.ts';

/** Former lives that are kept although a later one has begun: each holds its last segments. */
const MAX_FORMER = 2;

/** A stream's name in HLS: the playlists of its newest life, the segments of those before as well, for a while. */
export class HlsLives implements HlsSource {
  #newest: HlsOutput;
  readonly #former: HlsOutput[] = [];

  constructor(first: HlsOutput) {
    this.#newest = first;
  }

  get newest(): HlsOutput {
    return this.#newest;
  }

  /**
   * Whoever has seen the end mark of a life finishes its segments, though the next life has begun. Returns the life that
   * has to make room, if one has to.
   */
  begin(next: HlsOutput): HlsOutput | undefined {
    this.#former.push(this.#newest);
    this.#newest = next;
    return this.#former.length > MAX_FORMER ? this.#former.shift() : undefined;
  }

  /** The time of a life is over; true if it was the newest, so that nothing is left to be shown. */
  forget(life: HlsOutput): boolean {
    const at = this.#former.indexOf(life);
    if (at >= 0) this.#former.splice(at, 1);
    return life === this.#newest;
  }

  multivariant(): ReturnType<HlsOutput['multivariant']> {
    return this.#newest.multivariant();
  }

  media(): ReturnType<HlsOutput['media']> {
    return this.#newest.media();
  }

  segment(file: string): ReturnType<HlsOutput['segment']> {
    return this.#newest.segment(file) ?? this.#former.map((life) => life.segment(file)).find(Boolean);
  }

  whenReady(callback: () => void): () => void {
    return this.#newest.whenReady(callback);
  }
}
