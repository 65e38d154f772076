import type { IncomingMessage } from 'node:http';
import { isOwnAddress, plainAddress } from '../address.ts';

/**
 * True if what comes from this machine was really asked here. A page of the web can point a name of its own at 127.0.0.1 (DNS
 * rebinding), so the name that was asked for must be no name of the net's; and a proxy that passes on the address it was asked
 * by (HAProxy does) tells another one than its connection has come to. HTTP/1.0 is what nginx speaks to us where nobody told it
 * otherwise, and without a word of its client; nobody else does nowadays.
 */
export function isAskedLocally(request: IncomingMessage): boolean {
  if (request.httpVersion === '1.0') return false;
  const name = hostName(request.headers.host);
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return isOwnAddress(plainAddress(name), request.socket.localAddress);
}

/**
 * True if a browser sent the request on behalf of a page that is not ours. `Sec-Fetch-Site` cannot be forged by a page;
 * browsers leave it out where neither HTTPS nor localhost is used, then `Origin` or `Referer` must name the host that was asked.
 */
export function isForeignPage(request: IncomingMessage): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const page = request.headers.origin ?? request.headers.referer;
  if (page === undefined) return false;
  return hostOf(page) !== request.headers.host?.toLowerCase();
}

/** Whether the browser came by HTTPS. Who lies about it gets a cookie that its own browser does not send: no harm to others. */
export function isByHttps(request: IncomingMessage): boolean {
  if ('encrypted' in request.socket && request.socket.encrypted === true) return true;
  const [first] = String(request.headers['x-forwarded-proto'] ?? '').split(',');
  return first?.trim().toLowerCase() === 'https';
}

/** `host:port` of an origin or an address, as `Host` would have it; undefined for `null` and rubbish. */
function hostOf(page: string): string | undefined {
  return URL.canParse(page) ? new URL(page).host : undefined;
}

/** `Host` without its port. */
function hostName(host: string | undefined): string {
  const plain = (host ?? '').toLowerCase();
  return plain.startsWith('[') ? plain.slice(1).split(']')[0]! : plain.split(':')[0]!;
}
