import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChunkReader } from '../../../src/protocols/rtmp/chunk-reader.ts';
import { ProtocolError } from '../../../src/protocols/rtmp/errors.ts';
import type { ProtocolErrorCode } from '../../../src/protocols/rtmp/errors.ts';
import type { RtmpMessage } from '../../../src/protocols/rtmp/message.ts';
import { chunks, hex, ramp, readAll, setChunkSizeBytes } from './chunk-tools.ts';

const endedWith = (code: ProtocolErrorCode) => (error: unknown) => {
  assert.ok(error instanceof ProtocolError, String(error));
  assert.equal(error.code, code);
  return true;
};
const message = (fields: Partial<RtmpMessage>): RtmpMessage => ({
  chunkStreamId: 4,
  type: 9,
  streamId: 1,
  timestamp: 0,
  body: Buffer.alloc(0),
  ...fields,
});
const body = (text: string) => Buffer.from(text, 'hex');
const times = (pieces: readonly Uint8Array[]) => readAll(pieces).map((m) => m.timestamp);

const wire: readonly { name: string; bytes: string; messages: readonly RtmpMessage[] }[] = [
  {
    name: 'format 0 with every field',
    bytes: '04 00000a 000002 09 01020304 aabb',
    messages: [message({ timestamp: 10, streamId: 0x04030201, body: body('aabb') })],
  },
  {
    name: 'formats 1, 2 and 3 building on the header before',
    bytes: `04 00000a 000002 09 01000000 aaaa
            44 000028 000001 08 bb          // format 1: 40 ms later, another length and type
            84 000014 cc                    // format 2: 20 ms later
            c4 dd                           // format 3: the same delta again
            c4 ee`,
    messages: [
      message({ timestamp: 10, body: body('aaaa') }),
      message({ timestamp: 50, type: 8, body: body('bb') }),
      message({ timestamp: 70, type: 8, body: body('cc') }),
      message({ timestamp: 90, type: 8, body: body('dd') }),
      message({ timestamp: 110, type: 8, body: body('ee') }),
    ],
  },
  {
    name: 'format 3 after format 0: its time is the delta (§5.3.1.2.4)',
    bytes: '04 000017 000001 08 01000000 aa c4 bb',
    messages: [
      message({ timestamp: 23, type: 8, body: body('aa') }),
      message({ timestamp: 46, type: 8, body: body('bb') }),
    ],
  },
  {
    name: 'two chunk streams whose chunks alternate',
    bytes: `04 000000 000081 09 01000000 ${'aa'.repeat(128)}
            06 000005 000082 08 01000000 ${'bb'.repeat(128)}
            c4 aa
            c6 bbbb`,
    messages: [
      message({ body: Buffer.alloc(129, 0xaa) }),
      message({ chunkStreamId: 6, type: 8, timestamp: 5, body: Buffer.alloc(130, 0xbb) }),
    ],
  },
  {
    name: 'chunk stream ids of two bytes: 64 and 319',
    bytes: '00 00 000000 000001 09 01000000 aa  00 ff 000000 000001 09 01000000 bb',
    messages: [
      message({ chunkStreamId: 64, body: body('aa') }),
      message({ chunkStreamId: 319, body: body('bb') }),
    ],
  },
  {
    name: 'chunk stream ids of three bytes, low byte first: 64, 320, 400 and 65599',
    bytes: `01 00 00 000000 000001 09 01000000 aa  01 00 01 000000 000001 09 01000000 bb
            01 50 01 000000 000001 09 01000000 cc  01 ff ff 000000 000001 09 01000000 dd`,
    messages: [
      message({ chunkStreamId: 64, body: body('aa') }),
      message({ chunkStreamId: 320, body: body('bb') }),
      message({ chunkStreamId: 400, body: body('cc') }),
      message({ chunkStreamId: 65599, body: body('dd') }),
    ],
  },
  {
    name: 'a message without a body, then one with',
    bytes: '04 000000 000000 08 01000000 44 000014 000001 08 aa c4 bb',
    messages: [
      message({ type: 8 }),
      message({ type: 8, timestamp: 20, body: body('aa') }),
      message({ type: 8, timestamp: 40, body: body('bb') }),
    ],
  },
  {
    name: 'format 1 as the first of its chunk stream',
    bytes: '45 00000a 000001 08 aa',
    messages: [message({ chunkStreamId: 5, type: 8, streamId: 0, timestamp: 10, body: body('aa') })],
  },
  {
    name: 'formats 2 and 3 as the first of their chunk streams: empty, of no type',
    bytes: '85 00000a 04 000000 000001 09 01000000 aa',
    messages: [
      message({ chunkStreamId: 5, type: 0, streamId: 0, timestamp: 10 }),
      message({ body: body('aa') }),
    ],
  },
  {
    name: 'a delta below zero (audio and video on one chunk stream)',
    bytes: '04 000064 000001 09 01000000 aa 44 ffffff 000001 08 fffffffb bb',
    messages: [
      message({ timestamp: 100, body: body('aa') }),
      message({ timestamp: 95, type: 8, body: body('bb') }),
    ],
  },
  {
    name: 'a message given up half way',
    bytes: `04 000000 000081 09 01000000 ${'aa'.repeat(128)} 04 000009 000001 09 01000000 bb`,
    messages: [message({ timestamp: 9, body: body('bb') })],
  },
  {
    name: 'Abort of a message half way, and of a chunk stream that does not exist',
    bytes: `04 000000 000081 09 01000000 ${'aa'.repeat(128)}
            02 000000 000004 02 00000000 00000004
            c2 00000007
            04 000009 000001 09 01000000 bb`,
    messages: [
      message({ chunkStreamId: 2, type: 2, streamId: 0, body: body('00000004') }),
      message({ chunkStreamId: 2, type: 2, streamId: 0, body: body('00000007') }),
      message({ timestamp: 9, body: body('bb') }),
    ],
  },
];

for (const { name, bytes, messages } of wire) {
  test(`reads ${name}, wherever it is cut`, () => {
    const whole = hex(bytes);
    assert.deepEqual(readAll([whole]), messages);
    for (let cut = 1; cut < whole.length; cut++) {
      assert.deepEqual(
        readAll([whole.subarray(0, cut), whole.subarray(cut)]),
        messages,
        `cut after byte ${cut}`,
      );
    }
    assert.deepEqual(readAll([...whole].map((byte) => Buffer.from([byte]))), messages, 'byte by byte');
  });
}

for (const csid of [2, 63, 64, 319, 320, 65599]) {
  test(`keeps chunk stream ${csid} apart through all formats`, () => {
    const sent = { csid, chunkSize: 128, repeat: true, body: ramp(300) };
    const bytes = ([0, 1, 2, 3] as const).map((format) => chunks({ ...sent, format, field: 1000 }));
    const seen = readAll([Buffer.concat(bytes)]);
    assert.deepEqual(
      seen.map((m) => [m.chunkStreamId, m.timestamp, Buffer.compare(m.body, sent.body)]),
      [1000, 2000, 3000, 4000].map((timestamp) => [csid, timestamp, 0]),
    );
  });
}

test('extended timestamps: each format, repeated or not, every chunk size, around 2^24 and 2^32', () => {
  let cases = 0;
  for (const repeat of [true, false]) {
    for (const chunkSize of [1, 128, 4096, 65536]) {
      for (const field of [0xfffffe, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000, 0xffffffff]) {
        for (const format of [0, 1, 2, 3] as const) {
          const sent = { csid: 6, chunkSize, repeat };
          // The first body ends where the extended timestamp's bytes would be mistaken for payload, and back.
          const first = chunks({ ...sent, format: 0, field, body: ramp(700, 1) });
          const second = chunks({ ...sent, format, field, body: ramp(700, 1) });
          const after = chunks({ ...sent, format: 0, field: 1, body: ramp(3) });
          const bytes = Buffer.concat([setChunkSizeBytes(chunkSize), first, second, after]);
          // 24 bits that are not extended and have the top one set are a delta below zero.
          const delta =
            (format === 1 || format === 2) && field < 0xffffff && field >= 0x800000 ? field - 2 ** 24 : field;
          const expected = [0, field, format === 0 ? field : (field + delta) % 2 ** 32, 1];
          const where = JSON.stringify({ repeat, chunkSize, field, format });
          const seen = readAll([bytes.subarray(0, 1100), bytes.subarray(1100)]);
          assert.deepEqual(
            seen.map((m) => m.timestamp),
            expected,
            where,
          );
          assert.deepEqual(seen[2]?.body, ramp(700, 1), where);
          cases++;
        }
      }
    }
  }
  assert.equal(cases, 2 * 4 * 6 * 4);
});

test('a type 3 chunk may repeat the timestamp or not, cut anywhere', () => {
  // Payload that begins like the timestamp and then differs, so that held bytes turn out to be payload.
  for (const tail of ['01000000', '01000001', '010000aa', '0100aaaa', '01aaaaaa', 'aaaaaaaa']) {
    for (const repeat of [true, false]) {
      if (!repeat && tail === '01000000') continue; // cannot be told apart, by anyone
      const sent = Buffer.concat([Buffer.alloc(128, 0x55), hex(tail), Buffer.alloc(3, 0x66)]);
      const whole = Buffer.concat([
        chunks({ csid: 4, format: 0, field: 0x01000000, body: sent, chunkSize: 128, repeat }),
        chunks({ csid: 4, format: 0, field: 7, body: ramp(2), chunkSize: 128, repeat }),
      ]);
      for (let cut = 1; cut < whole.length; cut++) {
        const seen = readAll([whole.subarray(0, cut), whole.subarray(cut)]);
        assert.deepEqual(
          seen.map((m) => m.body),
          [sent, ramp(2)],
          `${tail} ${repeat} cut after ${cut}`,
        );
      }
      assert.equal(readAll([...whole].map((byte) => Buffer.from([byte]))).length, 2);
    }
  }
});

test('a short end of a message without a repeated timestamp is not waited for', () => {
  const sent = Buffer.concat([Buffer.alloc(128, 0x55), hex('01 99')]);
  const bytes = chunks({ csid: 4, format: 0, field: 0x01000000, body: sent, chunkSize: 128, repeat: false });
  assert.deepEqual(readAll([bytes])[0]?.body, sent); // two bytes at hand, and the second already differs
});

test('time runs through 2^24 and 2^32 in small steps', () => {
  for (const wrap of [0x1000000, 2 ** 31, 2 ** 32]) {
    const sent = { csid: 4, body: ramp(1), chunkSize: 128, repeat: true };
    const bytes = [
      chunks({ ...sent, format: 0, field: wrap - 40 }),
      ...[1, 2, 3].map(() => chunks({ ...sent, format: 1, field: 20 })),
    ];
    assert.deepEqual(
      times(bytes),
      [wrap - 40, wrap - 20, wrap, wrap + 20].map((t) => t % 2 ** 32),
    );
  }
});

test('Set Chunk Size takes effect at once, also in the middle of a message', () => {
  const sent = ramp(500);
  const first = chunks({ csid: 6, format: 0, field: 0, body: sent, chunkSize: 128, repeat: true });
  const bytes = Buffer.concat([
    first.subarray(0, 12 + 128),
    setChunkSizeBytes(300),
    hex('c6'),
    sent.subarray(128, 428),
    hex('c6'),
    sent.subarray(428),
  ]);
  for (let cut = 0; cut < bytes.length; cut++) {
    const [, last] = readAll([bytes.subarray(0, cut), bytes.subarray(cut)]);
    assert.deepEqual(last?.body, sent);
  }
});

for (const [asked, used] of [
  [1, 1],
  [0x80000080, 128],
  [134_217_728, 0xffffff],
  [0x7fffffff, 0xffffff],
] as const) {
  test(`a chunk size of ${asked} is taken as ${used}`, () => {
    const reader = new ChunkReader();
    const sent = ramp(1000);
    const bytes = [
      setChunkSizeBytes(asked),
      chunks({ csid: 4, format: 0, field: 0, body: sent, chunkSize: used, repeat: true }),
    ];
    assert.deepEqual(readAll(bytes, reader)[1]?.body, sent);
    assert.equal(reader.chunkSize, used);
  });
}

const endings: readonly { name: string; code: ProtocolErrorCode; bytes: Buffer }[] = [
  { name: 'a chunk size of 0', code: 'RTMP_CHUNK_SIZE', bytes: setChunkSizeBytes(0) },
  { name: 'a chunk size of 2^31', code: 'RTMP_CHUNK_SIZE', bytes: setChunkSizeBytes(0x80000000) },
  {
    name: 'a Set Chunk Size cut short',
    code: 'RTMP_CHUNK_SIZE',
    bytes: hex('02 000000 000003 01 00000000 000080'),
  },
  { name: 'an Abort cut short', code: 'RTMP_CONTROL', bytes: hex('02 000000 000002 02 00000000 0004') },
  { name: 'a message over 8 MiB', code: 'RTMP_MESSAGE_LENGTH', bytes: hex('04 000000 800001 09 01000000') },
  {
    name: 'three messages of 8 MiB at a time',
    code: 'RTMP_UNFINISHED_BYTES',
    bytes: hex(`04 000000 800000 09 01000000 ${'00'.repeat(128)}
                05 000000 800000 09 01000000 ${'00'.repeat(128)}
                06 000000 000001 09 01000000`),
  },
  {
    name: 'noise instead of headers',
    code: 'RTMP_DESYNCHRONISED',
    bytes: hex('0b 000000 000001 4e 00000000 00 0c 000000 000001 d2 00000000 00'),
  },
];

for (const { name, code, bytes } of endings) {
  test(`ends with ${code} at ${name}`, () => {
    assert.throws(() => readAll([bytes]), endedWith(code));
    assert.throws(() => readAll([...bytes].map((byte) => Buffer.from([byte]))), endedWith(code));
  });
}

test('a message of exactly 8 MiB is begun; finished and abandoned messages do not count', () => {
  const reader = new ChunkReader();
  const begin = hex('04 000000 800000 09 01000000 00');
  for (let round = 0; round < 5; round++) {
    // Five times 8 MiB begun on one chunk stream, each giving up the one before.
    readAll([round === 0 ? begin : Buffer.concat([Buffer.alloc(127), begin])], reader);
  }
  readAll([Buffer.alloc(127), hex('02 000000 000004 02 00000000 00000004')], reader);
  for (const csid of ['05', '06'])
    readAll([hex(`${csid} 000000 800000 09 01000000`), Buffer.alloc(128)], reader);
  assert.throws(
    () => readAll([hex('07 000000 000001 09 01000000')], reader),
    endedWith('RTMP_UNFINISHED_BYTES'),
  );
});

test('64 chunk streams are served, the 65th ends the connection', () => {
  const reader = new ChunkReader();
  const one = (csid: number) =>
    chunks({ csid, format: 0, field: 0, body: ramp(1), chunkSize: 128, repeat: true });
  for (let csid = 2; csid < 66; csid++) assert.equal(readAll([one(csid)], reader).length, 1);
  assert.equal(readAll([one(2)], reader).length, 1);
  assert.throws(() => readAll([one(66)], reader), endedWith('RTMP_CHUNK_STREAMS'));
});

test('one message of a type nobody knows is passed over', () => {
  const seen = readAll([hex('0b 000000 000001 4e 00000000 00 0b 000000 000001 4f 00000000 00')]);
  assert.deepEqual(
    seen.map((m) => m.type),
    [0x4e, 0x4f],
  );
});

test('a body is a copy of its own: the socket buffer may be used again', () => {
  const bytes = hex('04 000000 000003 09 01000000 010203');
  let kept: Uint8Array | undefined;
  new ChunkReader().push(bytes, (m) => (kept = m.body));
  bytes.fill(0xff);
  assert.deepEqual(kept, hex('010203'));
});

test('a message whose last byte looks like a repeated timestamp does not wait for more from a peer that leaves it out', () => {
  const sent = { csid: 3, type: 8, format: 0, field: 0xffffff9c, chunkSize: 1, repeat: false } as const;
  const body = Buffer.concat([ramp(5, 1), hex('ff')]);
  assert.equal(readAll([setChunkSizeBytes(1), chunks({ ...sent, body })]).length, 2);
});

test('any mix of messages comes through, however it is chunked, woven and cut', () => {
  const anyMessage = fc.record({
    csid: fc.constantFrom(3, 4, 6, 70, 400),
    type: fc.constantFrom(8, 9, 18),
    length: fc.nat({ max: 700 }),
    timestamp: fc.oneof(fc.nat({ max: 2 ** 24 + 5 }), fc.integer({ min: 2 ** 32 - 100, max: 2 ** 32 - 1 })),
  });
  fc.assert(
    fc.property(
      fc.array(anyMessage, { maxLength: 12 }),
      fc.constantFrom(1, 128, 200),
      fc.boolean(), // a peer repeats extended timestamps or does not; none changes its mind
      fc.array(fc.nat({ max: 400 }), { maxLength: 20 }),
      (messages, chunkSize, repeat, steps) => {
        const bytes = Buffer.concat([
          setChunkSizeBytes(chunkSize),
          ...messages.map((m, index) =>
            chunks({
              ...m,
              format: 0,
              field: m.timestamp,
              body: ramp(m.length, index + 40),
              chunkSize,
              repeat,
            }),
          ),
        ]);
        const pieces: Buffer[] = [];
        let at = 0;
        for (const step of steps) pieces.push(bytes.subarray(at, (at += step)));
        pieces.push(bytes.subarray(at));
        assert.deepEqual(
          readAll(pieces).slice(1),
          messages.map((m, index) => ({
            chunkStreamId: m.csid,
            type: m.type,
            streamId: 1,
            timestamp: m.timestamp,
            body: ramp(m.length, index + 40),
          })),
        );
      },
    ),
    { numRuns: 150 },
  );
});

test('rubbish ends in a ProtocolError or in messages, never in anything else', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }), (pieces) => {
      try {
        readAll(pieces);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});
