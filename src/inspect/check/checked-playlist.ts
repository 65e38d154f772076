import { resolve, type MediaPlaylist, type PlaylistSegment, type Variant } from '../playlist.ts';
import type { ByteRange } from '../source.ts';
import { readAttributes, unquoted } from './attributes.ts';
import type { PlaylistLine } from './lines.ts';

/** A segment as the text says it, whether or not that is allowed. */
export interface CheckedSegment extends PlaylistSegment {
  /** EXT-X-DISCONTINUITY-SEQUENCE plus the discontinuities in front of it: RFC 8216 §6.2.1. */
  readonly discontinuitySequence: number;
  /** EXT-X-PROGRAM-DATE-TIME in ms since 1970. */
  readonly dateTime?: number | undefined;
  /** EXT-X-GAP: there is nothing to fetch. */
  readonly gap: boolean;
  /** What a player must have before it can use the segment: its key, its initialization section. */
  readonly needs: readonly URL[];
}

export interface CheckedMedia extends MediaPlaylist {
  readonly segments: readonly CheckedSegment[];
  /** Sum of EXTINF in seconds. */
  readonly duration: number;
}

export interface CheckedVariant extends Variant {
  /** URIs of the playlists in the groups that AUDIO and VIDEO name: part of what CODECS speaks of. */
  readonly renditions: readonly string[];
}

export interface CheckedMultivariant {
  readonly kind: 'multivariant';
  readonly variants: readonly CheckedVariant[];
  /** Variants' and renditions' playlists, each once. */
  readonly playlists: readonly { readonly uri: string; readonly url: URL }[];
}

/** Collects what stands in front of a segment's URI. */
class NextSegment {
  extinf = 0;
  discontinuity = false;
  gap = false;
  dateTime: string | undefined;
  range: string | undefined;
}

/** Reads a media playlist to the letter, and guesses where it has to. Throws InspectError for a URI that cannot be one. */
export function readMedia(lines: readonly PlaylistLine[], url: URL): CheckedMedia {
  const head = headOf(lines);
  const segments: CheckedSegment[] = [];
  let next = new NextSegment();
  let dsn = head.discontinuitySequence;
  let key: string | undefined;
  let map = false;
  const needs: { key?: URL | undefined; map?: URL | undefined } = {};
  let isVariant = false;
  for (const line of lines) {
    if (line.kind === 'uri') {
      if (isVariant) {
        isVariant = false; // a mixed playlist, and that is told
        continue;
      }
      if (next.discontinuity) dsn++;
      const sequence = head.mediaSequence + segments.length;
      const sealed = sealedBy(key, map);
      segments.push({
        ...segmentOf(line.uri, url, next, segments.at(-1)),
        sequence,
        discontinuitySequence: dsn,
        sealed,
        needs: [needs.key, needs.map].filter((one) => one !== undefined),
      });
      next = new NextSegment();
    } else if (line.name === 'EXTINF') next.extinf = Number.parseFloat(line.value) || 0;
    else if (line.name === 'EXT-X-DISCONTINUITY') next.discontinuity = true;
    else if (line.name === 'EXT-X-GAP') next.gap = true;
    else if (line.name === 'EXT-X-PROGRAM-DATE-TIME') next.dateTime = line.value;
    else if (line.name === 'EXT-X-BYTERANGE') next.range = line.value;
    else if (line.name === 'EXT-X-KEY') {
      key = readAttributes(line.value).values.get('METHOD');
      needs.key = neededBy(line.value, url);
    } else if (line.name === 'EXT-X-MAP') {
      map = true;
      needs.map = neededBy(line.value, url);
    } else if (line.name === 'EXT-X-STREAM-INF') isVariant = true;
  }
  const duration = segments.reduce((sum, segment) => sum + segment.extinfSeconds, 0);
  return { ...head, segments, duration };
}

/** The tag's URI, if it is one of the web: keys of DRM systems have schemes of their own. */
function neededBy(attributes: string, base: URL): URL | undefined {
  const uri = unquoted(readAttributes(attributes).values.get('URI'));
  if (uri === undefined || !URL.canParse(uri, base.href)) return undefined;
  const url = new URL(uri, base);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}

function headOf(lines: readonly PlaylistLine[]): Omit<MediaPlaylist, 'segments'> {
  const value = (name: string): string | undefined => {
    const tag = lines.find((line) => line.kind === 'tag' && line.name === name);
    return tag?.kind === 'tag' ? tag.value : undefined;
  };
  const whole = (name: string): number | undefined => {
    // What is not a whole number is told; to go on, it is taken for what it most likely means.
    const number = Math.floor(Number.parseFloat(value(name) ?? ''));
    return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
  };
  return {
    kind: 'media',
    version: whole('EXT-X-VERSION'),
    playlistType: value('EXT-X-PLAYLIST-TYPE'),
    targetDuration: whole('EXT-X-TARGETDURATION'),
    mediaSequence: whole('EXT-X-MEDIA-SEQUENCE') ?? 0,
    discontinuitySequence: whole('EXT-X-DISCONTINUITY-SEQUENCE') ?? 0,
    independentSegments: value('EXT-X-INDEPENDENT-SEGMENTS') !== undefined,
    endList: value('EXT-X-ENDLIST') !== undefined,
    warnings: [],
  };
}

function segmentOf(
  uri: string,
  base: URL,
  next: NextSegment,
  last: CheckedSegment | undefined,
): Omit<CheckedSegment, 'sequence' | 'discontinuitySequence' | 'sealed' | 'needs'> {
  const url = resolve(uri, base);
  const at = next.dateTime === undefined ? NaN : Date.parse(next.dateTime);
  return {
    uri,
    url,
    extinfSeconds: next.extinf,
    discontinuity: next.discontinuity,
    gap: next.gap,
    programDateTime: next.dateTime,
    dateTime: Number.isNaN(at) ? undefined : at,
    range: rangeOf(next.range, last?.uri === uri ? last.range : undefined),
  };
}

/** Without an offset, the range begins where the one before ended: RFC 8216 §4.3.2.2. */
function rangeOf(text: string | undefined, last: ByteRange | undefined): ByteRange | undefined {
  const match = /^(\d{1,15})(?:@(\d{1,15}))?$/.exec(text ?? '');
  if (!match) return undefined;
  const offset = match[2] === undefined ? (last ? last.offset + last.length : 0) : Number(match[2]);
  return { offset, length: Number(match[1]) };
}

function sealedBy(key: string | undefined, map: boolean): string | undefined {
  if (key !== undefined && key !== 'NONE') return `encrypted (${key})`;
  return map ? 'fragmented MP4 (EXT-X-MAP)' : undefined;
}

/** Throws InspectError for a URI that cannot be one. */
export function readMultivariant(lines: readonly PlaylistLine[], url: URL): CheckedMultivariant {
  const variants: { variant: Variant; groups: string[] }[] = [];
  const uris: string[] = [];
  const members: { group: string; uri: string }[] = [];
  let attributes: ReadonlyMap<string, string> | undefined;
  for (const line of lines) {
    if (line.kind === 'uri') {
      const groups = ['AUDIO', 'VIDEO'].map((type) => `${type}=${attributes?.get(type) ?? ''}`);
      variants.push({ variant: variantOf(line.uri, url, attributes ?? new Map()), groups });
      uris.push(line.uri);
      attributes = undefined;
    } else if (line.name === 'EXT-X-STREAM-INF') attributes = readAttributes(line.value).values;
    else if (line.name === 'EXT-X-MEDIA') {
      const { values } = readAttributes(line.value);
      const uri = unquoted(values.get('URI'));
      if (uri === undefined) continue;
      uris.push(uri);
      members.push({ group: `${values.get('TYPE') ?? ''}=${values.get('GROUP-ID') ?? ''}`, uri });
    }
  }
  const playlists = [...new Set(uris)].map((uri) => ({ uri, url: resolve(uri, url) }));
  const withRenditions = variants.map(({ variant, groups }) => ({
    ...variant,
    renditions: members.filter(({ group }) => groups.includes(group)).map(({ uri }) => uri),
  }));
  return { kind: 'multivariant', variants: withRenditions, playlists };
}

function variantOf(uri: string, base: URL, attributes: ReadonlyMap<string, string>): Variant {
  const number = (name: string): number | undefined => {
    const value = Number(unquoted(attributes.get(name)) ?? NaN);
    return Number.isFinite(value) ? value : undefined;
  };
  const [width, height] = (attributes.get('RESOLUTION') ?? '').split('x').map(Number);
  return {
    uri,
    url: resolve(uri, base),
    bandwidth: number('BANDWIDTH'),
    averageBandwidth: number('AVERAGE-BANDWIDTH'),
    codecs: unquoted(attributes.get('CODECS')),
    width: width || undefined,
    height: height || undefined,
    frameRate: number('FRAME-RATE'),
  };
}
