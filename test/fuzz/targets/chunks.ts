import assert from 'node:assert/strict';
import { ChunkReader } from '../../../src/protocols/rtmp/chunk-reader.ts';
import { encodeMessage } from '../../../src/protocols/rtmp/chunk-writer.ts';
import { ProtocolError } from '../../../src/protocols/rtmp/errors.ts';
import { COMMAND_LIMITS, MAX_CHUNK_STREAMS, MEDIA_LIMITS } from '../../../src/protocols/rtmp/limits.ts';
import { chunks, hex, ramp, setChunkSizeBytes } from '../../unit/rtmp/chunk-tools.ts';
import { cuts, outcome, type Target } from '../engine/target.ts';

interface Read {
  /** One line a message, the body in hex. */
  readonly messages: string[];
  readonly bodyBytes: number;
  readonly refusal: string | undefined;
}

function readIn(pieces: readonly Buffer[], limits: typeof MEDIA_LIMITS): Read {
  const reader = new ChunkReader(limits);
  const messages: string[] = [];
  let bodyBytes = 0;
  const done = outcome([ProtocolError], () => {
    for (const piece of pieces) {
      reader.push(piece, ({ chunkStreamId, type, streamId, timestamp, body }) => {
        bodyBytes += body.length;
        const content = Buffer.from(body).toString('latin1');
        messages.push(`${chunkStreamId} ${type} ${streamId} ${timestamp} ${body.length} ${content}`);
        assert.ok(Number.isInteger(timestamp) && timestamp >= 0 && timestamp < 2 ** 32, `time ${timestamp}`);
        assert.ok(body.length <= limits.messageBytes, `a message of ${body.length} bytes`);
      });
    }
  });
  assert.ok(reader.chunkStreamIds.length <= MAX_CHUNK_STREAMS, 'chunk streams');
  return { messages, bodyBytes, refusal: 'error' in done ? done.error.message : undefined };
}

export const chunkTarget: Target = {
  name: 'chunks',
  holds:
    'RTMP chunks: any bytes are read or refused with a ProtocolError, the same however TCP cuts them, and no message has bytes that never came',
  maxBytes: 16_384,
  deadlineMs: 50,
  seeds: () => {
    const base = { csid: 4, format: 0, field: 0, body: ramp(300), chunkSize: 128, repeat: true } as const;
    const long = { ...base, field: 0x1000000 } as const;
    return [
      chunks(base),
      Buffer.concat([
        chunks(base),
        chunks({ ...base, format: 1, field: 40 }),
        chunks({ ...base, format: 3 }),
      ]),
      Buffer.concat([chunks(long), chunks({ ...long, format: 3 }), chunks({ ...long, format: 2 })]),
      Buffer.concat([chunks({ ...long, repeat: false }), chunks({ ...long, repeat: false, format: 1 })]),
      Buffer.concat([chunks({ ...base, csid: 64 }), chunks({ ...base, csid: 65_599, field: 5 })]),
      Buffer.concat([setChunkSizeBytes(64), chunks({ ...base, chunkSize: 64 })]),
      encodeMessage({ chunkStreamId: 6, type: 9, streamId: 1, timestamp: 0xfffffffe }, ramp(200), 128),
      hex('03 000000 000008 09 01000000 0102 // and gives it up: 02 000000 000004 02 00000000 00000003'),
    ];
  },
  words: [
    hex('ffffff'),
    hex('01000000'),
    hex('00ffffff'),
    hex('ffffffff'),
    hex('02 000000 000004 01 00000000 00000001'),
    hex('02 000000 000004 02 00000000 00000003'),
    hex('c4'),
    hex('84 000001'),
    hex('44 ffffff 000001 08'),
  ],
  run(bytes) {
    for (const limits of [MEDIA_LIMITS, COMMAND_LIMITS]) {
      const [whole, ...others] = cuts(bytes).map((pieces) => readIn(pieces, limits));
      assert.ok(whole!.bodyBytes <= bytes.length, 'bodies are made of bytes that came');
      for (const other of others) assert.deepEqual(other, whole, 'cut otherwise, it reads otherwise');
    }
  },
};
