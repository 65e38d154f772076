import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BitReader } from '../../../src/bytes/bit-reader.ts';
import { TruncatedError } from '../../../src/bytes/byte-reader.ts';

const fromBits = (text: string): Uint8Array => {
  const bits = text.replaceAll(' ', '');
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
  return Uint8Array.from(padded.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
};

test('reads fields over byte borders', () => {
  const bits = new BitReader(fromBits('1 0110 10101010101 00000001'), 'test');
  assert.equal(bits.flag(), true);
  assert.equal(bits.bits(4), 0b0110);
  assert.equal(bits.bits(11), 0b10101010101);
  assert.equal(bits.bits(8), 1);
  assert.equal(bits.left, 0);
});

test('a field of 32 bits is not negative', () => {
  const bits = new BitReader(Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 0xff), 'test');
  bits.skip(1);
  assert.equal(bits.bits(32), 0xffffffff);
});

test('a Buffer in the middle of a pool is read from its own first byte', () => {
  const pool = Uint8Array.of(0xaa, 0xbb, 0x12, 0x34, 0xcc);
  assert.equal(new BitReader(pool.subarray(2, 4), 'test').bits(16), 0x1234);
});

const expGolomb = [
  { code: '1', ue: 0, se: 0 },
  { code: '010', ue: 1, se: 1 },
  { code: '011', ue: 2, se: -1 },
  { code: '00100', ue: 3, se: 2 },
  { code: '00101', ue: 4, se: -2 },
  { code: '0001000', ue: 7, se: 4 },
  { code: '000000001 00000000', ue: 255, se: 128 },
  {
    code: '00000000000000000000000000000001 1111111111111111111111111111111',
    ue: 2 ** 32 - 2,
    se: -(2 ** 31 - 1),
  },
];
for (const { code, ue, se } of expGolomb) {
  test(`Exp-Golomb ${code} is ${ue}, signed ${se}`, () => {
    assert.equal(new BitReader(fromBits(code), 'test').ue(), ue);
    assert.equal(new BitReader(fromBits(code), 'test').se(), se);
  });
}

test('nothing is invented past the end', () => {
  const at = (count: number): BitReader => {
    const bits = new BitReader(Uint8Array.of(0, 0), 'test');
    bits.skip(count);
    return bits;
  };
  assert.throws(() => at(9).bits(8), TruncatedError);
  assert.throws(() => at(16).flag(), TruncatedError);
  assert.throws(() => at(8).skip(9), TruncatedError);
  assert.throws(() => at(0).ue(), TruncatedError);
  assert.throws(() => new BitReader(new Uint8Array(9), 'test').ue(), /more than 32 bits/);
});

test('any cut of bytes into fields gives the same number', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 12 }),
      fc.array(fc.integer({ min: 0, max: 32 }), { maxLength: 20 }),
      (bytes, sizes) => {
        const all = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
        const bits = new BitReader(bytes, 'test');
        for (const size of sizes) {
          if (size > bits.left) break;
          const at = bits.at;
          assert.equal(bits.bits(size), parseInt(all.slice(at, at + size) || '0', 2));
        }
      },
    ),
  );
});
