import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAacConfig } from '../../../src/codecs/aac/config.ts';
import { CodecError } from '../../../src/codecs/codec-error.ts';

/** Bits as the standard's tables have them, one field a word. */
const fromBits = (text: string): Uint8Array => {
  const bits = text.replaceAll(' ', '');
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
  return Uint8Array.from(padded.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
};
const rate = (hz: number): string => hz.toString(2).padStart(24, '0');

const configs = [
  {
    name: 'LC, 44.1 kHz, stereo',
    bits: '00010 0100 0010 000', // 12 10
    expect: {
      objectType: 2,
      coreRate: 44100,
      sampleRate: 44100,
      channels: 2,
      samplesPerFrame: 1024,
      rateIndex: 4,
      codecString: 'mp4a.40.2',
    },
  },
  {
    name: 'LC, 960 samples a frame',
    bits: '00010 0011 0001 100',
    expect: { coreRate: 48000, channels: 1, samplesPerFrame: 960 },
  },
  {
    name: 'HE-AAC, SBR in front',
    bits: '00101 0111 0010 0100 00010 000',
    expect: { objectType: 2, coreRate: 22050, sampleRate: 44100, channels: 2, codecString: 'mp4a.40.5' },
  },
  {
    name: 'HE-AAC v2, parametric stereo in front',
    bits: '11101 0110 0001 0011 00010 000',
    expect: { coreRate: 24000, sampleRate: 48000, channels: 2, channelConfig: 1, codecString: 'mp4a.40.29' },
  },
  {
    name: 'HE-AAC, SBR behind',
    bits: '00010 0110 0010 000 01010110111 00101 1 0011',
    expect: { objectType: 2, coreRate: 24000, sampleRate: 48000, codecString: 'mp4a.40.5' },
  },
  {
    name: 'HE-AAC v2, both behind',
    bits: '00010 0110 0001 000 01010110111 00101 1 0011 10101001000 1',
    expect: { coreRate: 24000, sampleRate: 48000, channels: 2, codecString: 'mp4a.40.29' },
  },
  {
    name: 'SBR behind, said to be absent',
    bits: '00010 0110 0010 000 01010110111 00101 0',
    expect: { coreRate: 24000, sampleRate: 24000, codecString: 'mp4a.40.2' },
  },
  {
    name: 'a rate that is written out, in the table',
    bits: `00010 1111 ${rate(44100)} 0010 000`,
    expect: { coreRate: 44100, rateIndex: 4 },
  },
  {
    name: 'a rate that is not in the table',
    bits: `00010 1111 ${rate(37800)} 0010 000`,
    expect: { coreRate: 37800, rateIndex: undefined },
  },
  { name: '7.1 channels', bits: '00010 0011 0111 000', expect: { channels: 8, channelConfig: 7 } },
  { name: '6.1 channels', bits: '00010 0011 1011 000', expect: { channels: 7, channelConfig: 11 } },
  {
    name: 'a core coder and its delay',
    bits: '00010 0100 0010 0 1 00000000000001 0',
    expect: { channels: 2 },
  },
  {
    name: 'low delay, error resilient',
    bits: '10111 0011 0010 0 0 1 000 0 00',
    expect: { objectType: 23, samplesPerFrame: 512 },
  },
  {
    name: 'zeros behind',
    bits: '00010 0100 0010 000 00000000 00000000',
    expect: { codecString: 'mp4a.40.2' },
  },
] as const;
for (const { name, bits, expect } of configs) {
  test(name, () => {
    const config = readAacConfig(fromBits(bits));
    for (const [key, value] of Object.entries(expect))
      assert.equal(config[key as keyof typeof config], value, key);
    assert.equal(config.pce, undefined);
  });
}

test('channels by a program config element, laid out anew for ADTS', () => {
  // tag type rate front side back lfe data coupling, no mixdowns; a centre, a pair; LFE 0; comment of one byte
  const fields = '0000 01 0011 0010 0000 0001 01 000 0000 0 0 0 0 0000 1 0001 1 0010 0000';
  const config = readAacConfig(
    fromBits(`00010 0011 0000 000 ${fields}`.replaceAll(' ', '').padEnd(72, '0') + '00000001 01011010'),
  );
  assert.equal(config.channels, 1 + 2 + 2 + 1);
  assert.equal(config.channelConfig, 0);
  const expected = fromBits(`101 ${fields}`.replaceAll(' ', '').padEnd(56, '0') + '00000001 01011010');
  assert.deepEqual(config.pce, expected);
});

const refused = [
  { what: 'nothing', bits: '', code: 'AAC_CONFIG' },
  { what: 'one byte', bits: '00010 010', code: 'AAC_CONFIG' },
  { what: 'a reserved rate', bits: '00010 1101 0010 000', code: 'AAC_CONFIG' },
  { what: 'a rate of 0', bits: `00010 1111 ${rate(0)} 0010 000`, code: 'AAC_CONFIG' },
  { what: 'a rate of 1 Hz', bits: `00010 1111 ${rate(1)} 0010 000`, code: 'AAC_CONFIG' },
  { what: 'a rate of 16 MHz', bits: `00010 1111 ${rate(16_777_215)} 0010 000`, code: 'AAC_CONFIG' },
  { what: 'a reserved channel configuration', bits: '00010 0100 1000 000', code: 'AAC_CONFIG' },
  { what: 'an escaped object type (42, USAC)', bits: '11111 001010 0100 0010 000', code: 'AAC_OBJECT_TYPE' },
  { what: 'CELP', bits: '01000 0100 0010 000', code: 'AAC_OBJECT_TYPE' },
  {
    what: 'a program config element cut short',
    bits: '00010 0011 0000 000 0000 01 0011',
    code: 'AAC_CONFIG',
  },
];
for (const { what, bits, code } of refused) {
  test(`${what} is refused`, () => {
    assert.throws(
      () => readAacConfig(fromBits(bits)),
      (error) => error instanceof CodecError && error.code === code,
    );
  });
}

test('rubbish is refused or read, never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
      try {
        const config = readAacConfig(bytes);
        assert.ok(config.channels > 0 && config.coreRate > 0);
      } catch (error) {
        assert.ok(error instanceof CodecError);
      }
    }),
    { numRuns: 1000 },
  );
});
