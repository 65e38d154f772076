import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readProxyHeader } from '../../../src/protocols/proxy/proxy-header.ts';
import { hex } from '../../support/media.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const client = (address: string, port: number) => ({ address, port });

const GOOD = [
  [
    'version 1, IPv4',
    Buffer.from('PROXY TCP4 203.0.113.7 192.0.2.1 40000 1935\r\n'),
    client('203.0.113.7', 40000),
  ],
  [
    'version 1, IPv6',
    Buffer.from('PROXY TCP6 2001:db8::7 2001:db8::1 40000 1935\r\n'),
    client('2001:db8::7', 40000),
  ],
  ['version 1, unknown', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
  ['version 1, unknown with addresses', Buffer.from('PROXY UNKNOWN ff:: ff:: 1 2\r\n'), undefined],
  [
    'version 2, IPv4',
    hex(`${SIGNATURE} 21 11 000c cb007107 c0000201 9c40 078f`),
    client('203.0.113.7', 40000),
  ],
  [
    'version 2, IPv6',
    hex(
      `${SIGNATURE} 21 21 0024 20010db8000000000000000000000007 20010db8000000000000000000000001 9c40 078f`,
    ),
    client('2001:db8::7', 40000),
  ],
  [
    'version 2, IPv4 in IPv6',
    hex(
      `${SIGNATURE} 21 21 0024 00000000000000000000ffffcb007107 00000000000000000000ffffc0000201 0001 078f`,
    ),
    client('::ffff:203.0.113.7', 1),
  ],
  [
    'version 2 with extensions',
    hex(`${SIGNATURE} 21 11 0012 cb007107 c0000201 9c40 078f 04 0003 616263`),
    client('203.0.113.7', 40000),
  ],
  ['version 2, LOCAL', hex(`${SIGNATURE} 20 00 0000`), undefined],
  ['version 2, UNIX', hex(`${SIGNATURE} 21 31 00d8 ${'00'.repeat(216)}`), undefined],
] as const;
for (const [what, bytes, expected] of GOOD) {
  test(`PROXY header: ${what}, wherever it is cut`, () => {
    for (let cut = 0; cut < bytes.length; cut++)
      assert.equal(readProxyHeader(bytes.subarray(0, cut)), 'more', `cut after ${cut}`);
    const more = Buffer.concat([bytes, hex('03 00')]);
    assert.deepEqual(readProxyHeader(more), { length: bytes.length, client: expected });
  });
}

const ADDRESSES = [
  ['00000000000000000000000000000001', '::1'],
  ['20010db8000000010000000000000007', '2001:db8:0:1::7'],
  ['20010db8000100020003000400050006', '2001:db8:1:2:3:4:5:6'],
  ['fe800000000000000000000000000000', 'fe80::'],
] as const;
for (const [bytes, text] of ADDRESSES) {
  test(`PROXY header: IPv6 address ${text}`, () => {
    const reading = readProxyHeader(hex(`${SIGNATURE} 21 21 0024 ${bytes} ${bytes} 0001 0002`));
    assert.ok(reading !== 'more' && 'client' in reading, 'read');
    assert.equal(reading.client?.address, text);
  });
}

const BAD = [
  ['an RTMP handshake', hex('03 00000000'), /does not begin/],
  ['a line without end', Buffer.from(`PROXY TCP4 ${'1'.repeat(100)}`), /has no end/],
  ['another family of addresses', Buffer.from('PROXY TCP4 2001:db8::7 ::1 1 2\r\n'), /names no address/],
  ['a number above 255', Buffer.from('PROXY TCP4 203.0.113.256 192.0.2.1 1 2\r\n'), /names no address/],
  ['a port above 65535', Buffer.from('PROXY TCP4 203.0.113.7 192.0.2.1 65536 2\r\n'), /names no address/],
  ['too few words', Buffer.from('PROXY TCP4 203.0.113.7\r\n'), /names no address/],
  ['version 3', hex(`${SIGNATURE} 31 11 000c`), /version 3/],
  ['addresses that are cut short', hex(`${SIGNATURE} 21 11 000b cb007107 c0000201 9c40 07`), /too short/],
  ['kilobytes of extensions', hex(`${SIGNATURE} 21 11 ffff`), /65551 bytes/],
] as const;
for (const [what, bytes, why] of BAD) {
  test(`PROXY header: refused: ${what}`, () => {
    const reading = readProxyHeader(bytes);
    assert.ok(reading !== 'more' && 'refused' in reading, 'refused');
    assert.match(reading.refused, why);
  });
}
