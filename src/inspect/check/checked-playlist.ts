import { resolve, type MapReference, type MediaPlaylist, type PlaylistSegment } from '../playlist.ts';
import { readAttributes, unquoted } from './attributes.ts';
import {
  partOf,
  rangeOf,
  readLowLatency,
  skippedBy,
  sumOf,
  type CheckedLowLatency,
  type CheckedPart,
} from './checked-parts.ts';
import type { PlaylistLine } from './lines.ts';

/** What a segment and one that is being made have in common. */
export interface RunningSegment {
  readonly sequence: number;
  readonly discontinuity: boolean;
  readonly discontinuitySequence: number;
  readonly programDateTime?: string | undefined;
  readonly dateTime?: number | undefined;
  readonly map?: MapReference | undefined;
  readonly parts: readonly CheckedPart[];
}

/** A segment as the text says it, whether or not that is allowed. */
export interface CheckedSegment extends PlaylistSegment {
  /** EXT-X-DISCONTINUITY-SEQUENCE plus the discontinuities in front of it: RFC 8216 §6.2.1. */
  readonly discontinuitySequence: number;
  /** EXT-X-PROGRAM-DATE-TIME in ms since 1970. */
  readonly dateTime?: number | undefined;
  /** What a player must have before it can use the segment beside its initialization section: its key. */
  readonly needs: readonly URL[];
  readonly parts: readonly CheckedPart[];
}

export interface CheckedMedia extends MediaPlaylist {
  readonly segments: readonly CheckedSegment[];
  /** The segment that is being made: it has parts and no URI yet. */
  readonly running?: RunningSegment | undefined;
  /** Segments that a delta update leaves out (EXT-X-SKIP). */
  readonly skipped: number;
  /** Sum of EXTINF in seconds. */
  readonly duration: number;
  readonly lowLatency?: CheckedLowLatency | undefined;
}

/** Collects what stands in front of a segment's URI. */
class NextSegment {
  extinf = 0;
  discontinuity = false;
  gap = false;
  dateTime: string | undefined;
  range: string | undefined;
  readonly parts: CheckedPart[] = [];
}

/** Reads a media playlist to the letter, and guesses where it has to. Throws InspectError for a URI that cannot be one. */
export function readMedia(lines: readonly PlaylistLine[], url: URL): CheckedMedia {
  return new MediaReader(lines, url).read();
}

class MediaReader {
  readonly #lines: readonly PlaylistLine[];
  readonly #url: URL;
  readonly #head: ReturnType<typeof headOf>;
  readonly #segments: CheckedSegment[] = [];
  #next = new NextSegment();
  #dsn: number;
  #skipped = 0;
  #sealed: string | undefined;
  #key: URL | undefined;
  #map: MapReference | undefined;
  #lastPart: CheckedPart | undefined;
  #isVariant = false;

  constructor(lines: readonly PlaylistLine[], url: URL) {
    this.#lines = lines;
    this.#url = url;
    this.#head = headOf(lines);
    this.#dsn = this.#head.discontinuitySequence;
  }

  read(): CheckedMedia {
    for (const line of this.#lines) {
      if (line.kind === 'tag') this.#tag(line);
      else if (this.#isVariant)
        this.#isVariant = false; // a mixed playlist, and that is told
      else this.#segment(line.uri);
    }
    const segments = this.#segments;
    const running = this.#running();
    const parts = [...segments.flatMap((segment) => segment.parts), ...(running?.parts ?? [])];
    return {
      ...this.#head,
      segments,
      running,
      runningSeconds: sumOf(running?.parts ?? []),
      runningDateTime: running?.programDateTime,
      skipped: this.#skipped,
      duration: segments.reduce((sum, segment) => sum + segment.extinfSeconds, 0),
      lowLatency: readLowLatency(this.#lines, { url: this.#url, parts }),
    };
  }

  #segment(uri: string): void {
    const next = this.#next;
    if (next.discontinuity) this.#dsn++;
    this.#segments.push({
      ...segmentOf(uri, this.#url, next, this.#segments.at(-1)),
      ...this.#common(next),
      sealed: this.#sealed,
      needs: this.#key ? [this.#key] : [],
      parts: next.parts,
      partCount: next.parts.length === 0 ? undefined : next.parts.length,
    });
    this.#next = new NextSegment();
  }

  #common(next: NextSegment): Omit<RunningSegment, 'parts'> {
    const at = next.dateTime === undefined ? NaN : Date.parse(next.dateTime);
    return {
      sequence: this.#head.mediaSequence + this.#skipped + this.#segments.length,
      discontinuity: next.discontinuity,
      discontinuitySequence: this.#dsn,
      programDateTime: next.dateTime,
      dateTime: Number.isNaN(at) ? undefined : at,
      map: this.#map,
    };
  }

  #running(): RunningSegment | undefined {
    const next = this.#next;
    if (next.parts.length === 0) return undefined;
    if (next.discontinuity) this.#dsn++;
    return { ...this.#common(next), parts: next.parts };
  }

  #tag({ name, value }: Extract<PlaylistLine, { kind: 'tag' }>): void {
    const next = this.#next;
    if (name === 'EXTINF') next.extinf = Number.parseFloat(value) || 0;
    else if (name === 'EXT-X-DISCONTINUITY') next.discontinuity = true;
    else if (name === 'EXT-X-GAP') next.gap = true;
    else if (name === 'EXT-X-PROGRAM-DATE-TIME') next.dateTime = value;
    else if (name === 'EXT-X-BYTERANGE') next.range = value;
    else if (name === 'EXT-X-PART') this.#part(value);
    else if (name === 'EXT-X-SKIP') this.#skipped = skippedBy(value);
    else if (name === 'EXT-X-KEY') {
      const method = readAttributes(value).values.get('METHOD');
      this.#sealed = method === undefined || method === 'NONE' ? undefined : `encrypted (${method})`;
      this.#key = neededBy(value, this.#url);
    } else if (name === 'EXT-X-MAP') this.#map = mapOf(value, this.#url);
    else if (name === 'EXT-X-STREAM-INF') this.#isVariant = true;
  }

  #part(value: string): void {
    const part = partOf(value, this.#url, this.#lastPart);
    if (!part) return; // told as bad-attribute
    this.#next.parts.push(part);
    this.#lastPart = part;
  }
}

/** The tag's URI, if it is one of the web: keys of DRM systems have schemes of their own. */
function neededBy(attributes: string, base: URL): URL | undefined {
  const uri = unquoted(readAttributes(attributes).values.get('URI'));
  if (uri === undefined || !URL.canParse(uri, base.href)) return undefined;
  const url = new URL(uri, base);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}

/** EXT-X-MAP; undefined if it names nothing of the web. */
function mapOf(attributes: string, base: URL): MapReference | undefined {
  const { values } = readAttributes(attributes);
  const uri = unquoted(values.get('URI'));
  if (uri === undefined) return undefined;
  return { uri, url: resolve(uri, base), range: rangeOf(unquoted(values.get('BYTERANGE')), undefined) };
}

function headOf(lines: readonly PlaylistLine[]): Omit<MediaPlaylist, 'segments' | 'lowLatency'> {
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
): Pick<CheckedSegment, 'uri' | 'url' | 'extinfSeconds' | 'gap' | 'range'> {
  return {
    uri,
    url: resolve(uri, base),
    extinfSeconds: next.extinf,
    gap: next.gap,
    range: rangeOf(next.range, last?.uri === uri ? last.range : undefined),
  };
}
