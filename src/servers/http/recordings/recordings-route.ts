import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { flvFrom } from '../../../outputs/vod/flv-from.ts';
import { Vod, type OpenRecording } from '../../../outputs/vod/vod.ts';
import { VodError } from '../../../outputs/vod/vod-index.ts';
import { INIT_NAME, segmentOf, vodPlaylist } from '../../../outputs/vod/vod-playlist.ts';
import type { Log } from '../../../observe/log.ts';
import type { Caller } from '../api/caller.ts';
import { ApiRefusal, type RecordingInfo } from '../api/parts.ts';
import { splitUrl } from '../media-url.ts';
import { matchesEtag } from '../respond.ts';
import { answerConditional, fileHeaders, validatorsOf } from './file-answer.ts';
import type { Guest, RecordingsDoor } from './recordings-door.ts';
import { sendFile } from './send-file.ts';

export interface RecordingsRouteOptions {
  /** The file, to be read and closed by the caller; undefined: there is none of this name (any more). */
  readonly read: (
    id: string,
  ) => Promise<{ readonly recording: RecordingInfo; readonly file: FileHandle } | undefined>;
  readonly door: RecordingsDoor;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly log: Log;
}

/** What of a recording is asked for. */
export type RecordingPart =
  | { readonly kind: 'file' }
  | { readonly kind: 'playlist' }
  | { readonly kind: 'segment'; readonly name: string };

export interface WantedRecording {
  /** `app/stream/file.mp4` */
  readonly id: string;
  readonly part: RecordingPart;
  readonly caller: Caller;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface Opened extends OpenRecording {
  readonly file: FileHandle;
}

interface Exchange {
  readonly recording: Opened;
  readonly guest: Guest;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Files open at a time, for as many clients: what a process may open is bounded, and streams come first. */
const MAX_OPEN = 200;

/** Recordings as files, as FLV from a place in the middle, and as HLS. */
export class RecordingsRoute {
  readonly #options: RecordingsRouteOptions;
  readonly #vod: Vod;
  #open = 0;

  constructor(options: RecordingsRouteOptions) {
    this.#options = options;
    this.#vod = new Vod(options.now);
  }

  /** Files that are open now. */
  get open(): number {
    return this.#open;
  }

  /** Resolves when it is answered, or nobody waits any more. @throws {ApiRefusal} 400, 401, 403, 404, 416 or 503 */
  async send({ id, part, caller, request, response }: WantedRecording): Promise<void> {
    const [app = '', stream = ''] = id.split('/');
    const guest = await this.#options.door.admit({ app, stream, caller, request, response });
    if (!guest) return;
    if (this.#open >= MAX_OPEN) {
      guest.leave();
      throw new ApiRefusal(503, 'too many recordings are being read; try again later');
    }
    this.#open++;
    try {
      await this.#withFile(id, guest, (recording) =>
        this.#answer(part, { recording, guest, request, response }),
      );
    } finally {
      this.#open--;
    }
  }

  async #withFile(id: string, guest: Guest, then: (recording: Opened) => Promise<void>): Promise<void> {
    const opened = await this.#openFile(id).catch((error: unknown) => {
      guest.leave();
      throw error;
    });
    try {
      guest.enter();
      await then(opened);
    } finally {
      await opened.file.close();
    }
  }

  /** @throws {ApiRefusal} 404, or what the system says */
  async #openFile(id: string): Promise<Opened> {
    const found = await this.#options.read(id).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return undefined; // removed in this moment
    });
    if (!found) throw new ApiRefusal(404, `there is no recording "${id}"`);
    const { recording, file } = found;
    try {
      const { size, mtimeMs } = await file.stat();
      return { ...recording, file, bytes: size, changedAt: mtimeMs };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #answer(part: RecordingPart, exchange: Exchange): Promise<void> {
    try {
      if (part.kind === 'playlist') await this.#sendPlaylist(exchange);
      else if (part.kind === 'segment') await this.#sendSegment(part.name, exchange);
      else await this.#sendFile(exchange);
    } catch (error) {
      if (error instanceof VodError) throw new ApiRefusal(404, error.message);
      if (!exchange.response.headersSent) throw error; // told as 500, and logged
      const { id } = exchange.recording;
      this.#options.log.error({ err: error, recording: id }, 'a recording could not be sent to its end');
      exchange.response.destroy();
    }
  }

  async #sendFile(exchange: Exchange): Promise<void> {
    const { recording, guest, request, response } = exchange;
    const { query } = splitUrl(request.url ?? '');
    const parameters = new URLSearchParams(query);
    const start = recording.format === 'flv' ? startOf(parameters) : undefined;
    if (start !== undefined) return this.#sendFrom(start, exchange);
    const headers = fileHeaders(recording, parameters.has('download'));
    const range = answerConditional(request, response, { headers, bytes: recording.bytes });
    if (!range) return;
    const { from, to } = range;
    const begin = (): void => void response.writeHead(range.status, range.headers);
    if (request.method === 'HEAD') {
      begin();
      return void response.end();
    }
    await sendFile({ file: recording.file, from, to }, response, begin, guest);
  }

  /** `?start=`: a file of its own, which has no ranges. */
  async #sendFrom(start: number, { recording, guest, request, response }: Exchange): Promise<void> {
    const index = await this.#vod.index(recording);
    const found = index.format === 'flv' ? flvFrom(index, start) : undefined;
    if (!found)
      throw new ApiRefusal(
        416,
        `the recording is ${index.seconds.toFixed(1)} s long, less than start`,
        'start',
      );
    const { head, position: from } = found;
    const headers = {
      ...fileHeaders(recording, false),
      'Content-Length': head.length + index.bytes - from,
      'Accept-Ranges': 'none',
      ETag: validatorsOf(recording).etag.replace(/"$/, `-${from}"`),
    };
    if (matchesEtag(request.headers['if-none-match'], headers.ETag))
      return void response.writeHead(304, headers).end();
    const begin = (): void => void response.writeHead(200, headers).write(head);
    if (request.method === 'HEAD') return void response.writeHead(200, headers).end();
    await sendFile({ file: recording.file, from, to: index.bytes }, response, begin, guest);
  }

  async #sendPlaylist({ recording, guest, request, response }: Exchange): Promise<void> {
    const { id, startedAt } = recording;
    const file = id.slice(id.lastIndexOf('/') + 1);
    const index = await this.#vod.index(recording);
    const body = Buffer.from(vodPlaylist({ index, file, startedAt, query: guest.query }));
    guest.sent(body.length);
    response.writeHead(200, {
      ...fileHeaders(recording, false),
      'Content-Type': 'application/vnd.apple.mpegurl',
      'Content-Length': body.length,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  async #sendSegment(name: string, { recording, guest, request, response }: Exchange): Promise<void> {
    const bytes = await this.#segment(name, recording);
    const headers = {
      ...fileHeaders(recording, false),
      'Content-Type': name.endsWith('.ts') ? 'video/mp2t' : 'video/mp4',
      // What a file has once been given stays as it is, also while more is written behind it.
      'Cache-Control': 'private, max-age=3600, immutable',
      ETag: `"${Date.parse(recording.startedAt).toString(36)}-${name}"`,
    };
    const range = answerConditional(request, response, { headers, bytes: bytes.length });
    if (!range) return;
    guest.sent(range.to - range.from);
    response.writeHead(range.status, range.headers);
    response.end(request.method === 'HEAD' ? undefined : bytes.subarray(range.from, range.to));
  }

  async #segment(name: string, recording: Opened): Promise<Buffer> {
    if (name === INIT_NAME) return this.#vod.init(recording);
    const wanted = segmentOf(name);
    if (!wanted) throw new ApiRefusal(404, `there is no segment "${name}"`);
    return this.#vod.segment(recording, wanted);
  }
}

/** Undefined: from its beginning. @throws {ApiRefusal} 400 */
function startOf(parameters: URLSearchParams): number | undefined {
  const text = parameters.get('start');
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}(\.\d{1,6})?$/.test(text))
    throw new ApiRefusal(400, 'start must be seconds from the beginning, such as 90 or 12.5', 'start');
  return Number(text) === 0 ? undefined : Number(text);
}
