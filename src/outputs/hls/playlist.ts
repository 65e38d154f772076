import { TICKS_PER_SECOND } from '../../media/time.ts';

/** A media playlist as a value: RFC 8216 §4.3. */
export interface MediaPlaylist {
  /** Seconds, whole. */
  readonly targetDuration: number;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  /** All segments start where a decoder can start. */
  readonly independent: boolean;
  readonly ended: boolean;
  readonly segments: readonly PlaylistSegment[];
}

export interface PlaylistSegment {
  readonly uri: string;
  /** 90 kHz ticks. */
  readonly duration: number;
  readonly discontinuity: boolean;
  /** ms since 1970. */
  readonly programDateTime: number;
}

/** Version 3 is the first with fractions of a second in EXTINF; nothing here needs a later one: RFC 8216 §7. */
export const PLAYLIST_VERSION = 3;

/** Five decimals tell every tick from the next, so that durations do not add up to something else. */
const SECONDS_DECIMALS = 5;

export function mediaPlaylistText(playlist: MediaPlaylist): string {
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${PLAYLIST_VERSION}`,
    ...(playlist.independent ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : []),
    `#EXT-X-TARGETDURATION:${playlist.targetDuration}`,
    `#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`,
  ];
  for (const segment of playlist.segments) {
    if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
    lines.push(
      `#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.programDateTime).toISOString()}`,
      `#EXTINF:${(segment.duration / TICKS_PER_SECOND).toFixed(SECONDS_DECIMALS)},`,
      segment.uri,
    );
  }
  if (playlist.ended) lines.push('#EXT-X-ENDLIST');
  return lines.join('\n') + '\n';
}
