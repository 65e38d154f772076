import { vodSegments, type VodSegment } from './segments.ts';
import { VodError, type SegmentContainer, type VodIndex } from './vod-index.ts';

/** EXT-X-MAP outside of I-frame playlists needs 6, fractions of a second in EXTINF need 3: RFC 8216 §7. */
const VERSION = { fmp4: 6, ts: 3 } as const;
/** What segments of fMP4 begin with. */
export const INIT_NAME = 'init.mp4';
const ENDINGS = { ts: 'ts', fmp4: 'm4s' } as const;
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
 * bytes (§4.3.2.2); FLV by segments of MPEG-TS or fMP4 that are made when they are asked for.
 *
 * @throws {VodError} if there is nothing in it that could be played
 */
export function vodPlaylist(options: VodPlaylistOptions): string {
  const { index, startedAt } = options;
  if (index.format === 'flv' && !index.tracks.video && !index.tracks.audio)
    throw new VodError('there is nothing in this recording that could be played as HLS; download it instead');
  const segments = vodSegments(index);
  const longest = Math.max(...segments.map(({ seconds }) => Math.round(seconds)));
  return [
    '#EXTM3U',
    `#EXT-X-VERSION:${VERSION[containerOf(index)]}`,
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
  if (containerOf(index) === 'ts') return [];
  if (index.format === 'flv') return [`#EXT-X-MAP:URI="segments/${INIT_NAME}${query}"`];
  return [`#EXT-X-MAP:URI="../${file}${query}",BYTERANGE="${index.initBytes}@0"`];
}

function linesOf(segment: VodSegment, { index, file, query }: VodPlaylistOptions): string[] {
  const { seconds, from, to } = segment;
  const length = `#EXTINF:${seconds.toFixed(DECIMALS)},`;
  if (index.format === 'flv')
    return [length, `segments/${segmentName({ ...segment, container: index.container })}${query}`];
  return [length, `#EXT-X-BYTERANGE:${to - from}@${from}`, `../${file}${query}`];
}

const containerOf = (index: VodIndex): SegmentContainer =>
  index.format === 'flv' ? index.container : 'fmp4';

/** Bytes of a file, the last one not included, and what is made of them. */
export interface SegmentWanted {
  readonly from: number;
  readonly to: number;
  readonly container: SegmentContainer;
}

/** It says by itself what is in it, so that it stays the same while the file grows. */
function segmentName({ from, to, container }: SegmentWanted): string {
  return `${from}-${to}.${ENDINGS[container]}`;
}

/** What a segment's name tells; undefined if it is none. */
export function segmentOf(name: string): SegmentWanted | undefined {
  const [, first, last, ending] = /^(\d{1,15})-(\d{1,15})\.(ts|m4s)$/.exec(name) ?? [];
  const [from, to] = [Number(first), Number(last)];
  return from < to ? { from, to, container: ending === ENDINGS.ts ? 'ts' : 'fmp4' } : undefined;
}
