import type { IncomingMessage, ServerResponse } from 'node:http';
import { streamName, type StreamName } from '../../../media/stream-name.ts';
import type { Gate, Pass, Visit } from '../../gate.ts';
import type { Caller } from '../api/caller.ts';
import { ApiRefusal } from '../api/parts.ts';
import type { ClientAddresses } from '../client-address.ts';
import type { HlsSession, HlsSessions } from '../hls-sessions.ts';
import { httpVisit, refusalStatus, respondRefusal } from '../http-visit.ts';
import { splitUrl } from '../media-url.ts';

export interface RecordingsDoorOptions {
  /** `record.watch`, in force now. */
  readonly watch: () => 'operator' | 'viewers';
  readonly gate: Gate;
  readonly clients: ClientAddresses;
  readonly sessions: HlsSessions;
}

export interface Arrival {
  /** Of the recording's stream, `app` and `stream`. */
  readonly app: string;
  readonly stream: string;
  readonly caller: Caller;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Somebody who may have what was asked for. */
export interface Guest {
  /** Goes behind the addresses in a playlist, `?session=…`; empty: nothing has to. */
  readonly query: string;
  /** There is something to answer: the visit begins. */
  enter(): void;
  /** There is nothing. */
  leave(): void;
  sent(bytes: number): void;
  /** Why no more is to be sent, once that is so. */
  ended(): string | undefined;
}

const FOR_THE_OPERATOR =
  'recordings are for the operator: sign in, or send the token as "Authorization: Bearer …" (record.watch)';
const OPERATOR: Guest = {
  query: '',
  enter: () => undefined,
  leave: () => undefined,
  sent: () => undefined,
  ended: () => undefined,
};

/**
 * Who may have recordings: the operator; and, if `record.watch` says so, whoever may play the stream. The gate is asked once:
 * a player fetches a file in many ranges and a playlist's segments one by one, which is one visit. What let it in reaches all
 * that it fetches afterwards as `?session=ID`, or is known again by coming with just the same.
 */
export class RecordingsDoor {
  readonly #options: RecordingsDoorOptions;

  constructor(options: RecordingsDoorOptions) {
    this.#options = options;
  }

  /** Undefined: it has been answered, or nobody waits any more. @throws {ApiRefusal} 401, 403, 404 or 503 */
  async admit(arrival: Arrival): Promise<Guest | undefined> {
    const { app, stream, caller, request } = arrival;
    if (caller.isOperator) return OPERATOR;
    const { watch, sessions, clients } = this.#options;
    if (watch() === 'operator') throw new ApiRefusal(401, FOR_THE_OPERATOR);
    const name = streamName(app, stream);
    if ('refused' in name) throw new ApiRefusal(404, name.refused);
    const { query } = splitUrl(request.url ?? '');
    const visit = httpVisit(request, clients, { protocol: 'recording', name, query: credentials(query) });
    const id = new URLSearchParams(query).get('session');
    const session = (id === null ? undefined : sessions.find(id, name.path)) ?? sessions.alike(visit);
    if (session) return this.#again(session, arrival);
    return this.#newcomer(visit, arrival);
  }

  async #again(session: HlsSession, { response }: Arrival): Promise<Guest | undefined> {
    if (session.state === 'kicked') throw new ApiRefusal(403, session.reason);
    if (session.state === 'gone') {
      const pass = await this.#ask(session.visit, response);
      if (!pass) return undefined;
      this.#options.sessions.reopen(session, session.visit.name.path, pass);
    }
    return this.#guest(session);
  }

  async #newcomer(visit: Visit, { response }: Arrival): Promise<Guest | undefined> {
    const { sessions } = this.#options;
    const { name } = visit;
    if (!sessions.hasRoom(visit, name.path))
      throw new ApiRefusal(503, 'too many viewers from your address, or of this stream; try again later');
    const pass = await this.#ask(visit, response);
    if (!pass) return undefined;
    let guest: (Guest & { readonly session: HlsSession }) | undefined;
    const begun = (): Guest & { readonly session: HlsSession } =>
      (guest ??= this.#guest(sessions.open(visit, name.path, pass)));
    return {
      get query() {
        return begun().query;
      },
      enter: () => begun().enter(),
      leave: () => pass.over('there is no such recording'),
      sent: (bytes) => begun().sent(bytes),
      ended: () => guest?.ended(),
    };
  }

  #guest(session: HlsSession): Guest & { readonly session: HlsSession } {
    const { sessions, gate } = this.#options;
    return {
      session,
      query: gate.isOpen(session.visit.name) ? '' : `?session=${session.id}`,
      enter: () => sessions.seen(session),
      leave: () => undefined,
      sent: (bytes) => {
        sessions.sent(session, bytes);
        sessions.seen(session); // a long download is not over because nothing else is asked for
      },
      ended: () => (session.state === 'kicked' ? session.reason : undefined),
    };
  }

  /** Undefined: it has been answered, or the visitor has gone. @throws {ApiRefusal} */
  #ask(visit: Visit, response: ServerResponse): Promise<Pass | undefined> {
    return new Promise((resolve, reject) => {
      const giveUp = this.#options.gate.ask(visit, (verdict) => {
        if (verdict.granted && isLedElsewhere(visit.name, verdict.name)) {
          verdict.pass.over('led to another stream');
          return reject(
            new ApiRefusal(403, 'you were led to another stream, whose recordings these are not'),
          );
        }
        if (verdict.granted) return resolve(verdict.pass);
        if (verdict.redirect === undefined)
          return reject(new ApiRefusal(refusalStatus(verdict).status, verdict.reason));
        respondRefusal(response, verdict);
        resolve(undefined);
      });
      response.once('close', () => {
        giveUp();
        resolve(undefined);
      });
    });
  }
}

function isLedElsewhere(asked: StreamName, led: StreamName): boolean {
  return asked.path !== led.path;
}

/** What is ours in the query tells nothing of the visitor, who would not be known again with another `?start=`. */
function credentials(query: string): string {
  return query
    .split('&')
    .filter((part) => !/^(start|download|session)(=|$)/.test(part))
    .join('&');
}
