import { vodSegments, type VodSegment } from './segments.ts';
import { VodError, type VodIndex } from './vod-index.ts';

/** EXT-X-MAP outside of I-frame playlists needs 6, fractions of a second in EXTINF need 3: RFC 8216 §7. */
const VERSION = { mp4: 6, flv: 3 } as const;
/** Five decimals tell every tick from the next, so that durations do not add up to something else. */
const DECIMALS = 5;

export interface VodPlaylistOptions {
  readonly index: VodIndex;
  /** Name of the file; the playlist's address is `FILE/index.m3u8`. */
  readonly file: string;
  /** ISO 8601: when the recording began. */
  readonly startedAt: string;
  /** Goes behind every address, as `?session=…`; may be empty. */
  readonly query: string;
}

/**
 * The whole recording as a media playlist that has ended: RFC 8216 §4.3.3.5. MP4 is played as it is, by ranges of its own
 * bytes (§4.3.2.2); FLV by segments of MPEG-TS that are made when they are asked for.
 *
 * @throws {VodError} if its codecs cannot be played so
 */
export function vodPlaylist(options: VodPlaylistOptions): string {
  const { index, startedAt } = options;
  if (index.format === 'flv' && index.refusal !== undefined) throw new VodError(index.refusal);
  const segments = vodSegments(index);
  const longest = Math.max(...segments.map(({ seconds }) => Math.round(seconds)));
  return [
    '#EXTM3U',
    `#EXT-X-VERSION:${VERSION[index.format]}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-TARGETDURATION:${Math.max(1, longest)}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    ...mapOf(options),
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(startedAt).toISOString()}`,
    ...segments.flatMap((segment) => linesOf(segment, options)),
    '#EXT-X-ENDLIST',
    '',
  ].join('\n');
}

function mapOf({ index, file, query }: VodPlaylistOptions): string[] {
  if (index.format === 'flv') return [];
  return [`#EXT-X-MAP:URI="../${file}${query}",BYTERANGE="${index.initBytes}@0"`];
}

function linesOf(segment: VodSegment, { index, file, query }: VodPlaylistOptions): string[] {
  const { seconds, from, to } = segment;
  const length = `#EXTINF:${seconds.toFixed(DECIMALS)},`;
  if (index.format === 'flv') return [length, `segments/${segmentName(segment)}${query}`];
  return [length, `#EXT-X-BYTERANGE:${to - from}@${from}`, `../${file}${query}`];
}

/** It says by itself what is in it, so that it stays the same while the file grows. */
export function segmentName({ from, to }: Pick<VodSegment, 'from' | 'to'>): string {
  return `${from}-${to}.ts`;
}

/** The bytes of the file that a segment's name tells; undefined if it is none. */
export function segmentOf(name: string): Pick<VodSegment, 'from' | 'to'> | undefined {
  const [, from, to] = /^(\d{1,15})-(\d{1,15})\.ts$/.exec(name) ?? [];
  return from === undefined || Number(from) >= Number(to)
    ? undefined
    : { from: Number(from), to: Number(to) };
}
