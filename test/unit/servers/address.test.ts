import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressGroup } from '../../../src/servers/address.ts';

const GROUPS: readonly (readonly [address: string | undefined, group: string])[] = [
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff::9', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::', '2001:db8:1:3::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
  ['fe80::1c2d%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  [undefined, 'unknown'],
];

test('an IPv4 address counts for itself, an IPv6 address with its whole /64', () => {
  for (const [address, group] of GROUPS) assert.equal(addressGroup(address), group, String(address));
});
