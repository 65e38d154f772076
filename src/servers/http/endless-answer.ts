import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ViewerSocket } from '../socket-sink.ts';
import { streamOf } from './http2/exchange.ts';

/**
 * Begins an answer that goes on until somebody ends it, and gives what its bytes are written to past the response, the same
 * bytes for all: the connection itself (HTTP/1.1: so the answer is as long as the connection is), or the stream (HTTP/2).
 */
export function beginEndless(response: ServerResponse, headers: OutgoingHttpHeaders): ViewerSocket {
  const stream = streamOf(response);
  if (stream) {
    response.writeHead(200, headers);
    return stream;
  }
  const socket = response.socket as Socket;
  response.shouldKeepAlive = false;
  response.useChunkedEncodingByDefault = false;
  response.writeHead(200, headers);
  response.flushHeaders();
  return socket;
}
