import { Parser, type ParsedPlaylist, type ParsedSegment, type ParsedVariant } from 'm3u8-parser';
import { InspectError } from './errors.ts';
import type { ByteRange } from './source.ts';

export interface PlaylistSegment {
  readonly sequence: number;
  readonly url: URL;
  /** As written in the playlist. */
  readonly uri: string;
  readonly extinfSeconds: number;
  readonly discontinuity: boolean;
  readonly range?: ByteRange | undefined;
  readonly programDateTime?: string | undefined;
  /** Why its bytes cannot be looked into: encrypted, or not MPEG-TS. */
  readonly sealed?: string | undefined;
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

/** Reads a playlist with m3u8-parser. `url`: where it came from. Throws {@link InspectError} if it is none. */
export function readPlaylist(text: string, url: URL): MediaPlaylist | MultivariantPlaylist {
  if (!/^\uFEFF?#EXTM3U/.test(text)) {
    throw new InspectError('NOT_MEDIA', `${url.href} is no playlist: it does not begin with #EXTM3U`);
  }
  // The parser keeps groups in plain objects under the names that the playlist chooses.
  if (text.includes('__proto__')) throw new InspectError('BROKEN', `${url.href} uses the name __proto__`);
  const parser = new Parser();
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
      sealed: sealedBy(segment),
    })),
    warnings,
  };
}

function sealedBy(segment: ParsedSegment): string | undefined {
  if (segment.key) return `encrypted (${segment.key.method})`;
  if (segment.map) return 'fragmented MP4 (EXT-X-MAP), which is not looked into';
  return undefined;
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
