/** Largest playlist read, in bytes. Six hours of 2-second segments with dates are 1.5 MB. */
export const MAX_PLAYLIST_BYTES = 4 * 1024 * 1024;

/** Largest segment read, in bytes: held in memory whole. 10 s at 50 Mb/s are 63 MB. */
export const MAX_SEGMENT_BYTES = 64 * 1024 * 1024;

/** Most segments of one playlist that are fetched: over an hour at 2 s each. The rest is said to be unread. */
export const MAX_SEGMENTS = 2_000;

/** Where a live playlist is entered, in segments from its end: an event that began hours ago is not read from its start. */
export const MAX_SEGMENTS_AT_START = 30;

/** Media playlists of one multivariant playlist that are looked at; more are named only. */
export const MAX_PLAYLISTS = 12;

/** Most bytes read from one FLV or MPEG-TS source: two hours at 8 Mb/s are 7.2 GB. Nothing of it is kept. */
export const MAX_STREAM_BYTES = 8 * 1024 ** 3;

/** Until the first answer. A gateway may hold the request for a stream's first segment. */
export const ANSWER_TIMEOUT_MS = 15_000;

/** Longest silence in the middle of an answer. */
export const SILENCE_TIMEOUT_MS = 10_000;

/** For a whole playlist or segment, however steadily it trickles: a segment at live speed takes 10 s at most. */
export const FETCH_TIMEOUT_MS = 30_000;

/** Largest PES packet put together, in bytes; mux.js itself would collect without end. */
export const MAX_PES_BYTES = 16 * 1024 * 1024;

/** MPEG-TS read while no program map has come; mux.js keeps all packets until then. */
export const MAX_BYTES_BEFORE_PMT = 8 * 1024 * 1024;

/** Single gaps and jumps that are listed for one track; more are counted. */
export const MAX_LISTED_JUMPS = 100;

/** Findings listed for one code; more are counted. */
export const MAX_FINDINGS_PER_CODE = 8;

/** Never ask for a playlist more often, whatever its target duration says, ms. */
export const MIN_RELOAD_MS = 250;
