import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AmfObject } from '../../../../src/amf/value.ts';
import {
  flvFileMetadata,
  flvMetadataRoom,
  readFlvFileMetadata,
  readFlvKeyframes,
} from '../../../../src/containers/flv/file-index.ts';
import { ticks } from '../../../../src/media/time.ts';
import { Held } from '../../../../src/outputs/recorder/held.ts';
import { KeyIndex } from '../../../../src/outputs/recorder/key-index.ts';
import { Past } from '../../../../src/outputs/recorder/past.ts';
import { inter, key, sound } from '../../../support/media.ts';
import { tagsOf } from './rig.ts';

describe('the room for an FLV index', () => {
  const metadata = AmfObject.of({ title: 'a show', width: 640 }, 'ecma-array');
  const index = (count: number): { times: number[]; filepositions: number[] } => ({
    times: Array.from({ length: count }, (_, n) => n * 2),
    filepositions: Array.from({ length: count }, (_, n) => 1_000 + n * 50_000),
  });
  const room = flvMetadataRoom(metadata, 3_000);
  const bodyOf = (tag: Buffer): Buffer =>
    tagsOf(Buffer.concat([Buffer.from('464c5601050000000900000000', 'hex'), tag]))[0]!.body as Buffer;

  test('the tag is always as long as the room', () => {
    for (const count of [0, 1, 2, 100, 2_999, 3_000]) {
      const facts = { seconds: 5, bytes: 9, keyframes: index(count) };
      const tag = flvFileMetadata(metadata, room, facts);
      assert.equal(tag.length, room, `${count} key frames`);
      assert.deepEqual(
        readFlvKeyframes(bodyOf(tag)),
        count > 1 ? index(count) : undefined,
        `${count} are read back`,
      );
      assert.equal(readFlvFileMetadata(bodyOf(tag))?.get('duration'), 5, 'and so is the rest');
    }
    assert.equal(flvFileMetadata(metadata, room).length, room, 'before anything is known');
    assert.throws(
      () => flvFileMetadata(metadata, room, { seconds: 0, bytes: 0, keyframes: index(3_001) }),
      RangeError,
    );
  });

  test('an index that was cut or tampered with is none', () => {
    const body = Buffer.from(
      bodyOf(flvFileMetadata(metadata, room, { seconds: 5, bytes: 9, keyframes: index(10) })),
    );
    const at = body.lastIndexOf('times') + 6;
    body.writeUInt32BE(0xffffffff, at);
    assert.equal(readFlvKeyframes(body), undefined, 'a count beyond the body');
    assert.equal(readFlvKeyframes(body.subarray(0, at + 2)), undefined, 'cut');
  });
});

test('an index is bounded: every second point is left out, then every fourth, and the first stays', () => {
  const index = new KeyIndex(8);
  for (let n = 0; n < 100; n++) {
    index.add(ticks(n), n * 10);
    assert.ok(index.points.length <= 8, `${index.points.length} points`);
  }
  const times = index.points.map(({ at }) => Number(at));
  assert.equal(times[0], 0, 'the first');
  const steps = new Set(times.slice(1).map((at, n) => at - times[n]!));
  assert.deepEqual([...steps], [16], 'evenly');
  assert.ok(
    index.points.every(({ at, position }) => position === at * 10),
    'each with its own place',
  );
});

describe('the past', () => {
  const gop = (at: number): ReturnType<typeof inter>[] => [
    key(at),
    ...Array.from({ length: 24 }, (_, n) => inter(at + (n + 1) * 40)),
  ];

  test('whole GOPs, as few as cover what is asked for', () => {
    const past = new Past(3);
    for (let at = 0; at < 20_000; at += 1_000) for (const frame of gop(at)) past.add(frame);
    const { frames } = past;
    const [first] = frames;
    assert.ok(first?.kind === 'video' && first.startsGop, 'begins with a key frame');
    assert.equal(first.dts, 16_000 * 90, 'four GOPs: the last three seconds are in them');
    assert.equal(frames.at(-1)!.dts, 19_960 * 90, 'up to now');
  });

  test('is bounded in bytes, whatever the publisher does', () => {
    const past = new Past(600, 1_000_000);
    for (let at = 0; at < 100; at++)
      past.add(at % 10 === 0 ? key(at * 40, { bytes: 50_000 }) : inter(at * 40, { bytes: 50_000 }));
    assert.ok(past.bytes <= 1_000_000, `${past.bytes} bytes`);
    past.add(key(5_000));
    for (let at = 1; at < 100; at++) past.add(inter(5_000 + at * 40, { bytes: 50_000 }));
    assert.ok(past.bytes <= 1_000_000, `${past.bytes} bytes of one GOP without end`);
    past.add(inter(20_000));
    assert.deepEqual(past.frames, [], 'half a GOP is of no use');
  });

  test('sound alone', () => {
    const past = new Past(2);
    for (let at = 0; at < 10_000; at += 20) past.add(sound(at, { alone: true }));
    const span = (past.frames.at(-1)!.dts - past.frames[0]!.dts) / 90_000;
    assert.ok(span >= 2 && span < 3.1, `${span} s`);
  });
});

test('a long past is handed on piece by piece', () => {
  const held = new Held(() => undefined);
  held.begin(Array.from({ length: 100 }, (_, n) => key(n * 40, { bytes: 1_000_000 })));
  let count = 0;
  held.handOn(
    () => count++,
    () => true,
  );
  assert.ok(count >= 2 && count <= 3, `${count} MB at once`);
  held.push(key(4_000, { bytes: 1_000_000 }));
  assert.equal(held.isLeavingOut, false, 'the past does not count against what is live');
  held.handOnAll(() => count++);
  assert.equal(count, 101, 'all');
});
