import type { IncomingMessage } from 'node:http';
import { addressGroup } from '../address.ts';
import type { ClientAddresses } from './client-address.ts';
import { connectionOf } from './respond.ts';

/**
 * Requests that wait on one connection. A player waits for the playlist and the next part of a picture and of a sound,
 * and of another picture while it goes over to that; the rest is for players that share a connection.
 */
export const MAX_WAITING_PER_CONNECTION = 32;
/** To each connection that an address may have there may be so many; over HTTP/1.1 there can be only one. */
const WAITING_TO_A_CONNECTION = 2;

export interface WaitingLimitsOptions {
  readonly clients: ClientAddresses;
  /** `limits.connections` and `limits.connectionsPerAddress`. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

/** A request that has been let wait. */
export interface WaitingTicket {
  readonly connection: object | undefined;
  readonly group: string;
}

/** How many requests may wait for something to come, each of which holds some 10 kB. */
export class WaitingLimits {
  readonly #options: WaitingLimitsOptions;
  readonly #onConnection = new WeakMap<object, number>();
  readonly #fromGroup = new Map<string, number>();
  #total = 0;

  constructor(options: WaitingLimitsOptions) {
    this.#options = options;
  }

  /** Requests that wait. */
  get total(): number {
    return this.#total;
  }

  /** Addresses that they come from: what a test asks about leaks. */
  get addresses(): number {
    return this.#fromGroup.size;
  }

  enter(request: IncomingMessage): WaitingTicket | { readonly refused: string } {
    const { clients, connections, connectionsPerAddress } = this.#options;
    // On a proxy's connection come the requests of many.
    const isProxy = clients.isProxy(request.socket.remoteAddress);
    const connection = isProxy ? undefined : connectionOf(request);
    const group = addressGroup(clients.addressOf(request));
    const onConnection = (connection && this.#onConnection.get(connection)) ?? 0;
    const fromGroup = this.#fromGroup.get(group) ?? 0;
    if (onConnection >= MAX_WAITING_PER_CONNECTION)
      return { refused: 'too many requests wait on one connection' };
    if (fromGroup >= connectionsPerAddress * WAITING_TO_A_CONNECTION)
      return { refused: 'too many requests wait from one address' };
    if (this.#total >= connections * WAITING_TO_A_CONNECTION) return { refused: 'too many requests wait' };
    if (connection) this.#onConnection.set(connection, onConnection + 1);
    this.#fromGroup.set(group, fromGroup + 1);
    this.#total++;
    return { connection, group };
  }

  /** Once for each ticket. */
  leave({ connection, group }: WaitingTicket): void {
    this.#total--;
    if (connection) this.#onConnection.set(connection, (this.#onConnection.get(connection) ?? 1) - 1);
    const fromGroup = (this.#fromGroup.get(group) ?? 1) - 1;
    if (fromGroup > 0) this.#fromGroup.set(group, fromGroup);
    else this.#fromGroup.delete(group);
  }
}
