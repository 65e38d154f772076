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
  readonly plain: PlaylistAnswer;
  gzipped?: PlaylistAnswer;
}

export const PLAYLIST_HEADERS = {
  ...CORS_HEADERS,
  'Content-Type': 'application/vnd.apple.mpegurl',
  // A copy may be kept if it is asked about each time; the ETag makes that cheap.
  'Cache-Control': 'no-cache',
};

/** Made once per playlist and coding, and given to everybody who asks until the window changes. */
export class PlaylistAnswers {
  readonly #gzip: boolean;
  readonly #made = new WeakMap<RenderedPlaylist, Answers>();

  constructor(gzip: boolean) {
    this.#gzip = gzip;
  }

  to(request: IncomingMessage, playlist: RenderedPlaylist): PlaylistAnswer {
    const answers = this.#made.get(playlist) ?? this.#make(playlist);
    if (!this.#gzip || !acceptsGzip(request.headers['accept-encoding'])) return answers.plain;
    answers.gzipped ??= this.#gzippedAnswer(playlist);
    return answers.gzipped;
  }

  #make(playlist: RenderedPlaylist): Answers {
    const answers = { plain: this.#answer(playlist.etag, playlist.bytes) };
    this.#made.set(playlist, answers);
    return answers;
  }

  #gzippedAnswer(playlist: RenderedPlaylist): PlaylistAnswer {
    const etag = playlist.etag.replace(/"$/, '-gzip"');
    return this.#answer(etag, playlist.gzipped(), { 'Content-Encoding': 'gzip' });
  }

  #answer(etag: string, bytes: Buffer, coding: Readonly<Record<string, string>> = {}): PlaylistAnswer {
    const vary = this.#gzip ? { Vary: 'Accept-Encoding' } : {};
    const common = rawHeaders({ ...PLAYLIST_HEADERS, ETag: etag, ...vary });
    const own = rawHeaders({ 'Content-Length': `${bytes.length}`, ...coding });
    return {
      etag,
      headers: [...common, ...own],
      headersOfUnchanged: common,
      body: bytes.toString('latin1'),
    };
  }
}
