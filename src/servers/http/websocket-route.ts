import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { flvFormat } from '../../outputs/flv/flv-format.ts';
import { frameInPlace } from '../../outputs/flv/websocket-frame.ts';
import type { ViewerEnd } from '../../stream/viewer.ts';
import { endSocket, SocketSink } from '../socket-sink.ts';
import type { Watching } from '../watching.ts';
import { parseMediaPath, splitUrl, startsAtLastKeyFrame, waitMs } from './media-url.ts';

/** Proxies cut what is silent for 60 s; a viewer who waits for a publisher is silent. */
const PING_MS = 25_000;
/** A viewer with more than this unread gets no more answers to its pings: they would be kept until it reads. */
const MAX_UNREAD_FOR_PONG = 64 * 1024;
/** Viewers have nothing to say but control frames. */
const MAX_FRAME_FROM_VIEWER = 4_096;

/**
 * Pings and messages of one viewer between two pings of ours: players send none, programs that test the connection one
 * every few seconds. Each costs more to take than to send.
 */
const MAX_SAID = 2_000;

/** Close codes: RFC 6455 §7.4.1; 4000 and up are ours. */
const CLOSE_CODES: Readonly<Record<ViewerEnd, number>> = {
  'stream ended': 1000,
  'shutting down': 1001,
  'too slow': 1013,
  'timestamps used up, connect again': 1012,
  kicked: 4403,
};
const CLOSE_NOT_FOUND = 4404;
/** Policy violation: RFC 6455 §7.4.1. */
const CLOSE_TOO_MUCH = 1008;

/** What is known of an open connection since our last ping. */
interface Listener {
  /** Whether it has answered that ping. */
  answered: boolean;
  /** Pings and messages that came. */
  said: number;
}

/** WebSocket-FLV: the path of HTTP-FLV, upgraded. */
export class WebSocketRoute {
  readonly #watching: Watching;
  // No compression: media does not shrink, and the frames could not be shared.
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    autoPong: false,
    maxPayload: MAX_FRAME_FROM_VIEWER,
  });
  /** Open connections. */
  readonly #alive = new Map<WebSocket, Listener>();
  readonly #pinging: NodeJS.Timeout;

  constructor(watching: Watching, pingMs = PING_MS) {
    this.#watching = watching;
    this.#pinging = setInterval(() => this.#pingAll(), pingMs);
    this.#pinging.unref();
  }

  /** Handles an upgrade request. Errors of the socket are heard by the caller. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { path: urlPath, query } = splitUrl(request.url ?? '/');
    const parameters = new URLSearchParams(query);
    const target = parseMediaPath(urlPath);
    if (target?.kind === 'refused') return refuse(socket, 400, target.reason);
    if (target?.kind !== 'flv')
      return refuse(socket, 404, 'only /{app}/{stream}.flv can be watched by WebSocket');
    const { path } = target.name;
    const patience = waitMs(parameters);
    if (patience === 0 && !this.#watching.find(path)) {
      return refuse(socket, 404, `no stream "${path}" is being published`);
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      this.#watch(webSocket, socket, path, patience, startsAtLastKeyFrame(parameters));
    });
  }

  close(): void {
    clearInterval(this.#pinging);
    for (const webSocket of this.#alive.keys())
      webSocket.close(CLOSE_CODES['shutting down'], 'shutting down');
  }

  /** Ends what has not said goodbye in time. */
  destroy(): void {
    for (const webSocket of this.#alive.keys()) webSocket.terminate();
  }

  #watch(webSocket: WebSocket, socket: Socket, path: string, patience: number, fromGop: boolean): void {
    const listener: Listener = { answered: true, said: 0 };
    this.#alive.set(webSocket, listener);
    const hear = (): boolean => {
      if (++listener.said === MAX_SAID) {
        webSocket.close(CLOSE_TOO_MUCH, 'too many messages');
        endSocket(socket);
      }
      return listener.said < MAX_SAID;
    };
    webSocket.on('message', hear);
    webSocket.on('ping', (data) => {
      if (hear() && socket.writableLength <= MAX_UNREAD_FOR_PONG) webSocket.pong(data);
    });
    webSocket.on('pong', () => {
      listener.answered = hear();
    });
    webSocket.on('error', () => webSocket.terminate());
    let leave = (): void => undefined;
    const stopWaiting = this.#watching.whenPublished(path, patience, (stream) => {
      if (!stream) return webSocket.close(CLOSE_NOT_FOUND, 'no such stream');
      const sink = new SocketSink(socket, {
        protocol: 'ws-flv',
        // Framed once for all viewers and written past ws, whose own frames (pings) are whole and go out in between.
        bytesOf: (batch) => batch.wrapped(frameInPlace),
        close: (reason) => {
          webSocket.close(CLOSE_CODES[reason], reason);
          // Stands behind all that a slow viewer has not read; ws would wait 30 s for an answer.
          if (reason === 'too slow') endSocket(socket);
        },
      });
      leave = this.#watching.begin(stream, flvFormat, sink, fromGop);
    });
    webSocket.once('close', () => {
      this.#alive.delete(webSocket);
      stopWaiting();
      leave();
    });
  }

  #pingAll(): void {
    for (const [webSocket, listener] of this.#alive) {
      if (!listener.answered) {
        webSocket.terminate();
        continue;
      }
      listener.answered = false;
      listener.said = 0;
      webSocket.ping();
    }
  }
}

const STATUS_TEXT: Readonly<Record<number, string>> = { 400: 'Bad Request', 404: 'Not Found' };

function refuse(socket: Socket, status: number, sentence: string): void {
  const body = `${sentence}\n`;
  socket.write(
    `HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? 'Error'}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  endSocket(socket); // a peer that never closes its side must not keep ours open
}
