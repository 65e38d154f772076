import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32Mpeg } from '../../../src/bytes/crc32-mpeg.ts';

test('the check value of CRC-32/MPEG-2', () => {
  assert.equal(crc32Mpeg(Buffer.from('123456789')), 0x0376e6e7);
});

test('a section of a real multiplex, its CRC included, comes out as 0', () => {
  // A PAT of one program, as ffmpeg writes it.
  const pat = Buffer.from('00b00d0001c100000001f0002ab104b2', 'hex');
  assert.equal(crc32Mpeg(pat), 0);
  assert.equal(crc32Mpeg(pat, 0, pat.length - 4), 0x2ab104b2);
});

test('of a window only', () => {
  assert.equal(crc32Mpeg(Buffer.from('xx123456789yy'), 2, 11), 0x0376e6e7);
  assert.equal(crc32Mpeg(Buffer.alloc(0)), 0xffffffff);
});
