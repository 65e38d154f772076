import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoadWatch } from '../../../src/app/load-watch.ts';
import { Pacing } from '../../../src/stream/pacing.ts';
import { recordingLog } from '../../support/recording-log.ts';

/** Keeps the event loop busy. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('a busy loop: batches grow, and it is said once; the start of the program does not count', async () => {
  const { log, lines } = recordingLog();
  const pacing = new Pacing(0);
  const watch = new LoadWatch(pacing, log);
  work(30);
  watch.look(0);
  assert.equal(pacing.isStretched, false, 'after the first look');
  for (let now = 500; now <= 2_000; now += 500) {
    await new Promise(setImmediate);
    work(60);
    watch.look(now - 400); // too early: nothing is looked at
    watch.look(now);
  }
  assert.ok(pacing.batchMs > 40, `${pacing.batchMs} ms after four busy looks`);
  assert.equal(lines.filter(({ text }) => text.includes('larger batches')).length, 1, 'one line');
  assert.ok(watch.utilizationSinceAsked() > 0.5, 'busy since the start');
});
