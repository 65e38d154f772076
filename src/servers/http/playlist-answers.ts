import type { IncomingMessage } from 'node:http';
import { acceptsGzip, CORS_HEADERS, rawHeaders } from './respond.ts';

/** A playlist as it goes out: made once per change of the window. */
export interface RenderedPlaylist {
  readonly bytes: Buffer;
  readonly etag: string;
  gzipped(): Buffer;
}

/** All that a request for a playlist is answered with. */
export interface PlaylistAnswer {
  readonly etag: string;
  readonly headers: string[];
  /** For a client that has it already. */
  readonly headersOfUnchanged: string[];
  /** The bytes, one character for each: a string leaves in the same piece as the header. */
  readonly body: string;
}

interface Answers {
  plain?: PlaylistAnswer;
  gzipped?: PlaylistAnswer;
}

export const PLAYLIST_HEADERS = {
  ...CORS_HEADERS,
  'Content-Type': 'application/vnd.apple.mpegurl',
  // A copy may be kept if it is asked about each time; the ETag makes that cheap.
  'Cache-Control': 'no-cache',
};

/** How playlists are answered, put together once for each playlist: a live window is asked for by all its players. */
export class PlaylistAnswers {
  readonly #gzip: boolean;
  readonly #made = new WeakMap<RenderedPlaylist, Answers>();
  /** Answers that caches may keep. */
  readonly #kept = new WeakMap<RenderedPlaylist, Answers>();

  constructor(gzip: boolean) {
    this.#gzip = gzip;
  }

  /** @param keepSeconds how long caches may keep it without asking; always the same for one playlist. By default not at all */
  to(request: IncomingMessage, playlist: RenderedPlaylist, keepSeconds?: number): PlaylistAnswer {
    const all = keepSeconds === undefined ? this.#made : this.#kept;
    let answers = all.get(playlist);
    if (!answers) all.set(playlist, (answers = {}));
    if (this.#gzip && acceptsGzip(request.headers['accept-encoding']))
      return (answers.gzipped ??= this.#gzippedAnswer(playlist, keepSeconds));
    return (answers.plain ??= this.#answer({ etag: playlist.etag, bytes: playlist.bytes, keepSeconds }));
  }

  #gzippedAnswer(playlist: RenderedPlaylist, keepSeconds: number | undefined): PlaylistAnswer {
    const etag = playlist.etag.replace(/"$/, '-gzip"');
    const coding = { 'Content-Encoding': 'gzip' };
    return this.#answer({ etag, bytes: playlist.gzipped(), keepSeconds, coding });
  }

  #answer({ etag, bytes, keepSeconds, coding = {} }: Content): PlaylistAnswer {
    const cache = keepSeconds !== undefined && { 'Cache-Control': `public, max-age=${keepSeconds}` };
    const vary = this.#gzip && { Vary: 'Accept-Encoding' };
    const common = rawHeaders({ ...PLAYLIST_HEADERS, ...cache, ETag: etag, ...vary });
    const own = rawHeaders({ 'Content-Length': `${bytes.length}`, ...coding });
    return {
      etag,
      headers: [...common, ...own],
      headersOfUnchanged: common,
      body: bytes.toString('latin1'),
    };
  }
}

interface Content {
  readonly etag: string;
  readonly bytes: Buffer;
  readonly keepSeconds: number | undefined;
  readonly coding?: Readonly<Record<string, string>>;
}
