import { MIN_RELOAD_MS } from '../limits.ts';
import type { EndReason } from '../report-media.ts';
import type { CheckedMedia } from './checked-playlist.ts';

/** While the target duration is unknown, s. */
const USUAL_TARGET_SECONDS = 2;
/** A playlist that fails so many times in a row, and for so long, is no longer asked for: a server that restarts is back before. */
const MAX_FAILURES = 3;
const MAX_FAILING_MS = 10_000;
/** Loads after the end, to see that it is one, and at most how far apart, s. */
const LOADS_AFTER_END = 2;
const MAX_PAUSE_AFTER_END_SECONDS = 2;

/** When a playlist is loaded again, and until when: RFC 8216 §6.3.4. */
export class LoadPace {
  #targetSeconds: number | undefined;
  #hasEnded = false;
  #wasNew = true;
  #failures = 0;
  #failingSince = 0;
  #loadsAfterEnd = 0;
  /** What had ended when first seen has most likely been there for long. */
  #wantedAfterEnd: number | undefined;

  /** Seconds from the beginning of a load to that of the next. */
  get pause(): number {
    const target = this.#targetSeconds ?? USUAL_TARGET_SECONDS;
    if (this.#hasEnded) return Math.min(target, MAX_PAUSE_AFTER_END_SECONDS);
    return Math.max(MIN_RELOAD_MS / 1000, target * (this.#wasNew ? 1 : 0.5));
  }

  /** Why it is not loaded again; undefined: it is. */
  whyOver(now: number): EndReason | undefined {
    if (this.#hasEnded && this.#loadsAfterEnd > (this.#wantedAfterEnd ?? 0)) return 'end';
    return this.#failures >= MAX_FAILURES && now - this.#failingSince >= MAX_FAILING_MS
      ? 'broken'
      : undefined;
  }

  /** An answer that was a playlist of some kind. */
  answered(): void {
    this.#failures = 0;
  }

  loaded({ endList, targetDuration }: CheckedMedia, isNew: boolean): void {
    this.#wantedAfterEnd ??= endList ? 1 : LOADS_AFTER_END;
    if (endList) this.#loadsAfterEnd++;
    this.#targetSeconds = targetDuration;
    this.#hasEnded = endList;
    this.#wasNew = isNew;
  }

  /** There was no answer, or no playlist in it. True: that is nothing to complain of, it had ended. */
  failed(now: number): boolean {
    if (this.#hasEnded) {
      this.#loadsAfterEnd = Infinity;
      return true;
    }
    if (this.#failures++ === 0) this.#failingSince = now;
    this.#wasNew = false;
    return false;
  }
}
