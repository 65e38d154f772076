import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { OpenRecording } from '../../../outputs/vod/vod.ts';
import { CORS_HEADERS, matchesEtag, parseRange } from '../respond.ts';

/** What a copy is known by: RFC 9110 §8.8. Of a file that grows it is another one with every piece. */
export function validatorsOf({ bytes, changedAt, startedAt }: OpenRecording): {
  readonly etag: string;
  readonly lastModified: string;
} {
  const parts = [Date.parse(startedAt), bytes, Math.round(changedAt)].map((value) => value.toString(36));
  return { etag: `"${parts.join('-')}"`, lastModified: new Date(changedAt).toUTCString() };
}

const TYPES = { mp4: 'video/mp4', flv: 'video/x-flv' } as const;

/** Of the file as it is by now. `isDownload`: the browser is to keep it, not to show it. */
export function fileHeaders(recording: OpenRecording, isDownload: boolean): OutgoingHttpHeaders {
  const { etag, lastModified } = validatorsOf(recording);
  // Three parts of [A-Za-z0-9._~-], so nothing in it has to be escaped.
  const name = recording.id.replaceAll('/', '_');
  return {
    ...CORS_HEADERS,
    'Content-Type': TYPES[recording.format],
    'Content-Disposition': `${isDownload ? 'attachment' : 'inline'}; filename="${name}"`,
    // Not everybody may have it: no cache in between may keep it, and the browser's asks each time.
    'Cache-Control': 'private, no-cache',
    'Accept-Ranges': 'bytes',
    ETag: etag,
    'Last-Modified': lastModified,
  };
}

export interface Chosen {
  readonly status: 200 | 206;
  readonly headers: OutgoingHttpHeaders;
  /** Bytes to send, the last one not included. */
  readonly from: number;
  readonly to: number;
}

/**
 * Answers what needs no bytes: 304 (RFC 9110 §13.1.2, §13.1.3) and 416 (§15.5.17). Else gives what is to be sent: all of it, or the
 * part that Range asks for, unless If-Range names another copy (§13.1.5).
 */
export function answerConditional(
  request: IncomingMessage,
  response: ServerResponse,
  { headers, bytes }: { readonly headers: OutgoingHttpHeaders; readonly bytes: number },
): Chosen | undefined {
  const etag = String(headers['ETag']);
  const lastModified = String(headers['Last-Modified']);
  if (isFresh(request, etag, lastModified)) {
    response.writeHead(304, headers).end();
    return undefined;
  }
  const { range: wanted, 'if-range': ifRange } = request.headers;
  const isSameCopy = ifRange === undefined || ifRange === etag || ifRange === lastModified;
  const range = isSameCopy ? parseRange(wanted, bytes) : undefined;
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${bytes}`, 'Content-Length': 0 }).end();
    return undefined;
  }
  if (!range) return { status: 200, headers: { ...headers, 'Content-Length': bytes }, from: 0, to: bytes };
  const { first, last } = range;
  return {
    status: 206,
    headers: {
      ...headers,
      'Content-Length': last - first + 1,
      'Content-Range': `bytes ${first}-${last}/${bytes}`,
    },
    from: first,
    to: last + 1,
  };
}

function isFresh(request: IncomingMessage, etag: string, lastModified: string): boolean {
  const { 'if-none-match': known, 'if-modified-since': since } = request.headers;
  if (known !== undefined) return matchesEtag(known, etag);
  return since !== undefined && Date.parse(since) >= Date.parse(lastModified);
}
