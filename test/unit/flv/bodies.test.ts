import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAudioBody } from '../../../src/containers/flv/audio.ts';
import { configurationHead, frameHead, frameTagType } from '../../../src/containers/flv/frame-body.ts';
import { readVideoBody } from '../../../src/containers/flv/video.ts';
import type { Frame } from '../../../src/media/frame.ts';
import { ticks } from '../../../src/media/time.ts';
import { AUDIO, data, hex, inter, key, sound, VIDEO } from '../../support/media.ts';

const NOTHING = { kind: 'nothing' };

const videoBodies = [
  ['17 00 000000 01', { kind: 'config', data: hex('01') }],
  ['17 01 000000 aabb', { kind: 'frame', keyFrame: true, compositionMs: 0, data: hex('aabb') }],
  ['27 01 000050 aa', { kind: 'frame', keyFrame: false, compositionMs: 80, data: hex('aa') }],
  ['27 01 ffffff aa', { kind: 'frame', keyFrame: false, compositionMs: -1, data: hex('aa') }],
  ['27 01 7fffff aa', { kind: 'frame', keyFrame: false, compositionMs: 8_388_607, data: hex('aa') }],
  ['27 01 800000 aa', { kind: 'frame', keyFrame: false, compositionMs: -8_388_608, data: hex('aa') }],
  ['37 01 000000 aa', { kind: 'frame', keyFrame: false, compositionMs: 0, data: hex('aa') }],
  ['17 02 000000', NOTHING],
  ['17 02 000000 aa', NOTHING],
  ['17 03 000000 aa', NOTHING],
  ['17 01 000000', NOTHING],
  ['57 00', NOTHING],
  ['57 01 000000 aa', NOTHING],
  ['52 00', NOTHING],
  ['', NOTHING],
  ['17', NOTHING],
  ['80', NOTHING],
  ['90 6176', NOTHING],
  ['22 00', { kind: 'unsupported', codec: 'Sorenson H.263' }],
  ['1c 01 000000 aa', { kind: 'unsupported', codec: 'HEVC (H.265)' }],
  ['10 00', { kind: 'unsupported', codec: 'FLV video codec 0' }],
  ['91 61763031 00', { kind: 'unsupported', codec: 'AV1 (av01)' }],
  ['90 68766331 00', { kind: 'unsupported', codec: 'HEVC (hvc1)' }],
  ['93 68766331 00', { kind: 'unsupported', codec: 'HEVC (hvc1)' }],
  ['97 00 61763031', { kind: 'unsupported', codec: 'a codec with extensions of Enhanced RTMP' }],
  ['d1 00 00000000', NOTHING],
  ['96 01 68766331 01', { kind: 'nothing', isAdditional: true }],
  ['91 00ff0a22', { kind: 'unsupported', codec: '"???"" over Enhanced RTMP' }],
] as const;

for (const [bytes, body] of videoBodies)
  test(`video body ${bytes || '(empty)'}`, () => assert.deepEqual(readVideoBody(hex(bytes)), body));

const audioBodies = [
  ['af 00 1190', { kind: 'config', data: hex('1190') }],
  ['af 01 21', { kind: 'frame', data: hex('21') }],
  ['a2 01 2110', { kind: 'frame', data: hex('2110') }],
  ['af 02 21', NOTHING],
  ['af 01', NOTHING],
  ['af', NOTHING],
  ['', NOTHING],
  ['2e', NOTHING],
  ['2e ff', { kind: 'unsupported', codec: 'MP3' }],
  ['72 00', { kind: 'unsupported', codec: 'G.711 A-law' }],
  ['f2 00', { kind: 'unsupported', codec: 'FLV sound format 15' }],
  ['91 4f707573', { kind: 'unsupported', codec: 'Opus' }],
  ['90 664c6143', { kind: 'unsupported', codec: 'FLAC (fLaC)' }],
  ['91 78787878', { kind: 'unsupported', codec: '"xxxx" over Enhanced RTMP' }],
  ['97 00 4f707573', { kind: 'unsupported', codec: 'a codec with extensions of Enhanced RTMP' }],
  ['95 01 6d703461 01 21', { kind: 'nothing', isAdditional: true }],
  ['91 4f', NOTHING],
] as const;

for (const [bytes, body] of audioBodies)
  test(`audio body ${bytes || '(empty)'}`, () => assert.deepEqual(readAudioBody(hex(bytes)), body));

test('data is a view of the body', () => {
  const body = hex('17 01 000000 aabb');
  const video = readVideoBody(body);
  assert.ok(video.kind === 'frame');
  body[5] = 0xcc;
  assert.equal(video.data[0], 0xcc);
});

test('whatever the bytes, nothing throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      assert.ok(['config', 'frame', 'nothing', 'unsupported'].includes(readVideoBody(bytes).kind));
      assert.ok(['config', 'frame', 'nothing', 'unsupported'].includes(readAudioBody(bytes).kind));
    }),
  );
});

const heads: readonly (readonly [string, Frame, string, number])[] = [
  ['a key frame', key(0), '1701000000', 9],
  ['one that needs others, shown later', inter(0, { compositionMs: 80 }), '2701000050', 9],
  ['one shown before it is decoded', inter(1000, { compositionMs: -40 }), '2701ffffd8', 9],
  ['sound', sound(0), 'af01', 8],
  ['data', data(0), '', 18],
];
for (const [name, frame, head, type] of heads) {
  test(`the head of ${name}`, () => {
    assert.equal(Buffer.from(frameHead(frame)).toString('hex'), head);
    assert.equal(frameTagType(frame), type);
  });
}

test('composition times between two ms are rounded, also below zero', () => {
  const head = (offset: number): string =>
    Buffer.from(frameHead({ ...key(100), pts: ticks(9000 + offset) })).toString('hex', 2);
  assert.deepEqual([head(44), head(46), head(-44), head(-46)], ['000000', '000001', '000000', 'ffffff']);
});

test('configurations are marked as key frames and as sequence headers', () => {
  assert.equal(Buffer.from(configurationHead(VIDEO)).toString('hex'), '1700000000');
  assert.equal(Buffer.from(configurationHead(AUDIO)).toString('hex'), 'af00');
});
