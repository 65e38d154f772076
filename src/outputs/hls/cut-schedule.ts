import type { MediaFrame } from '../../media/frame.ts';
import { CommonLengths } from './common-lengths.ts';
import { CommonPlaces, SAME_PICTURE } from './common-places.ts';
import type { CutRule } from './cut-rule.ts';
import type { PartTarget } from './part-target.ts';

/** Decisions that are remembered: renditions are not that far behind each other. */
const MAX_DECISIONS = 16;

export interface CutScheduleOptions {
  /** Of other streams in the same ladder, where there are some; by default its own. */
  readonly lengths?: CommonLengths | undefined;
  /** The date of a publisher's first frame, by when it came; ms since 1970. By default that is the date. */
  readonly startDate?: ((now: number) => number) | undefined;
}

/**
 * Where segments end and how long they and their parts may be. One for a stream alone; renditions that come from one publisher
 * share one, so that they are cut at the same key frames, whichever of them comes first.
 */
export class CutSchedule {
  readonly lengths: CommonLengths;
  readonly places: CommonPlaces;
  readonly #decisions: { readonly dts: number; readonly cut: boolean }[] = [];

  /** @param partSeconds the longest a part should be */
  constructor(segmentSeconds: number, partSeconds: number, { lengths, startDate }: CutScheduleOptions = {}) {
    this.lengths = lengths?.share() ?? new CommonLengths(segmentSeconds, partSeconds);
    this.places = new CommonPlaces({
      startDate,
      movieStart: (dts, date, former) => this.lengths.movieStart(dts, date, former),
    });
  }

  get rule(): CutRule {
    return this.lengths.rule;
  }

  /** Whole seconds; undefined before the first segment is finished, then the same for ever. */
  get targetDuration(): number | undefined {
    return this.lengths.rule.targetDuration;
  }

  /** See {@link CommonLengths.parts}. */
  get parts(): PartTarget | undefined {
    return this.lengths.parts;
  }

  /** See {@link CommonLengths.settle}. */
  settle(duration: number, frames: readonly MediaFrame[]): PartTarget {
    return this.lengths.settle(duration, frames);
  }

  /** At a key frame: what was decided about it in another rendition, else what this one thinks, from now on for all. */
  decide(dts: number, own: boolean): boolean {
    const known = this.#decisions.findLast((one) => Math.abs(one.dts - dts) <= SAME_PICTURE);
    if (known) return known.cut;
    this.#decisions.push({ dts, cut: own });
    if (this.#decisions.length > MAX_DECISIONS) this.#decisions.shift();
    return own;
  }
}
