import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasIdr, holdsRecoveryPoint } from '../../../src/codecs/avc/nal.ts';
import { lengthPrefixedFromAnnexB } from '../../../src/codecs/nal/annex-b.ts';
import { coversExactly, MAX_NALS_PER_FRAME, NalUnits } from '../../../src/codecs/nal/units.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const units = (payload: Uint8Array, lengthSize: number): { exact: boolean; hex: string[] } => {
  const found = new NalUnits();
  const exact = found.find(payload, lengthSize);
  const hex = Array.from({ length: found.count }, (_, index) =>
    Buffer.from(payload.subarray(found.start(index), found.end(index))).toString('hex'),
  );
  return { exact, hex };
};

const walks = [
  {
    what: 'lengths of 4 bytes',
    hex: '00000002 6701 00000001 68',
    size: 4,
    exact: true,
    found: ['6701', '68'],
  },
  { what: 'lengths of 2 bytes', hex: '0002 6701 0001 68', size: 2, exact: true, found: ['6701', '68'] },
  { what: 'lengths of 1 byte', hex: '02 6701 01 68', size: 1, exact: true, found: ['6701', '68'] },
  { what: 'an empty unit', hex: '0000 0001 68', size: 2, exact: true, found: ['68'] },
  { what: 'a unit cut short', hex: '0002 6701 0003 6801', size: 2, exact: false, found: ['6701'] },
  { what: 'bytes left over', hex: '0002 6701 00', size: 2, exact: false, found: ['6701'] },
  { what: 'a length of 4 GB', hex: 'ffffffff 65', size: 4, exact: false, found: [] },
  {
    what: 'start codes after the lengths',
    hex: '0005 00000167ff 0005 0000000168',
    size: 2,
    exact: true,
    found: ['67ff', '68'],
  },
];
for (const { what, hex, size, exact, found } of walks) {
  test(`walks over ${what}`, () => {
    assert.deepEqual(units(bytes(hex), size), { exact, hex: found });
    assert.equal(coversExactly(bytes(hex), size), exact);
  });
}

test('a payload without media covers nothing', () => {
  assert.equal(coversExactly(new Uint8Array(0), 4), false);
  assert.equal(coversExactly(new Uint8Array(8), 4), false);
});

test('a unit of 256 to 511 bytes looks like a start code and is none', () => {
  for (const length of [255, 256, 257, 300, 511, 512]) {
    const payload = Buffer.alloc(4 + length, 0x41);
    payload.writeUInt32BE(length, 0);
    assert.equal(coversExactly(payload, 4), true, `${length}`);
  }
});

test('a frame of more units than any encoder makes is bounded', () => {
  const payload = new Uint8Array(2 * (MAX_NALS_PER_FRAME + 1)).fill(1);
  const found = new NalUnits();
  assert.equal(found.find(payload, 1), false);
  assert.equal(found.count, MAX_NALS_PER_FRAME);
});

const annexB = [
  { what: 'both start codes', hex: '00000001 6701 000001 6802', expect: '00000002 6701 00000002 6802' },
  {
    what: 'zeros before and behind',
    hex: '0000000001 6701 0000 000001 68 0000',
    expect: '00000002 6701 00000001 68',
  },
  { what: 'an empty unit', hex: '000001 000001 68', expect: '00000001 68' },
  { what: 'no start code', hex: '6701 68', expect: undefined },
  { what: 'something before the start code', hex: '41 000001 68', expect: undefined },
  { what: 'start codes only', hex: '000001 00000001', expect: undefined },
];
for (const { what, hex, expect } of annexB) {
  test(`Annex B with ${what}`, () => {
    const found = lengthPrefixedFromAnnexB(bytes(hex));
    assert.equal(found && Buffer.from(found).toString('hex'), expect?.replaceAll(' ', ''));
  });
}

test('Annex B in the middle of a pool', () => {
  const pool = bytes('65 000001 6701 65');
  assert.equal(Buffer.from(lengthPrefixedFromAnnexB(pool.subarray(1, 6))!).toString('hex'), '000000026701');
});

test('Annex B and back', () => {
  // Units as the standard has them: no zero at the end, no start code inside.
  const unit = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((body) => body.map((byte) => byte || 0xff));
  fc.assert(
    fc.property(
      fc.array(unit, { minLength: 1, maxLength: 6 }),
      fc.constantFrom<1 | 2 | 4>(1, 2, 4),
      (list, size) => {
        const stream = Buffer.concat(
          list.flatMap((body, index) => [Buffer.from(index % 2 ? [0, 0, 1] : [0, 0, 0, 1]), body]),
        );
        const prefixed = lengthPrefixedFromAnnexB(stream, size)!;
        assert.ok(coversExactly(prefixed, size));
        assert.deepEqual(
          units(prefixed, size).hex,
          list.map((body) => Buffer.from(body).toString('hex')),
        );
      },
    ),
  );
});

test('finds an IDR picture behind other units, and no further than the payload', () => {
  assert.equal(hasIdr(bytes('0002 0910 0002 6588'), 2), true);
  assert.equal(hasIdr(bytes('0002 0910 0002 4188'), 2), false);
  assert.equal(hasIdr(bytes('0002 0910 0009 6588'), 2), false);
  assert.equal(hasIdr(bytes('0005 0000016588 '), 2), true);
});

const seis = [
  { what: 'a recovery point', hex: '0006 06 06 01 c4 80 80', expect: true },
  { what: 'a recovery point behind picture timing', hex: '0009 06 01 02 aabb 06 01 c480', expect: true },
  {
    what: 'a recovery point behind 300 bytes',
    hex: `0135 06 05 ff2d ${'06'.repeat(300)} 06 01 c480`,
    expect: true,
  },
  { what: 'user data full of sixes', hex: '0008 06 05 04 06060606 80', expect: false },
  { what: 'a size beyond the end', hex: '0004 06 05 ff ff', expect: false },
  { what: 'an empty SEI', hex: '0001 06', expect: false },
];
for (const { what, hex, expect } of seis) {
  test(`${what} ${expect ? 'is' : 'is not'} a place to start`, () => {
    const payload = bytes(hex);
    payload.set([(payload.length - 2) >> 8, (payload.length - 2) & 0xff]);
    const units = new NalUnits();
    units.find(payload, 2);
    assert.equal(holdsRecoveryPoint(payload, units), expect);
  });
}
