import type { Expected } from '../animal.ts';
import type { MovieTake } from './movie-show.ts';

/** Where a show stands when somebody asks. */
export interface LowMoment {
  /** Seconds since this animal was first looked at. */
  readonly seconds: number;
  /** Whole segments in the playlist. */
  readonly first: number;
  readonly last: number;
  /** Parts of the next one that are there. */
  readonly parts: number;
}

/** What a request asks of a playlist. */
export interface LowAsk {
  readonly msn: number | undefined;
  readonly part: number | undefined;
  readonly skip: boolean;
}

/** How a request is to be answered otherwise than well. */
export interface OtherAnswer {
  readonly status?: number;
  /** Hold it this many seconds longer. */
  readonly delay?: number;
  /** At once, whatever is asked for. */
  readonly atOnce?: boolean;
}

/** One playlist. */
export interface LowSide {
  readonly take?: (number: number) => MovieTake;
  /** Changes the text of a load. */
  readonly text?: (text: string, moment: LowMoment) => string;
  /** Segments at the front of a whole playlist that a delta update leaves out, and how many it says; by default what is right. */
  readonly skips?: (right: number) => { readonly skipped: number; readonly said: number };
}

/** A live show in fragmented MP4, with parts, that is healthy but for what is said here. */
export interface LowAnimal extends LowSide {
  readonly name: string;
  readonly what: string;
  readonly expects: readonly Expected[];
  readonly also?: readonly string[];
  /** False: segments alone. */
  readonly low?: boolean;
  /** A second playlist beside the first; both then stand in a multivariant one. */
  readonly other?: LowSide;
  /** What each says of how far the other is: changes the number of the other's last segment; `false`: nothing. */
  readonly reports?: ((msn: number) => number) | false;
  readonly multivariant?: (text: string) => string;
  readonly reload?: (ask: LowAsk, moment: LowMoment) => OtherAnswer | undefined;
  /** Changes a file; undefined: it is not there. */
  readonly file?: (name: string, bytes: Buffer) => Buffer | undefined;
  /** What is given of a file that is asked for before it is there; undefined: 404, at once. By default it is waited for. */
  readonly early?: (bytes: Buffer) => Buffer | undefined;
  readonly type?: string;
  /** The show ends after so many segments. */
  readonly ends?: number;
  readonly seconds?: number;
}
