import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FrameTarget } from '../../../src/inputs/frame-target.ts';
import type { Frame } from '../../../src/media/frame.ts';
import { ticks, ticksFromSeconds } from '../../../src/media/time.ts';
import { Pace } from '../../../src/inputs/pace.ts';
import { data, inter, sound } from '../../support/media.ts';

const TARGET: FrameTarget = {
  origin: ticks(0),
  formerTracks: {},
  newEpoch: () => 1,
  write: () => undefined,
  describe: () => undefined,
};

/** Lets seconds go by; `send` gives the frames of each. The second in which the publisher was found out, if any. */
function watch(
  seconds: number,
  send: (second: number) => Iterable<Frame>,
  target = TARGET,
): number | undefined {
  const pace = new Pace(target);
  for (let second = 0; second < seconds; second++) {
    for (const frame of send(second)) pace.write(frame);
    if (pace.stands(1_000_000 + (second + 1) * 1000)) return second;
  }
  return undefined;
}

/** So many frames evenly over the media time from `from` to `to`, seconds. */
function* film(from: number, to: number, count = 25): Generator<Frame> {
  for (let index = 0; index < count; index++) yield inter((from + ((to - from) * index) / count) * 1000);
}

/** Found out 30 s after the clock stopped; the tenth of real time that is asked for may lie before that. */
const assertEnded = (second: number | undefined, stopped = 0): void =>
  assert.ok(
    second !== undefined && second >= stopped + 26 && second <= stopped + 34,
    `ended in second ${second}, the clock stopped in second ${stopped}`,
  );

test('a clock that stands still while frames pour in is found out after 30 s', () => {
  assertEnded(watch(60, () => film(5, 5)));
});

test('a clock at a fiftieth of real time, too', () => {
  assertEnded(watch(90, (second) => film(second / 50, (second + 1) / 50)));
});

test('a few huge frames on one time, too', () => {
  assertEnded(watch(60, () => [inter(0, { bytes: 1024 * 1024 })]));
});

test('script data that pour in without an end while nothing else comes, too', () => {
  const much = { ...data(0), payload: Buffer.alloc(256 * 1024) };
  assertEnded(watch(60, () => [much, much, much, much]));
});

test('a clock that stops after an hour, too', () => {
  assertEnded(
    watch(4000, (at) => (at < 3600 ? film(at, at + 1) : film(3600, 3600))),
    3600,
  );
});

const HONEST: Readonly<Record<string, (second: number) => Iterable<Frame>>> = {
  'real time': (second) => film(second, second + 1),
  'ten times real time': (second) => film(second * 10, second * 10 + 10, 250),
  'half of real time, from a machine that is too slow': (second) => film(second / 2, (second + 1) / 2),
  'sound alone': (second) =>
    Array.from({ length: 47 }, (_, index) => sound(second * 1000 + index * 21, { alone: true })),
  'one picture a second': (second) => film(second, second + 1, 1),
  'one picture a second with the timestamps of a film': (second) => film(second / 25, (second + 1) / 25, 1),
  'ten minutes in a moment, and then a pause of ten minutes': (second) =>
    second % 600 === 0 ? film(second, second + 600, 15_000) : [],
  'pauses of a minute after which time goes on where it stood': (second) => {
    const played = Math.floor(second / 70) * 10 + Math.min(second % 70, 10);
    return second % 70 < 10 ? film(played, played + 1) : [];
  },
  'a second of stillness now and then': (second) => film(second - (second % 10 === 0 ? 1 : 0), second + 1),
  'data in great numbers during a pause of the media': (second) =>
    second < 10 ? film(second, second + 1) : Array.from({ length: 100 }, () => data(10_000)),
};

for (const [what, send] of Object.entries(HONEST)) {
  test(`not found fault with: ${what}`, () => {
    assert.equal(watch(1_500, send), undefined);
  });
}

test('a publisher that goes on where another stopped counts from there', () => {
  const origin = ticksFromSeconds(3600);
  assertEnded(watch(60, () => film(3600, 3600), { ...TARGET, origin }));
});

test('frames of a moment after we were held up for a minute are not a minute of frames', () => {
  const pace = new Pace(TARGET);
  for (let second = 0; second < 2; second++) {
    for (const frame of film(second, second + 1, 200)) pace.write(frame);
    assert.equal(pace.stands(second * 1000), false);
  }
  for (const frame of film(2, 2.5, 200)) pace.write(frame);
  assert.equal(pace.stands(62_000), false);
});

test('everything is passed on', () => {
  const frames: Frame[] = [];
  const described: unknown[] = [];
  const pace = new Pace({
    ...TARGET,
    origin: ticks(5),
    newEpoch: () => 7,
    write: (frame) => frames.push(frame),
    describe: (metadata) => described.push(metadata),
  });
  const sent = [inter(0), sound(1), data(2)];
  for (const frame of sent) pace.write(frame);
  assert.deepEqual(frames, sent);
  assert.deepEqual([pace.origin, pace.formerTracks, pace.newEpoch()], [5, TARGET.formerTracks, 7]);
});
