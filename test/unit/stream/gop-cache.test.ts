import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GopCache, GOP_CACHE_LIMITS } from '../../../src/stream/gop-cache.ts';
import { data, inter, key, sound } from '../../support/media.ts';

const ROOMY = { frames: 1000, bytes: 1_000_000, seconds: 1000 };

test('holds everything from the last key frame on, in order of arrival, the very same objects', () => {
  const cache = new GopCache();
  const first = [key(0), sound(10), inter(40)];
  const second = [key(80), data(90), sound(95), inter(120)];
  for (const frame of [inter(-40), sound(-30)]) cache.add(frame);
  assert.deepEqual(cache.frames, [], 'nothing to start from yet');
  assert.equal(cache.first, undefined);
  for (const frame of [...first, ...second]) cache.add(frame);
  assert.equal(cache.frames.length, second.length);
  second.forEach((frame, index) => assert.equal(cache.frames[index], frame));
  assert.equal(cache.first, second[0]);
  assert.equal(
    cache.bytes,
    second.reduce((sum, frame) => sum + frame.payload.length, 0),
  );
});

test('each bound by itself: just within stays, one more empties it until the next key frame', () => {
  const cases = [
    { limits: { ...ROOMY, frames: 3 }, within: [key(0), inter(40), inter(80)], over: inter(120) },
    {
      limits: { ...ROOMY, bytes: 100 },
      within: [key(0, { bytes: 60 }), inter(40, { bytes: 40 })],
      over: inter(80, { bytes: 1 }),
    },
    { limits: { ...ROOMY, seconds: 2 }, within: [key(1000), inter(3000)], over: inter(3001) },
  ];
  for (const { limits, within, over } of cases) {
    const cache = new GopCache(limits);
    for (const frame of within) cache.add(frame);
    assert.equal(cache.frames.length, within.length, 'at the bound');
    cache.add(over);
    assert.deepEqual([cache.frames.length, cache.bytes, cache.first], [0, 0, undefined], 'past the bound');
    cache.add(inter(4000));
    cache.add(sound(4010));
    assert.equal(cache.frames.length, 0, 'half a GOP is of no use');
    cache.add(key(5000));
    assert.equal(cache.frames.length, 1);
  }
});

test('a key frame that alone is past the bound is not kept, and the cache goes on', () => {
  const cache = new GopCache({ ...ROOMY, bytes: 10 });
  cache.add(key(0, { bytes: 11 }));
  assert.deepEqual([cache.frames.length, cache.bytes], [0, 0]);
  cache.add(key(40, { bytes: 10 }));
  assert.equal(cache.frames.length, 1);
});

test('out of memory after a day of sound alone: 24 hours, never more than a second kept, and always something to start from', () => {
  const cache = new GopCache();
  const frameMs = 1024 / 48;
  let longest = 0;
  for (let count = 0; count < (24 * 3_600_000) / frameMs; count++) {
    const frame = sound(count * frameMs, { alone: true });
    cache.add(frame);
    longest = Math.max(longest, cache.frames.length);
    assert.ok(cache.first !== undefined && frame.dts - cache.first.dts < 90_000);
  }
  assert.ok(longest >= 40 && longest <= 48, `at most ${longest} frames of 21 ms`);
});

test('out of memory: a publisher that never sends a second key frame, and one that never sends any', () => {
  for (const start of [[key(0)], []]) {
    const cache = new GopCache();
    start.forEach((frame) => cache.add(frame));
    for (let count = 1; count < 200_000; count++) {
      cache.add(count % 2 ? inter(count * 10, { bytes: 20 }) : sound(count * 10, { bytes: 5 }));
      assert.ok(cache.frames.length <= GOP_CACHE_LIMITS.frames && cache.bytes <= GOP_CACHE_LIMITS.bytes);
    }
    assert.equal(cache.frames.length, 0);
  }
});

test('sound before the first picture is no place to start once pictures come that need others', () => {
  const cache = new GopCache();
  cache.add(sound(0, { alone: true }));
  cache.add(inter(10));
  assert.equal(cache.first, undefined, 'a viewer would be given pictures that nothing precedes');
  cache.add(sound(20));
  cache.add(inter(50));
  assert.equal(cache.first, undefined);
  cache.add(key(90));
  assert.equal(cache.frames.length, 1);
});

test('clear forgets and stays shut until a key frame', () => {
  const cache = new GopCache();
  cache.add(key(0));
  cache.clear();
  cache.add(inter(40));
  assert.deepEqual([cache.frames.length, cache.bytes, cache.first], [0, 0, undefined]);
});
