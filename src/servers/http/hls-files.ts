import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnyHlsFile, HlsFile, StoredBytes, StoredHlsFile } from './hls-source.ts';
import { pour } from './pour.ts';
import { CORS_HEADERS, matchesEtag, parseRange, rawHeaders, respondText } from './respond.ts';

/** Names of segments, parts and init segments are never used again, so any cache may keep them. */
const FILE_HEADERS = { ...CORS_HEADERS, 'Accept-Ranges': 'bytes' };
const PUBLIC_FILE = rawHeaders({ ...FILE_HEADERS, 'Cache-Control': 'public, max-age=3600, immutable' });
const PRIVATE_FILE = rawHeaders({ ...FILE_HEADERS, 'Cache-Control': 'private, max-age=3600, immutable' });

export interface FileRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Only for who asks, not for caches that others ask too. */
  readonly isPrivate: boolean;
}

/** What is to be sent of a file: from `from` to before `to`. */
interface Answer {
  readonly status: 200 | 206;
  readonly headers: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** Answers with a file or a range of it; gives the bytes that are on their way. */
export function sendFile(file: HlsFile, { request, response, isPrivate }: FileRequest): number {
  const answer = answerTo({ file, size: file.bytes.length }, { request, response, isPrivate });
  if (!answer) return 0;
  const { status, headers, from, to } = answer;
  response.writeHead(status, [...headers]);
  const isAsked = request.method !== 'HEAD';
  response.end(isAsked ? file.bytes.subarray(from, to) : undefined);
  return isAsked ? to - from : 0;
}

/** Reading from the disk: a slow client holds no more than this and what its socket takes. */
const PIECE_BYTES = 256 * 1024;

/**
 * The same of a file on the disk, at the client's pace. Rejects if it cannot be read to its end, which the client is told by a
 * connection that breaks off.
 *
 * @param watch `gone`: answers that there is no such file, if not even its beginning can be read
 */
export async function sendStored(
  file: StoredHlsFile,
  asked: FileRequest,
  watch: { readonly sent: (bytes: number) => void; readonly gone: () => void },
): Promise<void> {
  const { request, response } = asked;
  const { stored } = file;
  const first = request.method === 'HEAD' ? undefined : await stored.read(0, 1);
  if (request.method !== 'HEAD' && !first) {
    watch.gone();
    return;
  }
  const answer = answerTo({ file, size: stored.size }, asked);
  if (!answer) return;
  response.writeHead(answer.status, [...answer.headers]);
  if (request.method === 'HEAD') return void response.end();
  await pour(piecesOf(stored, answer.from, answer.to), response, watch.sent);
}

/** @throws {Error} if they are gone */
async function* piecesOf(stored: StoredBytes, from: number, to: number): AsyncGenerator<Buffer, void> {
  for (let at = from; at < to; at += PIECE_BYTES) {
    const piece = await stored.read(at, Math.min(to, at + PIECE_BYTES));
    if (!piece) throw new Error('a file of the past is not kept any more');
    yield piece;
  }
}

/** Answers what needs no bytes: 304 and 416. */
function answerTo(
  { file, size }: { readonly file: AnyHlsFile; readonly size: number },
  { request, response, isPrivate }: FileRequest,
): Answer | undefined {
  const { etag, type } = file;
  const headers = [...(isPrivate ? PRIVATE_FILE : PUBLIC_FILE), 'Content-Type', type, 'ETag', etag];
  if (matchesEtag(request.headers['if-none-match'], etag)) {
    response.writeHead(304, headers);
    response.end();
    return undefined;
  }
  const range = rangeOf(request, etag, size);
  if (range === 'unsatisfiable') {
    respondText(response, 416, `the file has ${size} bytes`, { 'Content-Range': `bytes */${size}` });
    return undefined;
  }
  const [from, to] = range ? [range.first, range.last + 1] : [0, size];
  headers.push('Content-Length', `${to - from}`);
  if (range) headers.push('Content-Range', `bytes ${range.first}-${range.last}/${size}`);
  return { status: range ? 206 : 200, headers, from, to };
}

/** Ranges are for GET alone: RFC 9110 §14.2. */
function rangeOf(
  { method, headers }: IncomingMessage,
  etag: string,
  size: number,
): ReturnType<typeof parseRange> {
  const ifRange = headers['if-range'];
  if (method !== 'GET' || (ifRange !== undefined && ifRange !== etag)) return undefined;
  return parseRange(headers.range, size);
}
