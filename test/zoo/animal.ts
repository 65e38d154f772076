import type { Playlist } from './playlist.ts';
import type { Take } from './show.ts';

export type Level = 'must' | 'should';

export interface Expected {
  readonly code: string;
  readonly level: Level;
  /** Part of the clause that must be named, e.g. `4.3.3.1`; left out where the rule is not a standard's. */
  readonly clause?: string;
}

/** Where the show stands when somebody asks. */
export interface Moment {
  /** Seconds since this animal was first looked at. */
  readonly seconds: number;
  /** Numbers of the first and the last segment in the playlist. */
  readonly first: number;
  readonly last: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Sent without Content-Length, to GET only, never in part. */
  readonly bare?: boolean;
}

export interface Ask extends Moment {
  readonly kind: 'multivariant' | 'playlist' | 'segment';
  readonly path: string;
  /** The segment asked for (the first, if several are in one file); -1 for a playlist. */
  readonly number: number;
}

/** A live show that is healthy but for what is said here. */
export interface Animal {
  /** Its folder on the server. */
  readonly name: string;
  /** What is wrong; for a healthy animal: what looks wrong and is right. */
  readonly what: string;
  /** Every one of these must be found; nothing for a healthy animal. */
  readonly expects: readonly Expected[];
  /** Codes that may be found beside: other names of the same fault, or what follows from it. */
  readonly also?: readonly string[];

  /** What each segment is made of. */
  readonly take?: (number: number) => Take;
  /** Segments in the playlist when it is full, and when the show begins. */
  readonly window?: number;
  readonly opening?: number;
  /** Seconds of media that are there after so many seconds. */
  readonly pace?: (seconds: number) => number;
  readonly uri?: (number: number, base: string) => string;
  /** Segments in one file, of which the playlist names ranges. */
  readonly packed?: number;
  readonly playlist?: (playlist: Playlist, moment: Moment) => Playlist;
  /** The last change, to the text. */
  readonly text?: (text: string, moment: Moment) => string;
  /** Where the look begins; `index.m3u8` if not told. */
  readonly entry?: string;
  /** The text of a multivariant playlist, which is then what stands at the entry. */
  readonly multivariant?: string;
  /** The media playlist's file name below a multivariant one. */
  readonly media?: string;
  readonly answer?: (answer: Answer, ask: Ask) => Answer;
  /** It lives on what a real connection does with an answer, and is looked at over one only. */
  readonly needsHttp?: true;
}
