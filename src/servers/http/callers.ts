import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { MADE_ROOM, PROXY, type Admission, type Guest, type Refusal } from '../admission.ts';
import { endSocket } from '../socket-sink.ts';
import type { ClientAddresses } from './client-address.ts';

/** One HTTP connection. */
interface Caller {
  readonly guest: Guest;
  /** Requests that may be under way. */
  readonly most: number;
  /** Requests whose answers are not through. */
  pending: number;
  /** An answer is through: one function for all of this connection. */
  readonly answered: () => void;
}

/**
 * Requests that may be under way on one connection. Browsers do not send the next before the answer; what is sent ahead
 * costs its sender 40 bytes and us 5 kB until the first is answered, so the connection of who goes on is ended.
 */
const MAX_PENDING = 32;
/** Of the connections that are refused, so many at a time hear why; more would be a load of their own. */
const MAX_APOLOGIES = 64;

export interface CallersOptions {
  readonly admission: Admission;
  readonly clients: ClientAddresses;
  /** Counts the end of a connection that we wanted to end. */
  readonly closed: (reason: string) => void;
}

/** All connections of the HTTP door: which are let in, and what each is doing. */
export class Callers {
  readonly #options: CallersOptions;
  readonly #callers = new WeakMap<Socket, Caller>();
  #apologies = 0;

  constructor(options: CallersOptions) {
    this.#options = options;
  }

  /** A connection has come: false if it is not let in, and has been told so, unless it is to speak TLS. */
  accept(socket: Socket, isSecure = false): boolean {
    const { admission, clients, closed } = this.#options;
    const address = clients.isProxy(socket.remoteAddress) ? PROXY : socket.remoteAddress;
    const guest = admission.enter(address, () => {
      closed(MADE_ROOM);
      socket.destroy();
    });
    if (typeof guest === 'string') {
      closed(guest);
      if (isSecure)
        socket.destroy(); // to say it would cost a handshake
      else this.#apologize(socket, guest);
      return false;
    }
    this.#callers.set(socket, newCaller(guest, MAX_PENDING));
    socket.once('close', () => guest.left());
    return true;
  }

  /** Whether a connection has been let in. */
  knows(socket: Socket): boolean {
    return this.#callers.has(socket);
  }

  /** Inside a connection that was let in, TLS is spoken: what comes, comes from that. */
  secured(raw: Socket, socket: Socket, mostRequests = MAX_PENDING): void {
    const caller = this.#callers.get(raw);
    if (caller) this.#callers.set(socket, newCaller(caller.guest, mostRequests));
    else socket.destroy();
  }

  /** A request has come; false if it is not to be answered (any more). */
  begin(socket: Socket, response: ServerResponse): boolean {
    const caller = this.#callers.get(socket);
    if (!caller || socket.destroyed) return false;
    if (caller.pending >= caller.most) {
      this.#options.closed('too many requests at a time');
      socket.destroy();
      return false;
    }
    caller.pending++;
    caller.guest.become('busy');
    response.on('close', caller.answered); // comes once, and "once" would cost more than the rest
    return true;
  }

  /**
   * By HTTP/2 many requests are answered at a time on one connection: each but the first counts as a connection, which it would
   * need by HTTP/1.1, so that the limits are the same for both.
   */
  beginBeside(address: string, response: ServerResponse): Refusal | undefined {
    const guest = this.#options.admission.enter(address, () => undefined); // who is busy is not asked to go
    if (typeof guest === 'string') return guest;
    guest.become('busy');
    response.on('close', () => guest.left());
    return undefined;
  }

  /** A proxy has told where the request on its connection comes from. */
  comesFrom(socket: Socket, address: string): Refusal | undefined {
    return this.#callers.get(socket)?.guest.comesFrom(address);
  }

  /** Answers on this connection that are not through. */
  answersOn(socket: Duplex): number {
    return (socket instanceof Socket && this.#callers.get(socket)?.pending) || 0;
  }

  /**
   * The connection is to be used for something else than requests; it is busy from now on. False if that cannot be:
   * the answer to an earlier request is still to come, and would get in between.
   */
  takeOver(socket: Socket): boolean {
    const caller = this.#callers.get(socket);
    if (!caller || caller.pending > 0) {
      socket.destroy();
      return false;
    }
    caller.guest.become('busy');
    return true;
  }

  #apologize(socket: Socket, refusal: string): void {
    if (this.#apologies >= MAX_APOLOGIES) return void socket.destroy();
    this.#apologies++;
    socket.once('close', () => this.#apologies--);
    socket.on('error', () => socket.destroy());
    const body = `${refusal}; try again later\n`;
    socket.write(
      'HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 5\r\n' +
        `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
    endSocket(socket);
  }
}

function newCaller(guest: Guest, most: number): Caller {
  const caller: Caller = {
    guest,
    most,
    pending: 0,
    answered: () => {
      if (caller.pending > 0 && --caller.pending === 0) guest.become('idle');
    },
  };
  return caller;
}
