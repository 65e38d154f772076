import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertEven, assertPlayable, numbersOf, range, readHls, Rig, type HlsRead } from './rig.ts';

/* Pictures are not shown in the order in which they are decoded, and encoders differ in how they say so. */

const STEP = { video: 100, audio: 80 };
/** Frames of a GOP with two B-frames between others: where each is shown, in frames after it is decoded. */
const B_FRAMES = [1, 3, 0, 0] as const;

/** A hundred pictures with their sound; `offset` gives each picture's composition time, ms. */
function show(offset: (index: number) => number, first = 0): { rig: Rig; read: HlsRead } {
  const rig = new Rig().configure();
  const hls = rig.hls();
  let watchers: ReturnType<Rig['watchAll']> = [];
  for (let count = 0; count < 100; count++) {
    if (count === 30) watchers = rig.watchAll();
    rig.video(first + count * 40, count % 25 === 0, offset(count));
    for (const half of [0, 20]) rig.audio(first + count * 40 + half);
  }
  assertEven(watchers, STEP);
  for (const watcher of watchers) {
    for (const { number, compositionMs } of watcher.of('video'))
      assert.equal(compositionMs, offset(number), `${watcher.protocol} is told what the encoder said`);
  }
  hls.end();
  const read = readHls(hls);
  assertPlayable(read);
  assert.deepEqual(numbersOf(read, 'video'), range(0, 100));
  return { rig, read };
}

/** Where a picture is shown after the sound that the encoder sent with the same time, ms; the same for all if nothing has moved. */
function shownAt({ segments }: HlsRead): number[] {
  const first = segments[0]!.audio[0]!.pts;
  return segments.flatMap(({ video }) =>
    video.map(({ number, pts }) => Math.round((pts - first) / 90 - number * 40)),
  );
}

for (const frames of [1, 3]) {
  test(`DTS is greater than PTS, the iPad refuses: composition times down to −${frames} frames`, () => {
    const offset = (index: number): number => (B_FRAMES[index % 4]! - frames) * 40;
    const { read } = show(offset);
    assert.deepEqual(
      shownAt(read),
      range(0, 100).map(offset),
      'decoding is earlier; no picture is shown at another time than the encoder said, or sound would be late',
    );
  });
}

test('B-frames whose first decode time is below zero', () => {
  const offset = (index: number): number => B_FRAMES[index % 4]! * 40;
  const { read, rig } = show(offset, -80);
  assert.deepEqual(shownAt(read), range(0, 100).map(offset));
  assert.equal(rig.frames[0]!.dts, 0);
});

for (const rubbish of [8_388_607, -8_388_608, 10_001, -10_001]) {
  test(`one frame hours late: a composition time of ${rubbish} ms counts as none`, () => {
    const rig = new Rig().configure();
    const hls = rig.hls();
    const watcher = rig.watch('http-flv');
    for (let count = 0; count < 75; count++) {
      rig.video(count * 40, count % 25 === 0, count % 10 === 7 ? rubbish : 0);
      rig.audio(count * 40);
      rig.audio(count * 40 + 20);
    }
    assert.ok(watcher.of('video').length > 40, 'the viewer has got them');
    assert.ok(watcher.of('video').every(({ compositionMs }) => compositionMs === 0));
    hls.end();
    const read = readHls(hls);
    assertPlayable(read);
    assert.ok(
      shownAt(read).every((late) => late === 0),
      'and no other frame has moved for it',
    );
  });
}

test('ten seconds are believed, to be shown later, and one second earlier', () => {
  const rig = new Rig().configure(undefined, false);
  rig.video(0, true, 10_000);
  rig.video(40, false, -1_000);
  rig.video(80, false, -1_001);
  assert.deepEqual(
    rig.frames.map((frame) => frame.kind === 'video' && (frame.pts - frame.dts) / 90),
    [10_000, -1_000, 0],
  );
});

test('whatever composition times come: transport streams stay legal, and every picture is in them once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -(2 ** 23), max: 2 ** 23 - 1 }), { minLength: 30, maxLength: 40 }),
      fc.constantFrom(0, 2 ** 24 - 500, 2 ** 32 - 500),
      (offsets, first) => {
        const rig = new Rig().configure();
        const hls = rig.hls();
        offsets.forEach((offset, index) => {
          rig.video(first + index * 40, index % 10 === 0, offset);
          rig.audio(first + index * 40);
          rig.audio(first + index * 40 + 20);
        });
        hls.end();
        const read = readHls(hls);
        // Decode times that turn out to be late are lowered from one segment to the next, so lengths may be off once.
        assertPlayable(read, false);
        assert.deepEqual(numbersOf(read, 'video'), range(0, offsets.length));
      },
    ),
    { numRuns: 20 },
  );
});
