import { rounded } from './numbers.ts';
import { endDateOf, type MediaPlaylist } from './playlist.ts';
import type { DelayReport, LowLatencyReport } from './report-fragments.ts';

/** Addresses of parts that are remembered, so that each counts once. */
const MAX_PARTS_REMEMBERED = 20_000;
/** Times TARGETDURATION, without HOLD-BACK: RFC 8216 §6.3.3. */
const USUAL_HOLD_BACK = 3;

/** Least and most of what was measured. */
class Range {
  least = Infinity;
  most = -Infinity;

  see(value: number): void {
    this.least = Math.min(this.least, value);
    this.most = Math.max(this.most, value);
  }

  report(): { readonly least: number; readonly most: number } | undefined {
    if (this.least > this.most) return undefined;
    return { least: rounded(this.least, 3), most: rounded(this.most, 3) };
  }
}

/** Watches how low the latency is: what the playlist offers, and how old its end is when it comes. */
export class LowLatencyLook {
  readonly #parts = new Set<string>();
  readonly #lengths = new Range();
  readonly #byDate = new Range();
  readonly #byReference = new Range();
  #count = 0;
  #independent = 0;
  #last: MediaPlaylist | undefined;

  /** `now`: when the playlist came, ms since 1970. */
  see(playlist: MediaPlaylist, now: number): void {
    this.#last = playlist;
    const end = endDateOf(playlist);
    if (end !== undefined && !playlist.endList) this.#byDate.see((now - end) / 1000);
    for (const { uri, seconds, independent } of playlist.lowLatency?.parts ?? []) {
      if (this.#parts.has(uri)) continue;
      if (this.#parts.size >= MAX_PARTS_REMEMBERED) this.#parts.clear();
      this.#parts.add(uri);
      this.#count++;
      if (independent) this.#independent++;
      this.#lengths.see(seconds);
    }
  }

  /** `end`: the moment in which the newest fetched media end, by its prft; both in ms since 1970. */
  seeReference(end: number, now: number): void {
    this.#byReference.see((now - end) / 1000);
  }

  report(): { readonly lowLatency?: LowLatencyReport; readonly delay?: DelayReport } {
    const lowLatency = this.#lowLatency();
    const delay = this.#delay();
    return { ...(lowLatency && { lowLatency }), ...(delay && { delay }) };
  }

  #lowLatency(): LowLatencyReport | undefined {
    const facts = this.#last?.lowLatency;
    if (!facts) return undefined;
    const lengths = this.#lengths.report();
    return {
      partTargetSeconds: facts.partTarget,
      partHoldBackSeconds: facts.partHoldBack,
      holdBackSeconds: facts.holdBack,
      canSkipUntilSeconds: facts.canSkipUntil,
      canBlockReload: facts.canBlockReload,
      parts: this.#count,
      shortestPartSeconds: lengths?.least,
      longestPartSeconds: lengths?.most,
      independentParts: this.#independent,
      preloadHint: facts.hasHint,
      renditionReports: facts.reports,
    };
  }

  #delay(): DelayReport | undefined {
    const byDate = this.#byDate.report();
    const byReference = this.#byReference.report();
    if (!byDate && !byReference) return undefined;
    const facts = this.#last?.lowLatency;
    const target = this.#last?.targetDuration;
    const holdBack =
      facts?.partHoldBack ?? facts?.holdBack ?? (target === undefined ? undefined : USUAL_HOLD_BACK * target);
    const atHoldBack = byDate && holdBack !== undefined ? rounded(byDate.least + holdBack, 3) : undefined;
    return { byDate, byReference, atHoldBack };
  }
}
