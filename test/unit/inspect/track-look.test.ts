import assert from 'node:assert/strict';
import test from 'node:test';
import { MediaLook } from '../../../src/inspect/media-look.ts';

const SECOND = 90_000;

function look(dts: readonly number[], keyEvery = 30): MediaLook {
  const media = new MediaLook();
  const track = media.track('video', 'video');
  dts.forEach((at, index) => {
    media.add(track, { dts: at, pts: at, bytes: 100, keyFrame: index % keyEvery === 0 });
  });
  return media;
}

const steady = (count: number, from = 0, step = 3000): number[] =>
  Array.from({ length: count }, (_, i) => from + i * step);

test('a steady track has its rate, span and GOPs, and nothing odd', () => {
  const report = look(steady(90)).report(9000);
  const [track] = report.tracks;
  assert.equal(track?.fps, 30);
  assert.equal(track.spanSeconds, 3);
  assert.equal(track.monotonic, true);
  assert.deepEqual(track.gaps, []);
  assert.deepEqual(report.gops, {
    count: 3,
    shortestSeconds: 1,
    longestSeconds: 1,
    meanSeconds: 1,
    startsWithKeyFrame: true,
  });
  assert.deepEqual(report.bitrate, { mean: 24_000, peakSecond: 24_000 });
});

test('milliseconds that go 33, 33, 34 are 30 frames per second', () => {
  const report = look(Array.from({ length: 300 }, (_, i) => Math.round((i * 1000) / 30) * 90)).report(0);
  assert.ok(Math.abs(report.tracks[0]!.fps! - 30) < 0.01);
  assert.deepEqual(report.tracks[0]!.gaps, []);
});

test('one frame every two seconds is slow, but no gap', () => {
  assert.deepEqual(look(steady(10, 0, 2 * SECOND)).report(0).tracks[0]!.gaps, []);
});

test('a gap is where frames are missing, and how much', () => {
  const report = look([...steady(30), ...steady(30, 2 * SECOND)]).report(0);
  assert.deepEqual(report.tracks[0]!.gaps, [{ atSeconds: 0.966667, seconds: 1 }]);
  assert.equal(report.tracks[0]!.spanSeconds, 3, 'time passed in the gap');
});

test('a gap right after the first frame is seen too', () => {
  const report = look([0, ...steady(30, SECOND)]).report(0);
  assert.equal(report.tracks[0]!.gaps.length, 1);
});

test('a step of hours is another clock, and no time that passed', () => {
  const report = look([...steady(30), ...steady(30, 3600 * SECOND)]).report(0);
  assert.equal(report.tracks[0]!.gaps.length, 1);
  assert.equal(report.tracks[0]!.spanSeconds, 2);
});

test('a jump back is told with its length', () => {
  const report = look([...steady(30, 10 * SECOND), ...steady(30, 5 * SECOND)]).report(0);
  const [track] = report.tracks;
  assert.equal(track?.monotonic, false);
  assert.deepEqual(track.jumpsBack, [{ atSeconds: 10.966667, seconds: -5.966667 }]);
  assert.equal(track.spanSeconds, 2);
});

test('repeated DTS are counted', () => {
  assert.equal(look([0, 3000, 3000, 6000]).report(0).tracks[0]!.repeatedDts, 1);
});

test('an announced discontinuity is neither a gap nor a jump', () => {
  const media = look(steady(30, 50 * SECOND));
  media.breakClock();
  const track = media.track('video', 'video');
  for (const dts of steady(30)) media.add(track, { dts, pts: dts, bytes: 200, keyFrame: dts === 0 });
  const [report] = media.report(9000).tracks;
  assert.equal(report?.monotonic, true);
  assert.deepEqual(report.gaps, []);
  assert.equal(report.spanSeconds, 2);
  assert.deepEqual(
    media.report(9000).bitrate,
    { mean: 36_000, peakSecond: 48_000 },
    'seconds go on counting',
  );
});

test('sound that begins later is told by how much', () => {
  const media = look(steady(30));
  const audio = media.track('audio', 'audio');
  media.add(audio, { dts: SECOND / 2, pts: SECOND / 2, bytes: 10, keyFrame: true });
  assert.equal(media.report(0).audioStartsLaterSeconds, 0.5);
});
