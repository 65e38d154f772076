import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pacing } from '../../../src/stream/pacing.ts';

function after(pacing: Pacing, times: number, utilization: number): number {
  for (let time = 0; time < times; time++) pacing.note(utilization);
  return pacing.batchMs;
}

test('a loop that keeps up: the batch is what the settings say', () => {
  assert.equal(after(new Pacing(0), 1_000, 0.84), 0);
  assert.equal(after(new Pacing(100), 1_000, 0.1), 100);
});

test('a busy loop: the batch grows step by step, never beyond 350 ms', () => {
  const pacing = new Pacing(0);
  assert.equal(after(pacing, 1, 0.9), 40);
  assert.equal(after(pacing, 1, 0.9), 60);
  assert.equal(after(pacing, 100, 1), 350);
  assert.equal(pacing.isStretched, true, 'stretched');
});

test('a longer batch that was asked for stays as long', () => {
  const pacing = new Pacing(500);
  assert.equal(after(pacing, 100, 1), 500);
  assert.equal(pacing.isStretched, false, 'not stretched');
});

test('neither busy nor calm: the batch stays, so that it does not swing', () => {
  const pacing = new Pacing(0);
  after(pacing, 3, 0.9);
  const before = pacing.batchMs;
  assert.equal(after(pacing, 100, 0.7), before);
});

test('calm again: the batch shrinks to what the settings say', () => {
  const pacing = new Pacing(10);
  after(pacing, 100, 1);
  const once = after(pacing, 1, 0.5);
  assert.ok(once < 350 && once > 300, `shrinks slowly: ${once}`);
  assert.equal(after(pacing, 100, 0.5), 10);
  assert.equal(pacing.isStretched, false, 'not stretched');
});
