import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HlsShelf } from '../../../src/app/hls-shelf.ts';
import type { PlaylistNumbers } from '../../../src/outputs/hls/numbers.ts';
import { Stream } from '../../../src/stream/stream.ts';
import { hlsSettings } from '../../support/hls-settings.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { key, sound } from '../../support/media.ts';
import { nameOf, publisherFrom } from '../../support/stage.ts';

/** What is left of a stream when it is over, for how long, and at what cost. */

const FIRST: PlaylistNumbers = { sequence: 1_000, discontinuity: 7 };

function shelf() {
  const time = new FakeTime();
  const used: PlaylistNumbers[] = [];
  const hls = new HlsShelf({
    settingsOf: () => hlsSettings({ windowSegments: 3 }),
    clock: time.now,
    after: time.after,
    numbers: { first: () => FIRST, used: (next) => used.push(next) },
  });
  const play = (path: string, seconds: number): Stream => {
    const stream = new Stream(nameOf(path), { now: time.now, clock: time.now, batchMs: 0 });
    hls.open(stream);
    const publication = stream.publish(publisherFrom(), () => undefined);
    publication.newEpoch();
    for (let at = 0; at < seconds * 1_000; at += 1_000) {
      publication.write(key(at));
      publication.write(sound(at + 5));
    }
    return stream;
  };
  return { hls, time, used, play };
}

const mediaOf = (hls: HlsShelf, path: string) =>
  hls.find(path)?.playlist('media.m3u8')?.rendered({ skip: false, dvr: true });
const sequenceOf = (text: string | undefined): number => Number(/MEDIA-SEQUENCE:(\d+)/.exec(text ?? '')?.[1]);

test('an ended stream is kept for half a minute to the millisecond, then it is 404', () => {
  const { hls, time, play } = shelf();
  const stream = play('live/a', 5);
  time.advance(100_000);
  assert.ok(hls.find('live/a'), 'a live stream stays');
  stream.end('stream ended');
  time.advance(29_999);
  const text = mediaOf(hls, 'live/a')?.bytes.toString();
  assert.match(text ?? '', /#EXT-X-ENDLIST\n$/);
  assert.ok(hls.find('live/a')?.file(`${sequenceOf(text)}.ts`), 'its segments too');
  time.advance(1);
  assert.deepEqual([hls.find('live/a'), time.waiting], [undefined, 0]);
});

test('a stream that comes back again and again keeps two former lives, and no timer of the others', () => {
  const { hls, time, play } = shelf();
  const firsts: string[] = [];
  for (let life = 0; life < 50; life++) {
    const stream = play('live/a', 4);
    stream.end('stream ended');
    firsts.push(`${sequenceOf(mediaOf(hls, 'live/a')?.bytes.toString())}.ts`);
    time.advance(10);
  }
  const kept = firsts.filter((name) => hls.find('live/a')?.file(name) !== undefined);
  assert.deepEqual(kept, firsts.slice(-3), 'the newest and two before it');
  assert.deepEqual([time.waiting, hls.size.ending], [3, 3], 'timers');
  time.advance(60_000);
  assert.deepEqual([time.waiting, hls.find('live/a'), hls.size.lives], [0, undefined, 0]);
});

test('three thousand names: memory of a thousand, and whoever was forgotten still begins beyond', () => {
  const { hls, time, play } = shelf();
  const ends = new Map<string, number>();
  for (let count = 0; count < 3_000; count++) {
    const path = `live/s${count}`;
    const stream = play(path, count === 5 ? 40 : 2);
    stream.end('stream ended');
    const text = mediaOf(hls, path)?.bytes.toString();
    ends.set(path, sequenceOf(text) + (text?.match(/\.ts$/gm)?.length ?? 0));
    time.advance(31_000);
  }
  assert.deepEqual(hls.size, { lives: 0, ending: 0, remembered: 1_000 });
  for (const path of ['live/s5', 'live/s0', 'live/s2999']) {
    play(path, 3).end('stream ended');
    const next = sequenceOf(mediaOf(hls, path)?.bytes.toString());
    assert.ok(next >= ends.get(path)!, `${path}: ${next} after ${ends.get(path)}`);
  }
});

test('how far numbers have come is told at the beginning, once a second and at the end', () => {
  const { hls, used, play } = shelf();
  const stream = play('live/a', 5);
  assert.deepEqual(used, [FIRST], 'at the beginning');
  hls.tick();
  assert.equal(used[1]?.sequence, 1_004, 'while it runs: nobody has seen anything of the next one');
  stream.end('stream ended');
  assert.equal(used.at(-1)?.sequence, 1_005, 'at the end');
});
