import { readAttributes } from './attributes.ts';
import type { PlaylistLine } from './lines.ts';
import { lowLatencyBreaches } from './low-latency-text-rules.ts';
import type { Breach } from './rules.ts';

type Tag = Extract<PlaylistLine, { kind: 'tag' }>;

/** Tags that belong to the segment whose URI follows. */
const SEGMENT_TAGS = new Set(['EXTINF', 'EXT-X-BYTERANGE']);
/** A duration, a comma, and a title that may be empty. */
const EXTINF = /^(\d+(?:\.\d+)?),/;

/** What the text of a media playlist breaks: RFC 8216 §4.3.2, §4.3.3, §7. */
export function mediaBreaches(lines: readonly PlaylistLine[]): Breach[] {
  const target = targetDuration(lines);
  return [
    ...target.breaches,
    ...segmentBreaches(lines, target.seconds),
    ...misplaced(lines),
    ...versionBreaches(lines),
    ...lowLatencyBreaches(lines, target.seconds),
  ];
}

function targetDuration(lines: readonly PlaylistLine[]): { seconds: number | undefined; breaches: Breach[] } {
  const tag = lines.find((line): line is Tag => line.kind === 'tag' && line.name === 'EXT-X-TARGETDURATION');
  if (tag && /^\d{1,15}$/.test(tag.value)) return { seconds: Number(tag.value), breaches: [] };
  if (!tag) {
    const message = 'EXT-X-TARGETDURATION is missing';
    return { seconds: undefined, breaches: [{ code: 'no-target-duration', message }] };
  }
  const message = `EXT-X-TARGETDURATION is "${tag.value.slice(0, 60)}", not a whole number of seconds`;
  return { seconds: undefined, breaches: [{ code: 'bad-value', message, clause: 'RFC 8216 §4.3.3.1' }] };
}

function segmentBreaches(lines: readonly PlaylistLine[], target: number | undefined): Breach[] {
  const breaches: Breach[] = [];
  let extinf: Tag | undefined;
  let dangling: Tag | undefined;
  let segments = 0;
  let ended = false;
  for (const line of lines) {
    if (line.kind === 'uri') {
      segments++;
      if (!extinf) {
        const message = `the URI in line ${line.at} (${line.uri.slice(0, 60)}) has no EXTINF`;
        breaches.push({ code: 'no-extinf', message });
      }
      extinf = dangling = undefined;
      continue;
    }
    if (SEGMENT_TAGS.has(line.name)) dangling = line;
    if (line.name === 'EXT-X-ENDLIST') ended = true;
    if (line.name !== 'EXTINF') continue;
    if (extinf)
      breaches.push({ code: 'duplicate-tag', message: twice(extinf, line), clause: 'RFC 8216 §4.3.2.1' });
    extinf = line;
    breaches.push(...extinfBreaches(line, target));
  }
  if (dangling) {
    const message = `the playlist ends after ${dangling.name} in line ${dangling.at}: its URI is missing`;
    breaches.push({ code: 'incomplete-playlist', message });
  }
  const isUpdate = lines.some((line) => line.kind === 'tag' && line.name === 'EXT-X-SKIP');
  if (segments === 0 && !ended && !isUpdate)
    breaches.push({ code: 'empty-playlist', message: 'it has no segments and no end' });
  return breaches;
}

function twice(first: Tag, second: Tag): string {
  return `one segment has two EXTINF, in line ${first.at} and in line ${second.at}`;
}

function extinfBreaches(tag: Tag, target: number | undefined): Breach[] {
  const match = EXTINF.exec(tag.value);
  if (!match) {
    const message = `EXTINF in line ${tag.at} is "${tag.value.slice(0, 60)}", not a duration and a comma`;
    return [{ code: 'bad-extinf', message }];
  }
  const seconds = Number(match[1]);
  if (target === undefined || Math.round(seconds) <= target) return [];
  const message = `EXTINF in line ${tag.at} is ${seconds} s, which rounds to more than the target duration of ${target} s`;
  return [{ code: 'extinf-over-target', message }];
}

function misplaced(lines: readonly PlaylistLine[]): Breach[] {
  const firstSegment = lines.find((line) => line.kind === 'uri' || line.name === 'EXTINF')?.at ?? Infinity;
  const firstBreak =
    lines.find((line) => line.kind === 'tag' && line.name === 'EXT-X-DISCONTINUITY')?.at ?? Infinity;
  const before: Readonly<Record<string, readonly [at: number, what: string, clause: string]>> = {
    'EXT-X-MEDIA-SEQUENCE': [firstSegment, 'the first segment', 'RFC 8216 §4.3.3.2'],
    'EXT-X-DISCONTINUITY-SEQUENCE': [
      Math.min(firstSegment, firstBreak),
      'the first segment and any discontinuity',
      'RFC 8216 §4.3.3.3',
    ],
  };
  return lines.flatMap((line): Breach[] => {
    const limit = line.kind === 'tag' ? before[line.name] : undefined;
    if (line.kind !== 'tag' || !limit || line.at < limit[0]) return [];
    const message = `${line.name} in line ${line.at} must stand before ${limit[1]}`;
    return [{ code: 'misplaced-tag', message, clause: limit[2] }];
  });
}

interface Need {
  readonly version: number;
  readonly what: string;
}

/** EXT-X-VERSION must cover all that is used: RFC 8216 §7, RFC 8216bis §8. Without the tag it is 1. */
function versionBreaches(lines: readonly PlaylistLine[]): Breach[] {
  const tag = lines.find((line): line is Tag => line.kind === 'tag' && line.name === 'EXT-X-VERSION');
  const version = tag ? Number(tag.value) : 1;
  if (Number.isNaN(version)) return []; // told as bad-value
  const iFramesOnly = lines.some((line) => line.kind === 'tag' && line.name === 'EXT-X-I-FRAMES-ONLY');
  let most: Need | undefined;
  for (const line of lines) {
    const need = line.kind === 'tag' ? needOf(line, iFramesOnly) : undefined;
    if (need && need.version > (most?.version ?? 0)) most = need;
  }
  if (!most || most.version <= version) return [];
  const said = tag ? `EXT-X-VERSION is ${version}` : 'there is no EXT-X-VERSION, which stands for 1';
  return [{ code: 'version-too-low', message: `${said}, but ${most.what} needs ${most.version}` }];
}

function needOf(tag: Tag, iFramesOnly: boolean): Need | undefined {
  switch (tag.name) {
    case 'EXTINF':
      return /^\d+\./.test(tag.value) ? { version: 3, what: 'EXTINF with a fraction' } : undefined;
    case 'EXT-X-BYTERANGE':
    case 'EXT-X-I-FRAMES-ONLY':
      return { version: 4, what: tag.name };
    case 'EXT-X-SKIP': {
      const { values } = readAttributes(tag.value);
      const what = 'RECENTLY-REMOVED-DATERANGES';
      return values.has(what) ? { version: 10, what } : { version: 9, what: 'EXT-X-SKIP' };
    }
    case 'EXT-X-MAP':
      return { version: iFramesOnly ? 5 : 6, what: tag.name };
    case 'EXT-X-KEY': {
      const { values } = readAttributes(tag.value);
      if (values.has('KEYFORMAT') || values.has('KEYFORMATVERSIONS'))
        return { version: 5, what: 'KEYFORMAT' };
      return values.has('IV') ? { version: 2, what: 'IV of EXT-X-KEY' } : undefined;
    }
    default:
      return undefined;
  }
}
