import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isLoopback, plainAddress } from '../servers/address.ts';

/** Whether a peer at `address` and `port` is this gateway's own RTMP door, which listens on `host` and `ownPort`. */
export function isOwnDoor(
  peer: { readonly address: string; readonly port: number },
  door: { readonly host: string; readonly port: number },
): boolean {
  if (peer.port !== door.port) return false;
  const address = plainAddress(peer.address);
  const isOneAddress = isIP(door.host) !== 0 && door.host !== '0.0.0.0' && door.host !== '::';
  if (isOneAddress) return address === plainAddress(door.host);
  if (isLoopback(address)) return true;
  return Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address));
}
