import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertPlayable, discontinuities, numbersOf, range, readHls, Rig, type HlsRead } from './rig.ts';

/*
 * Encoders of pictures are slow, and some publishers write their tracks in turn, a second of each: the sound that has come
 * is then always ahead of the picture. That is no stall, and segments begin with key frames all the same.
 */

/** A picture, then so many seconds in turns of `turn` ms, sound first: `ahead` ms more of it than of pictures, and its clock `clockAhead` ms on. */
function publish(
  rig: Rig,
  seconds: number,
  how: { turn: number; ahead?: number; clockAhead?: number },
): void {
  const { turn, ahead = 0, clockAhead = 0 } = how;
  rig.video(0, true);
  let said = 0;
  for (let at = 0; at < seconds * 1000; at += turn) {
    for (; (said * 64) / 3 < at + turn + ahead; said++) rig.audio(Math.floor((said * 64) / 3) + clockAhead);
    for (let time = Math.max(40, Math.ceil(at / 40) * 40); time < at + turn; time += 40) {
      rig.video(time, time % 2000 === 0);
      rig.clock += 40;
    }
  }
}

function assertKeyFramesBegin(read: HlsRead, which: string): void {
  for (const [index, { video }] of read.segments.entries())
    assert.equal(video[0]?.isKey, true, `${which}: segment ${index} does not begin with a key frame`);
}

/** Nothing may be due before the clock that stands in front of it: ISO/IEC 13818-1 §2.4.2. */
function assertClockIsEarly(read: HlsRead, which: string): void {
  for (const { video, pcrs } of read.segments)
    assert.ok(pcrs[0]! <= video[0]!.dts && pcrs.at(-1)! <= video.at(-1)!.dts, `${which}: the clock is late`);
}

for (const [which, how] of Object.entries({
  'half a second of sound, then of pictures': { turn: 480 },
  'a second of sound, then of pictures': { turn: 1000 },
  'sound comes 700 ms before its picture': { turn: 40, ahead: 700 },
  'sound comes 1.5 s before its picture': { turn: 40, ahead: 1500 },
  "the sound's clock is 600 ms ahead": { turn: 40, clockAhead: 600 },
  "the sound's clock is three seconds ahead": { turn: 40, clockAhead: 3000 },
}))
  test(`segments begin anywhere: ${which}`, () => {
    const rig = new Rig().configure();
    const hls = rig.hls(2);
    publish(rig, 24, how);
    hls.end();
    const read = readHls(hls);
    assertPlayable(read);
    assertKeyFramesBegin(read, which);
    assertClockIsEarly(read, which);
    assert.equal(discontinuities(read), 0, 'nothing has jumped');
    assert.equal(hls.facts().independent, true, 'players are told that they can start anywhere');
    assert.equal(read.targetDuration, 2, 'two seconds');
    assert.deepEqual(numbersOf(read, 'video'), range(0, rig.videos));
  });

test('a picture that goes back half a second beside sound that does not: key frames go on to begin segments', () => {
  const rig = new Rig().configure();
  const hls = rig.hls(2);
  const at = rig.show(0, 125);
  rig.show(at - 500, 250, { soundAt: at });
  hls.end();
  const read = readHls(hls);
  assertPlayable(read);
  // Around the step the distance of key frames is another each time, and one of them cannot be waited for.
  assertKeyFramesBegin({ ...read, segments: read.segments.slice(4) }, 'after the step');
  assert.equal(discontinuities(read), 0, 'half a second is no jump');
});

test('sound that was ahead, and then a picture that stalls: HLS goes on without it after all', () => {
  const rig = new Rig().configure();
  const hls = rig.hls(1);
  publish(rig, 6, { turn: 40, ahead: 1000 });
  const before = readHls(hls).segments.length;
  for (let at = 7000; at < 17_000; at += 20) rig.audio(at);
  const { segments } = readHls(hls);
  const more = segments.slice(before).reduce((sum, { seconds }) => sum + seconds, 0);
  assert.ok(more >= 7, `${more} s have come of ten`);
});
