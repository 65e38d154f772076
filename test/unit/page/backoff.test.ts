import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextAskMs } from '../../../public/api/poll.ts';
import { backoffMs } from '../../../public/player/backoff.ts';

test('the first attempt goes at once, the next ones wait twice as long each', () => {
  const waits = [0, 1, 2, 3, 4, 5].map((attempt) => backoffMs(attempt, 0));
  assert.deepEqual(waits, [0, 0, 500, 1000, 2000, 4000]);
});

test('jitter spreads over the upper half of the wait', () => {
  assert.equal(backoffMs(4, 0), 2000);
  assert.equal(backoffMs(4, 0.5), 3000);
  assert.equal(backoffMs(4, 0.999999), 4000);
});

test('no wait is longer than 15 s, however often it fails', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 100_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempt, random) => {
        const ms = backoffMs(attempt, random);
        return ms >= 0 && ms <= 15_000;
      },
    ),
  );
  assert.equal(backoffMs(1000, 0), 7500);
});

test('the API is asked every 2 s, seldom in the background, slower when it does not answer', () => {
  assert.equal(nextAskMs(0, false), 2000);
  assert.equal(nextAskMs(1, false), 4000);
  assert.equal(nextAskMs(3, false), 16_000);
  assert.equal(nextAskMs(500, false), 16_000);
  assert.equal(nextAskMs(0, true), 15_000);
  assert.equal(nextAskMs(5, true), 16_000);
});
