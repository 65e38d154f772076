import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ADTS_HEADER_SIZE,
  adtsRefusal,
  configFromAdts,
  isAllAdts,
  MAX_ADTS_PAYLOAD,
  readAdtsHeader,
  writeAdtsHeader,
} from '../../../src/codecs/aac/adts.ts';
import type { AacConfig } from '../../../src/codecs/aac/config.ts';
import { readAacConfig } from '../../../src/codecs/aac/config.ts';
import { CodecError } from '../../../src/codecs/codec-error.ts';

const config = (hex: string): AacConfig => readAacConfig(Buffer.from(hex, 'hex'));
const header = (hex: string, length: number): string => {
  const out = Buffer.alloc(ADTS_HEADER_SIZE + 2, 0xee);
  writeAdtsHeader(out, 1, config(hex), length);
  assert.deepEqual([out[0], out[8]], [0xee, 0xee], 'writes its seven bytes and no others');
  return out.toString('hex', 1, 8);
};

test('LC, 44.1 kHz, stereo, 371 bytes', () => {
  // fff 1, 01 0100 0 | 010 0 0 0 0 frame length 0000101111010, fullness 7ff, 0
  assert.equal(header('1210', 371), 'fff15080' + '2f5ffc');
});

test('HE-AAC is written as its LC core', () => {
  assert.equal(header('2b920800', 1), 'fff15c80' + '011ffc');
});

test('a third bit of the channels and the longest frame', () => {
  assert.equal(header('11b0', MAX_ADTS_PAYLOAD), 'fff14d83' + 'fffffc');
});

const refused = [
  { what: 'low delay', hex: 'b99000', words: /object type 23/ },
  { what: 'an odd rate', hex: '178049d4' + '1000', words: /37800 Hz/ },
  { what: '6.1 channels', hex: '11d8', words: /channel configuration 11/ },
  { what: '960 samples', hex: '118c', words: /960 samples/ },
];
for (const { what, hex, words } of refused) {
  test(`${what} is refused in words`, () => {
    assert.match(adtsRefusal(config(hex)) ?? '', words);
    assert.throws(
      () => writeAdtsHeader(Buffer.alloc(7), 0, config(hex), 10),
      (error) => error instanceof CodecError && error.code === 'ADTS' && words.test(error.message),
    );
  });
}

test('a frame too long for 13 bits is refused', () => {
  assert.throws(() => writeAdtsHeader(Buffer.alloc(7), 0, config('1210'), MAX_ADTS_PAYLOAD + 1), /too long/);
});

test('reads back what it writes, whatever the kind and length', () => {
  for (const hex of ['1210', '1190', '2b920800', '11b0', '1388', '0a10']) {
    for (const length of [1, 371, MAX_ADTS_PAYLOAD]) {
      const out = Buffer.alloc(ADTS_HEADER_SIZE + length);
      writeAdtsHeader(out, 0, config(hex), length);
      const { objectType, rateIndex, channelConfig } = config(hex);
      assert.deepEqual(readAdtsHeader(out, 0), {
        headerSize: 7,
        length: 7 + length,
        objectType,
        rateIndex,
        channelConfig,
        blocks: 1,
      });
      const core = readAacConfig(configFromAdts(readAdtsHeader(out, 0)!));
      assert.deepEqual(
        [core.objectType, core.rateIndex, core.channelConfig],
        [objectType, rateIndex, channelConfig],
      );
    }
  }
});

test('ADTS is what its lengths lead through exactly, not what begins like it', () => {
  const one = Buffer.from('fff15080017ffc21104560', 'hex'); // 11 bytes
  assert.equal(isAllAdts(one), true);
  assert.equal(isAllAdts(Buffer.concat([one, one, one])), true);
  for (let cut = 0; cut < one.length; cut++) {
    assert.equal(isAllAdts(one.subarray(0, cut)), false, `cut at ${cut}`);
    assert.equal(isAllAdts(Buffer.concat([one, one.subarray(0, cut)])), cut === 0, `one and ${cut} bytes`);
  }
  const layered = Buffer.from(one);
  layered[1] = 0xf3; // a layer other than 0: MP3
  assert.equal(isAllAdts(layered), false);
});
