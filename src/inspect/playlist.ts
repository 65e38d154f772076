import { Parser, type ParsedPlaylist, type ParsedSegment, type ParsedVariant } from 'm3u8-parser';
import { InspectError } from './errors.ts';
import type { ByteRange } from './source.ts';

/** EXT-X-MAP. */
export interface MapReference {
  readonly uri: string;
  readonly url: URL;
  readonly range?: ByteRange | undefined;
}

export interface PlaylistSegment {
  readonly sequence: number;
  readonly url: URL;
  /** As written in the playlist. */
  readonly uri: string;
  readonly extinfSeconds: number;
  readonly discontinuity: boolean;
  readonly range?: ByteRange | undefined;
  readonly programDateTime?: string | undefined;
  /** EXT-X-GAP: there is nothing to fetch. */
  readonly gap: boolean;
  /** Why its bytes cannot be looked into: encrypted. */
  readonly sealed?: string | undefined;
  /** Its initialization section. */
  readonly map?: MapReference | undefined;
  /** How many EXT-X-PART are listed of it. */
  readonly partCount?: number | undefined;
}

/** What a playlist says of low latency: RFC 8216bis §4.4.3.7, §4.4.3.8, §4.4.4.9, §4.4.5. */
export interface LowLatencyFacts {
  /** Seconds. */
  readonly partTarget?: number | undefined;
  readonly partHoldBack?: number | undefined;
  readonly holdBack?: number | undefined;
  readonly canSkipUntil?: number | undefined;
  readonly canBlockReload: boolean;
  /** All that are listed, in their order. */
  readonly parts: readonly ListedPart[];
  readonly hasHint: boolean;
  readonly reports: number;
}

export interface ListedPart {
  readonly uri: string;
  readonly seconds: number;
  readonly independent: boolean;
}

export interface MediaPlaylist {
  readonly kind: 'media';
  readonly version?: number | undefined;
  readonly playlistType?: string | undefined;
  readonly targetDuration?: number | undefined;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly independentSegments: boolean;
  readonly endList: boolean;
  readonly segments: readonly PlaylistSegment[];
  /** Undefined: nothing of it. */
  readonly lowLatency?: LowLatencyFacts | undefined;
  /** Parts behind the last whole segment, in seconds, and EXT-X-PROGRAM-DATE-TIME in front of them. */
  readonly runningSeconds?: number | undefined;
  readonly runningDateTime?: string | undefined;
  /** What the parser complained about. */
  readonly warnings: readonly string[];
}

export interface Variant {
  readonly uri: string;
  readonly url: URL;
  readonly bandwidth?: number | undefined;
  readonly averageBandwidth?: number | undefined;
  readonly codecs?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly frameRate?: number | undefined;
}

export interface MultivariantPlaylist {
  readonly kind: 'multivariant';
  readonly variants: readonly Variant[];
  /** Audio renditions with a playlist of their own. */
  readonly renditions: readonly { readonly uri: string; readonly url: URL }[];
  readonly warnings: readonly string[];
}

const GAP = 'gap';

/** Reads a playlist with m3u8-parser. `url`: where it came from. Throws {@link InspectError} if it is none. */
export function readPlaylist(text: string, url: URL): MediaPlaylist | MultivariantPlaylist {
  if (!/^\uFEFF?#EXTM3U/.test(text)) {
    throw new InspectError('NOT_MEDIA', `${url.href} is no playlist: it does not begin with #EXTM3U`);
  }
  // The parser keeps groups in plain objects under the names that the playlist chooses.
  if (text.includes('__proto__')) throw new InspectError('BROKEN', `${url.href} uses the name __proto__`);
  const parser = new Parser();
  parser.addParser({ expression: /^#EXT-X-GAP\b/, customType: GAP, segment: true }); // it does not know this one
  const warnings: string[] = [];
  parser.on('warn', ({ message }) => {
    warnings.push(message);
  });
  const parsed = parsedBy(parser, text.replace(/^\uFEFF/, ''), url);
  if (parsed.playlists) return multivariant(parsed, parsed.playlists, url, warnings);
  if (parsed.targetDuration === undefined && parsed.segments.length === 0) {
    throw new InspectError('BROKEN', `${url.href} has neither segments nor variants nor a target duration`);
  }
  return media(parsed, url, warnings);
}

/** The parser has no errors of its own: at what it did not expect (an odd IV, a group without a name) it falls over. */
function parsedBy(parser: Parser, text: string, url: URL): ParsedPlaylist {
  try {
    parser.push(text);
    parser.end();
    return parser.manifest;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InspectError('BROKEN', `${url.href} is a playlist that m3u8-parser cannot read (${why})`, {
      cause: error,
    });
  }
}

function media(parsed: ParsedPlaylist, url: URL, warnings: string[]): MediaPlaylist {
  const mediaSequence = parsed.mediaSequence ?? 0;
  return {
    kind: 'media',
    version: parsed.version,
    playlistType: parsed.playlistType,
    targetDuration: parsed.targetDuration,
    mediaSequence,
    discontinuitySequence: parsed.discontinuitySequence ?? 0,
    independentSegments: parsed.independentSegments === true,
    endList: parsed.endList === true,
    segments: parsed.segments.map((segment, index) => ({
      sequence: mediaSequence + index,
      url: resolve(segment.uri, url),
      uri: segment.uri,
      extinfSeconds: segment.duration ?? 0,
      discontinuity: segment.discontinuity === true,
      range: segment.byterange,
      programDateTime: segment.dateTimeString,
      gap: segment.custom?.[GAP] !== undefined,
      sealed: sealedBy(segment),
      map: mapOf(segment, url),
      partCount: segment.parts?.length,
    })),
    ...lowLatencyOf(parsed),
    warnings,
  };
}

function sealedBy(segment: ParsedSegment): string | undefined {
  if (segment.key) return `encrypted (${segment.key.method})`;
  return undefined;
}

function mapOf({ map }: ParsedSegment, base: URL): MapReference | undefined {
  if (map?.uri === undefined) return undefined;
  return { uri: map.uri, url: resolve(map.uri, base), range: map.byterange };
}

function lowLatencyOf(
  parsed: ParsedPlaylist,
): Pick<MediaPlaylist, 'lowLatency' | 'runningSeconds' | 'runningDateTime'> {
  const { serverControl, preloadSegment } = parsed;
  const running = preloadSegment?.parts ?? [];
  const parts = [...parsed.segments.flatMap((segment) => segment.parts ?? []), ...running];
  if (parts.length === 0 && !serverControl && parsed.partTargetDuration === undefined) return {};
  return {
    runningSeconds: running.reduce((sum, { duration = 0 }) => sum + duration, 0),
    runningDateTime: running.length > 0 ? preloadSegment?.dateTimeString : undefined,
    lowLatency: {
      partTarget: parsed.partTargetDuration,
      partHoldBack: serverControl?.partHoldBack,
      holdBack: serverControl?.holdBack,
      canSkipUntil: serverControl?.canSkipUntil,
      canBlockReload: serverControl?.canBlockReload === true,
      parts: parts.map(({ uri = '', duration = 0, independent }) => ({
        uri,
        seconds: duration,
        independent: independent === true,
      })),
      hasHint: (preloadSegment?.preloadHints ?? []).length > 0,
      reports: parsed.renditionReports?.length ?? 0,
    },
  };
}

function multivariant(
  parsed: ParsedPlaylist,
  variants: readonly ParsedVariant[],
  url: URL,
  warnings: string[],
): MultivariantPlaylist {
  const groups = Object.values(parsed.mediaGroups?.AUDIO ?? {});
  const uris = groups.flatMap((group) => Object.values(group).map((rendition) => rendition.uri));
  return {
    kind: 'multivariant',
    variants: variants.map((variant) => readVariant(variant, url)),
    renditions: uris.filter((uri) => uri !== undefined).map((uri) => ({ uri, url: resolve(uri, url) })),
    warnings,
  };
}

/** When the end of the playlist was, by its own dates: ms since 1970; undefined without any. */
export function endDateOf(playlist: MediaPlaylist): number | undefined {
  const { segments, runningSeconds = 0, runningDateTime } = playlist;
  let seconds = runningSeconds;
  const running = Date.parse(runningDateTime ?? '');
  if (!Number.isNaN(running)) return running + seconds * 1000;
  for (const { programDateTime, extinfSeconds } of segments.toReversed()) {
    seconds += extinfSeconds;
    const date = Date.parse(programDateTime ?? '');
    if (!Number.isNaN(date)) return date + seconds * 1000;
  }
  return undefined;
}

function readVariant({ uri, attributes }: ParsedVariant, url: URL): Variant {
  return {
    uri,
    url: resolve(uri, url),
    bandwidth: number(attributes?.BANDWIDTH),
    averageBandwidth: number(attributes?.['AVERAGE-BANDWIDTH']),
    codecs: attributes?.CODECS,
    width: number(attributes?.RESOLUTION?.width),
    height: number(attributes?.RESOLUTION?.height),
    frameRate: number(attributes?.['FRAME-RATE']),
  };
}

function number(value: string | number | undefined): number | undefined {
  return value === undefined || !Number.isFinite(Number(value)) ? undefined : Number(value);
}

/** A playlist from the web may not make us open files, or anything else but the web. */
export function resolve(uri: string, base: URL): URL {
  if (!URL.canParse(uri, base.href))
    throw new InspectError('BROKEN', `the playlist names an impossible URI: ${uri}`);
  const url = new URL(uri, base);
  const isWeb = url.protocol === 'http:' || url.protocol === 'https:';
  if (!isWeb && !(url.protocol === 'file:' && base.protocol === 'file:')) {
    throw new InspectError('SCHEME', `the playlist ${base.href} names ${url.href}, which is not opened`);
  }
  return url;
}
