import { runningTime } from '../text/format.ts';
import { protocolName, size } from './text.ts';
import type { HouseEvent } from './types.ts';

const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** One line of what is worth knowing; a person reads it, programs read the API. */
export function sentence(event: HouseEvent): string {
  const { type, stream = '' } = event;
  const who = [protocolName(text(event['protocol'])), text(event['address']), text(event['program'])]
    .filter(Boolean)
    .join(', ');
  switch (type) {
    case 'publish':
    case 'play':
      return `${stream} · ${who}`;
    case 'unpublish':
    case 'stop': {
      const bytes = Number(event[type === 'stop' ? 'bytesOut' : 'bytesIn'] ?? 0);
      return `${stream} · ${who} · after ${runningTime(Number(event['seconds']))}, ${size(bytes)}: ${text(event['reason'])}`;
    }
    case 'recordStarted':
      return `${stream} · ${text(event['recording'])}`;
    case 'recordDone':
      return `${text(event['recording'])} · ${runningTime(Number(event['seconds']))}, ${size(Number(event['bytes']))}: ${text(event['reason'])}`;
    case 'health': {
      const verdicts = (event['verdicts'] ?? []) as readonly { text: string }[];
      return verdicts.length === 0
        ? `${stream} · all well`
        : `${stream} · ${verdicts.map((one) => one.text).join(' ')}`;
    }
    case 'relay':
      return [stream, text(event['state']), text(event['text'])].filter(Boolean).join(' · ');
    case 'connect':
    case 'disconnect':
      return [text(event['address']), text(event['app']), text(event['program'])].filter(Boolean).join(' · ');
    default:
      return [stream, text(event['text'])].filter(Boolean).join(' · ');
  }
}
