import type { IncomingMessage } from 'node:http';
import type { DeliveryDirectives } from './delivery-directives.ts';
import type { HlsAsk } from './hls-source.ts';
import type { MediaTarget } from './media-url.ts';
import { PLAYLIST_HEADERS, PlaylistAnswers, type RenderedPlaylist } from './playlist-answers.ts';
import { etagWithSession, withSession } from './playlist-session.ts';
import { matchesEtag, respondText } from './respond.ts';
import type { Waiter } from './waiting-room.ts';

export type HlsTarget = Exclude<MediaTarget, { kind: 'flv' | 'refused' }>;

/** Who asks, where that is known: see HlsDoor. */
export interface HlsGuest {
  /** Where it was led; by default where it asked for. */
  readonly path: string;
  /** Its copy must not be given to others. */
  readonly isPrivate: boolean;
  /** Why it gets nothing any more: it was sent away while it waited. */
  readonly refusal: string | undefined;
  /** It waits for a playlist, so it is there. */
  waits(): void;
  /** A playlist is about to be answered. Gives the session that goes behind every address in it, if one does. */
  enter(): string | undefined;
  /** So many bytes of media or playlist are on their way. */
  sent(bytes: number): void;
}

/** One request for HLS, and who asks. */
export interface HlsRequest extends Waiter {
  readonly target: HlsTarget;
  /** Where it was led; otherwise where it asked for. */
  readonly path: string;
  readonly guest: HlsGuest | undefined;
  readonly ask: HlsAsk;
  readonly directives: DeliveryDirectives;
}

export interface PlaylistSenderOptions {
  /** Somebody without a session fetches a media playlist. */
  readonly seen: (path: string, request: IncomingMessage) => void;
  /** So many bytes of a stream's media or playlists are on their way, to whomever. */
  readonly sent?: (path: string, bytes: number) => void;
  readonly gzip: boolean;
}

const PRIVATE_PLAYLIST = { ...PLAYLIST_HEADERS, 'Cache-Control': 'private, no-cache' };

/** Sends playlists, to players with a session and without. */
export class PlaylistSender {
  readonly #options: PlaylistSenderOptions;
  readonly #answers: PlaylistAnswers;

  constructor(options: PlaylistSenderOptions) {
    this.#options = options;
    this.#answers = new PlaylistAnswers(options.gzip);
  }

  /** @param keepSeconds how long caches may keep it; by default they have to ask each time */
  send(asked: HlsRequest, playlist: RenderedPlaylist, keepSeconds?: number): void {
    const { guest, response } = asked;
    if (guest?.refusal !== undefined) return respondText(response, 403, guest.refusal);
    const session = guest?.enter();
    const bytes =
      session === undefined
        ? this.#sendAsItIs(asked, playlist, keepSeconds)
        : sendWithSession(asked, playlist, session);
    if (bytes === 0) return;
    guest?.sent(bytes);
    this.#options.sent?.(asked.path, bytes);
  }

  /** It asks for a media playlist that it has to wait for: who waits is watching. */
  waits({ guest, target, request }: HlsRequest): void {
    if (guest) guest.waits();
    else this.#options.seen(target.name.path, request);
  }

  #sendAsItIs(asked: HlsRequest, playlist: RenderedPlaylist, keepSeconds: number | undefined): number {
    const { guest, target, request, response } = asked;
    if (!guest && target.kind === 'media playlist') this.#options.seen(target.name.path, request);
    const { etag, headers, headersOfUnchanged, body } = this.#answers.to(request, playlist, keepSeconds);
    if (matchesEtag(request.headers['if-none-match'], etag)) {
      response.writeHead(304, headersOfUnchanged);
      response.end();
      return 0;
    }
    response.writeHead(200, headers);
    if (request.method === 'HEAD') response.end();
    else response.end(body, 'latin1');
    return request.method === 'HEAD' ? 0 : body.length;
  }
}

/** A copy of its own is some kilobytes: to compress it would cost more than it saves. */
function sendWithSession(asked: HlsRequest, playlist: RenderedPlaylist, session: string): number {
  const { path, target, request, response } = asked;
  const etag = etagWithSession(playlist.etag, session);
  const headers = { ...PRIVATE_PLAYLIST, ETag: etag };
  if (matchesEtag(request.headers['if-none-match'], etag)) {
    response.writeHead(304, headers);
    response.end();
    return 0;
  }
  const led = { asked: target.name.stream, ledTo: path.slice(path.indexOf('/') + 1) };
  const bytes = withSession(playlist, session, target.kind === 'multivariant' ? led : undefined);
  const isAsked = request.method !== 'HEAD';
  response.writeHead(200, { ...headers, 'Content-Length': bytes.length });
  response.end(isAsked ? bytes : undefined);
  return isAsked ? bytes.length : 0;
}
