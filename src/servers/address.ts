/** `::ffff:127.0.0.1` and `127.0.0.1` are the same peer. */
export function plainAddress(address: string | undefined): string {
  return (address ?? 'unknown').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/** True if it is this machine that talks to itself: over loopback, or by one of its own addresses. */
export function isOwnAddress(address: string, localAddress: string | undefined): boolean {
  return isLoopback(address) || address === plainAddress(localAddress);
}

/**
 * What counts as one address when connections are counted. An IPv6 host has a whole /64 to itself (RFC 4291 §2.5.1) and may
 * come from a new address of it each time.
 */
export function addressGroup(address: string | undefined): string {
  const plain = plainAddress(address);
  if (!plain.includes(':')) return plain;
  const [text = ''] = plain.split('%'); // a zone says only by which of our interfaces it came
  const [left = '', right] = text.split('::');
  const groups = left === '' ? [] : left.split(':');
  if (right !== undefined) {
    const behind = right === '' ? [] : right.split(':');
    while (groups.length + behind.length < 8) groups.push('0');
    groups.push(...behind);
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}
