import type { MediaFrame } from '../../media/frame.ts';
import { ticks, ticksFromSeconds, TICKS_PER_MS, TICKS_PER_SECOND, type Ticks } from '../../media/time.ts';
import { CutRule } from './cut-rule.ts';
import { choosePartTarget, targetOf, type PartTarget } from './part-target.ts';

/**
 * How long segments and parts may be, and where times are counted from: settled once, the same in all playlists that a
 * multivariant playlist names (RFC 8216 §6.2.4), whether they come from one publisher or from several.
 */
export class CommonLengths {
  readonly rule: CutRule;
  /** What is wanted, in seconds. */
  readonly segmentSeconds: number;
  readonly partSeconds: number;
  #parts: PartTarget | undefined;
  #hasParts = false;
  /** Where the time of all movies begins, ms since 1970. */
  #start: number | undefined;
  #isShared = false;

  /** @param partSeconds the longest a part should be */
  constructor(segmentSeconds: number, partSeconds: number) {
    this.rule = new CutRule(segmentSeconds);
    this.segmentSeconds = segmentSeconds;
    this.partSeconds = partSeconds;
  }

  /** Undefined before the first segment is finished, then the same for ever; undefined after it: no part is to be listed. */
  get parts(): PartTarget | undefined {
    return this.#hasParts ? this.#parts : undefined;
  }

  /** Streams of several publishers go by it. */
  share(): this {
    this.#isShared = true;
    return this;
  }

  /**
   * Where movies begin on the time line of a publisher whose first picture has this date: that of the first publisher of all
   * where its time line does; of another, so that what is shown at the same moment has the same time in both. They do not stop
   * at the same frame either: who comes back counts by its date anew, where there are several.
   *
   * @param date ms since 1970
   * @param former of the stream's publisher before: alone, its time goes on without a hole
   */
  movieStart(dts: number, date: number, former?: Ticks): Ticks {
    if (former !== undefined && !this.#isShared) return former;
    this.#start ??= date - dts / TICKS_PER_MS;
    const start = Math.round(dts - (date - this.#start) * TICKS_PER_MS);
    return ticks(start <= dts ? start : 0); // no movie has times below 0, whatever the server's clock did
  }

  /**
   * The first segment's length settles the target duration, and its frames how parts are made. Pictures that are too far apart
   * make parts that nobody needs; the segments are in one piece then.
   */
  settle(duration: number, frames: readonly MediaFrame[]): PartTarget {
    const longest = this.rule.settle(duration) * TICKS_PER_SECOND;
    if (this.#parts) return this.#parts;
    const parts = choosePartTarget(frames, duration, ticksFromSeconds(this.partSeconds));
    this.#hasParts = parts.longest <= longest;
    this.#parts = this.#hasParts ? parts : targetOf(longest, 0, 0);
    return this.#parts;
  }
}
