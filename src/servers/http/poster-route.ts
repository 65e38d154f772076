import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHash } from 'node:crypto';
import { posterMp4 } from '../../containers/fmp4/poster.ts';
import type { VideoFrame } from '../../media/frame.ts';
import { streamName, type StreamName } from '../../media/stream-name.ts';
import type { Gate } from '../gate.ts';
import type { Caller } from './api/caller.ts';
import { ApiRefusal } from './api/parts.ts';
import type { ClientAddresses } from './client-address.ts';
import { httpVisit, refusalStatus } from './http-visit.ts';
import { splitUrl } from './media-url.ts';
import { matchesEtag, parseRange } from './respond.ts';

export interface PosterOptions {
  /** The newest key frame of a stream that is on the air; null: it has no picture; undefined: there is no such stream. */
  readonly keyFrame: (path: string) => VideoFrame | null | undefined;
  readonly gate: Gate;
  readonly clients: ClientAddresses;
}

export interface WantedPoster {
  readonly app: string;
  readonly stream: string;
  readonly caller: Caller;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface Poster {
  readonly bytes: Buffer;
  readonly etag: string;
}

/** A picture is that of a few seconds ago anyway; who looks at many streams need not ask for each of them all the time. */
const FRESH_SECONDS = 5;
/** Credentials that may stand in a media URL; without any the gate is not asked on behalf of somebody who only looks at a list. */
const CREDENTIALS = /(^|&)(key|token|jwt|sign)=/;

/** One key frame of a live stream as a movie, for a video element: no decoder is needed on the server. */
export class PosterRoute {
  readonly #options: PosterOptions;
  /** A key frame's movie is made once, when first asked for, and goes with the frame. */
  readonly #made = new WeakMap<VideoFrame, Poster>();

  constructor(options: PosterOptions) {
    this.#options = options;
  }

  /** Resolves when it is answered or nobody waits any more. @throws {ApiRefusal} 401, 403 or 404 */
  async send(wanted: WantedPoster): Promise<void> {
    const asked = streamName(wanted.app, wanted.stream);
    if ('refused' in asked) throw new ApiRefusal(404, asked.refused);
    const isPublic = this.#options.gate.isOpen(asked);
    const name = isPublic || wanted.caller.isOperator ? asked : await this.#admit(asked, wanted);
    if (!name) return;
    const frame = this.#options.keyFrame(name.path);
    if (frame === undefined) throw new ApiRefusal(404, `no stream "${asked.path}" is being published`);
    if (frame === null) throw new ApiRefusal(404, `"${asked.path}" has no picture to show`);
    answer(this.#posterOf(frame), isPublic, wanted);
  }

  /** Where the gate leads whoever shows a key or a token; undefined: the visitor has gone. */
  #admit(name: StreamName, { request, response }: WantedPoster): Promise<StreamName | undefined> {
    const { gate, clients } = this.#options;
    const visit = httpVisit(request, clients, {
      protocol: 'hls',
      name,
      query: splitUrl(request.url ?? '').query,
    });
    if (visit.bearer === undefined && !CREDENTIALS.test(visit.query))
      throw new ApiRefusal(403, 'not everybody may watch this stream, nor see its picture');
    return new Promise((resolve, reject) => {
      const giveUp = gate.ask(visit, (verdict) => {
        if (!verdict.granted) {
          const { status } = refusalStatus(verdict);
          return reject(new ApiRefusal(status === 302 ? 404 : status, verdict.reason));
        }
        verdict.pass.over('asked for a poster');
        resolve(verdict.name);
      });
      response.once('close', () => {
        giveUp();
        resolve(undefined);
      });
    });
  }

  #posterOf(frame: VideoFrame): Poster {
    const known = this.#made.get(frame);
    if (known) return known;
    const bytes = posterMp4(frame);
    const poster = {
      bytes,
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    };
    this.#made.set(frame, poster);
    return poster;
  }
}

/** Safari asks for two bytes first, and takes no video from a server that does not know ranges. */
function answer({ bytes, etag }: Poster, isPublic: boolean, { request, response }: WantedPoster): void {
  const headers = {
    'Content-Type': 'video/mp4',
    'Cache-Control': `${isPublic ? 'public' : 'private'}, max-age=${FRESH_SECONDS}`,
    'Accept-Ranges': 'bytes',
    ETag: etag,
  };
  if (matchesEtag(request.headers['if-none-match'], etag)) return void response.writeHead(304, headers).end();
  const ifRange = request.headers['if-range'];
  const wantsRange = request.method === 'GET' && (ifRange === undefined || ifRange === etag);
  const range = wantsRange ? parseRange(request.headers.range, bytes.length) : undefined;
  if (range === 'unsatisfiable')
    return void response.writeHead(416, { 'Content-Range': `bytes */${bytes.length}` }).end();
  const body = range ? bytes.subarray(range.first, range.last + 1) : bytes;
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'Content-Length': body.length,
    ...(range && { 'Content-Range': `bytes ${range.first}-${range.last}/${bytes.length}` }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
