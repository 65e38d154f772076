import type { ViewerEnd, ViewerProtocol } from './viewer-sink.ts';

/** What is counted of slow viewers. */
export type ViewerCount =
  /** Times a viewer fell behind. */
  | 'lags'
  /** GOPs of which a viewer was not even given the key frame. */
  | 'skippedGops'
  /** Batches a viewer was not given. */
  | 'skippedBatches';

type ByProtocol = Readonly<Record<ViewerProtocol, number>>;

const none = (): Record<ViewerProtocol, number> => ({ rtmp: 0, 'http-flv': 0, 'ws-flv': 0, relay: 0 });

/** Counts of what seldom happens to viewers. A stream has one; what is counted there is counted in its parent too. */
export class ViewerTally {
  readonly #parent: ViewerTally | undefined;
  readonly #counts: Readonly<Record<ViewerCount, Record<ViewerProtocol, number>>> = {
    lags: none(),
    skippedGops: none(),
    skippedBatches: none(),
  };
  readonly #closed = new Map<ViewerEnd, Record<ViewerProtocol, number>>();

  constructor(parent?: ViewerTally) {
    this.#parent = parent;
  }

  count(what: ViewerCount, protocol: ViewerProtocol, by = 1): void {
    this.#counts[what][protocol] += by;
    this.#parent?.count(what, protocol, by);
  }

  /** A viewer was closed by us. */
  countClosed(protocol: ViewerProtocol, reason: ViewerEnd): void {
    const counts = this.#closed.get(reason) ?? none();
    counts[protocol]++;
    this.#closed.set(reason, counts);
    this.#parent?.countClosed(protocol, reason);
  }

  of(what: ViewerCount): ByProtocol {
    return this.#counts[what];
  }

  total(what: ViewerCount): number {
    return Object.values(this.#counts[what]).reduce((sum, count) => sum + count, 0);
  }

  /** Reasons that have occurred. */
  get closed(): ReadonlyMap<ViewerEnd, ByProtocol> {
    return this.#closed;
  }
}
