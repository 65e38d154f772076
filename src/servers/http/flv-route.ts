import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { StreamName } from '../../media/stream-name.ts';
import { flvFormat } from '../../outputs/flv/flv-format.ts';
import type { Stream } from '../../stream/stream.ts';
import { endSocket, SocketSink } from '../socket-sink.ts';
import { startsAtLastKeyFrame, waitMs } from './media-url.ts';
import { CORS_HEADERS, respondText } from './respond.ts';
import type { Watching } from '../watching.ts';

/**
 * Close-delimited and never stored: the bytes after the header are the same for all viewers. `X-Accel-Buffering` keeps
 * an nginx in front from collecting them.
 */
const FLV_HEADERS = {
  ...CORS_HEADERS,
  'Content-Type': 'video/x-flv',
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no',
  Connection: 'close',
};

/** `GET /{app}/{stream}.flv`: FLV for as long as the stream lasts. */
export function serveFlv(
  watching: Watching,
  name: StreamName,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (!response.socket) {
    // Pipelined: the answer before it is not through, and if that is a stream it never will be.
    return respondText(response, 400, 'a stream needs a connection of its own', { Connection: 'close' });
  }
  const stopWaiting = watching.whenPublished(name.path, waitMs(query), (stream) => {
    if (!stream) return respondText(response, 404, `no stream "${name.path}" is being published`);
    if (request.method === 'HEAD') {
      response.writeHead(200, FLV_HEADERS);
      response.end();
      return;
    }
    streamTo(watching, stream, startsAtLastKeyFrame(query), response);
  });
  response.once('close', stopWaiting);
}

function streamTo(watching: Watching, stream: Stream, fromGop: boolean, response: ServerResponse): void {
  const socket = response.socket as Socket;
  response.shouldKeepAlive = false;
  response.useChunkedEncodingByDefault = false;
  response.writeHead(200, FLV_HEADERS);
  response.flushHeaders();
  const sink = new SocketSink(socket, {
    protocol: 'http-flv',
    bytesOf: (batch) => batch.bytes,
    close: () => endSocket(socket),
  });
  const left = watching.begin(stream, flvFormat, sink, fromGop);
  // The response object is done with once the header is out; from here on only the socket tells of the end.
  socket.once('close', left);
}
