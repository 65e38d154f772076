import { attributeProblems } from './attributes.ts';
import { tellingTags, type PlaylistLine } from './lines.ts';
import { mediaBreaches } from './media-text-rules.ts';
import { multivariantBreaches } from './multivariant-text-rules.ts';
import type { Breach } from './rules.ts';

/** Once in a playlist: RFC 8216 §4.3.1.2, §4.3.3, §4.3.5. */
const ONCE = new Set([
  'EXTM3U',
  'EXT-X-VERSION',
  'EXT-X-TARGETDURATION',
  'EXT-X-MEDIA-SEQUENCE',
  'EXT-X-DISCONTINUITY-SEQUENCE',
  'EXT-X-ENDLIST',
  'EXT-X-PLAYLIST-TYPE',
  'EXT-X-I-FRAMES-ONLY',
  'EXT-X-INDEPENDENT-SEGMENTS',
  'EXT-X-START',
  'EXT-X-PART-INF',
  'EXT-X-SERVER-CONTROL',
  'EXT-X-SKIP',
]);

const WHOLE_NUMBER = /^\d{1,20}$/;
const VALUES: Readonly<Record<string, RegExp>> = {
  'EXT-X-VERSION': WHOLE_NUMBER,
  'EXT-X-MEDIA-SEQUENCE': WHOLE_NUMBER,
  'EXT-X-DISCONTINUITY-SEQUENCE': WHOLE_NUMBER,
  'EXT-X-PLAYLIST-TYPE': /^(EVENT|VOD)$/,
  'EXT-X-BYTERANGE': /^\d+(@\d+)?$/,
  // ISO 8601 with a time zone; without one nobody knows which hour is meant, but RFC 8216 §4.3.2.6 only advises it.
  'EXT-X-PROGRAM-DATE-TIME': /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?$/,
};

/** Everything that one playlist's text alone can break. `text`: undefined if it is not UTF-8. */
export function textBreaches(text: string, lines: readonly PlaylistLine[], isUtf8: boolean): Breach[] {
  const breaches = [...characterBreaches(text, isUtf8), ...headBreaches(text)];
  const { media, multivariant } = tellingTags(lines);
  if (media !== undefined && multivariant !== undefined) {
    const message = `${media} is for media playlists, ${multivariant} for multivariant playlists`;
    return [...breaches, { code: 'mixed-playlist', message }];
  }
  const rest = multivariant === undefined ? mediaBreaches(lines) : multivariantBreaches(lines);
  return [...breaches, ...repeatedTags(lines), ...valueBreaches(lines), ...rest];
}

function characterBreaches(text: string, isUtf8: boolean): Breach[] {
  const problems: string[] = [];
  if (!isUtf8) problems.push('it is not UTF-8');
  if (text.startsWith('\uFEFF')) problems.push('it begins with a byte order mark');

  const control = /[\u0000-\u0009\u000B\u000C\u000E-\u001F\u007F-\u009F]/.exec(text);
  if (control) {
    const code = control[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    problems.push(`the control character U+${code} stands in line ${lineOf(text, control.index)}`);
  }
  if (isUtf8 && text.normalize('NFC') !== text) problems.push('it is not in Unicode normalization form C');
  return problems.length === 0 ? [] : [{ code: 'not-utf8', message: problems.join('; ') }];
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function headBreaches(text: string): Breach[] {
  const first = text
    .replace(/^\uFEFF/, '')
    .split('\n', 1)[0]!
    .replace(/\r$/, '');
  if (first === '#EXTM3U') return [];
  return [{ code: 'no-extm3u', message: `the first line is "${first.slice(0, 60)}", not "#EXTM3U"` }];
}

function repeatedTags(lines: readonly PlaylistLine[]): Breach[] {
  const seen = new Map<string, number>();
  const breaches: Breach[] = [];
  for (const line of lines) {
    if (line.kind !== 'tag' || !ONCE.has(line.name)) continue;
    const first = seen.get(line.name);
    if (first === undefined) seen.set(line.name, line.at);
    else {
      const message = `${line.name} stands in line ${first} and again in line ${line.at}`;
      breaches.push({ code: 'duplicate-tag', message, ...clauseOf(line.name) });
    }
  }
  return breaches;
}

function clauseOf(name: string): { readonly clause?: string } {
  if (name === 'EXT-X-VERSION') return { clause: 'RFC 8216 §4.3.1.2' };
  if (name === 'EXTM3U') return { clause: 'RFC 8216 §4.3.1.1' };
  if (['EXT-X-PART-INF', 'EXT-X-SERVER-CONTROL', 'EXT-X-SKIP'].includes(name))
    return { clause: 'RFC 8216bis §4.4.3' };
  return name === 'EXT-X-INDEPENDENT-SEGMENTS' || name === 'EXT-X-START' ? { clause: 'RFC 8216 §4.3.5' } : {};
}

function valueBreaches(lines: readonly PlaylistLine[]): Breach[] {
  return lines.flatMap((line): Breach[] => {
    if (line.kind !== 'tag') return [];
    const form = VALUES[line.name];
    if (form && !form.test(line.value)) {
      const message = `${line.name} in line ${line.at} has the value "${line.value.slice(0, 60)}"`;
      return [{ code: 'bad-value', message }];
    }
    return attributeProblems(line.name, line.value).map((problem) => ({
      code: 'bad-attribute',
      message: `${line.name} in line ${line.at}: ${problem}`,
    }));
  });
}
