import { readAttributes } from './attributes.ts';
import type { Breach } from './rules.ts';

/** One segment as it was found, for comparing playlists of the same content. */
export interface Landmark {
  readonly sequence: number;
  readonly discontinuitySequence: number;
  /** EXT-X-PROGRAM-DATE-TIME, ms since 1970. */
  readonly dateTime: number | undefined;
  /** When its first picture (or else sound) is shown, on the media's own clock, and how long it is by EXTINF, in seconds. */
  readonly begin: number;
  readonly seconds: number;
}

/** One of the playlists that a multivariant playlist names. */
export interface Side {
  readonly uri: string;
  readonly live: boolean;
  readonly targetDuration: number | undefined;
  /** EXT-X-SERVER-CONTROL as it is written; undefined: there is none. */
  readonly control: string | undefined;
  readonly landmarks: readonly Landmark[];
}

/** Sound begins between two pictures, and encoders put some silence in front of it. */
const SAME_MOMENT_SECONDS = 0.15;
/** Dates are often those of the machine that packed, not of the one that coded. */
const SAME_DATE_SECONDS = 0.5;
/** MPEG-TS counts up to 2^33 and begins anew. */
const WRAP_SECONDS = 2 ** 33 / 90_000;

/** Where playlists of one multivariant playlist do not go together: RFC 8216 §6.2.4. By the playlist that is told of it. */
export function variantBreaches(sides: readonly Side[]): Map<string, Breach[]> {
  const told = new Map<string, Breach[]>();
  const [first, ...others] = sides;
  if (!first) return told;
  for (const side of others) {
    const breaches = [
      ...targetBreaches(first, side),
      ...controlBreaches(first, side),
      ...timeBreaches(first, side),
    ];
    if (breaches.length > 0) told.set(side.uri, breaches);
  }
  return told;
}

function targetBreaches(first: Side, side: Side): Breach[] {
  if (first.targetDuration === undefined || side.targetDuration === undefined) return [];
  if (first.targetDuration === side.targetDuration) return [];
  const message = `EXT-X-TARGETDURATION is ${side.targetDuration}, in ${first.uri} it is ${first.targetDuration}`;
  return [{ code: 'target-durations-differ', message }];
}

/** The same attributes with the same values in all of them, or the tag in none: RFC 8216bis §6.2.4. */
function controlBreaches(first: Side, side: Side): Breach[] {
  if (canonical(first.control) === canonical(side.control)) return [];
  const told = ({ control }: Side): string => (control === undefined ? 'missing' : `"${control}"`);
  const message = `EXT-X-SERVER-CONTROL is ${told(side)}, in ${first.uri} it is ${told(first)}`;
  return [{ code: 'server-control-differs', message }];
}

/** Whatever the order of the attributes, and however numbers are written. */
function canonical(control: string | undefined): string | undefined {
  if (control === undefined) return undefined;
  const told = [...readAttributes(control).values].map(([name, value]) => {
    const number = Number(value);
    return `${name}=${Number.isNaN(number) ? value : number}`;
  });
  return told.sort().join(',');
}

function timeBreaches(first: Side, side: Side): Breach[] {
  const breaches: Breach[] = [];
  for (const one of side.landmarks) {
    const other = counterpart(first, one);
    const found = other && comparison(one, other, first.uri);
    if (!found || breaches.some(({ level }) => level === found.level)) continue;
    breaches.push({ ...found, segment: one.sequence });
  }
  const [a, b] = [first.landmarks, side.landmarks];
  if (breaches.length > 0 || a.length === 0 || b.length === 0 || !first.live || !side.live) return breaches;
  const meets = b.some((one) => counterpart(first, one) !== undefined);
  if (meets) return breaches;
  const message = `no segment lies where one of ${first.uri} does, neither by its date nor by its time`;
  return [{ code: 'variants-apart', message, segment: b[0]!.sequence }];
}

/** The segment of the other playlist in whose time it begins: by its date, or else by its media. */
function counterpart({ landmarks }: Side, one: Landmark): Landmark | undefined {
  const { dateTime } = one;
  const byDate =
    dateTime === undefined
      ? []
      : landmarks.filter((other) => {
          if (other.dateTime === undefined) return false;
          const into = (dateTime - other.dateTime) / 1000;
          return into >= -SAME_MOMENT_SECONDS && into < other.seconds - SAME_MOMENT_SECONDS;
        });
  if (byDate.length > 0 || dateTime !== undefined) return byDate[0];
  return landmarks.find((other) => {
    if (other.discontinuitySequence !== one.discontinuitySequence) return false;
    const into = between(one.begin, other.begin);
    return into >= -SAME_MOMENT_SECONDS && into < other.seconds - SAME_MOMENT_SECONDS;
  });
}

function comparison(one: Landmark, other: Landmark, uri: string): Omit<Breach, 'segment'> | undefined {
  const beside = `beside segment ${other.sequence} of ${uri}`;
  const apart = between(one.begin, other.begin);
  if (one.dateTime !== undefined && other.dateTime !== undefined) {
    const byDate = (one.dateTime - other.dateTime) / 1000;
    if (one.discontinuitySequence !== other.discontinuitySequence) {
      const message = `its discontinuity sequence is ${one.discontinuitySequence}, ${beside} it is ${other.discontinuitySequence}`;
      return { code: 'variants-apart', message };
    }
    const off = Math.abs(apart - byDate);
    if (off > SAME_DATE_SECONDS) {
      const message = `by its timestamps it lies ${apart.toFixed(3)} s ${beside}, by its date ${byDate.toFixed(3)} s`;
      return { code: 'variants-apart', message };
    }
  }
  if (Math.abs(apart) <= SAME_MOMENT_SECONDS) return undefined;
  const message = `it begins ${Math.abs(apart).toFixed(3)} s ${apart > 0 ? 'after' : 'before'} the beginning of segment ${other.sequence} of ${uri}`;
  return { code: 'variants-apart', level: 'should', message };
}

function between(one: number, other: number): number {
  const off = one - other;
  return off - Math.round(off / WRAP_SECONDS) * WRAP_SECONDS;
}
