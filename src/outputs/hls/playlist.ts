import { TICKS_PER_SECOND } from '../../media/time.ts';

/** A media playlist as a value: RFC 8216bis §4.4. Lengths in 90 kHz ticks, unless said otherwise. */
export interface MediaPlaylist {
  /** Seconds, whole. */
  readonly targetDuration: number;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  /** All segments start where a decoder can start. */
  readonly independent: boolean;
  readonly ended: boolean;
  /** Without those that are skipped. */
  /** Lines of segments in front of these, each with its end, and the address of the map that is in force behind them. */
  readonly before?: { readonly text: string; readonly map: string | undefined } | undefined;
  readonly segments: readonly PlaylistSegment[];
  /** How many segments at the front a delta update leaves out (EXT-X-SKIP), and the map of the last of them. */
  readonly skipped?: number;
  readonly mapBefore?: string | undefined;
  readonly lowLatency?: LowLatency | undefined;
  /** The segment that is being made: it has at least one part. */
  readonly running?: PlaylistSegment | undefined;
  /** Address of the part that comes next: EXT-X-PRELOAD-HINT. */
  readonly hint?: string | undefined;
  readonly reports?: readonly RenditionReport[];
}

/** What is the same for the life of a playlist, in seconds. */
export interface LowLatency {
  readonly partTarget: number;
  readonly partHoldBack: number;
  readonly holdBack: number;
  readonly canSkipUntil: number;
}

export interface PlaylistSegment {
  /** Undefined: there is no such file (EXT-X-GAP), or the segment is being made. */
  readonly uri: string | undefined;
  /** Its name where it is a gap. */
  readonly gap?: string;
  readonly duration: number;
  readonly discontinuity: boolean;
  /** ms since 1970. */
  readonly programDateTime: number;
  /** Address of its initialization segment. */
  readonly map?: string | undefined;
  readonly parts?: readonly PlaylistPart[];
}

export interface PlaylistPart {
  readonly uri: string;
  readonly duration: number;
  readonly independent: boolean;
}

/** How far another rendition is: EXT-X-RENDITION-REPORT. */
export interface RenditionReport {
  readonly uri: string;
  readonly lastMsn: number;
  readonly lastPart: number | undefined;
}

/** What the tags that are used need: RFC 8216bis §8. Fractions in EXTINF 3, EXT-X-MAP 6, EXT-X-SKIP 9. */
export const PLAYLIST_VERSION = { ts: 3, fmp4: 6, lowLatency: 9 } as const;

/** Five decimals tell every tick from the next, so that durations do not add up to something else. */
const SECONDS_DECIMALS = 5;
/** Of lengths that are whole milliseconds. */
const CONSTANT_DECIMALS = 3;

export function mediaPlaylistText(playlist: MediaPlaylist): string {
  const { segments, running, skipped = 0, lowLatency } = playlist;
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${versionOf(playlist)}`,
    ...(playlist.independent ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : []),
    `#EXT-X-TARGETDURATION:${playlist.targetDuration}`,
    ...(lowLatency ? lowLatencyLines(lowLatency) : []),
    `#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`,
  ];
  if (skipped > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`);
  const head = lines.join('\n') + '\n' + (playlist.before?.text ?? '');
  lines.length = 0;
  let map = playlist.before ? playlist.before.map : playlist.mapBefore;
  for (const segment of segments) map = pushSegment(lines, segment, map);
  if (running) pushSegment(lines, running, map);
  if (playlist.hint !== undefined) lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${playlist.hint}"`);
  for (const report of playlist.reports ?? []) lines.push(reportLine(report));
  if (playlist.ended) lines.push('#EXT-X-ENDLIST');
  return head + lines.map((line) => `${line}\n`).join('');
}

/** Gives the map that is in force behind it. */
function pushSegment(lines: string[], segment: PlaylistSegment, map: string | undefined): string | undefined {
  const own = segmentLines(segment);
  // Where the discontinuity stands, the map that comes with it stands behind it.
  const at = segment.discontinuity ? 1 : 0;
  if (segment.map !== undefined && segment.map !== map) own.splice(at, 0, `#EXT-X-MAP:URI="${segment.map}"`);
  for (const line of own) lines.push(line);
  return segment.map;
}

/** All lines of a segment but its map's. */
export function segmentLines(segment: PlaylistSegment): string[] {
  const lines = segment.discontinuity ? ['#EXT-X-DISCONTINUITY'] : [];
  lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.programDateTime).toISOString()}`);
  for (const { uri, duration, independent } of segment.parts ?? []) {
    const mark = independent ? ',INDEPENDENT=YES' : '';
    lines.push(`#EXT-X-PART:DURATION=${seconds(duration)},URI="${uri}"${mark}`);
  }
  const uri = segment.uri ?? segment.gap;
  if (uri === undefined) return lines;
  lines.push(`#EXTINF:${seconds(segment.duration)},`);
  if (segment.uri === undefined) lines.push('#EXT-X-GAP');
  lines.push(uri);
  return lines;
}

function versionOf({ lowLatency, segments }: MediaPlaylist): number {
  if (lowLatency) return PLAYLIST_VERSION.lowLatency;
  return segments.some(({ map }) => map !== undefined) ? PLAYLIST_VERSION.fmp4 : PLAYLIST_VERSION.ts;
}

function lowLatencyLines({ partTarget, partHoldBack, holdBack, canSkipUntil }: LowLatency): string[] {
  const control = [
    'CAN-BLOCK-RELOAD=YES',
    `CAN-SKIP-UNTIL=${constant(canSkipUntil)}`,
    `HOLD-BACK=${constant(holdBack)}`,
    `PART-HOLD-BACK=${constant(partHoldBack)}`,
  ];
  return [
    `#EXT-X-SERVER-CONTROL:${control.join(',')}`,
    `#EXT-X-PART-INF:PART-TARGET=${constant(partTarget)}`,
  ];
}

function reportLine({ uri, lastMsn, lastPart }: RenditionReport): string {
  const part = lastPart === undefined ? '' : `,LAST-PART=${lastPart}`;
  return `#EXT-X-RENDITION-REPORT:URI="${uri}",LAST-MSN=${lastMsn}${part}`;
}

const seconds = (duration: number): string => (duration / TICKS_PER_SECOND).toFixed(SECONDS_DECIMALS);
const constant = (duration: number): string => duration.toFixed(CONSTANT_DECIMALS);
