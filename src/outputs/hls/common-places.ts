import { ticks, TICKS_PER_MS, TICKS_PER_SECOND, type Ticks } from '../../media/time.ts';
import type { PlaylistNumbers } from './numbers.ts';
import { ProgramClock } from './program-clock.ts';

/** Key frames no further apart, in ticks, are the same picture in different renditions. */
export const SAME_PICTURE = TICKS_PER_SECOND / 50;
/** Places that are remembered: renditions are not that far behind each other. */
const MAX_PLACES = 32;

/** Where a segment stands in its playlist. */
export interface Place {
  /** Its number, and the discontinuity sequence number that is in force in it. */
  readonly numbers: PlaylistNumbers;
  /** It begins with a discontinuity. */
  readonly breaks: boolean;
  /** ms since 1970. */
  readonly programDateTime: number;
  /** Where the time of its movie begins on the publisher's time line; another one only behind a discontinuity. */
  readonly movieStart: Ticks;
}

/** A segment that is to begin. */
export interface Beginning {
  /** Its first frame's time, ticks. */
  readonly dts: number;
  /** When that came by the server's clock, ms since 1970. */
  readonly now: number;
  /** Something that a decoder has to be told of lies in front of it. */
  readonly breaks: boolean;
  /** The rendition's segment before it; or, where there is none, the lowest numbers that it may have. */
  readonly before: Place | PlaylistNumbers;
  /** A publisher begins with it. */
  readonly fresh: boolean;
  /** It is of the main rendition, by which the others go. */
  readonly leads: boolean;
}

export interface CommonPlacesOptions {
  /** The date of a publisher's first frame, by when it came; ms since 1970. By default that is the date. */
  readonly startDate?: ((now: number) => number) | undefined;
  /** See `CommonLengths.movieStart`; by default where the time line begins. */
  readonly movieStart?: (dts: number, date: number, former: Ticks | undefined) => Ticks;
}

interface Known {
  readonly dts: number;
  numbers: PlaylistNumbers;
  readonly date: number;
  readonly leads: boolean;
}

/**
 * What renditions of one publisher have in common beside their cuts, so that players can change from one to another: the same
 * picture has the same date in all of them, and is behind as many discontinuities (RFC 8216 §6.2.4). Numbers are the same as
 * long as all are cut at the same places; players must not count on that.
 */
export class CommonPlaces {
  readonly #clock = new ProgramClock();
  readonly #startDate: (now: number) => number;
  readonly #movieStart: (dts: number, date: number, former: Ticks | undefined) => Ticks;
  /** Of the publisher that there is now, for all renditions. */
  #zero: Ticks | undefined;
  /** Where segments have begun, in any rendition; the same place once. */
  readonly #known: Known[] = [];
  /** Where discontinuities are, and the number that is in force from there on. */
  readonly #breaks: { readonly dts: number; readonly number: number }[] = [];

  constructor({ startDate, movieStart }: CommonPlacesOptions = {}) {
    this.#startDate = startDate ?? ((now) => now);
    this.#movieStart = movieStart ?? (() => ticks(0));
  }

  begin(beginning: Beginning): Place {
    const { before, breaks } = beginning;
    const place =
      'numbers' in before
        ? this.#next(beginning, before)
        : { numbers: this.#first(beginning.dts, before, breaks), breaks };
    const { date: programDateTime, isStart } = this.#date(beginning, place.breaks);
    if (this.#zero === undefined || isStart)
      this.#zero = this.#movieStart(beginning.dts, programDateTime, this.#zero);
    this.#remember(beginning, place.numbers, programDateTime);
    return { ...place, programDateTime, movieStart: this.#zero };
  }

  /**
   * The same place, once all renditions have had their say: one that came later may have told of a discontinuity here.
   */
  settled(place: Place, dts: number, isFirst: boolean): Place {
    const { numbers } = place;
    const newest = this.#pending(numbers.discontinuity, dts);
    if (newest === undefined || place.breaks) return place;
    const other = { ...numbers, discontinuity: isFirst ? newest : numbers.discontinuity + 1 };
    const own = this.#at(dts);
    if (own?.numbers.sequence === numbers.sequence) own.numbers = other;
    return { ...place, numbers: other, breaks: !isFirst };
  }

  /** Where the main rendition has begun a segment after the one place, in ticks, and not after the other: the first one. */
  ledBetween(after: number, until: number): number | undefined {
    return this.#known.find(
      ({ dts, leads }) => leads && dts > after + SAME_PICTURE && dts <= until + SAME_PICTURE,
    )?.dts;
  }

  /** Has the main rendition begun a segment just there? */
  isLed(dts: number): boolean {
    return this.#at(dts)?.leads === true;
  }

  #next({ dts, breaks }: Beginning, { numbers }: Place): Pick<Place, 'numbers' | 'breaks'> {
    const { sequence, discontinuity } = numbers;
    const hasBreak = breaks || this.#pending(discontinuity, dts) !== undefined;
    if (breaks && !this.#breaks.some(({ number }) => number > discontinuity)) {
      this.#breaks.push({ dts, number: discontinuity + 1 });
      if (this.#breaks.length > MAX_PLACES) this.#breaks.shift();
    }
    return {
      numbers: { sequence: sequence + 1, discontinuity: discontinuity + (hasBreak ? 1 : 0) },
      breaks: hasBreak,
    };
  }

  /** A rendition that joins the others takes the number of the segment that its first picture is in. */
  #first(dts: number, lowest: PlaylistNumbers, breaks: boolean): PlaylistNumbers {
    const own = { ...lowest, discontinuity: lowest.discontinuity + (breaks ? 1 : 0) };
    const leading = this.#known.filter(({ leads }) => leads);
    const all = leading.length > 0 ? leading : this.#known;
    const same = all.findLast((known) => known.dts <= dts + SAME_PICTURE) ?? all[0];
    if (!same) return own;
    const { sequence, discontinuity } = same.numbers;
    return { sequence: Math.max(sequence, lowest.sequence), discontinuity };
  }

  /** The newest discontinuity at or before this time that is not counted yet. */
  #pending(discontinuity: number, dts: number): number | undefined {
    return this.#breaks.findLast((one) => one.number > discontinuity && one.dts <= dts + SAME_PICTURE)
      ?.number;
  }

  /** Of this place, and whether a publisher begins here, in whichever rendition first. */
  #date({ dts, now, fresh }: Beginning, breaks: boolean): { date: number; isStart: boolean } {
    const same = this.#at(dts);
    if (same) return { date: same.date + (dts - same.dts) / TICKS_PER_MS, isStart: false };
    const newest = this.#known.at(-1);
    const isBehind = newest !== undefined && dts < newest.dts;
    const known = isBehind ? (this.#known.findLast((one) => one.dts <= dts) ?? newest) : undefined;
    if (known) return { date: known.date + (dts - known.dts) / TICKS_PER_MS, isStart: false };
    // Another rendition may have begun on this side of it already.
    const isNew = breaks && this.#breaks.at(-1)?.dts === dts;
    if (isNew) this.#clock.reset();
    const isStart = fresh && (isNew || this.#known.length === 0);
    return { date: this.#clock.at(dts, isStart ? this.#startDate(now) : now), isStart };
  }

  #remember({ dts, leads }: Beginning, numbers: PlaylistNumbers, date: number): void {
    const at = this.#known.findIndex((known) => Math.abs(known.dts - dts) <= SAME_PICTURE);
    if (at >= 0 && (this.#known[at]!.leads || !leads)) return;
    if (at >= 0) this.#known.splice(at, 1);
    const index = this.#known.findLastIndex((known) => known.dts <= dts) + 1;
    this.#known.splice(index, 0, { dts, numbers, date, leads });
    if (this.#known.length > MAX_PLACES) this.#known.shift();
  }

  #at(dts: number): Known | undefined {
    return this.#known.findLast((known) => Math.abs(known.dts - dts) <= SAME_PICTURE);
  }
}
