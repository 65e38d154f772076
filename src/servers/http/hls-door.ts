import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StreamName } from '../../media/stream-name.ts';
import type { Gate, Pass, Visit } from '../gate.ts';
import type { ClientAddresses } from './client-address.ts';
import type { HlsRoute } from './hls-route.ts';
import type { HlsSession, HlsSessions } from './hls-sessions.ts';
import { httpVisit, respondRefusal } from './http-visit.ts';
import type { HlsGuest, HlsTarget } from './playlist-sender.ts';
import { sessionInEtag } from './playlist-session.ts';
import { respondText } from './respond.ts';

export interface HlsDoorOptions {
  readonly gate: Gate;
  readonly clients: ClientAddresses;
  readonly sessions: HlsSessions;
  readonly route: HlsRoute;
  /** `hls.sessions`: players are told from each other although everybody may watch. */
  readonly sessionsForAll: boolean;
}

/** One request and its answer. */
interface Exchange {
  readonly target: HlsTarget;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Who may have playlists and segments. The gate is asked once, for the first playlist; its answer goes on as
 * `?session=ID` behind the addresses in it, so that what let the player in, a token say, reaches everything and may run
 * out meanwhile. Where everybody may watch, segments and who asks without a session are served as they are.
 */
export class HlsDoor {
  readonly #options: HlsDoorOptions;

  constructor(options: HlsDoorOptions) {
    this.#options = options;
  }

  serve(target: HlsTarget, query: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    const { gate, route, sessionsForAll } = this.#options;
    const exchange = { target, query, request, response };
    const session = this.#sessionOf(exchange);
    if (session) return this.#goOn(session, exchange);
    const wantsSession = sessionsForAll && target.kind === 'multivariant';
    if (!wantsSession && gate.isOpen(target.name)) return route.serve(target, query, request, response);
    this.#ask(exchange);
  }

  /** By its address, or by the copy of the multivariant playlist that the player has. */
  #sessionOf({ target, query, request }: Exchange): HlsSession | undefined {
    const copy = target.kind === 'multivariant' ? sessionInEtag(request.headers['if-none-match']) : undefined;
    const id = query.get('session') ?? copy;
    return id === undefined ? undefined : this.#options.sessions.find(id, target.name.path);
  }

  #goOn(session: HlsSession, exchange: Exchange): void {
    if (session.state === 'kicked') return respondText(exchange.response, 403, session.reason);
    if (session.state !== 'gone') return this.#serve(exchange, this.#guest(session, exchange.target));
    this.#whenGranted(session.visit, exchange, (name, pass) => {
      this.#options.sessions.reopen(session, name.path, pass);
      this.#serve(exchange, this.#guest(session, exchange.target));
    });
  }

  #ask(exchange: Exchange): void {
    const { gate, clients, route, sessions } = this.#options;
    const { target, query, request, response } = exchange;
    const { name, kind } = target;
    const visit = httpVisit(request, clients, { protocol: 'hls', name, query: ownQuery(query) });
    // Who asks by the same address again and again, and never by the one in a playlist, has one session all the same.
    const known = kind === 'multivariant' ? undefined : sessions.alike(visit);
    if (known) return this.#serve(exchange, this.#guest(known, target));
    if (!sessions.hasRoom(visit, name.path)) {
      if (gate.isOpen(name)) return route.serve(target, query, request, response);
      return respondText(response, 503, 'too many viewers; try again later', { 'Retry-After': '5' });
    }
    this.#whenGranted(visit, exchange, (led, pass) =>
      this.#serve(exchange, this.#newcomer({ visit, led, pass }, exchange)),
    );
  }

  #whenGranted(visit: Visit, { response }: Exchange, then: (name: StreamName, pass: Pass) => void): void {
    const giveUp = this.#options.gate.ask(visit, (verdict) => {
      if (verdict.granted) then(verdict.name, verdict.pass);
      else respondRefusal(response, verdict);
    });
    response.once('close', giveUp);
  }

  #serve({ target, query, request, response }: Exchange, guest: HlsGuest): void {
    this.#options.route.serve(target, query, request, response, guest);
  }

  /** A player that has a session. */
  #guest(session: HlsSession, { kind, name }: HlsTarget): HlsGuest {
    const { gate, sessions } = this.#options;
    const isPrivate = !gate.isOpen(name);
    return {
      // A part of what it came for is itself; what it came for is where it was led.
      path: name.path === session.visit.name.path ? session.path : name.path,
      isPrivate,
      get refusal() {
        return session.state === 'kicked' ? session.reason : undefined;
      },
      waits: () => {
        if (kind === 'media playlist') sessions.seen(session);
      },
      enter: () => {
        if (kind === 'media playlist') sessions.seen(session);
        return kind === 'multivariant' || isPrivate ? session.id : undefined;
      },
      sent: (bytes) => sessions.sent(session, bytes),
    };
  }

  /** One that has been let in: its session begins when there is something to answer. */
  #newcomer({ visit, led, pass }: Newcomer, { target, response }: Exchange): HlsGuest {
    const { sessions } = this.#options;
    let guest: HlsGuest | undefined;
    const begin = (): HlsGuest => (guest ??= this.#guest(sessions.open(visit, led.path, pass), target));
    response.once('close', () => {
      if (!guest) pass.over('nothing was played');
    });
    return {
      path: led.path,
      isPrivate: true,
      get refusal() {
        return guest?.refusal;
      },
      waits: () => begin().waits(),
      enter: () => begin().enter(),
      sent: (bytes) => begin().sent(bytes),
    };
  }
}

interface Newcomer {
  readonly visit: Visit;
  /** Where the gate has led it. */
  readonly led: StreamName;
  readonly pass: Pass;
}

/** What a player adds by itself is another each time, and says nothing about who it is: RFC 8216bis §6.2.5. */
const DIRECTIVE = /^_HLS_/;

function ownQuery(query: URLSearchParams): string {
  const own = [...query].filter(([name]) => !DIRECTIVE.test(name));
  return own.length === query.size ? query.toString() : new URLSearchParams(own).toString();
}
