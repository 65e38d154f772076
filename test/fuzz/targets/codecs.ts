import assert from 'node:assert/strict';
import { BitReader } from '../../../src/bytes/bit-reader.ts';
import { ADTS_HEADER_SIZE, adtsRefusal, writeAdtsHeader } from '../../../src/codecs/aac/adts.ts';
import { AAC_RATES, readAacConfig } from '../../../src/codecs/aac/config.ts';
import { ELEMENT_PCE, readProgramConfig } from '../../../src/codecs/aac/program-config.ts';
import { readAvcConfig } from '../../../src/codecs/avc/config.ts';
import { readSps } from '../../../src/codecs/avc/sps.ts';
import { withoutEmulation } from '../../../src/codecs/nal/emulation.ts';
import { CodecError } from '../../../src/codecs/codec-error.ts';
import { ASC_44K, ASC_48K, AVCC_360P, AVCC_720P, hex } from '../../support/media.ts';
import { outcome, type Target } from '../engine/target.ts';

export const avcConfig: Target = {
  name: 'avc-config',
  holds:
    'AVCDecoderConfigurationRecord: read or refused with a CodecError; parameter sets are views of bytes that came, none empty',
  maxBytes: 65_536,
  deadlineMs: 50,
  seeds: () => [AVCC_360P, AVCC_720P, Buffer.concat([AVCC_720P, hex('fdf8f800')])],
  words: [hex('01 64001f ff e1'), hex('e1 0004 67640028'), hex('01 0004 68ebe3cb')],
  run(bytes) {
    const read = outcome([CodecError], () => readAvcConfig(bytes));
    if ('error' in read) return;
    const { sps, pps, codecString, nalLengthSize } = read.value;
    assert.match(codecString, /^avc1\.[0-9A-F]{6}$/, 'codec string');
    assert.ok([1, 2, 4].includes(nalLengthSize), `length size ${nalLengthSize}`);
    assert.ok(sps.length >= 1 && sps.length <= 31 && pps.length <= 255, 'as many sets as the counts can say');
    let total = 0;
    for (const set of [...sps, ...pps]) {
      assert.ok(set.length > 0 && set.buffer === bytes.buffer, 'a view, and not empty');
      total += set.length;
    }
    assert.ok(total <= bytes.length, 'no byte in two sets');
    for (const set of sps) outcome([CodecError], () => readSps(set));
  },
};

const SPS_360P = AVCC_360P.subarray(8, 8 + 0x19);
const SPS_720P = AVCC_720P.subarray(8, 8 + 0x1a);

export const sps: Target = {
  name: 'sps',
  holds:
    'sequence parameter sets: read or refused with a CodecError; no picture, rate or depth that cannot be',
  maxBytes: 4096,
  deadlineMs: 20,
  seeds: () => [
    SPS_360P,
    SPS_720P,
    hex('67640028acd940780227e5c05a808080a0000003002000000781e30632c0'),
    hex('67f4000d919b28283f6022000003000200000300641e28532c'), // 4:4:4
    hex('6742001e9a74058127f2e028100000030010000003032020'),
    hex('674d401f9a6402802dd8088000000300800000190478c195'),
    hex('6764000bad84010c20086100430802184010c200843b5010c0d9f8e0'), // scaling lists and fields
  ],
  words: [hex('000003'), hex('0000030000'), hex('67640028'), hex('ffffffff')],
  run(bytes) {
    const plain = withoutEmulation(bytes);
    assert.ok(plain.length <= bytes.length, 'taking bytes out makes it no longer');
    const read = outcome([CodecError], () => readSps(bytes));
    if ('error' in read) return;
    const { width, height, chromaFormat, bitDepth, pixelAspect, frameRate, level, profile } = read.value;
    for (const side of [width, height])
      assert.ok(Number.isInteger(side) && side >= 1 && side <= 16_888, `${side}`);
    assert.ok(chromaFormat >= 0 && chromaFormat <= 3, `chroma format ${chromaFormat}`);
    assert.ok(bitDepth >= 8 && bitDepth <= 14, `bit depth ${bitDepth}`);
    assert.ok(level <= 255 && profile <= 255, 'bytes');
    for (const rate of [pixelAspect, frameRate])
      assert.ok(rate === undefined || (Number.isFinite(rate) && rate > 0), `${rate}`);
  },
};

export const aacConfig: Target = {
  name: 'aac-config',
  holds:
    'AudioSpecificConfig and program config element: read or refused with a CodecError, and what ADTS can carry comes back from its header',
  maxBytes: 4096,
  deadlineMs: 20,
  seeds: () => [
    ASC_48K,
    ASC_44K,
    hex('2b920800'), // SBR in front
    hex('131056e598'), // SBR behind
    hex('eb098800'), // parametric stereo
    hex('1100 0400 0c00 00'),
    hex('118004c844002000c40c4c61766335372e38392e31303056e500'), // 5.1 by a PCE
    hex('17 80 00 00 03 e8 90'), // a rate of its own
    hex('b98a00'),
  ],
  words: [hex('56e5'), hex('1180'), hex('f8')],
  run(bytes) {
    const read = outcome([CodecError], () => readAacConfig(bytes));
    if ('error' in read) return;
    const config = read.value;
    for (const rate of [config.coreRate, config.sampleRate])
      assert.ok(Number.isInteger(rate) && rate >= 1 && rate < 2 ** 25, `rate ${rate}`);
    assert.ok(config.channels >= 1 && config.channels <= 2 * 45 + 3, `${config.channels} channels`);
    assert.ok([480, 512, 960, 1024].includes(config.samplesPerFrame), `${config.samplesPerFrame} samples`);
    assert.match(config.codecString, /^mp4a\.40\.\d{1,2}$/, 'codec string');
    if (config.pce) checkElement(config.pce, config.channels);
    if (adtsRefusal(config) === undefined) checkAdts(config, bytes.length);
  },
};

/** The element as it goes in front of a raw frame reads the same again. */
function checkElement(element: Uint8Array, channels: number): void {
  assert.equal(element[0]! >> 5, ELEMENT_PCE, 'begins with its id');
  const bits = new BitReader(element, 'element');
  bits.skip(3);
  const again = readProgramConfig(bits);
  assert.deepEqual(again.element, element, 'the element, laid out anew, is the same');
  assert.equal(bits.left, 0, 'all of it');
  assert.ok(again.channels <= channels, 'its channels');
}

function checkAdts(config: ReturnType<typeof readAacConfig>, payload: number): void {
  const header = Buffer.alloc(ADTS_HEADER_SIZE);
  writeAdtsHeader(header, 0, config, payload);
  const rate = AAC_RATES[(header[2]! >> 2) & 15];
  assert.equal(header.readUInt16BE(0), 0xfff1, 'syncword');
  assert.equal(rate, config.coreRate, 'the rate comes back');
  assert.equal((header[2]! >> 6) + 1, config.objectType, 'the object type comes back');
  assert.equal(((header[2]! & 1) << 2) | (header[3]! >> 6), config.channelConfig, 'so do the channels');
  const length = (header.readUInt32BE(3) >>> 13) & 0x1fff;
  assert.equal(length, ADTS_HEADER_SIZE + payload, 'and the length');
}
