import { TICKS_PER_SECOND } from '../../media/time.ts';
import type { Breach } from './rules.ts';
import type { SegmentFacts } from './segment-rules.ts';

/** Errors of EXTINF that add up to this are heard and seen: a seek lands beside, subtitles lag. */
const DRIFT_SECONDS = 0.2;

/**
 * Small errors of EXTINF that all point the same way, none of which is large enough to be told: RFC 8216 §4.3.2.1 wants durations
 * that can be added up (but for versions below 3, which have whole seconds only).
 */
export class Drift {
  #begin: { readonly facts: SegmentFacts; readonly pid: number } | undefined;
  #extinfSum = 0;
  #told = false;

  startOver(): void {
    this.#begin = undefined;
    this.#extinfSum = 0;
    this.#told = false;
  }

  /** Segments one after the other, of which each goes on where the one before ended. */
  see(facts: SegmentFacts): Breach[] {
    const reference = facts.look.firstTrack('video') ?? facts.look.firstTrack('audio');
    if (!reference) {
      this.startOver();
      return [];
    }
    const { pid, firstDts } = reference;
    if (this.#begin?.pid !== pid) {
      this.startOver();
      this.#begin = { facts, pid };
    }
    const began = this.#begin.facts.look.tracks.get(pid)!.firstDts;
    const drift = this.#extinfSum - (firstDts - began) / TICKS_PER_SECOND;
    const sum = this.#extinfSum;
    this.#extinfSum += facts.segment.extinfSeconds;
    if (this.#told || Math.abs(drift) <= DRIFT_SECONDS) return [];
    this.#told = true;
    const message =
      `EXTINF adds up to ${sum.toFixed(3)} s since segment ${this.#begin.facts.segment.sequence}, ` +
      `the media to ${(sum - drift).toFixed(3)} s: small errors that all point the same way`;
    return [{ code: 'extinf-off', level: 'should', message, segment: facts.segment.sequence }];
  }
}
