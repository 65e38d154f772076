/** What a proxy says of the connection that it passes on (HAProxy's PROXY protocol, versions 1 and 2). */
export interface ProxyHeader {
  /** Bytes of the header; what is behind them is the client's. */
  readonly length: number;
  /** Where the client is; undefined if the proxy speaks for itself (a health check) or does not know. */
  readonly client: { readonly address: string; readonly port: number } | undefined;
}

/** `more`: so far it may become one. `refused`: it is none, and why. */
export type ProxyReading = ProxyHeader | 'more' | { readonly refused: string };

/** §2.1: the longest line there is, with its CRLF. */
const MAX_LINE = 107;
const LINE_START = Buffer.from('PROXY ');
/** §2.2: twelve bytes that no other protocol begins with. */
const SIGNATURE = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
/** Signature, version and command, family and transport, length. */
const FIXED_BYTES = 16;
/** Behind the addresses come extensions: those of cloud balancers take a hundred bytes, a client certificate's name more. */
const MAX_BEHIND_FIXED = 4_096;

/** Reads the header from all bytes that have come so far. */
export function readProxyHeader(bytes: Buffer): ProxyReading {
  if (startsAlike(bytes, SIGNATURE)) return bytes.length < FIXED_BYTES ? 'more' : readBinary(bytes);
  if (startsAlike(bytes, LINE_START)) return readLine(bytes);
  return { refused: 'it does not begin with a PROXY header' };
}

function startsAlike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.subarray(0, length).equals(start.subarray(0, length));
}

/** §2.1: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 1935` and CRLF. */
function readLine(bytes: Buffer): ProxyReading {
  const end = bytes.subarray(0, MAX_LINE).indexOf('\r\n');
  if (end < 0) return bytes.length < MAX_LINE ? 'more' : { refused: 'its PROXY header has no end' };
  const [, family, address = '', , port = '', ...rest] = bytes.toString('latin1', 0, end).split(' ');
  const length = end + 2;
  if (family === 'UNKNOWN') return { length, client: undefined };
  const isFamily = (family === 'TCP4' && isIpv4(address)) || (family === 'TCP6' && isIpv6(address));
  if (!isFamily || rest.length !== 1 || !isPort(port))
    return { refused: 'its PROXY header names no address' };
  return { length, client: { address, port: Number(port) } };
}

/**
 * §2.2.
 *
 *     offset 12  version (4 bits, 2), command (4 bits: 0 LOCAL, 1 PROXY)
 *            13  address family (4 bits: 1 IPv4, 2 IPv6, 3 UNIX), transport (4 bits: 1 stream, 2 datagram)
 *            14  length of what follows, 16 bits
 *            16  IPv4: source 4, destination 4, ports 2 + 2; IPv6: 16, 16, 2 + 2
 */
function readBinary(bytes: Buffer): ProxyReading {
  const version = bytes[12]! >> 4;
  const command = bytes[12]! & 0x0f;
  const family = bytes[13]! >> 4;
  const behind = bytes.readUInt16BE(14);
  const length = FIXED_BYTES + behind;
  if (version !== 2 || command > 1) return { refused: `its PROXY header is of version ${version}` };
  if (behind > MAX_BEHIND_FIXED) return { refused: `its PROXY header has ${length} bytes` };
  if (bytes.length < length) return 'more';
  if (command === 0 || (family !== 1 && family !== 2)) return { length, client: undefined };
  const size = family === 1 ? 4 : 16;
  if (behind < 2 * size + 4) return { refused: 'its PROXY header is too short for its addresses' };
  const source = bytes.subarray(FIXED_BYTES, FIXED_BYTES + size);
  const address = family === 1 ? source.join('.') : ipv6Text(source);
  return { length, client: { address, port: bytes.readUInt16BE(FIXED_BYTES + 2 * size) } };
}

/** As everybody writes it: RFC 5952 §4. Also `::ffff:192.0.2.1`, in which an IPv4 address comes through an IPv6 socket. */
function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2));
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return `::ffff:${bytes.subarray(12).join('.')}`;
  const text = groups.map((group) => group.toString(16)).join(':');
  const [longest] = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length);
  if (!longest) return text;
  const [before, after] = [text.slice(0, longest.index), text.slice(longest.index + longest[0].length)];
  return `${before}::${after.replace(/^:/, '')}`;
}

function isIpv4(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
}

/** Good enough for what a trusted proxy says: the right letters, and not too many groups. */
function isIpv6(text: string): boolean {
  return /^[0-9a-f:.]{2,45}$/i.test(text) && text.includes(':') && text.split(':').length <= 9;
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
}
