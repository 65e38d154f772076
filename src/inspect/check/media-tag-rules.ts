import { readAttributes } from './attributes.ts';
import type { PlaylistLine } from './lines.ts';
import type { Breach } from './rules.ts';

const TYPES = ['AUDIO', 'VIDEO', 'SUBTITLES', 'CLOSED-CAPTIONS'];

/** What the EXT-X-MEDIA of a multivariant playlist break, each by itself and beside others of its group: RFC 8216 §4.3.4.1. */
export function mediaTagBreaches(lines: readonly PlaylistLine[]): Breach[] {
  const breaches: Breach[] = [];
  const names = new Set<string>();
  const defaults = new Set<string>();
  for (const line of lines) {
    if (line.kind !== 'tag' || line.name !== 'EXT-X-MEDIA') continue;
    const { values } = readAttributes(line.value);
    const group = `${values.get('TYPE') ?? ''} ${values.get('GROUP-ID') ?? ''}`;
    const name = `${group} ${values.get('NAME') ?? ''}`;
    const wrong = [
      ...wrongBySelf(values),
      names.has(name) ? `${values.get('NAME') ?? 'its name'} is there twice in its group` : '',
      values.get('DEFAULT') === 'YES' && defaults.has(group)
        ? 'it is the second of its group with DEFAULT=YES'
        : '',
    ];
    names.add(name);
    if (values.get('DEFAULT') === 'YES') defaults.add(group);
    for (const what of wrong.filter(Boolean)) {
      const message = `EXT-X-MEDIA in line ${line.at}: ${what}`;
      breaches.push({ code: 'bad-attribute', message, clause: 'RFC 8216 §4.3.4.1' });
    }
  }
  return breaches;
}

function wrongBySelf(values: ReadonlyMap<string, string>): string[] {
  const type = values.get('TYPE') ?? '';
  const wrong: string[] = [];
  if (values.has('TYPE') && !TYPES.includes(type))
    wrong.push(`TYPE is ${type.slice(0, 40)}, which is none of ${TYPES.join(', ')}`);
  if (type === 'CLOSED-CAPTIONS' && values.has('URI')) wrong.push('closed captions have no URI');
  if (type === 'CLOSED-CAPTIONS' && !values.has('INSTREAM-ID'))
    wrong.push('closed captions need INSTREAM-ID');
  if (type === 'SUBTITLES' && !values.has('URI')) wrong.push('subtitles need a URI');
  if (type !== 'SUBTITLES' && values.has('FORCED')) wrong.push('FORCED is for subtitles');
  if (values.get('DEFAULT') === 'YES' && values.get('AUTOSELECT') === 'NO')
    wrong.push('DEFAULT=YES with AUTOSELECT=NO says that it is to be played and that it is not');
  return wrong;
}
