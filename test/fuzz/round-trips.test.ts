import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { readSps } from '../../src/codecs/avc/sps.ts';
import { lengthPrefixedFromAnnexB } from '../../src/codecs/nal/annex-b.ts';
import { NalUnits } from '../../src/codecs/nal/units.ts';
import { readTagHeader, writeTagHeader } from '../../src/containers/flv/tag.ts';
import { avcHead, readVideoBody } from '../../src/containers/flv/video.ts';
import { ChunkReader } from '../../src/protocols/rtmp/chunk-reader.ts';
import { encodeMessage } from '../../src/protocols/rtmp/chunk-writer.ts';
import type { RtmpMessage } from '../../src/protocols/rtmp/message.ts';
import { ClientHandshake } from '../../src/protocols/rtmp/handshake/client-handshake.ts';
import { ServerHandshake } from '../../src/protocols/rtmp/handshake/server-handshake.ts';
import { setChunkSizeBytes } from '../unit/rtmp/chunk-tools.ts';
import { spsOf, type SpsFields } from './engine/sps-writer.ts';

const RUNS = { numRuns: 300 };

test('RTMP chunks: messages written with any chunk size are read back the same', () => {
  const message = fc.record(
    {
      chunkStreamId: fc.integer({ min: 2, max: 63 }),
      type: fc.constantFrom(8, 9, 18, 20),
      streamId: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      timestamp: fc.oneof(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.constantFrom(0xfffffe, 0xffffff, 2 ** 32 - 1),
      ),
      body: fc.uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes)),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 6 }),
      fc.integer({ min: 1, max: 300 }),
      (messages, chunkSize) => {
        const reader = new ChunkReader();
        const read: RtmpMessage[] = [];
        reader.push(setChunkSizeBytes(chunkSize), () => undefined);
        for (const { body, ...header } of messages)
          reader.push(encodeMessage(header, body, chunkSize), (one) =>
            read.push({ ...one, body: Buffer.from(one.body) }),
          );
        assert.deepEqual(read, messages, 'as they were written');
      },
    ),
    RUNS,
  );
});

test('FLV: tag headers and the head of a video tag are read back the same', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(8, 9, 18),
      fc.nat({ max: 0xffffff }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.integer({ min: -0x800000, max: 0x7fffff }),
      (type, size, timestamp, compositionMs) => {
        const out = Buffer.alloc(11);
        writeTagHeader(out, 0, { type, size, timestamp });
        assert.deepEqual(readTagHeader(out), { type, size, timestamp }, 'tag header');
        const body = Buffer.concat([avcHead(true, 1, compositionMs), Buffer.from([1])]);
        const read = readVideoBody(body);
        assert.equal(read.kind, 'frame', 'a frame');
        assert.equal('compositionMs' in read && read.compositionMs, compositionMs, 'composition time');
      },
    ),
    RUNS,
  );
});

test('sequence parameter sets: what a writer of its own says is what is read', () => {
  const fields: fc.Arbitrary<SpsFields> = fc.record({
    profile: fc.constantFrom(66, 77, 100, 122, 244),
    level: fc.integer({ min: 9, max: 62 }),
    id: fc.nat({ max: 31 }),
    chromaFormat: fc.nat({ max: 3 }),
    bitDepth: fc.integer({ min: 8, max: 14 }),
    orderType: fc.nat({ max: 2 }),
    cycle: fc.array(fc.integer({ min: -5000, max: 5000 }), { maxLength: 8 }),
    macroblocksWide: fc.integer({ min: 1, max: 400 }),
    mapUnitsHigh: fc.integer({ min: 1, max: 400 }),
    progressive: fc.boolean(),
    crop: fc.record({ right: fc.nat({ max: 3 }), bottom: fc.nat({ max: 3 }) }),
    timing: fc.option(
      fc.record({
        unitsInTick: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        timeScale: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      }),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(fields, (sps) => {
      const { bytes, width, height } = spsOf(sps);
      const read = readSps(bytes);
      assert.deepEqual([read.width, read.height], [width, height], 'size');
      assert.deepEqual(
        [read.profile, read.level, read.progressive],
        [sps.profile, sps.level, sps.progressive],
        'profile',
      );
      const { timing } = sps;
      assert.equal(read.frameRate, timing && timing.timeScale / (2 * timing.unitsInTick), 'frame rate');
    }),
    RUNS,
  );
});

test('Annex B: units written with start codes come back as the same units with lengths', () => {
  // A unit's first byte is a header and its last is not zero; inside, emulation prevention keeps start codes out.
  const unit = fc
    .tuple(fc.constantFrom(0x65, 0x41, 0x06, 0x67), fc.uint8Array({ maxLength: 40 }))
    .map(([head, rest]) => Buffer.from([head, ...rest.map((byte) => (byte === 0 ? 1 : byte)), 0x80]));
  fc.assert(
    fc.property(fc.array(fc.tuple(unit, fc.boolean()), { minLength: 1, maxLength: 8 }), (units) => {
      const bytes = Buffer.concat(
        units.flatMap(([one, long]) => [Buffer.from(long ? [0, 0, 0, 1] : [0, 0, 1]), one]),
      );
      const prefixed = lengthPrefixedFromAnnexB(bytes);
      assert.ok(prefixed, 'it begins with a start code');
      const found = new NalUnits();
      assert.ok(found.find(prefixed, 4), 'the lengths cover it');
      const seen = Array.from({ length: found.count }, (_, index) =>
        Buffer.from(prefixed.subarray(found.start(index), found.end(index))),
      );
      assert.deepEqual(
        seen,
        units.map(([one]) => one),
        'the same units',
      );
    }),
    RUNS,
  );
});

test('handshake: our client and our server agree, whatever the random bytes, signed in either way', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.constantFrom(0, 1), (noise, scheme) => {
      let at = 0;
      const random = (size: number): Buffer =>
        Buffer.from(Array.from({ length: size }, () => noise[at++ % noise.length]!));
      const client = new ClientHandshake(random, scheme);
      const server = new ServerHandshake(random);
      const answer = server.receive(client.start()).send;
      assert.ok(answer, 'S0, S1 and S2');
      const { send, rest } = client.receive(answer);
      assert.ok(send && rest?.length === 0, 'C2, and nothing left over');
      assert.equal(server.receive(send).rest?.length, 0, 'the server is content');
      assert.ok(client.signed && server.scheme !== undefined, 'both signed');
    }),
    { numRuns: 60 },
  );
});
