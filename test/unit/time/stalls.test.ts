import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HlsOutput } from '../../../src/outputs/hls/hls-output.ts';
import { assertPlayable, discontinuities, numbersOf, range, readHls, Rig } from './rig.ts';

/* Key frames that are far apart, stalls, and frame rates that change: what the lengths of segments are made of. */

const round = (seconds: number): number => Math.round(seconds * 100) / 100;
const lengths = (hls: HlsOutput): number[] => readHls(hls).segments.map(({ seconds }) => round(seconds));

/** Pictures at a rate of its own each, with sound between them; `key` for each picture's place. */
function pictures(
  rig: Rig,
  from: number,
  steps: readonly number[],
  isKey: (index: number) => boolean,
): number {
  let at = from;
  steps.forEach((step, index) => {
    rig.video(at, isKey(index));
    for (let sound = at; sound < at + step; sound += 20) rig.audio(Math.floor(sound));
    at += step;
    rig.clock += step;
  });
  return at;
}

const every = (gop: number) => (index: number) => index % gop === 0;
const steady = (count: number, step = 40): number[] => Array<number>(count).fill(step);

test('players stall or sit 24 s behind: a GOP of ten seconds is a TARGETDURATION of ten, which is so and stays so', () => {
  const rig = new Rig().configure();
  const hls = rig.hls(2);
  let advertised: number | undefined;
  let at = 0;
  for (let gop = 0; gop < 8; gop++) {
    at = pictures(rig, at, steady(250), every(250));
    const read = readHls(hls);
    if (gop === 0) continue;
    advertised ??= read.targetDuration;
    assert.equal(read.targetDuration, advertised, `after ${gop} GOPs`);
  }
  assert.equal(advertised, 10);
  const read = readHls(hls);
  assertPlayable(read);
  assert.deepEqual(lengths(hls), Array(7).fill(10));
  assert.ok(
    read.segments.every(({ video }) => video[0]!.isKey && video.filter(({ isKey }) => isKey).length === 1),
  );
  assert.equal(discontinuities(read), 0);
});

test('one key frame and then only sound for a minute: the target duration is not that of the stall', () => {
  const rig = new Rig().configure();
  const hls = rig.hls(2);
  rig.show(0, 1);
  const at = rig.show(40, 1500, { video: false });
  assert.equal(readHls(hls).targetDuration, 2);
  rig.show(at, 125);
  hls.end();
  const read = readHls(hls);
  assert.equal(read.targetDuration, 2);
  assertPlayable(read);
  assert.deepEqual(numbersOf(read, 'video'), range(0, rig.videos));
  const seconds = read.segments.reduce((sum, one) => sum + one.seconds, 0);
  assert.ok(Math.abs(seconds - 65) < 0.2, `${seconds} s`);
});

for (const stall of [3, 8, 30]) {
  test(`one key frame and then nothing at all for ${stall} s: a stall is no GOP`, () => {
    for (const audio of [true, false]) {
      const rig = new Rig().configure(undefined, audio ? undefined : false);
      const hls = rig.hls(2);
      rig.show(0, 1, { audio });
      rig.clock += stall * 1000;
      // What comes then begins with pictures that need the one before.
      for (let count = 1; count < 25; count++) {
        rig.video(stall * 1000 + count * 40, false);
        if (audio) for (const half of [0, 20]) rig.audio(stall * 1000 + count * 40 + half);
      }
      rig.show(stall * 1000 + 1000, 100, { audio });
      hls.end();
      const read = readHls(hls);
      assert.equal(read.targetDuration, 2, `${lengths(hls).join(' ')} ${audio}`);
      assertPlayable(read);
      assert.equal(discontinuities(read), 1, 'and players are told of the hole');
      assert.deepEqual(numbersOf(read, 'video'), range(0, rig.videos));
    }
  });
}

test('a stream of ten-second GOPs that stalls later keeps its target duration', () => {
  const rig = new Rig().configure();
  const hls = rig.hls(2);
  let at = pictures(rig, 0, steady(500), every(250));
  at = rig.show(at, 750, { video: false });
  pictures(rig, at, steady(500), every(250));
  hls.end();
  const read = readHls(hls);
  assert.equal(read.targetDuration, 10);
  assertPlayable(read);
});

test('frame rates that change (60, 15, 7 a second, any): lengths are those of the media, key frames begin segments', () => {
  const rig = new Rig().configure();
  const hls = rig.hls(2);
  let at = pictures(rig, 0, steady(240, 1000 / 60).map(Math.floor), every(120));
  at = pictures(rig, at, steady(60, 66), every(30));
  at = pictures(rig, at, steady(28, 142), every(14));
  at = pictures(
    rig,
    at,
    Array.from({ length: 200 }, (_, index) => 10 + ((index * 37) % 90)),
    every(40),
  );
  hls.end();
  const read = readHls(hls);
  assertPlayable(read);
  assert.equal(discontinuities(read), 0);
  assert.ok(
    read.segments.every(({ video }) => video[0]!.isKey),
    'all begin with key frames',
  );
  const total = read.segments.reduce((sum, { seconds }) => sum + seconds, 0);
  assert.ok(Math.abs(total - at / 1000) < 0.1, `${total} s of ${at / 1000}`);
});

test('pictures at any intervals: TARGETDURATION holds, no frame is lost, lengths are those of the media', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 5, max: 1900 }), { minLength: 40, maxLength: 120 }),
      fc.integer({ min: 1, max: 40 }),
      (steps, gop) => {
        const rig = new Rig().configure();
        const hls = rig.hls(2);
        pictures(rig, 0, steps, every(gop));
        hls.end();
        const read = readHls(hls);
        assertPlayable(read, false);
        assert.deepEqual(numbersOf(read, 'video'), range(0, rig.videos));
      },
    ),
    { numRuns: 12 },
  );
});

test('a publisher that never sends a key frame: nothing is kept for it, and nobody is shown rubbish', () => {
  const rig = new Rig().configure(undefined, false);
  const hls = rig.hls(2);
  const watchers = rig.watchAll();
  for (let count = 0; count < 3000; count++) rig.video(count * 40, false);
  assert.equal(rig.frames.length, 0);
  assert.equal(hls.facts().bytesHeld, 0);
  assert.ok(watchers.every(({ seen, end }) => seen.length === 0 && end === undefined));
  rig.show(120_000, 50, { audio: false });
  assert.ok(
    watchers.every((watcher) => watcher.of('video')[0]?.isKey),
    'should it send one after all',
  );
});
