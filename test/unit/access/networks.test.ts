import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isNetwork, networks, type Networks } from '../../../src/servers/networks.ts';

function read(...texts: string[]): Networks {
  const list = networks(texts);
  if ('refused' in list) throw new Error(list.refused);
  return list;
}

const CASES = [
  ['10.0.0.0/8', ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3'], ['11.0.0.0', '9.255.255.255', '::1']],
  ['192.0.2.7', ['192.0.2.7'], ['192.0.2.6', '192.0.2.8']],
  ['10.1.2.3/8', ['10.200.0.1'], ['11.1.2.3']],
  ['2001:db8::/32', ['2001:db8::1', '2001:0DB8:ffff::'], ['2001:db9::', '10.0.0.1']],
  ['fe80::/10', ['fe80::1%eth0'], ['fec0::1']],
  ['::1', ['::1'], ['::2', '127.0.0.1']],
  ['0.0.0.0/0', ['1.2.3.4'], ['::1']],
  ['::/0', ['::1', '2001:db8::1'], []],
  ['::ffff:10.0.0.0/104', ['10.9.9.9', '::ffff:10.9.9.9'], ['11.0.0.1']],
] as const;
for (const [text, yes, no] of CASES) {
  test(`${text} holds the addresses it should`, () => {
    for (const address of yes) assert.ok(read(text).has(address), `${address} is in it`);
    for (const address of no) assert.ok(!read(text).has(address), `${address} is not in it`);
  });
}

test('what is no address is in no network', () => {
  for (const text of ['unknown', '', '10.0.0', '10.0.0.1.2'])
    assert.ok(!read('0.0.0.0/0', '::/0').has(text), text);
});

for (const text of [
  '',
  '10.0.0.0/33',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10.0.0.0/-1',
  '10.0.0',
  'host',
  '::/129',
  'fe80::1%eth0',
  '1.2.3.4/a',
])
  test(`"${text}" is no network`, () => {
    assert.ok(!isNetwork(text), 'not by itself');
    assert.ok('refused' in networks(['10.0.0.0/8', text]), 'nor in a list');
  });

const numberOf = (bytes: readonly number[]): bigint =>
  bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
const bytes = (length: number) => fc.array(fc.nat(255), { minLength: length, maxLength: length });
const dotted = (of: readonly number[]): string => of.join('.');
const coloned = (of: readonly number[]): string =>
  Array.from({ length: 8 }, (_, i) => ((of[2 * i] ?? 0) * 256 + (of[2 * i + 1] ?? 0)).toString(16)).join(':');

for (const [family, length, write] of [
  ['IPv4', 4, dotted],
  ['IPv6', 16, coloned],
] as const) {
  test(`${family}: an address is in a network if their first bits are the same`, () => {
    const near = fc.tuple(bytes(length), bytes(length), fc.nat(length * 8), fc.nat(length * 8)).map(
      // Much of the address is the network's, or hardly any would be inside.
      ([network, other, prefix, same]) => {
        const whole = Math.floor(same / 8);
        return { network, address: [...network.slice(0, whole), ...other.slice(whole)], prefix };
      },
    );
    fc.assert(
      fc.property(near, ({ network, address, prefix }) => {
        const shift = BigInt(length * 8 - prefix);
        const expected = numberOf(network) >> shift === numberOf(address) >> shift;
        // ::ffff:a.b.c.d is IPv4, which is tested on its own.
        if (
          family === 'IPv6' &&
          (network.slice(0, 10).every((byte) => byte === 0) ||
            address.slice(0, 10).every((byte) => byte === 0))
        )
          return;
        assert.equal(
          read(`${write(network)}/${prefix}`).has(write(address)),
          expected,
          `${write(address)} in ${write(network)}/${prefix}`,
        );
      }),
      { numRuns: 1_000 },
    );
  });
}
