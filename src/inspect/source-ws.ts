import { once } from 'node:events';
import { createWebSocketStream, WebSocket } from 'ws';
import { InspectError } from './errors.ts';
import { ANSWER_TIMEOUT_MS, MAX_STREAM_BYTES } from './limits.ts';
import { reasonOf } from './source-http.ts';
import type { Source } from './source.ts';

/** Largest WebSocket message, in bytes: a batch, or a joining viewer's whole GOP cache. */
const MAX_WS_MESSAGE_BYTES = Math.min(64 * 1024 * 1024, MAX_STREAM_BYTES);

/** A live stream over WebSocket: the messages' bytes one after the other. */
export async function openWebSocket(url: URL): Promise<Source> {
  const socket = new WebSocket(url, {
    handshakeTimeout: ANSWER_TIMEOUT_MS,
    maxPayload: MAX_WS_MESSAGE_BYTES,
    perMessageDeflate: false,
    followRedirects: true,
  });
  const stream = createWebSocketStream(socket, { readableObjectMode: false });
  stream.on('error', () => undefined); // whoever reads gets it from the iterator
  const refusal = new Promise<never>((_resolve, reject) => {
    socket.once('unexpected-response', (_request, response) => {
      const status = `${response.statusCode ?? ''} ${response.statusMessage ?? ''}`.trim();
      const code = response.statusCode === 404 ? 'NOT_FOUND' : 'HTTP_STATUS';
      reject(new InspectError(code, `the server answered ${status} for ${url.href}`));
    });
  });
  try {
    await Promise.race([once(socket, 'open'), refusal]);
  } catch (error) {
    socket.terminate();
    if (error instanceof InspectError) throw error;
    throw new InspectError('REFUSED', `${url.href} cannot be reached: ${reasonOf(error)}`, { cause: error });
  }
  const chunks = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  return {
    url,
    size: undefined,
    chunks: {
      next: () =>
        chunks.next().catch((error: unknown) => {
          throw new InspectError('BROKEN', `the connection to ${url.href} broke: ${reasonOf(error)}`);
        }),
    },
    close: () => socket.terminate(),
  };
}
