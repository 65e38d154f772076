import { readAttributes } from './attributes.ts';
import type { PlaylistLine } from './lines.ts';
import { mediaTagBreaches } from './media-tag-rules.ts';
import type { Breach } from './rules.ts';

/** Attributes of a variant that name a group of renditions, each called as the TYPE of these. */
const GROUP_ATTRIBUTES = ['AUDIO', 'VIDEO', 'SUBTITLES', 'CLOSED-CAPTIONS'] as const;

/** What the text of a multivariant playlist breaks: RFC 8216 §4.3.4. */
export function multivariantBreaches(lines: readonly PlaylistLine[]): Breach[] {
  const breaches: Breach[] = [];
  let waiting: number | undefined;
  for (const line of lines) {
    if (line.kind === 'uri') {
      if (waiting === undefined) {
        const message = `the URI in line ${line.at} (${line.uri.slice(0, 60)}) has no EXT-X-STREAM-INF in front of it`;
        breaches.push({ code: 'no-bandwidth', message });
      }
      waiting = undefined;
    } else if (line.name === 'EXT-X-STREAM-INF') {
      if (waiting !== undefined) breaches.push(withoutUri(waiting));
      waiting = line.at;
      breaches.push(...streamInfBreaches(line.value, line.at));
    }
  }
  if (waiting !== undefined) breaches.push(withoutUri(waiting));
  return [...breaches, ...groupBreaches(lines), ...mediaTagBreaches(lines)];
}

/** Groups of renditions that a variant names and nobody defines: RFC 8216 §4.3.4.2. */
function groupBreaches(lines: readonly PlaylistLine[]): Breach[] {
  const tags = lines.filter((line) => line.kind === 'tag');
  const groups = new Set<string>();
  for (const { name, value } of tags) {
    if (name !== 'EXT-X-MEDIA') continue;
    const { values } = readAttributes(value);
    groups.add(`${values.get('TYPE') ?? ''}=${values.get('GROUP-ID') ?? ''}`);
  }
  return tags.flatMap(({ name, value, at }): Breach[] => {
    if (name !== 'EXT-X-STREAM-INF') return [];
    const { values } = readAttributes(value);
    return GROUP_ATTRIBUTES.flatMap((type): Breach[] => {
      const group = values.get(type);
      if (group === undefined || group === 'NONE' || groups.has(`${type}=${group}`)) return [];
      const message = `${type}=${group.slice(0, 60)} in line ${at} is no GROUP-ID of an EXT-X-MEDIA of that type`;
      return [{ code: 'bad-attribute', message, clause: 'RFC 8216 §4.3.4.2' }];
    });
  });
}

function withoutUri(at: number): Breach {
  return { code: 'incomplete-playlist', message: `EXT-X-STREAM-INF in line ${at} has no URI behind it` };
}

function streamInfBreaches(text: string, at: number): Breach[] {
  const { values } = readAttributes(text);
  const bandwidth = values.get('BANDWIDTH');
  const breaches: Breach[] = [];
  if (bandwidth === undefined || /^0+$/.test(bandwidth)) {
    const what = bandwidth === undefined ? 'no BANDWIDTH' : 'a BANDWIDTH of 0';
    breaches.push({ code: 'no-bandwidth', message: `EXT-X-STREAM-INF in line ${at} has ${what}` });
  }
  if (!values.has('CODECS')) {
    breaches.push({ code: 'no-codecs', message: `EXT-X-STREAM-INF in line ${at} has no CODECS` });
  }
  return breaches;
}
