import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader, TruncatedError } from '../../../src/bytes/byte-reader.ts';
import { ByteWriter } from '../../../src/bytes/byte-writer.ts';
import { hex } from '../../support/media.ts';

/** One table for both directions, written by hand. */
const integers = [
  ['u8', 0, '00'],
  ['u8', 255, 'ff'],
  ['u16', 0x0102, '0102'],
  ['u16', 0xffff, 'ffff'],
  ['i16', -1, 'ffff'],
  ['i16', -32_768, '8000'],
  ['i16', 32_767, '7fff'],
  ['u24', 0x010203, '010203'],
  ['u24', 0xffffff, 'ffffff'],
  ['u32', 0x01020304, '01020304'],
  ['u32', 0x7fffffff, '7fffffff'],
  ['u32', 0x80000000, '80000000'],
  ['u32', 0xffffffff, 'ffffffff'],
  ['u32le', 1, '01000000'],
  ['u32le', 0xfffffffe, 'feffffff'],
  ['f64', 1.5, '3ff8000000000000'],
  ['f64', -0, '8000000000000000'],
  ['f64', Infinity, '7ff0000000000000'],
] as const;

for (const [kind, value, bytes] of integers) {
  test(`${kind} ${Object.is(value, -0) ? '-0' : value}`, () => {
    const reader = new ByteReader(hex(bytes), 'table');
    assert.ok(Object.is(reader[kind](), value));
    assert.deepEqual([reader.left, reader.at], [0, bytes.length / 2]);
    assert.equal(new ByteWriter(1)[kind](value).done().toString('hex'), bytes);
  });
}

for (const [bytes, value] of [
  ['000000', 0],
  ['7fffff', 8_388_607],
  ['800000', -8_388_608],
  ['ffffff', -1],
] as const)
  test(`i24 ${value}`, () => assert.equal(new ByteReader(hex(bytes), 'table').i24(), value));

test('reads a window into a larger buffer, not the bytes around it', () => {
  const pool = hex('eeee 0102030405 eeee');
  const reader = new ByteReader(pool.subarray(2, 7), 'window');
  assert.equal(reader.u24(), 0x010203);
  assert.equal(reader.left, 2);
  assert.throws(() => reader.u32());
});

test('past the end every field throws, at every cut', () => {
  for (const [kind, , bytes] of integers) {
    for (let cut = 0; cut < bytes.length / 2; cut++) {
      const around = Buffer.concat([hex(bytes), hex('eeee')]);
      assert.throws(
        () => new ByteReader(around.subarray(0, cut), 'cut')[kind](),
        RangeError,
        `${kind} at ${cut}`,
      );
    }
  }
});

test('what is missing is named, with the place', () => {
  const reader = new ByteReader(hex('01020304'), 'some box');
  reader.skip(3, 'reserved');
  reader.need(1, 'last');
  assert.throws(
    () => reader.need(2, 'a field'),
    (error) =>
      error instanceof TruncatedError &&
      error.message === 'some box: a field needs 2 bytes at 3, only 1 left',
  );
  assert.throws(() => reader.take(2, 'a body'), TruncatedError);
  assert.throws(() => reader.skip(2, 'padding'), TruncatedError);
  assert.equal(reader.at, 3, 'a failed look moves nothing');
});

test('take and rest are views of the bytes', () => {
  const bytes = hex('0102030405');
  const reader = new ByteReader(bytes, 'views');
  reader.u8();
  const taken = reader.take(2, 'two');
  const rest = reader.rest();
  bytes.fill(0xaa);
  assert.deepEqual([[...taken], [...rest], reader.left], [[0xaa, 0xaa], [0xaa, 0xaa], 0]);
  assert.equal(reader.rest().length, 0);
});

test('a writer grows over any size and keeps what was written', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), fc.nat(8), (pieces, capacity) => {
      const writer = new ByteWriter(capacity);
      for (const piece of pieces) writer.put(piece).u8(piece.length);
      const expected = Buffer.concat(pieces.map((piece) => Buffer.from([...piece, piece.length])));
      assert.equal(writer.length, expected.length);
      assert.deepEqual(Buffer.from(writer.done()), expected);
    }),
  );
});

test('numbers that do not fit are refused rather than cut', () => {
  for (const write of [
    (writer: ByteWriter) => writer.u16(0x10000),
    (writer: ByteWriter) => writer.u24(0x1000000),
    (writer: ByteWriter) => writer.u32(2 ** 32),
    (writer: ByteWriter) => writer.u32(-1),
    (writer: ByteWriter) => writer.i16(32_768),
  ])
    assert.throws(() => write(new ByteWriter()), RangeError);
});
