import type { TrackSet } from '../../media/track.ts';
import { leftOut, NOT_ANNOUNCED } from '../../outputs/flv/left-out.ts';
import type { Tailoring } from '../../outputs/flv/tailoring.ts';

/** What one player can use of a stream, and whether it has been told of the rest. */
export class PlayerFit {
  readonly tailoring: Tailoring;
  #looked: TrackSet | undefined;
  #told = '';

  constructor(tailoring: Tailoring) {
    this.tailoring = tailoring;
  }

  /** Why it cannot be given anything, in words. */
  problem(tracks: TrackSet): string | undefined {
    const left = leftOut(tracks, this.tailoring, NOT_ANNOUNCED);
    return left?.isAll === true ? left.text : undefined;
  }

  /** What it is not given, if it has not been told yet. */
  news(tracks: TrackSet): string | undefined {
    if (tracks === this.#looked) return undefined;
    this.#looked = tracks;
    const text = leftOut(tracks, this.tailoring, NOT_ANNOUNCED)?.text ?? '';
    if (text === this.#told) return undefined;
    this.#told = text;
    return text === '' ? undefined : text;
  }
}
