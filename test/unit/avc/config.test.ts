import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAvcConfig, writeAvcConfig } from '../../../src/codecs/avc/config.ts';
import { AVCC_360P, AVCC_720P } from '../../support/media.ts';
import { CodecError } from '../../../src/codecs/codec-error.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const code = (expected: string) => (error: unknown) => error instanceof CodecError && error.code === expected;

//              version profile compat level  length size, 1 SPS      SPS        1 PPS      PPS
const plain = bytes('01 42 c0 0c              ff e1 0004 6742c00c     01 0003 68cb83');

test('reads version, profile, sets and the codec string of six digits', () => {
  assert.deepEqual(readAvcConfig(plain), {
    profile: 0x42,
    compatibility: 0xc0,
    level: 0x0c,
    nalLengthSize: 4,
    sps: [bytes('6742c00c')],
    pps: [bytes('68cb83')],
    codecString: 'avc1.42C00C',
  });
});

test('several sets, the extension of the High profiles behind them', () => {
  const high = bytes('01 64 00 1f fd e2 0002 6764 0002 6765 02 0001 68 0001 78 fd f8 f8 00');
  const config = readAvcConfig(high);
  assert.equal(config.nalLengthSize, 2);
  assert.deepEqual(config.sps, [bytes('6764'), bytes('6765')]);
  assert.deepEqual(config.pps, [bytes('68'), bytes('78')]);
});

test('the sets are views, not copies', () => {
  assert.equal(readAvcConfig(plain).sps[0]?.buffer, plain.buffer);
});

test('cut anywhere, it is refused', () => {
  for (let length = 0; length < plain.length; length++) {
    assert.throws(() => readAvcConfig(plain.subarray(0, length)), code('AVC_CONFIG'), `${length} bytes`);
  }
});

const refused = [
  { what: 'another version', hex: '00 42c00c ff e1 0001 67 00', code: 'AVC_CONFIG' },
  { what: 'length prefixes of 3 bytes', hex: '01 42c00c fe e1 0001 67 00', code: 'AVC_LENGTH_SIZE' },
  { what: 'no parameter sets', hex: '01 42c00c ff e0 00', code: 'AVC_NO_PARAMETER_SETS' },
  { what: 'an empty parameter set only', hex: '01 42c00c ff e1 0000 00', code: 'AVC_NO_PARAMETER_SETS' },
  { what: 'a set longer than the record', hex: '01 42c00c ff e1 ffff 67', code: 'AVC_CONFIG' },
];
for (const { what, hex, code: expected } of refused) {
  test(`${what} is refused`, () => assert.throws(() => readAvcConfig(bytes(hex)), code(expected)));
}

test('writes what it reads, with the extension of the High profiles where it belongs', () => {
  const table = [
    ['Constrained Baseline', AVCC_360P, ''],
    ['High', AVCC_720P, 'fdf8f800'],
    [
      '4:2:2 with 10 bits',
      bytes('01 7a001f ff e1 001a 677a001fb6cd940d83de6f0110000003001000000640f1831960 01 0003 68cb83'),
      'fefafa00',
    ],
  ] as const;
  for (const [name, record, extension] of table) {
    const written = Buffer.from(writeAvcConfig(readAvcConfig(record)));
    assert.equal(written.toString('hex'), Buffer.from(record).toString('hex') + extension, name);
    assert.deepEqual(readAvcConfig(Uint8Array.from(written)), readAvcConfig(Uint8Array.from(record)), name);
  }
});

test('sets that cannot be read are not written', () => {
  assert.throws(() => writeAvcConfig(readAvcConfig(plain)), code('AVC_SPS'));
});
