import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TruncatedError } from '../../../src/bytes/byte-reader.ts';
import { flvFileHeader, FLV_HEADER_BYTES } from '../../../src/containers/flv/file-header.ts';
import {
  readTagHeader,
  TAG_HEADER_BYTES,
  tagBytes,
  writeTag,
  writeTagHeader,
} from '../../../src/containers/flv/tag.ts';
import { hex } from '../../support/media.ts';

/** Written by hand from Annex E.4.1. */
const headers = [
  { name: 'the first audio tag', type: 8, size: 4, timestamp: 0, bytes: '08 000004 000000 00 000000' },
  {
    name: 'just below 2^24 ms',
    type: 9,
    size: 0xffffff,
    timestamp: 0xffffff,
    bytes: '09 ffffff ffffff 00 000000',
  },
  { name: 'at 2^24 ms', type: 9, size: 16, timestamp: 0x1000000, bytes: '09 000010 000000 01 000000' },
  {
    name: 'just below 2^31 ms',
    type: 18,
    size: 256,
    timestamp: 0x7fffffff,
    bytes: '12 000100 ffffff 7f 000000',
  },
  { name: 'at 2^31 ms', type: 9, size: 16, timestamp: 0x80000000, bytes: '09 000010 000000 80 000000' },
  { name: 'the last ms', type: 9, size: 0, timestamp: 0xffffffff, bytes: '09 000000 ffffff ff 000000' },
];

for (const { name, bytes, ...header } of headers) {
  test(`reads and writes a header: ${name}`, () => {
    assert.deepEqual(readTagHeader(hex(bytes)), header);
    const out = Buffer.alloc(TAG_HEADER_BYTES + 4, 0xee);
    assert.equal(writeTagHeader(out, 2, header), 2 + TAG_HEADER_BYTES);
    assert.deepEqual(out, Buffer.concat([hex('eeee'), hex(bytes), hex('eeee')]));
  });
}

test('reserved bits and Filter are not part of the type', () => {
  assert.equal(readTagHeader(hex('e9 000010 000000 00 000000')).type, 9);
});

test('a header that is cut short is a TruncatedError', () => {
  const whole = hex('09 000010 000000 80 000000');
  for (let cut = 0; cut < whole.length; cut++)
    assert.throws(() => readTagHeader(whole.subarray(0, cut)), TruncatedError);
});

test('a whole tag: head and payload make the body, the back pointer counts header and body', () => {
  const out = Buffer.alloc(tagBytes(5) + 2, 0xee);
  const end = writeTag(out, 1, { type: 9, timestamp: 0x01020304, head: hex('1701'), payload: hex('aabbcc') });
  assert.equal(end, out.length - 1);
  assert.equal(out.toString('hex'), 'ee09000005020304010000001701aabbcc00000010ee');
});

test('any header survives', () => {
  const header = fc.record({
    type: fc.constantFrom(8, 9, 18),
    size: fc.nat(0xffffff),
    timestamp: fc.nat(0xffffffff),
  });
  fc.assert(
    fc.property(header, (any) => {
      const value = { ...any };
      const out = Buffer.alloc(TAG_HEADER_BYTES);
      writeTagHeader(out, 0, value);
      assert.deepEqual(readTagHeader(out), value);
    }),
  );
});

test('the file header says which kinds of tags there are: Annex E.2', () => {
  for (const [video, audio, flags] of [
    [true, true, '05'],
    [true, false, '01'],
    [false, true, '04'],
    [false, false, '00'],
  ] as const) {
    assert.deepEqual(flvFileHeader({ video, audio }), hex(`464c56 01 ${flags} 00000009 00000000`));
  }
  assert.equal(flvFileHeader({ video: true, audio: true }).length, FLV_HEADER_BYTES);
});
