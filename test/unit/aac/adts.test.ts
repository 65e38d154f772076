import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ADTS_HEADER_SIZE,
  adtsRefusal,
  MAX_ADTS_PAYLOAD,
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
