import * as z from 'zod';
import { settingsSchema, type Settings } from './schema.ts';

/** What stands where a secret was. */
const MASK = '***';

interface Schema {
  readonly secret?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

let shape: Schema | undefined;

/** The settings as they may be shown: secrets that are set are masked, and so are user names and passwords in URLs. */
export function maskedSettings(
  settings: Settings,
): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  shape ??= z.toJSONSchema(settingsSchema, { io: 'input' }) as Schema;
  return masked(settings, shape) as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

function masked(value: unknown, schema: Schema | undefined): unknown {
  if (schema?.secret === true) return value === '' || value === undefined ? value : MASK;
  if (typeof value === 'string') return maskedUrl(value);
  if (Array.isArray(value)) return value.map((one) => masked(one, schema?.items));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, masked(one, schema?.properties?.[key])]),
  );
}

/** Relay targets carry stream keys in their paths; whoever made the settings knows which is which by the host. */
function maskedUrl(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text;
  const plain = text.replace(/:\/\/[^/@\s]*@/, `://${MASK}@`).replace(/\?.*$/s, `?${MASK}`);
  return /^rtmps?:/i.test(plain)
    ? plain.replace(/^(rtmps?:\/\/[^/]+\/[^/?]+)\/[^?]+/i, keepTemplates)
    : plain;
}

/** `rtmp://host/app/KEY` → `rtmp://host/app/***`; a name made of `{app}` and `{stream}` is no secret. */
function keepTemplates(url: string, start: string): string {
  const key = url.slice(start.length + 1);
  return /^(\{(app|stream)\}|[/_-])+$/.test(key) ? url : `${start}/${MASK}`;
}
