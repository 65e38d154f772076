import type { TrackSet } from '../../media/track.ts';
import { PLAYLIST_VERSION } from './playlist.ts';

/** A multivariant playlist as a value: RFC 8216 §4.3.4. */
export interface MultivariantPlaylist {
  readonly independent: boolean;
  readonly variants: readonly Variant[];
}

export interface Variant {
  /** Of the media playlist, relative to this one. */
  readonly uri: string;
  /** Bits a second, of the fattest segment and of all together; whole, at least 1. */
  readonly peakBandwidth: number;
  readonly averageBandwidth: number;
  readonly tracks: TrackSet;
  /** Video frames a second as measured; undefined without video. */
  readonly frameRate: number | undefined;
}

export function multivariantText(playlist: MultivariantPlaylist): string {
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${PLAYLIST_VERSION}`,
    ...(playlist.independent ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : []),
  ];
  for (const variant of playlist.variants) {
    lines.push(`#EXT-X-STREAM-INF:${streamInf(variant)}`, variant.uri);
  }
  return lines.join('\n') + '\n';
}

/** Only what is really there is named: a codec of a track that never comes keeps players waiting. */
function streamInf(variant: Variant): string {
  const { video, audio } = variant.tracks;
  const codecs = [video?.codecString, audio?.codecString].filter((codec) => codec !== undefined);
  const attributes = [
    `BANDWIDTH=${variant.peakBandwidth}`,
    `AVERAGE-BANDWIDTH=${variant.averageBandwidth}`,
    `CODECS="${codecs.join(',')}"`,
  ];
  if (video) attributes.push(`RESOLUTION=${video.width}x${video.height}`);
  if (video && variant.frameRate !== undefined) attributes.push(`FRAME-RATE=${variant.frameRate.toFixed(3)}`);
  return attributes.join(',');
}
