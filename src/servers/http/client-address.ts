import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isOwnAddress, plainAddress } from '../address.ts';
import type { Networks } from '../networks.ts';
import { isAskedLocally, isForeignPage } from './provenance.ts';

/** Where a request comes from. */
export interface ClientAddress {
  readonly address: string;
  /** It is this machine itself by its own will: no proxy stands in between, no page of another site has sent it. */
  readonly isThisMachine: boolean;
}

/** The header in which proxies tell of their clients: one, since a proxy passes the other on as its client wrote it. */
export type ForwardedHeader = 'x-forwarded-for' | 'forwarded';

export interface ProxySettings {
  /** `http.trustedProxies`. */
  readonly trusted: Networks;
  readonly header: ForwardedHeader;
}

/** What proxies add to a request: whoever sends one of these is not, or not surely, this machine itself. */
const TRACES = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via', 'x-forwarded-host', 'x-forwarded-proto'];

/** Tells the real address of a client behind proxies; only what trusted proxies say counts. */
export class ClientAddresses {
  readonly #proxies: ProxySettings | undefined;

  constructor(proxies?: ProxySettings) {
    this.#proxies = proxies === undefined || proxies.trusted.isEmpty ? undefined : proxies;
  }

  /** Whether a connection comes from a trusted proxy, so that many clients share it. */
  isProxy(remoteAddress: string | undefined): boolean {
    return this.#proxies?.trusted.has(remoteAddress ?? '') === true;
  }

  addressOf(request: IncomingMessage): string {
    const { remoteAddress } = request.socket;
    return this.isProxy(remoteAddress) ? this.#behind(request) : plainAddress(remoteAddress);
  }

  of(request: IncomingMessage): ClientAddress {
    const { remoteAddress, localAddress } = request.socket;
    const isForwarded = TRACES.some((name) => request.headers[name] !== undefined);
    return {
      address: this.addressOf(request),
      isThisMachine:
        !isForwarded &&
        !this.isProxy(remoteAddress) &&
        isOwnAddress(plainAddress(remoteAddress), localAddress) &&
        isAskedLocally(request) &&
        !isForeignPage(request),
    };
  }

  /** From the right, where the nearest proxy has written: the first address that is no trusted proxy's. */
  #behind(request: IncomingMessage): string {
    const { trusted, header } = this.#proxies!;
    const text = String(request.headers[header] ?? '');
    const chain = header === 'forwarded' ? forwardedFor(text) : text.split(',');
    let client = plainAddress(request.socket.remoteAddress);
    for (const one of chain.reverse()) {
      const address = hostOf(one);
      if (address === undefined) return client; // `unknown`, or hidden on purpose: nothing beyond it is known
      client = address;
      if (!trusted.has(address)) return client;
    }
    return client;
  }
}

/** The `for` parameters of a Forwarded header, in order: RFC 7239 §4. */
function forwardedFor(text: string): string[] {
  return [...text.matchAll(/(?:^|[;,])\s*for\s*=\s*(?:"([^"]*)"|([^;,"]*))/gi)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  );
}

/** `192.0.2.1`, `192.0.2.1:4711`, `[2001:db8::1]:4711` or `2001:db8::1`: RFC 7239 §6. Undefined: no address. */
function hostOf(text: string): string | undefined {
  const [, bracketed, dotted] =
    /^(?:\[([0-9a-f:.]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+)(?::\d+)?)$/i.exec(text.trim()) ?? [];
  const host = bracketed ?? dotted ?? text.trim();
  return isIP(host) === 0 ? undefined : plainAddress(host);
}
