/** Publishers that one program has begun at the same moment come within this time, ms. */
const SAME_START_MS = 1_500;

interface Start {
  readonly path: string;
  readonly source: string;
  /** When its first frame came, and what date that was given; ms since 1970. */
  readonly came: number;
  readonly date: number;
}

/**
 * Streams of one ladder that one encoder sends over several connections begin with the same picture, but that does not come
 * in at the same moment. Those that begin together, from the same place and by the same program, are taken to have begun with one
 * picture: they get one date, and from there on the times of their media keep them together. Others have the dates of
 * their arrival, as nothing better is known.
 */
export class CommonStarts {
  #recent: Start[] = [];

  /**
   * The date of a publisher's first frame.
   *
   * @param beside paths of the other streams in its ladder
   * @param source who publishes: same address, same program
   */
  date(now: number, path: string, { beside, source }: { beside: readonly string[]; source: string }): number {
    this.#recent = this.#recent.filter(({ came }) => Math.abs(now - came) <= SAME_START_MS);
    const same = this.#recent.find((one) => one.source === source && beside.includes(one.path));
    const date = same?.date ?? now;
    if (beside.length > 0) this.#recent.push({ path, source, came: now, date });
    return date;
  }
}
