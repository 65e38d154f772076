import type { Stream } from '../stream/stream.ts';
import type { TrackWish } from '../stream/renditions.ts';
import type { TrackKind } from '../media/track.ts';
import type { Query } from './http/media-url.ts';

/** Enhanced RTMP numbers tracks with 8 bits. */
const MAX_NUMBER = 255;

/** Everything, as Enhanced RTMP's Multitrack. */
export const ALL_TRACKS: TrackWish = { isAll: true, number: 0 };

/**
 * `?track=1` asks for a picture beside the main one, with the main sound, or, where there is no such picture, for a sound;
 * `?track=audio1` for the sound in any case, `?track=all` for everything. Undefined: the main tracks. A text says what is wrong.
 */
export function trackWish(query: Query): TrackWish | undefined | string {
  const text = query.get('track');
  if (text === null || text === '') return undefined;
  if (text === 'all') return ALL_TRACKS;
  const [whole, kind, digits] = /^(video|audio)?(\d{1,3})$/.exec(text) ?? [];
  const number = Number(digits);
  if (whole === undefined || number > MAX_NUMBER)
    return `track is a number from 0 to ${MAX_NUMBER}, as in ?track=1, or all`;
  return number === 0 ? undefined : { number, kind: kind as TrackKind | undefined };
}

/** Why a wish cannot be met, and what can be. */
export function noSuchTrack({ name, renditions }: Stream, { number, kind }: TrackWish): string {
  const there = ['0', ...renditions.numbers.map(String)];
  const last = there.pop()!;
  const list = there.length === 0 ? `only ${last}` : `${there.join(', ')} and ${last}`;
  const which = kind === undefined ? `track ${number}` : `${kind} track ${number}`;
  return `"${name.path}" has no ${which}: there ${there.length === 0 ? 'is' : 'are'} ${list}`;
}
