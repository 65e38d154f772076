import { STATUS_CODES, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { frameInPlace } from '../../outputs/flv/websocket-frame.ts';
import type { ViewerEnd } from '../../stream/viewer.ts';
import type { Pass, Verdict } from '../gate.ts';
import { begin } from '../begin.ts';
import { endSocket, SocketSink } from '../socket-sink.ts';
import { VIEWER_LEFT, type FlvDoor } from './flv-route.ts';
import type { Watch } from '../watching.ts';
import { whenUnfit } from './codecs-asked.ts';
import { flvFor, flvWish, type FlvWish } from './flv-wish.ts';
import { httpVisit, refusalStatus } from './http-visit.ts';
import { parseMediaPath, splitUrl } from './media-url.ts';

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

/** None of the codecs that were asked for. */
const CLOSE_NOT_ACCEPTABLE = 4406;
/** Close codes: RFC 6455 §7.4.1; 4000 and up are ours. */
const CLOSE_CODES: Readonly<Record<ViewerEnd, number>> = {
  'stream ended': 1000,
  'shutting down': 1001,
  'too slow': 1013,
  'timestamps used up, connect again': 1012,
  kicked: 4403,
  'codec not asked for': CLOSE_NOT_ACCEPTABLE,
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
  readonly #door: FlvDoor;
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
  /** Those on whom the verdict is due. */
  readonly #unheard = new Set<Socket>();
  readonly #pinging: NodeJS.Timeout;

  constructor(door: FlvDoor, pingMs = PING_MS) {
    this.#door = door;
    this.#pinging = setInterval(() => this.#pingAll(), pingMs);
    this.#pinging.unref();
  }

  /** Handles an upgrade request. Errors of the socket are heard by the caller. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { path: urlPath, query } = splitUrl(request.url ?? '/');
    const target = parseMediaPath(urlPath);
    if (target?.kind === 'refused') return refuse(socket, 400, target.reason);
    if (target?.kind !== 'flv')
      return refuse(socket, 404, 'only /{app}/{stream}.flv can be watched by WebSocket');
    const wish = flvWish(new URLSearchParams(query));
    if (typeof wish === 'string') return refuse(socket, 400, wish);
    const { gate, clients } = this.#door;
    const visit = httpVisit(request, clients, { protocol: 'ws-flv', name: target.name, query });
    const upgrade = { request, socket, head, wish };
    const wait = { stop: (): void => undefined };
    const giveUp = begin<Verdict>(
      (done) => gate.ask(visit, done),
      (verdict) => {
        wait.stop();
        this.#judged(verdict, upgrade);
      },
    );
    if (giveUp) wait.stop = this.#waitOn(socket, giveUp);
  }

  close(): void {
    clearInterval(this.#pinging);
    for (const webSocket of this.#alive.keys())
      webSocket.close(CLOSE_CODES['shutting down'], 'shutting down');
    for (const socket of this.#unheard) socket.destroy();
  }

  /** Ends what has not said goodbye in time. */
  destroy(): void {
    for (const webSocket of this.#alive.keys()) webSocket.terminate();
  }

  /**
   * The verdict is due. The end of a connection is heard of only while it is read, and a viewer has nothing to say before it
   * is answered.
   */
  #waitOn(socket: Socket, giveUp: () => void): () => void {
    const stop = (): void => {
      this.#unheard.delete(socket);
      socket.off('end', end).off('close', end).pause();
    };
    const end = (): void => {
      stop();
      giveUp();
      socket.destroy();
    };
    this.#unheard.add(socket);
    socket.once('end', end).once('close', end).resume();
    return stop;
  }

  #judged(verdict: Verdict, { request, socket, head, wish }: Upgrade): void {
    if (!verdict.granted) {
      const { status, headers } = refusalStatus(verdict);
      return refuse(socket, status, verdict.reason, headers);
    }
    const { pass } = verdict;
    const { path } = verdict.name;
    const { watching } = this.#door;
    const patience = Math.max(wish.wait, watching.want(path));
    if (patience === 0 && !watching.find(path)) {
      pass.over('there is no such stream');
      return refuse(socket, 404, `no stream "${path}" is being published`);
    }
    const there = wish.track ? undefined : watching.find(path);
    const format = there && flvFor(there.main, wish);
    if (typeof format === 'string') {
      pass.over('none of the codecs asked for');
      return refuse(socket, 406, format);
    }
    const opened: WebSocket[] = [];
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      opened.push(webSocket);
      this.#watch(webSocket, socket, { ...wish, path, wait: patience, pass });
    });
    if (opened.length === 0) pass.over('the upgrade failed'); // ws has answered; it calls back at once or not at all
  }

  #watch(webSocket: WebSocket, socket: Socket, wish: Wish): void {
    const { pass } = wish;
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
    let watch: Watch | undefined;
    let ended: string | undefined;
    let because: string | undefined;
    let stopLooking = (): void => undefined;
    const stopWaiting = this.#door.watching.whenShown(wish, (found) => {
      if (typeof found === 'string') return webSocket.close(CLOSE_NOT_FOUND, closeText(found));
      const { rendition } = found;
      const format = flvFor(rendition, wish);
      if (typeof format === 'string') return webSocket.close(CLOSE_NOT_ACCEPTABLE, closeText(format));
      const sink = new SocketSink(socket, {
        protocol: 'ws-flv',
        // Framed once for all viewers and written past ws, whose own frames (pings) are whole and go out in between.
        bytesOf: (batch) => batch.wrapped(frameInPlace),
        close: (reason) => {
          webSocket.close(CLOSE_CODES[reason], closeText(because ?? reason));
          ended ??= reason;
          // Stands behind all that a slow viewer has not read; ws would wait 30 s for an answer.
          if (reason === 'too slow') endSocket(socket);
        },
      });
      const begun = this.#door.watching.begin(rendition, format, sink, wish.fromGop);
      watch = begun;
      stopLooking = whenUnfit(wish.query, rendition, (text) => {
        because = text;
        ended ??= text;
        begun.close('codec not asked for');
      });
      pass.began(
        (reason) => {
          because = reason;
          ended ??= `kicked: ${reason}`;
          begun.close('kicked');
        },
        () => ({ bytesIn: 0, bytesOut: begun.bytesOut }),
      );
    });
    webSocket.once('close', () => {
      this.#alive.delete(webSocket);
      stopWaiting();
      stopLooking();
      watch?.leave();
      pass.over(ended ?? VIEWER_LEFT);
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

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
  readonly wish: FlvWish;
}

/** What a viewer that was let in has asked for. */
interface Wish extends FlvWish {
  readonly path: string;
  readonly pass: Pass;
}

/** A control frame has 125 bytes, two of them for the code: RFC 6455 §5.5. */
const MAX_CLOSE_TEXT = 123;

function closeText(text: string): string {
  let short = text.slice(0, MAX_CLOSE_TEXT);
  while (Buffer.byteLength(short) > MAX_CLOSE_TEXT) short = short.slice(0, -1);
  return short;
}

/** In place of 101; browsers tell their page nothing of it, all others do. */
function refuse(socket: Socket, status: number, sentence: string, headers: OutgoingHttpHeaders = {}): void {
  const body = `${sentence}\n`;
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  socket.write(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `${more.join('')}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  endSocket(socket); // a peer that never closes its side must not keep ours open
}
