import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackOff } from '../../../src/clients/back-off.ts';

test('waits double from one second to thirty, and begin again after a success', () => {
  const backOff = new BackOff(() => 0.5);
  const waits = Array.from({ length: 8 }, () => backOff.next());
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  backOff.reset();
  assert.equal(backOff.next(), 1000, 'a first failure again');
});

test('chance moves a wait by up to a quarter, never out of one to thirty seconds', () => {
  for (const random of [0, 0.1, 0.9, 0.999]) {
    const backOff = new BackOff(() => random);
    const waits = Array.from({ length: 7 }, () => backOff.next());
    for (const [index, wait] of waits.entries()) {
      const base = Math.min(1000 * 2 ** index, 30_000);
      assert.ok(wait >= Math.max(1000, base * 0.75) && wait <= Math.min(30_000, base * 1.25), `${wait}`);
    }
  }
  const low = new BackOff(() => 0);
  const high = new BackOff(() => 0.999);
  low.next();
  high.next();
  assert.notEqual(low.next(), high.next(), 'two relays do not come back in step');
});
