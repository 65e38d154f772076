import type { Query } from './media-url.ts';

/** The newest seconds, or from a date to another one: ms since 1970. */
export type ClipWish = { readonly last: number } | { readonly from: number; readonly to: number };

export interface ClipBounds {
  /** ms since 1970. */
  readonly now: number;
  readonly longestSeconds: number;
}

const DEFAULT_SECONDS = 30;
/** A date in ms has so many digits since 1973, one in seconds will have fewer for 1,000 years. */
const LEAST_MS = 1e11;

/**
 * What of a stream's past is wanted: `last` seconds, or `from` a date (up to `to` another one, or now). Dates are ISO 8601, or
 * seconds or milliseconds since 1970. A text says what is wrong.
 */
export function clipWish(query: Query, { now, longestSeconds }: ClipBounds): ClipWish | string {
  const [last, from, to] = [query.get('last'), query.get('from'), query.get('to')];
  if (last !== null && from !== null) return 'last and from do not go together';
  if (from === null) return lastSeconds(last, to, longestSeconds);
  const wish = { from: dateOf(from), to: to === null ? now : dateOf(to) };
  if (!Number.isFinite(wish.from) || !Number.isFinite(wish.to))
    return 'from and to are dates: 2026-01-31T20:15:00Z, or seconds since 1970';
  if (wish.to <= wish.from) return to === null ? 'from is in the future' : 'to is not later than from';
  return tooLong((wish.to - wish.from) / 1000, longestSeconds) ?? wish;
}

function lastSeconds(last: string | null, to: string | null, longest: number): ClipWish | string {
  if (to !== null) return 'to goes together with from';
  const seconds = last === null ? DEFAULT_SECONDS : Number(last === '' ? NaN : last);
  if (!Number.isFinite(seconds) || seconds <= 0) return 'last is a number of seconds';
  return tooLong(seconds, longest) ?? { last: seconds };
}

function tooLong(seconds: number, longest: number): string | undefined {
  return seconds > longest ? `a clip may be ${longest} seconds long` : undefined;
}

/** NaN: it is none. A date without a zone is one of UTC, wherever the server stands. */
function dateOf(text: string): number {
  if (/^\d{4}-\d\d-\d\dT[\d:.]+$/.test(text)) return Date.parse(`${text}Z`);
  // A plus that was not escaped has become a space on its way.
  if (/^\d{4}-\d/.test(text)) return Date.parse(text.replace(/ (?=\d\d:?\d\d$)/, '+'));
  if (!/^\d+(\.\d+)?$/.test(text)) return NaN;
  const value = Number(text);
  return value < LEAST_MS ? value * 1000 : value;
}
