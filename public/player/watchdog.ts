/** What the watchdog looks at, a few times a second. */
export interface Sight {
  /** Any steady clock, in ms. */
  readonly now: number;
  /** Pictures decoded since the engine started. */
  readonly decoded: number;
  /** The video's own time, in seconds: the only sign of life of a stream without pictures. */
  readonly currentTime: number;
  /** End of the buffer, in seconds. A background tab decodes nothing, but it still receives. */
  readonly bufferEnd: number;
  /** Paused, or waiting for a gesture: no picture is due. */
  readonly paused: boolean;
  readonly hidden: boolean;
  /** Has the stream pictures at all? */
  readonly pictures: boolean;
}

export type Verdict = 'picture' | 'waiting' | 'stalled';

export interface Patience {
  /** Longest wait for the first picture, in ms. */
  readonly firstMs: number;
  /** Longest wait for the next one, in ms. */
  readonly nextMs: number;
}

/** The GOP cache answers at once; what has shown nothing after this will not show anything. */
export const FLV_PATIENCE: Patience = { firstMs: 6000, nextMs: 4000 };
/** The server holds the first request for the first segment, and segments are seconds apart. */
export const HLS_PATIENCE: Patience = { firstMs: 20_000, nextMs: 12_000 };

/** Says when no new picture has come for too long. Owns no clock and no timer. */
export class Watchdog {
  readonly #patience: Patience;
  #last: Sight;
  #lifeAt: number;
  #alive = false;

  constructor(patience: Patience, start: Sight) {
    this.#patience = patience;
    this.#last = start;
    this.#lifeAt = start.now;
  }

  look(sight: Sight): Verdict {
    const last = this.#last;
    this.#last = sight;
    // `!==`, not `>`: both counters start again when the engine is given a new source.
    const moved = sight.currentTime !== last.currentTime;
    const news = sight.pictures
      ? sight.decoded !== last.decoded && sight.decoded > 0
      : moved && sight.currentTime > 0;
    const received = sight.hidden && sight.bufferEnd !== last.bufferEnd;
    if (news || received || sight.paused || (last.hidden && !sight.hidden)) this.#lifeAt = sight.now;
    if (news) {
      this.#alive = true;
      return 'picture';
    }
    const patience = this.#alive ? this.#patience.nextMs : this.#patience.firstMs;
    if (sight.now - this.#lifeAt < patience) return 'waiting';
    this.#lifeAt = sight.now;
    return 'stalled';
  }
}
