import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgramClock } from '../../../src/outputs/hls/program-clock.ts';
import { DAY, NOON } from './rig.ts';

/*
 * EXT-X-PROGRAM-DATE-TIME against the wall clock. The dates go on by the media's time, or bursts would make them jump;
 * an encoder whose clock runs wrong is followed a thousandth at a time, which no player notices.
 */

const SEGMENT = 2000;

/** A week of segments; `arrives` says when the one that begins at that time of the encoder's clock comes. */
function week(arrives: (media: number) => number, days = 7): { worst: number; unevenness: number } {
  const clock = new ProgramClock();
  let [worst, unevenness] = [0, 0];
  let last: number | undefined;
  for (let media = 0; media < days * DAY; media += SEGMENT) {
    const now = NOON + arrives(media);
    const date = clock.at(media * 90, now);
    worst = Math.max(worst, Math.abs(date - now));
    if (last !== undefined) unevenness = Math.max(unevenness, Math.abs(date - last - SEGMENT));
    last = date;
  }
  return { worst, unevenness };
}

for (const [name, drift] of [
  ['0.01 % fast', -1e-4],
  ['0.01 % slow', 1e-4],
  ['0.05 % fast', -5e-4],
] as const) {
  test(`an encoder's clock runs ${name} for a week: dates stay within a second of the wall clock, and even`, () => {
    const { worst, unevenness } = week((media) => media * (1 + drift));
    assert.ok(worst < 1000, `${worst} ms off`);
    assert.ok(unevenness <= 2.001, `${unevenness} ms between a date and the one before`);
  });
}

test('a network that holds frames back for three seconds every minute moves nothing', () => {
  const { unevenness } = week((media) => media + (media % 60_000 >= 50_000 ? 3000 : 0), 1);
  assert.ok(unevenness < 0.001, `${unevenness} ms`);
});

test('bursts: one segment in three comes in time, the others late', () => {
  const { unevenness } = week((media) => media + [0, 4000, 2000][(media / SEGMENT) % 3]!, 1);
  assert.ok(unevenness < 0.001, `${unevenness} ms`);
});

test('a stream that began in a burst finds the wall clock after all', () => {
  const clock = new ProgramClock();
  let error = 0;
  for (let media = 0; media < 3 * 3_600_000; media += SEGMENT) {
    const now = NOON + Math.max(media - 5000, 0); // five seconds were there at once
    error = Math.abs(clock.at(media * 90, now) - now);
  }
  assert.ok(error < 1000, `${error} ms`);
});

test('behind a discontinuity the clock is read anew', () => {
  const clock = new ProgramClock();
  assert.equal(clock.at(0, NOON), NOON);
  assert.equal(clock.at(180_000, NOON + 7000), NOON + 2000, 'by the media');
  clock.reset();
  assert.equal(clock.at(360_000, NOON + 9000), NOON + 9000, 'by the clock');
  assert.equal(clock.at(540_000, NOON + 9000), NOON + 11_000);
});
