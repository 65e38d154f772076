import { RESERVED_APPS, streamName, type StreamName } from '../../media/stream-name.ts';
import type { HlsAsk } from './hls-source.ts';

/** What a media URL asks for. */
export type MediaTarget =
  | { readonly kind: 'flv'; readonly name: StreamName }
  | { readonly kind: 'multivariant'; readonly name: StreamName }
  | { readonly kind: 'media playlist'; readonly name: StreamName; readonly file: string }
  /** A segment, a part of one or an init segment. */
  | { readonly kind: 'segment'; readonly name: StreamName; readonly file: string }
  /** A piece of the past as a file. */
  | { readonly kind: 'clip'; readonly name: StreamName }
  /** A media URL with a name that is not allowed. */
  | { readonly kind: 'refused'; readonly reason: string };

/** The main media playlist below `/{app}/{stream}/`; the multivariant playlist refers to it. */
export const MEDIA_PLAYLIST = 'media.m3u8';

const CLIP_FILE = 'clip.mp4';

/** A rendition's files begin with it; tracks of one kind are numbered up to 255. */
const RENDITION = '(?:(?:video|audio)[1-9]\\d{0,2}|(?:picture|sound)(?:0|[1-9]\\d{0,2}))';
/** Playlists there may be: of the main rendition and of others, in the stream's own container or in another. */
const PLAYLIST_FILE = new RegExp(`^(?:media|${RENDITION})(?:-ts|-fmp4)?\\.m3u8$`);
/** Segments and parts, by their ending; of init segments there are others of that ending beside them. */
const MEDIA_FILE = new RegExp(`\\.(?:ts|m4s)$|^(?:${RENDITION}-)?init-\\d{1,15}\\.mp4$`);

/** A request's URL as path and query, as the client wrote them: nothing is decoded and no `..` is resolved. */
export function splitUrl(url: string): { readonly path: string; readonly query: string } {
  // Proxies may send the absolute form (RFC 9112 §3.2.2).
  const local = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = local.indexOf('?');
  return mark < 0 ? { path: local, query: '' } : { path: local.slice(0, mark), query: local.slice(mark + 1) };
}

/** A request's parameters, of which most requests have none. */
export type Query = Pick<URLSearchParams, 'get'>;

const NO_PARAMETERS: Query = new URLSearchParams();

export function parseQuery(query: string): Query {
  return query === '' ? NO_PARAMETERS : new URLSearchParams(query);
}

/** Reads a request's path (no query). Undefined: not a media URL, something for the pages and the API. */
export function parseMediaPath(path: string): MediaTarget | undefined {
  const parts = path.split('/');
  if (parts[0] !== '' || parts.length < 3 || parts.length > 4) return undefined;
  const [, app = '', second = '', file] = parts;
  if (RESERVED_APPS.has(app)) return undefined;
  if (file === undefined) return parseStreamFile(app, second);
  if (file === CLIP_FILE) return named(app, second, (name) => ({ kind: 'clip', name }));
  const isPlaylist = file === MEDIA_PLAYLIST || PLAYLIST_FILE.test(file);
  if (!isPlaylist && !MEDIA_FILE.test(file)) return undefined;
  const kind = isPlaylist ? 'media playlist' : 'segment';
  return named(app, second, (name) => ({ kind, name, file }));
}

/** Playlists whose addresses are remembered; each may hold on to a request's line, which Node keeps below 16 kB. */
const MAX_KNOWN_PATHS = 256;

/** {@link parseMediaPath}, and a memory for playlists: every player asks for the same few again and again. */
export class MediaPaths {
  readonly #known = new Map<string, MediaTarget>();

  parse(path: string): MediaTarget | undefined {
    const known = this.#known.get(path);
    if (known) return known;
    const target = parseMediaPath(path);
    if (target?.kind === 'media playlist' || target?.kind === 'multivariant') this.#remember(path, target);
    return target;
  }

  #remember(path: string, target: MediaTarget): void {
    if (this.#known.size >= MAX_KNOWN_PATHS) this.#known.clear();
    this.#known.set(path, target);
  }
}

function parseStreamFile(app: string, file: string): MediaTarget | undefined {
  const dot = file.lastIndexOf('.');
  const stream = file.slice(0, dot);
  switch (file.slice(dot)) {
    case '.flv':
      return named(app, stream, (name) => ({ kind: 'flv', name }));
    case '.m3u8':
      return named(app, stream, (name) => ({ kind: 'multivariant', name }));
    default:
      return undefined;
  }
}

function named(app: string, stream: string, make: (name: StreamName) => MediaTarget): MediaTarget {
  const name = streamName(app, stream);
  return 'refused' in name ? { kind: 'refused', reason: name.refused } : make(name);
}

/** Seconds a request may wait for a publisher, so that nobody holds a socket for ever. */
const MAX_WAIT_SECONDS = 60;

/** `?wait=SECONDS` in ms; 0 if it is not there or not a number. */
export function waitMs(query: Query): number {
  const seconds = Number(query.get('wait') ?? 0);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), MAX_WAIT_SECONDS) * 1000 : 0;
}

const CONTAINERS = { ts: 'ts', mpegts: 'ts', fmp4: 'fmp4', cmaf: 'fmp4' } as const;

/** `?container=ts|fmp4` instead of what the stream would choose, and `?dvr=0` for the short window. A text says what is wrong. */
export function hlsAsk(query: Query): HlsAsk | string {
  const dvr = query.get('dvr') !== '0';
  const wanted = query.get('container');
  if (wanted === null) return dvr ? WHOLE : SHORT;
  if (!Object.hasOwn(CONTAINERS, wanted)) return 'container is ts or fmp4';
  return { dvr, container: CONTAINERS[wanted as keyof typeof CONTAINERS] };
}

/** As of a request without parameters. */
export const WHOLE: HlsAsk = { dvr: true };
const SHORT: HlsAsk = { dvr: false };

/** `?gop=0` starts at the next key frame instead of the last one. */
export function startsAtLastKeyFrame(query: Query): boolean {
  return query.get('gop') !== '0';
}
