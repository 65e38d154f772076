import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeMessage, measureMessage, writeMessage } from '../../../src/protocols/rtmp/chunk-writer.ts';
import { hex, ramp, readAll, setChunkSizeBytes } from './chunk-tools.ts';

const video = { chunkStreamId: 6, type: 9, streamId: 1, timestamp: 0 };

const wire = [
  {
    name: 'an empty message',
    header: video,
    body: '',
    chunkSize: 128,
    bytes: '06 000000 000000 09 01000000',
  },
  {
    name: 'every header field',
    header: { chunkStreamId: 63, type: 18, streamId: 0xfedcba98, timestamp: 0x123456 },
    body: 'aa',
    chunkSize: 128,
    bytes: '3f 123456 000001 12 98badcfe aa',
  },
  {
    name: 'a body of exactly one chunk',
    header: video,
    body: 'aabbcc',
    chunkSize: 3,
    bytes: '06 000000 000003 09 01000000 aabbcc',
  },
  {
    name: 'a body of one byte more',
    header: video,
    body: 'aabbccdd',
    chunkSize: 3,
    bytes: '06 000000 000004 09 01000000 aabbcc c6 dd',
  },
  {
    name: 'the last time of 24 bits',
    header: { ...video, timestamp: 0xfffffe },
    body: 'aabb',
    chunkSize: 1,
    bytes: '06 fffffe 000002 09 01000000 aa c6 bb',
  },
  {
    name: 'the first extended time, on each chunk',
    header: { ...video, timestamp: 0xffffff },
    body: 'aabbcc',
    chunkSize: 1,
    bytes: '06 ffffff 000003 09 01000000 00ffffff aa c6 00ffffff bb c6 00ffffff cc',
  },
  {
    name: 'the last time of 32 bits',
    header: { ...video, timestamp: 0xffffffff },
    body: 'aa',
    chunkSize: 128,
    bytes: '06 ffffff 000001 09 01000000 ffffffff aa',
  },
  {
    name: 'a time that has run past 2^32',
    header: { ...video, timestamp: 2 ** 32 + 5 },
    body: 'aa',
    chunkSize: 128,
    bytes: '06 000005 000001 09 01000000 aa',
  },
] as const;

for (const { name, header, body, chunkSize, bytes } of wire) {
  test(`writes ${name}`, () => {
    assert.equal(encodeMessage(header, hex(body), chunkSize).toString('hex'), hex(bytes).toString('hex'));
    assert.equal(measureMessage(hex(body).length, header.timestamp, chunkSize), hex(bytes).length);
  });
}

test('head and payload make one body, whichever of them the chunks end in', () => {
  const body = ramp(40);
  for (let headLength = 0; headLength <= 40; headLength++) {
    for (const chunkSize of [1, 3, 7, 39, 40, 41]) {
      const length = measureMessage(40, 0x1000000, chunkSize);
      const out = Buffer.alloc(length + 10, 0xee);
      const header = { ...video, timestamp: 0x1000000 };
      const end = writeMessage(
        out,
        5,
        header,
        body.subarray(0, headLength),
        body.subarray(headLength),
        chunkSize,
      );
      assert.equal(end, 5 + length);
      assert.deepEqual(
        out.subarray(5, end),
        encodeMessage(header, body, chunkSize),
        `${headLength} ${chunkSize}`,
      );
      assert.deepEqual(
        [...out.subarray(0, 5), ...out.subarray(end)],
        Array(10).fill(0xee),
        'wrote outside its place',
      );
    }
  }
});

test('chunk streams that need a longer header are refused', () => {
  for (const chunkStreamId of [0, 1, 64]) {
    assert.throws(() => encodeMessage({ ...video, chunkStreamId }, hex(''), 128), RangeError);
  }
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(
      fc.record({
        chunkStreamId: fc.integer({ min: 2, max: 63 }),
        type: fc.constantFrom(8, 9, 18, 20),
        streamId: fc.nat({ max: 0xffffffff }),
        timestamp: fc.oneof(fc.nat({ max: 0xffffffff }), fc.constantFrom(0xfffffe, 0xffffff, 0x1000000)),
      }),
      fc.uint8Array({ maxLength: 1000 }),
      fc.integer({ min: 1, max: 300 }),
      (header, body, chunkSize) => {
        const bytes = encodeMessage(header, body, chunkSize);
        const [, message] = readAll([setChunkSizeBytes(chunkSize), bytes]);
        assert.deepEqual(message, { ...header, body: Buffer.from(body) });
      },
    ),
    { numRuns: 300 },
  );
});
