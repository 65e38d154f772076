import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StreamName } from '../../media/stream-name.ts';
import type { WireFormat } from '../../stream/wire-format.ts';
import type { Rendition } from '../../stream/rendition.ts';
import type { Gate, Pass } from '../gate.ts';
import { endSocket, SocketSink } from '../socket-sink.ts';
import type { Watching } from '../watching.ts';
import type { ClientAddresses } from './client-address.ts';
import { beginEndless } from './endless-answer.ts';
import { whenUnfit } from './codecs-asked.ts';
import { flvFor, flvWish, type FlvWish } from './flv-wish.ts';
import { httpVisit, respondRefusal } from './http-visit.ts';
import type { Query } from './media-url.ts';
import { CORS_HEADERS, respondText } from './respond.ts';

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

/** What the doors of FLV need of the gateway. */
export interface FlvDoor {
  readonly watching: Watching;
  readonly gate: Gate;
  readonly clients: ClientAddresses;
}

/** Of a viewer that left by itself, which is how most end. */
export const VIEWER_LEFT = 'the viewer left';

/** `GET /{app}/{stream}.flv`: FLV for as long as the stream lasts. */
export class FlvRoute {
  readonly #door: FlvDoor;

  constructor(door: FlvDoor) {
    this.#door = door;
  }

  /** @param query as the client wrote it */
  serve(
    wish: { readonly name: StreamName; readonly query: string },
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const wants = flvWish(new URLSearchParams(wish.query));
    if (typeof wants === 'string') return respondText(response, 400, wants);
    const { gate, clients } = this.#door;
    const visit = httpVisit(request, clients, { ...wish, protocol: 'http-flv' });
    const giveUp = gate.ask(visit, (verdict) => {
      if (!verdict.granted) return respondRefusal(response, verdict);
      this.#await(verdict.name, verdict.pass, { wish: wants, request, response });
    });
    response.once('close', giveUp);
  }

  #await({ path }: StreamName, pass: Pass, { wish, request, response }: Exchange): void {
    const { watching } = this.#door;
    let hasAnswer = false;
    const stopWaiting = watching.whenShown({ path, ...wish }, (found) => {
      hasAnswer = true;
      const refuse = (status: number, text: string): void => {
        pass.over(text);
        respondText(response, status, text);
      };
      if (typeof found === 'string') return refuse(404, found);
      const { rendition } = found;
      const format = flvFor(rendition, wish);
      if (typeof format === 'string') return refuse(406, format);
      const { fromGop } = wish;
      const { query } = wish;
      if (request.method !== 'HEAD')
        return this.#stream({ rendition, format, fromGop, query }, pass, response);
      pass.over('asked for the headers only');
      response.writeHead(200, FLV_HEADERS);
      response.end();
    });
    response.once('close', () => {
      stopWaiting();
      if (!hasAnswer) pass.over(VIEWER_LEFT);
    });
  }

  #stream({ rendition, format, fromGop, query }: FlvShow, pass: Pass, response: ServerResponse): void {
    const socket = beginEndless(response, FLV_HEADERS);
    let ended: string | undefined;
    const sink = new SocketSink(socket, {
      protocol: 'http-flv',
      bytesOf: (batch) => batch.bytes,
      close: (reason) => {
        ended ??= reason;
        endSocket(socket);
      },
    });
    const watch = this.#door.watching.begin(rendition, format, sink, fromGop);
    const stopLooking = whenUnfit(query, rendition, (text) => {
      ended ??= text;
      watch.close('codec not asked for');
    });
    // The response object is done with once the header is out; from here on only the socket tells of the end.
    socket.once('close', () => {
      stopLooking();
      watch.leave();
      pass.over(ended ?? VIEWER_LEFT);
    });
    pass.began(
      (reason) => {
        ended ??= `kicked: ${reason}`;
        watch.close('kicked');
      },
      () => ({ bytesIn: 0, bytesOut: watch.bytesOut }),
    );
  }
}

/** What a viewer is given, and how. */
interface FlvShow {
  readonly rendition: Rendition;
  readonly format: WireFormat;
  readonly fromGop: boolean;
  readonly query: Query;
}

interface Exchange {
  readonly wish: FlvWish;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}
