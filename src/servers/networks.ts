import { BlockList, isIP } from 'node:net';
import { plainAddress } from './address.ts';

/** A set of addresses, given as CIDR (RFC 4632, RFC 4291 §2.3): `10.0.0.0/8`, `2001:db8::/32`, or single addresses. */
export interface Networks {
  readonly isEmpty: boolean;
  /** @param address as a socket says it; what is no IP address is in no network. */
  has(address: string): boolean;
}

/** Reads a list of networks, or gives the first that is none. */
export function networks(texts: readonly string[]): Networks | { readonly refused: string } {
  const list = new BlockList();
  for (const text of texts) {
    const network = read(text);
    if (!network)
      return { refused: `"${text.slice(0, 60)}" is not a network such as 192.0.2.0/24 or 2001:db8::/32` };
    list.addSubnet(network.address, network.prefix, network.family);
  }
  return {
    isEmpty: texts.length === 0,
    has: (address) => {
      const [plain = ''] = plainAddress(address).split('%'); // a zone says only by which of our interfaces it came
      const family = isIP(plain);
      return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
    },
  };
}

/** For settings. */
export const isNetwork = (text: string): boolean => read(text) !== undefined;

function read(
  text: string,
): { readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', length, ...more] = text.trim().split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || more.length > 0) return undefined;
  const most = family === 4 ? 32 : 128;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = length === undefined ? most : Number(length);
  if (prefix > most) return undefined;
  const plain = plainAddress(address);
  // `::ffff:10.0.0.1` is how one socket for both families writes 10.0.0.1.
  if (plain !== address)
    return prefix < 96 ? undefined : { address: plain, prefix: prefix - 96, family: 'ipv4' };
  return { address, prefix, family: family === 6 ? 'ipv6' : 'ipv4' };
}
