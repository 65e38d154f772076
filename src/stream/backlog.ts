import type { Batch } from './batch.ts';

/** What was left out. */
export interface LeftOut {
  readonly batches: number;
  /** Key frames among it. */
  readonly gops: number;
}

const NOTHING: LeftOut = { batches: 0, gops: 0 };

/**
 * Batches that a viewer's connection has no room for yet. They are shared with all other viewers, so a batch costs a
 * reference here. In the middle there may be a gap: in front of it the end of what the viewer has begun with,
 * behind it what starts at a key frame.
 */
export class Backlog {
  #batches: Batch[] = [];
  #bytes = 0;
  #ms = 0;
  /** Index of the first batch behind the gap, or -1. */
  #gapAt = -1;

  get bytes(): number {
    return this.#bytes;
  }

  /** Milliseconds of the stream's time that wait here, without those of a gap. */
  get ms(): number {
    return this.#ms;
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  /** True if the next batch does not follow what was taken before it: the configurations must go in front. */
  get startsAnew(): boolean {
    return this.#gapAt === 0;
  }

  push(batch: Batch): void {
    this.#batches.push(batch);
    this.#bytes += batch.bytes.length;
    this.#ms += batch.ms;
  }

  /** As {@link push}, for a batch that does not follow the ones here; from its key frame on. */
  pushAnew(batch: Batch): void {
    this.#gapAt = this.#batches.length;
    this.push(batch.fromGop());
  }

  shift(): Batch | undefined {
    const batch = this.#batches.shift();
    if (!batch) return undefined;
    this.#bytes -= batch.bytes.length;
    this.#ms -= batch.ms;
    if (this.#gapAt >= 0) this.#gapAt--;
    return batch;
  }

  /** Leaves out the whole GOPs between the one that has been begun and the newest. Nothing happens if there are none. */
  leaveOutGops(): LeftOut {
    const newest = this.#batches.findLastIndex((batch) => batch.opening);
    const end = this.#gapAt >= 0 ? this.#gapAt : this.#batches.findIndex((batch) => batch.opening);
    if (newest <= end) return NOTHING;
    const first = this.#batches[end]!;
    const begun = this.#batches.slice(0, end);
    if (this.#gapAt < 0 && first.gopAt > 0) begun.push(first.upToGop());
    return this.#become(begun, end, newest);
  }

  /** Leaves out the rest of what has been begun too: what is left starts at the newest key frame, or is nothing. */
  leaveOutBegun(): LeftOut {
    const newest = this.#batches.findLastIndex((batch) => batch.opening);
    return this.#become([], 0, newest < 0 ? this.#batches.length : newest);
  }

  clear(): LeftOut {
    return this.#become([], 0, this.#batches.length);
  }

  /** Goes on with `begun`, without what is from index `from` to before `newest`, and behind the gap with the rest. */
  #become(begun: Batch[], from: number, newest: number): LeftOut {
    const left = this.#batches.slice(from, newest);
    const [key, ...rest] = this.#batches.slice(newest);
    this.#batches = begun;
    this.#gapAt = -1;
    this.#bytes = begun.reduce((sum, batch) => sum + batch.bytes.length, 0);
    this.#ms = begun.reduce((sum, batch) => sum + batch.ms, 0);
    if (key) this.pushAnew(key);
    for (const batch of rest) this.push(batch);
    return { batches: left.length, gops: left.filter((batch) => batch.opening).length };
  }
}
