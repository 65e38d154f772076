import type { Animal } from '../animal.ts';
import { HEALTHY } from './healthy.ts';
import { HTTP } from './http.ts';
import { MEDIA } from './media.ts';
import { OVER_TIME } from './over-time.ts';
import { PLAYLIST_TEXT } from './playlist-text.ts';
import { PROMISES } from './promises.ts';

export const BROKEN: readonly Animal[] = [...OVER_TIME, ...PLAYLIST_TEXT, ...MEDIA, ...PROMISES, ...HTTP];
export { HEALTHY, OVER_TIME };
