import type { InspectError } from '../errors.ts';
import { MIN_RELOAD_MS } from '../limits.ts';
import type { LowLatencyLook } from '../low-latency-look.ts';
import type { Maps } from '../maps.ts';
import type { Fetched } from './asking.ts';
import { BlockingReload, type Reload } from './blocking-reload.ts';
import type { CheckedMedia } from './checked-playlist.ts';
import { differenceBreaches } from './delta.ts';
import { PartReader } from './part-reader.ts';
import { PartWatch } from './part-watch.ts';
import type { Breach } from './rules.ts';
import type { Standings } from './standings.ts';

/** Between two loads that wait for what comes next, ms. */
const BLOCKING_PAUSE_MS = 20;

export interface LowLatencyFollowOptions {
  readonly url: URL;
  readonly maps: Maps;
  readonly latency: LowLatencyLook;
  readonly standings: Standings;
  readonly tell: (breaches: readonly Breach[]) => void;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

/** What one load has made of the playlist. */
export interface LoadSeen {
  readonly media: CheckedMedia;
  /** The load before. */
  readonly last: CheckedMedia | undefined;
  readonly fetched: Fetched;
  readonly reload: Reload | undefined;
  /** The numbers count no more. */
  readonly isLost: boolean;
}

/** All that is looked at beside segments in a playlist of Low-Latency HLS: how its server answers, its parts, its reports. */
export class LowLatencyFollow {
  readonly #options: LowLatencyFollowOptions;
  readonly #reload: BlockingReload;
  readonly #watch = new PartWatch();
  readonly #reader: PartReader;
  readonly #asked: Promise<void>[] = [];

  constructor(options: LowLatencyFollowOptions) {
    this.#options = options;
    this.#reload = new BlockingReload(options.url);
    this.#reader = new PartReader(options);
  }

  /** How to load a playlist that can be waited for, and after how many seconds; undefined: it cannot. */
  next(last: CheckedMedia | undefined): { readonly reload: Reload; readonly pause: number } | undefined {
    if (!last || last.endList || last.lowLatency?.canBlockReload !== true) return undefined;
    if (this.#reload.wantsFar) this.#asked.push(this.#reload.askFar(last).then(this.#options.tell));
    const reload = this.#reload.next(last);
    const unhurried = Math.max(MIN_RELOAD_MS / 1000, last.lowLatency.partTarget ?? 1);
    return { reload, pause: this.#reload.isHasty ? BLOCKING_PAUSE_MS / 1000 : unhurried };
  }

  /** The answer is of no use. */
  disappoint(): void {
    this.#reload.disappoint();
  }

  /** True if the error is about low latency, and has been judged. */
  refused(
    reload: Reload | undefined,
    error: InspectError,
    waited: { seconds: number; target: number },
  ): boolean {
    const breaches = reload && this.#reload.judgeError(reload, error, waited);
    if (breaches) this.#options.tell(breaches);
    return breaches !== undefined;
  }

  see({ media, last, fetched, reload, isLost }: LoadSeen): void {
    const { tell, standings, latency, url } = this.#options;
    if (reload && last) {
      tell(this.#reload.judge(reload, fetched, { media, last }));
      if (reload.compares && !isLost) tell(differenceBreaches(last, media));
    }
    if (isLost) {
      this.#watch.startOver();
      this.#reader.startOver();
    }
    tell(this.#watch.see(media));
    this.#reader.see(media);
    latency.see(media, Date.now());
    standings.see(url, { media, times: fetched }, tell);
  }

  /** A whole segment has been fetched. */
  segmentCame(sequence: number, bytes: Buffer): void {
    this.#asked.push(this.#reader.segmentCame(sequence, bytes));
  }

  /** Resolves when all parts that were listed have been read. */
  async whenIdle(): Promise<void> {
    await this.#reader.whenIdle();
    await Promise.all(this.#asked);
  }
}
