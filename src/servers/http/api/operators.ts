import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { kindOfKey } from '../../../media/key-shape.ts';
import type { ClientAddresses } from '../client-address.ts';
import type { Caller } from './caller.ts';
import { Debts, WRONG_TOKENS } from './debts.ts';
import { ApiRefusal, TooMany } from './parts.ts';
import { isByHttps, isForeignPage } from '../provenance.ts';
import { Sessions } from './sessions.ts';

export interface OperatorsOptions {
  /** The bearer token. */
  readonly token: () => string;
  /** `api.trustLoopback` */
  readonly trustLoopback: () => boolean;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Where requests come from, proxies considered. */
  readonly clients: Pick<ClientAddresses, 'of'>;
}

const NEEDS_TOKEN =
  'this is for the operator: send the token as "Authorization: Bearer …", or sign in; the log says at the start where the token is';
const WRONG_TOKEN = 'this is not the token; the log says at the start where it is';

const always = (): boolean => true;
const STRANGER: Caller = { isOperator: false, by: undefined, isStillWelcome: always };

/** Tells the operator from everybody else: by the token, by a session that began with it, or by being on this machine. */
export class Operators {
  readonly #options: OperatorsOptions;
  readonly #sessions: Sessions;
  readonly #failures: Debts;

  constructor(options: OperatorsOptions) {
    this.#options = options;
    this.#sessions = new Sessions(options.now);
    this.#failures = new Debts(options.now, WRONG_TOKENS);
  }

  /** Who asks for something that everybody may have, but the operator may have more of. */
  meet(request: IncomingMessage): Caller {
    const bearer = bearerOf(request);
    if (bearer === undefined) return this.#withoutBearer(request);
    if (isJwt(bearer) || kindOfKey(bearer) !== undefined) return STRANGER; // a viewer's own
    return this.#isToken(bearer, request) === true ? operator('token') : STRANGER;
  }

  /** Lets the operator through. @throws {ApiRefusal} 401, 403 or 429 */
  demand(request: IncomingMessage): Caller {
    const bearer = bearerOf(request);
    if (bearer !== undefined) {
      this.#check(bearer, request, undefined);
      return operator('token');
    }
    const caller = this.#withoutBearer(request);
    if (caller.isOperator) return caller;
    throw new ApiRefusal(401, NEEDS_TOKEN);
  }

  /** Where a request comes from, proxies considered. */
  addressOf(request: IncomingMessage): string {
    return this.#options.clients.of(request).address;
  }

  /** Signs a browser in; gives its `Set-Cookie`. @throws {ApiRefusal} 401 or 429 */
  signIn(token: string, request: IncomingMessage): string {
    this.#check(token, request, 'token');
    return this.#sessions.begin(isByHttps(request));
  }

  signOut(request: IncomingMessage): string {
    return this.#sessions.end(request.headers.cookie, isByHttps(request));
  }

  /** The token has changed: whoever signed in with the former one has to do it again. */
  signOutAll(): void {
    this.#sessions.endAll();
  }

  /** What a page of another site makes a browser send carries our cookie, or comes from this machine, by no will of the operator's. */
  #withoutBearer(request: IncomingMessage): Caller {
    if (isForeignPage(request)) return STRANGER;
    const { cookie, authorization } = request.headers;
    if (this.#sessions.isIn(cookie)) return operator('session', () => this.#sessions.isIn(cookie));
    const { trustLoopback, clients } = this.#options;
    // Who signs in to something in front of us has come through it.
    const isLocal = authorization === undefined && clients.of(request).isThisMachine;
    return isLocal && trustLoopback() ? operator('loopback') : STRANGER;
  }

  #check(token: string, request: IncomingMessage, field: string | undefined): void {
    const result = this.#isToken(token, request);
    if (result === true) return;
    throw result === false
      ? new ApiRefusal(401, WRONG_TOKEN, field)
      : new TooMany('too many wrong tokens came from your address', result);
  }

  /** A number: it was not even compared, and will not be for so many seconds. */
  #isToken(token: string, request: IncomingMessage): boolean | number {
    const { address } = this.#options.clients.of(request);
    const wait = this.#failures.wait(address);
    if (wait > 0) return wait;
    if (isSame(token, this.#options.token())) return true;
    this.#failures.count(address);
    return false;
  }
}

function operator(by: Caller['by'], isStillWelcome = always): Caller {
  return { isOperator: true, by, isStillWelcome };
}

/** RFC 6750 §2.1. A proxy that asks for a password passes that on with every request (RFC 7617): it is not for us. */
function bearerOf({ headers }: IncomingMessage): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined || /^(basic|digest|negotiate) /i.test(authorization)) return undefined;
  return /^bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '';
}

/** A JSON Web Token (RFC 7519 §3): somebody's right to watch, never the operator's token. */
const isJwt = (text: string): boolean => /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(text);

/** Takes the same time wherever they differ: hashes are compared, which are of one length. An empty token is nobody's. */
function isSame(given: string, token: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(token)) && token !== '';
}
