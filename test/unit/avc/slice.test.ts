import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isRecoveryPoint } from '../../../src/codecs/avc/sei.ts';
import { activeSps, readSliceHead, sequenceSetOf } from '../../../src/codecs/avc/slice.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

const slices = [
  { what: 'an IDR slice of set 0', hex: '65 8884', expect: { isIntra: true, parameterSet: 0 } },
  { what: 'a P slice (type 5) of set 0', hex: '41 9a02', expect: { isIntra: false, parameterSet: 0 } },
  // first_mb 1: ue 1, slice_type 1: B; set 2
  { what: 'a B slice further down, of set 2', hex: '01 4980', expect: { isIntra: false, parameterSet: 2 } },
  { what: 'an I slice (type 2)', hex: '41 b8', expect: { isIntra: true, parameterSet: 0 } },
  { what: 'a slice cut short', hex: '65 00', expect: undefined },
  { what: 'nothing but the header byte', hex: '65', expect: undefined },
];
for (const { what, hex, expect } of slices)
  test(`the head of ${what}`, () => assert.deepEqual(readSliceHead(bytes(hex)), expect));

test('a picture parameter set names its sequence parameter set', () => {
  assert.equal(sequenceSetOf(bytes('68 ee')), 0);
  assert.equal(sequenceSetOf(bytes('68 a8')), 1); // 1 010
  assert.equal(sequenceSetOf(bytes('68')), undefined);
});

test('the set in use is found over the slice’s own, and none where one is missing', () => {
  const sps0 = bytes('6764001f80');
  const sps1 = bytes('6764001f40');
  const sets = { sps: [sps0, sps1], pps: [bytes('68c0'), bytes('6848')] }; // 0 → 0; 1 → 1
  assert.equal(activeSps(bytes('65 8884'), sets), sps0);
  assert.equal(activeSps(bytes('65 885f'), sets), sps1);
  assert.equal(activeSps(bytes('65 886f'), sets), undefined, 'set 2 is not there');
  assert.equal(activeSps(bytes('65'), sets), undefined);
});

const seis = [
  { what: 'emulation prevention in the message before', hex: '06 01 03 000003 01 06 01 c4 80', expect: true },
  // Counted with its emulation byte, the first message would end one byte early, at what looks like a recovery point.
  {
    what: 'emulation prevention and no recovery point',
    hex: '06 01 04 000003 00 06 05 02 0606 80',
    expect: false,
  },
  { what: 'a type of more than one byte', hex: '06 ff06 01 aa 80', expect: false },
  { what: 'nothing', hex: '', expect: false },
];
for (const { what, hex, expect } of seis)
  test(`SEI with ${what}`, () => assert.equal(isRecoveryPoint(bytes(hex)), expect));

test('whatever the bytes, nothing throws and nothing runs on', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
      assert.equal(typeof isRecoveryPoint(Uint8Array.of(6, ...body)), 'boolean');
      const head = readSliceHead(body);
      assert.ok(head === undefined || head.parameterSet >= 0);
    }),
  );
});
