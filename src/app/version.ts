import { readFileSync } from 'node:fs';

/** From package.json, which stands two folders above this file in `src` and above the built one in `dist/src` alike. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
