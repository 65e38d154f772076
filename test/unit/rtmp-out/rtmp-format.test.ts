import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAmf0Values } from '../../../src/amf/amf0-reader.ts';
import { AmfObject } from '../../../src/amf/value.ts';
import type { Frame } from '../../../src/media/frame.ts';
import { readColorInfo } from '../../../src/containers/flv/color-info.ts';
import type { VideoBody } from '../../../src/containers/flv/parts.ts';
import { readVideoBody } from '../../../src/containers/flv/video.ts';
import { ms } from '../../../src/media/time.ts';
import type { NalTrack, Track } from '../../../src/media/track.ts';
import { UNTAILORED, type Tailoring } from '../../../src/outputs/flv/tailoring.ts';
import { announced, announcedByServer } from '../../../src/outputs/rtmp/announced.ts';
import { rtmpFormat } from '../../../src/outputs/rtmp/rtmp-format.ts';
import { ChunkReader } from '../../../src/protocols/rtmp/chunk-reader.ts';
import { setChunkSize } from '../../../src/protocols/rtmp/control.ts';
import { readEnhanced } from '../../../src/protocols/rtmp/session/enhanced.ts';
import type { RtmpMessage } from '../../../src/protocols/rtmp/message.ts';
import { AUDIO, AVCC_360P, data, hex, IDR, inter, key, sound, VIDEO } from '../../support/media.ts';
import { Stage } from '../../support/stage.ts';

const BOTH = { audio: true, video: true };

function messagesIn(bytes: Uint8Array, chunkSize: number): RtmpMessage[] {
  const reader = new ChunkReader();
  const messages: RtmpMessage[] = [];
  for (const piece of [setChunkSize(chunkSize), bytes])
    reader.push(piece, (message) => messages.push({ ...message, body: Buffer.from(message.body) }));
  return messages.filter((message) => message.type !== 1);
}

test('a frame on the wire, written by hand from RTMP 1.0 §5.3.1', () => {
  const format = rtmpFormat(1, 4, BOTH);
  const write = (at: number): string => {
    const out = Buffer.alloc(format.measure(key(0), ms(at)));
    assert.equal(format.write(key(0), ms(at), out, 0), out.length);
    return out.toString('hex');
  };
  // Chunk stream 6, format 0; 13 bytes in chunks of 4, each next one with a format 3 header.
  assert.equal(
    write(0xfffffe),
    hex('06 fffffe 00000d 09 01000000 17010000 c6 00000000 c6 04658884 c6 00').toString('hex'),
  );
  assert.equal(
    write(0xffffff),
    hex(`06 ffffff 00000d 09 01000000 00ffffff 17010000 c6 00ffffff 00000000
      c6 00ffffff 04658884 c6 00ffffff 00`).toString('hex'),
  );
});

test('every frame takes exactly the bytes that were measured, at any chunk size and time', () => {
  const frames: Frame[] = [
    key(0),
    inter(0, { compositionMs: -40 }),
    sound(0),
    data(0),
    key(0, { bytes: 5_000 }),
  ];
  for (const chunkSize of [1, 128, 4096, 60_000])
    for (const at of [0, 0xfffffe, 0xffffff, 0x7fffffff])
      for (const frame of frames) {
        const format = rtmpFormat(1, chunkSize, BOTH);
        const size = format.measure(frame, ms(at));
        const out = Buffer.alloc(size + 2, 0xee);
        assert.equal(format.write(frame, ms(at), out, 1), size + 1);
        assert.deepEqual([out[0], out[size + 1]], [0xee, 0xee]);
        const [message, ...more] = messagesIn(out.subarray(1, -1), chunkSize);
        assert.equal(more.length, 0);
        assert.deepEqual([message?.timestamp, message?.streamId], [at, 1]);
        assert.deepEqual(message?.body.subarray(-frame.payload.length), Buffer.from(frame.payload));
      }
});

test('audio, video and data have chunk streams and types of their own', () => {
  const format = rtmpFormat(3, 60_000, BOTH);
  const where = [sound(0), key(0), data(0)].map((frame) => {
    const out = Buffer.alloc(format.measure(frame, ms(1)));
    format.write(frame, ms(1), out, 0);
    const [message] = messagesIn(out, 60_000);
    return [message?.chunkStreamId, message?.type, message?.streamId];
  });
  assert.deepEqual(where, [
    [4, 8, 3],
    [6, 9, 3],
    [5, 18, 3],
  ]);
});

test('configurations and metadata', () => {
  const format = rtmpFormat(1, 16, BOTH);
  const [video] = messagesIn(format.configuration(VIDEO, ms(7)), 16);
  assert.deepEqual([video?.type, video?.timestamp], [9, 7]);
  assert.deepEqual(video?.body, Buffer.concat([hex('1700000000'), AVCC_360P]));
  const [audio] = messagesIn(format.configuration(AUDIO, ms(8)), 16);
  assert.deepEqual([audio?.type, audio?.body], [8, hex('af00 1190')]);
  const [metadata] = messagesIn(format.header({ tracks: { audio: AUDIO }, metadata: undefined }), 16);
  assert.equal(metadata?.type, 18);
  const [name, values] = readAmf0Values(metadata.body);
  assert.equal(name, 'onMetaData');
  assert.ok(values instanceof AmfObject);
  assert.deepEqual([values.get('hasVideo'), values.get('hasAudio')], [false, true]);
});

test('players share bytes if stream id, chunk size and selection are the same', () => {
  const ids = [
    rtmpFormat(1, 60_000, BOTH),
    rtmpFormat(2, 60_000, BOTH),
    rtmpFormat(1, 128, BOTH),
    rtmpFormat(1, 60_000, { audio: true, video: false }),
    rtmpFormat(1, 60_000, { audio: false, video: true }),
  ].map((format) => format.id);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(rtmpFormat(1, 60_000, { ...BOTH }).id, ids[0]);
});

test('a selection leaves out what is not wanted, never data', () => {
  const wanted = (audio: boolean, video: boolean): boolean[] => {
    const format = rtmpFormat(1, 128, { audio, video });
    return [sound(0), key(0), data(0)].map((frame) => format.wants(frame));
  };
  assert.deepEqual(wanted(true, true), [true, true, true]);
  assert.deepEqual(wanted(true, false), [true, false, true]);
  assert.deepEqual(wanted(false, true), [false, true, true]);
});

test('players of two chunk sizes see the same stream; each pair with the same one shares its buffers', () => {
  const stage = new Stage();
  stage.send(key(0), sound(5));
  const players = [128, 128, 60_000, 60_000].map((chunkSize) => ({
    chunkSize,
    ...stage.join(rtmpFormat(1, chunkSize, BOTH)),
  }));
  stage.send(inter(40, { bytes: 1000 }), sound(26));
  const seen = players.map(({ sink, chunkSize }) =>
    messagesIn(Buffer.concat(sink.buffers), chunkSize).map(({ type, timestamp, body }) => [
      type,
      timestamp,
      Buffer.from(body).toString('hex'),
    ]),
  );
  for (const other of seen.slice(1)) assert.deepEqual(other, seen[0]);
  assert.deepEqual(
    seen[0]?.map(([type, timestamp]) => [type, timestamp]),
    [
      [18, 0],
      [9, 0],
      [8, 0],
      [9, 200],
      [8, 205],
      [9, 240],
      [8, 226],
    ],
  );
  assert.equal(seen[0][3]?.[2], Buffer.concat([hex('1701000000'), IDR]).toString('hex'));
  const [a, b, c, d] = players.map(({ sink }) => sink.buffers.at(-1));
  assert.ok(a === b && c === d && a !== c);
});

test('colours stand behind the configuration for those who understand them, and for nobody else', () => {
  const color = { primaries: 9, transfer: 16, matrix: 9, fullRange: false, bitDepth: 10 };
  const hevc: NalTrack = { ...VIDEO, codec: 'hevc', color };
  const colorsOf = (tailoring: Tailoring, track: Track): unknown[] =>
    messagesIn(rtmpFormat(1, 4096, { ...BOTH, tailoring }).configuration(track, ms(5)), 4096)
      .slice(1)
      .map(({ body, timestamp }) => [timestamp, readVideoBody(body)]);
  const peer = readEnhanced(AmfObject.of({ fourCcList: ['*'], videoFunction: 4 }));
  const [[at, read] = []] = colorsOf(announced(peer), hevc) as [number, VideoBody][];
  assert.equal(at, 5);
  assert.ok(read?.kind === 'metadata' && read.codec === 'hevc', 'a message of colours');
  assert.deepEqual(readColorInfo(read.data), { color });
  const server = readEnhanced(AmfObject.of({ fourCcList: ['*'] }));
  assert.equal(colorsOf(announcedByServer(server), hevc).length, 1, 'servers need not say so');
  for (const [tailoring, track] of [
    [announced(peer), VIDEO], //                  H.264 is written as it always was
    [announced(peer, true), hevc], //             and so is HEVC by codec id 12
    [announced(server), hevc], //                 a player that has not said that it understands them
    [UNTAILORED, hevc],
  ] as const)
    assert.deepEqual(colorsOf(tailoring, track), [], 'nothing behind the configuration');
});
