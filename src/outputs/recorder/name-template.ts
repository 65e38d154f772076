import type { StreamName } from '../../media/stream-name.ts';
import { isNameSegment } from '../../media/stream-name.ts';

/** What a name may be made of. */
export interface NameFacts {
  readonly name: StreamName;
  /** Wall clock, ms, when the recording's first frame was there. */
  readonly startedAt: number;
  /** Which file of an unbroken recording it is, from 1. */
  readonly n: number;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Times are those of the machine's time zone: people look for the show at eight. */
const FIELDS: Readonly<Record<string, (facts: NameFacts, at: Date) => string>> = {
  app: ({ name }) => name.app,
  stream: ({ name }) => name.stream,
  date: (_, at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
  time: (_, at) => `${two(at.getHours())}-${two(at.getMinutes())}-${two(at.getSeconds())}`,
  year: (_, at) => String(at.getFullYear()),
  month: (_, at) => two(at.getMonth() + 1),
  day: (_, at) => two(at.getDate()),
  hour: (_, at) => two(at.getHours()),
  minute: (_, at) => two(at.getMinutes()),
  second: (_, at) => two(at.getSeconds()),
  unix: ({ startedAt }) => String(Math.floor(startedAt / 1000)),
  n: ({ n }) => String(n),
};

const NAME_FIELDS: readonly string[] = Object.keys(FIELDS);

/** File systems take 255 bytes; room is left for a number that tells two of one name apart, and for the ending. */
const MAX_SEGMENT_BYTES = 240;
/** Nobody needs more folders, and each is looked at before a file is made. */
const MAX_SEGMENTS = 8;

/** Why a template cannot be used, in words; undefined if it can. */
export function templateProblem(template: string): string | undefined {
  const unknown = [...template.matchAll(/\{([^{}]*)\}/g)].find(([, field]) => !(field! in FIELDS));
  if (unknown)
    return `{${unknown[1]}} is not known; there are ${NAME_FIELDS.map((field) => `{${field}}`).join(' ')}`;
  const sample = template.replace(/\{[^{}]*\}/g, 'x');
  const segments = sample.split('/');
  if (segments.length > MAX_SEGMENTS) return `it has more than ${MAX_SEGMENTS} parts`;
  if (segments.some((segment) => segment === '')) return 'it begins or ends with / or has an empty part';
  if (!segments.every(isNameSegment))
    return 'its parts may use A-Z a-z 0-9 . _ ~ - and fields in braces only, and none may be . or ..';
  return undefined;
}

/**
 * A path below the directory of recordings, with `/`, without an ending: none of its parts is empty, `.` or `..`, none has a
 * slash. Undefined if a part would be too long.
 */
export function recordingPath(template: string, facts: NameFacts): string | undefined {
  const at = new Date(facts.startedAt);
  const path = template.replace(/\{([^{}]*)\}/g, (_, field: string) => FIELDS[field]?.(facts, at) ?? '');
  const segments = path.split('/');
  const isGood = (part: string): boolean =>
    /^[A-Za-z0-9._~-]+$/.test(part) && part !== '.' && part !== '..' && part.length <= MAX_SEGMENT_BYTES;
  return segments.every(isGood) ? path : undefined;
}
