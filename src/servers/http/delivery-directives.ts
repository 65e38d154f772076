import type { PlaylistPlace } from './hls-source.ts';
import type { Query } from './media-url.ts';

/** What a player asks of the delivery of a media playlist: RFC 8216bis §6.2.5. Directives that are not known are passed over. */
export interface DeliveryDirectives {
  /** `_HLS_msn` and `_HLS_part`: only with this in it. */
  readonly place: PlaylistPlace | undefined;
  /** `_HLS_skip`: an update to the copy it has is enough. */
  readonly skip: boolean;
}

/** Numbers of this many digits are whole in JavaScript; live streams need half as many. */
const WHOLE = /^\d{1,15}$/;

/** As of a request without any. */
export const NO_DIRECTIVES: DeliveryDirectives = { place: undefined, skip: false };
const SKIP: DeliveryDirectives = { place: undefined, skip: true };

/** Reads `_HLS_msn`, `_HLS_part` and `_HLS_skip`; a text says what is wrong with them. */
export function deliveryDirectives(query: Query): DeliveryDirectives | string {
  const skipped = query.get('_HLS_skip');
  const skip = skipped === 'YES' || skipped === 'v2';
  const msn = query.get('_HLS_msn');
  const part = query.get('_HLS_part');
  if (msn === null)
    return part === null ? (skip ? SKIP : NO_DIRECTIVES) : '_HLS_part needs _HLS_msn beside it';
  if (!WHOLE.test(msn)) return '_HLS_msn is a whole number, the media sequence number of a segment';
  if (part !== null && !WHOLE.test(part)) return '_HLS_part is a whole number, 0 for the first part';
  return { place: { msn: Number(msn), part: part === null ? undefined : Number(part) }, skip };
}

/** How many segments, the newest being 0, a player may ask ahead: RFC 8216bis §6.2.5.2. */
const MAX_SEGMENTS_AHEAD = 2;
/** And parts: as many as there are in so many seconds, three at least. */
const MAX_PARTS_AHEAD_SECONDS = 3;
const MIN_PARTS_AHEAD = 3;

export interface PlaylistEdge {
  /** As of HlsPlaylist. */
  readonly newest: { readonly msn: number; readonly parts: number };
  /** Seconds. */
  readonly partTarget: number;
}

/** Why a place is too far ahead to be waited for, in words: whoever asks for it does not know this playlist. */
export function tooFarAhead(
  { msn, part }: PlaylistPlace,
  { newest, partTarget }: PlaylistEdge,
): string | undefined {
  if (msn > newest.msn + MAX_SEGMENTS_AHEAD)
    return `segment ${msn} is too far ahead: the newest is ${newest.msn}`;
  if (part === undefined || msn <= newest.msn) return undefined;
  const there = msn === newest.msn + 1 ? newest.parts : 0;
  const ahead = Math.ceil(
    MAX_PARTS_AHEAD_SECONDS / Math.min(partTarget, MAX_PARTS_AHEAD_SECONDS / MIN_PARTS_AHEAD),
  );
  if (part < there + ahead) return undefined;
  return `part ${part} of segment ${msn} is too far ahead: ${there} of it are there`;
}
