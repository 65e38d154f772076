import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameInPlace, WEBSOCKET_HEADROOM } from '../../../src/outputs/flv/websocket-frame.ts';
import { flvFormat } from '../../../src/outputs/flv/flv-format.ts';
import { Batch } from '../../../src/stream/batch.ts';

/** RFC 6455 §5.2: FIN and binary, no mask, the shortest form of the length. */
const headers = [
  [0, '8200'],
  [1, '8201'],
  [125, '827d'],
  [126, '827e007e'],
  [127, '827e007f'],
  [65_535, '827effff'],
  [65_536, '827f0000000000010000'],
  [9_000_000, '827f0000000000895440'],
] as const;

for (const [length, header] of headers) {
  test(`${length} bytes: the header stands right in front of the payload, which is not copied`, () => {
    const room = Buffer.alloc(WEBSOCKET_HEADROOM + length, 0xab);
    const frame = frameInPlace(room, WEBSOCKET_HEADROOM);
    assert.equal(frame.length, header.length / 2 + length);
    assert.equal(frame.toString('hex', 0, header.length / 2), header);
    assert.equal(frame.buffer, room.buffer);
    assert.ok(frame.subarray(header.length / 2).equals(Buffer.alloc(length, 0xab)));
  });
}

test('a batch is framed once for all its viewers, and plain viewers still get plain bytes', () => {
  const batch = Batch.of(Buffer.from('payload'), flvFormat.headroom);
  const frame = batch.wrapped(frameInPlace);
  assert.equal(batch.wrapped(frameInPlace), frame);
  assert.equal(frame.toString('latin1'), '\x82\x07payload');
  assert.equal(batch.bytes.toString(), 'payload');
});
