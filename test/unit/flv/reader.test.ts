import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flvFileHeader } from '../../../src/containers/flv/file-header.ts';
import { FlvError, FlvReader, type FlvTag } from '../../../src/containers/flv/reader.ts';
import { hex } from '../../support/media.ts';

const HEADER = flvFileHeader({ video: true, audio: false });
const TAGS = hex(`
  09 000003 000028 00 000000 170100 0000000e
  08 000000 000029 00 000000        0000000b
  12 000002 ffffff 7f 000000 0203   0000000d`);
const WHOLE = Buffer.concat([HEADER, TAGS]);
const EXPECTED = [
  { type: 9, size: 3, timestamp: 40, body: '170100' },
  { type: 8, size: 0, timestamp: 41, body: '' },
  { type: 18, size: 2, timestamp: 0x7fffffff, body: '0203' },
];

function readAll(pieces: readonly Uint8Array[], reader = new FlvReader()) {
  const tags: FlvTag[] = [];
  for (const piece of pieces) reader.push(piece, (tag) => tags.push(tag));
  return tags.map(({ body, ...header }) => ({ ...header, body: Buffer.from(body).toString('hex') }));
}

test('reads flags and tags, and says where it stands', () => {
  const reader = new FlvReader();
  assert.equal(reader.flags, undefined);
  assert.deepEqual(readAll([WHOLE, hex('09 0000')], reader), EXPECTED);
  assert.deepEqual(reader.flags, { video: true, audio: false });
  assert.deepEqual([reader.offset, reader.unread], [WHOLE.length, 3]);
});

test('where the bytes are cut does not matter', () => {
  for (let cut = 0; cut <= WHOLE.length; cut++)
    assert.deepEqual(readAll([WHOLE.subarray(0, cut), WHOLE.subarray(cut)]), EXPECTED, `cut at ${cut}`);
  const single = Array.from(WHOLE, (byte) => Uint8Array.of(byte));
  assert.deepEqual(readAll(single), EXPECTED);
});

test('bodies stay valid when the piece they came in is used again', () => {
  const piece = Buffer.from(WHOLE);
  const tags: FlvTag[] = [];
  new FlvReader().push(piece, (tag) => tags.push(tag));
  piece.fill(0);
  assert.equal(Buffer.from(tags[0]!.body).toString('hex'), '170100');
});

test('pieces that are the reader’s to keep are not copied, and may be cut anywhere', () => {
  const piece = new Uint8Array(WHOLE); // with memory of its own: a small copy of a Buffer may lie in the same pool
  const tags: FlvTag[] = [];
  new FlvReader({ owned: true }).push(piece, (tag) => tags.push(tag));
  assert.equal(tags.length, EXPECTED.length);
  for (const { body } of tags) assert.equal(body.buffer, piece.buffer, 'a view of the piece');
  for (let cut = 0; cut <= WHOLE.length; cut++) {
    const pieces = [WHOLE.subarray(0, cut), WHOLE.subarray(cut)];
    assert.deepEqual(readAll(pieces, new FlvReader({ owned: true })), EXPECTED, `cut at ${cut}`);
  }
});

test('what is not FLV is an FlvError', () => {
  assert.throws(() => readAll([Buffer.from('GIF89a, as it happens')]), FlvError);
  const odd = Buffer.from(WHOLE);
  odd[8] = 10;
  assert.throws(() => readAll([odd]), FlvError);
});

test('a wrong back pointer is an FlvError that says where; zero is let pass', () => {
  const at = HEADER.length + 11 + 3;
  const zero = Buffer.from(WHOLE);
  zero.writeUInt32BE(0, at);
  assert.deepEqual(readAll([zero]), EXPECTED);
  const wrong = Buffer.from(WHOLE);
  wrong.writeUInt32BE(15, at);
  assert.throws(
    () => readAll([wrong]),
    (error) => error instanceof FlvError && error.message.includes('byte 13'),
  );
});
