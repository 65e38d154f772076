import type { Color } from '../../media/color.ts';
import type { TrackSet } from '../../media/track.ts';
import { PLAYLIST_VERSION } from './playlist.ts';

/** A multivariant playlist as a value: RFC 8216bis §4.4.6. */
export interface MultivariantPlaylist {
  readonly independent: boolean;
  readonly variants: readonly Variant[];
  /** Sound that goes with the variants that name its group. */
  readonly renditions?: readonly AudioRendition[];
  /** By default that of MPEG-TS. */
  readonly version?: number;
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
  /** GROUP-ID of the sound that may be played with it. */
  readonly audioGroup?: string;
  /** Codecs of that group's sound, where they are others than its own. */
  readonly audioCodecs?: readonly string[];
}

/** EXT-X-MEDIA:TYPE=AUDIO, RFC 8216bis §4.4.6.1. No text has quotes or line breaks in it. */
export interface AudioRendition {
  readonly group: string;
  readonly name: string;
  /** Of the media playlist; undefined: it is in the variants themselves. */
  readonly uri: string | undefined;
  /** RFC 5646. */
  readonly language?: string;
  readonly isDefault: boolean;
  readonly channels?: number;
}

export function multivariantText(playlist: MultivariantPlaylist): string {
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${playlist.version ?? PLAYLIST_VERSION.ts}`,
    ...(playlist.independent ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : []),
  ];
  for (const rendition of playlist.renditions ?? []) lines.push(`#EXT-X-MEDIA:${mediaOf(rendition)}`);
  for (const variant of playlist.variants) {
    lines.push(`#EXT-X-STREAM-INF:${streamInf(variant)}`, variant.uri);
  }
  return lines.join('\n') + '\n';
}

function mediaOf({ group, name, uri, language, isDefault, channels }: AudioRendition): string {
  const attributes = ['TYPE=AUDIO', `GROUP-ID="${group}"`, `NAME="${name}"`];
  if (language !== undefined) attributes.push(`LANGUAGE="${language}"`);
  attributes.push(`DEFAULT=${isDefault ? 'YES' : 'NO'}`, 'AUTOSELECT=YES');
  if (channels !== undefined) attributes.push(`CHANNELS="${channels}"`);
  if (uri !== undefined) attributes.push(`URI="${uri}"`);
  return attributes.join(',');
}

/** Only what is really there is named: a codec of a track that never comes keeps players waiting. */
function streamInf(variant: Variant): string {
  const { video, audio } = variant.tracks;
  const own = [video?.codecString, audio?.codecString].filter((codec) => codec !== undefined);
  const codecs = new Set([...own, ...(variant.audioCodecs ?? [])]);
  const attributes = [
    `BANDWIDTH=${variant.peakBandwidth}`,
    `AVERAGE-BANDWIDTH=${variant.averageBandwidth}`,
    `CODECS="${[...codecs].join(',')}"`,
  ];
  if (video) attributes.push(`RESOLUTION=${video.width}x${video.height}`);
  if (video && variant.frameRate !== undefined) attributes.push(`FRAME-RATE=${variant.frameRate.toFixed(3)}`);
  const range = video?.color && videoRange(video.color);
  if (range !== undefined) attributes.push(`VIDEO-RANGE=${range}`);
  if (variant.audioGroup !== undefined) attributes.push(`AUDIO="${variant.audioGroup}"`);
  return attributes.join(',');
}

/** RFC 8216bis §4.4.6.2; TransferCharacteristics of ISO/IEC 23091-2. Undefined: not known. */
function videoRange({ transfer }: Color): 'SDR' | 'HLG' | 'PQ' | undefined {
  if (transfer === 16) return 'PQ';
  if (transfer === 18) return 'HLG';
  return [1, 6, 13, 14, 15].includes(transfer) ? 'SDR' : undefined;
}
