import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isLoopback, plainAddress } from '../servers/address.ts';

/** Where a port of ours listens. */
export interface Door {
  /** An address, or `*`. */
  readonly host: string;
  readonly port: number;
}

/** Whether a peer at `address` and `port` is this gateway's own door. */
export function isOwnDoor(peer: { readonly address: string; readonly port: number }, door: Door): boolean {
  if (peer.port !== door.port) return false;
  const address = plainAddress(peer.address);
  const isOneAddress = isIP(door.host) !== 0 && door.host !== '0.0.0.0' && door.host !== '::';
  if (isOneAddress) return address === plainAddress(door.host);
  if (isLoopback(address)) return true;
  return Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address));
}
