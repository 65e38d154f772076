import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readSps } from '../../../src/codecs/avc/sps.ts';
import { withoutEmulation } from '../../../src/codecs/nal/emulation.ts';
import { CodecError } from '../../../src/codecs/codec-error.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

/** Sets as x264 writes them; what they mean was asked of ffprobe. */
const sets = [
  {
    name: 'High, 1080 lines by cropping, 29.97 a second',
    hex: '67640028acd940780227e5c04400000fa40003a9803c60c658',
    expect: {
      profile: 100,
      level: 40,
      width: 1920,
      height: 1080,
      chromaFormat: 1,
      bitDepth: 8,
      progressive: true,
    },
    frameRate: 30000 / 1001,
  },
  {
    name: 'Constrained Baseline with emulation prevention',
    hex: '6742c01ed900a02ff97011000003000100000300320f162e48',
    expect: { profile: 66, compatibility: 0xc0, level: 30, width: 640, height: 360, progressive: true },
    frameRate: 25,
  },
  {
    name: 'interlaced, pixels of 16:11',
    hex: '6764001eacd940b424d8208000000300800000190f8a14cb',
    expect: { width: 720, height: 576, progressive: false, pixelAspect: 16 / 11 },
    frameRate: 25,
  },
  {
    name: '4:2:2 with 10 bits, cropped',
    hex: '677a001fb6cd940d83de6f0110000003001000000640f1831960',
    expect: { profile: 122, width: 854, height: 480, chromaFormat: 2, bitDepth: 10 },
    frameRate: 50,
  },
  {
    name: '4:4:4 with scaling lists, cropped to 2 pixels over',
    hex: '67f4000d919b282a10f1f1f808800000030080000018078a14cb',
    expect: { profile: 244, width: 322, height: 242, chromaFormat: 3 },
    frameRate: 24,
  },
  {
    name: 'grey',
    hex: '6764000af3650836c05b20000003002000000601e244b2c0',
    expect: { width: 128, height: 96, chromaFormat: 0 },
    frameRate: 24,
  },
];
for (const { name, hex, expect, frameRate } of sets) {
  test(name, () => {
    const sps = readSps(bytes(hex));
    for (const [key, value] of Object.entries(expect)) assert.equal(sps[key as keyof typeof sps], value, key);
    assert.ok(Math.abs((sps.frameRate ?? 0) - frameRate) < 1e-9, `frame rate ${sps.frameRate}`);
  });
}

test('a VUI cut short costs the timing, not the size', () => {
  const whole = bytes(sets[0]!.hex);
  const sps = readSps(whole.subarray(0, 16));
  assert.deepEqual([sps.width, sps.height, sps.frameRate], [1920, 1080, undefined]);
});

test('cut before the size, it is refused by name', () => {
  const whole = bytes(sets[0]!.hex);
  for (let length = 0; length < 10; length++) {
    assert.throws(
      () => readSps(whole.subarray(0, length)),
      (error) => error instanceof CodecError && error.code === 'AVC_SPS',
      `${length} bytes`,
    );
  }
});

test('only the 3 of 00 00 03 is taken out', () => {
  const table = [
    ['000003', '0000'],
    ['00000300000301', '0000000001'],
    ['000300000301', '0003000001'],
    ['00000003', '000000'],
    ['0102030405', '0102030405'],
  ] as const;
  for (const [nal, rbsp] of table)
    assert.equal(Buffer.from(withoutEmulation(bytes(nal))).toString('hex'), rbsp);
});

test('rubbish is refused or read, never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (rest) => {
      try {
        const sps = readSps(Uint8Array.of(0x67, ...rest));
        assert.ok(sps.width >= 1 && sps.height >= 1);
      } catch (error) {
        assert.ok(error instanceof CodecError);
      }
    }),
    { numRuns: 500 },
  );
});
