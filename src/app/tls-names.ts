import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

/** What this machine may be called by those who connect: names first, then addresses. */
export function ownNames(): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .map(({ address }) => address)
    .filter((address) => !/^fe[89ab]/i.test(address)); // of the link only: nobody writes these into an address bar
  const names = ['localhost', hostname()].filter((name) => /^[A-Za-z0-9.-]+$/.test(name));
  return [...new Set([...names, '127.0.0.1', '::1', ...addresses])];
}

/** Those of `wanted` that are not among the names of a certificate. */
export function missingNames(wanted: readonly string[], names: readonly string[]): string[] {
  const has = new Set(names.map(plain));
  return wanted.filter((name) => !has.has(plain(name)));
}

/** An IPv6 address can be written in many ways. */
const plain = (name: string): string =>
  isIP(name) === 6 ? new URL(`http://[${name}]`).hostname : name.toLowerCase();

/** Whether a certificate with these names is good for a host; `*` stands for one label on the left: RFC 9525 §6.3. */
export function isFor(names: readonly string[], host: string): boolean {
  if (missingNames([host], names).length === 0) return true;
  const above = /^[^.]+(\..+\..+)$/.exec(host.toLowerCase())?.[1];
  return isIP(host) === 0 && above !== undefined && missingNames([`*${above}`], names).length === 0;
}

/** Nobody elsewhere gets here by these, and in the place of a `*` any name may stand. */
const NO_ADDRESS = /^(localhost$|127\.|::1$|\*)/i;

/** Where people are to be sent: to `host`, if the certificate is good for it, otherwise to what it is good for. */
export function hostToTell(names: readonly string[], host: string): string {
  const own = [host, ...names.filter((name) => !NO_ADDRESS.test(name)), hostname()];
  return own.find((name) => isFor(names, name)) ?? host;
}
