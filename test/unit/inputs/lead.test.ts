import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lead } from '../../../src/inputs/lead.ts';
import { ticks, ticksFromMs } from '../../../src/media/time.ts';

/** How many of the looks found the publisher ahead; each brings its clock and ours so many ms on. */
function aheadIn(lead: Lead, steps: Iterable<readonly [mediaMs: number, passedMs: number]>): number {
  let count = 0;
  for (const [mediaMs, passedMs] of steps) {
    media += mediaMs;
    now += passedMs;
    if (lead.isAhead(ticksFromMs(media), now)) count++;
  }
  return count;
}

let media = 0;
let now = 0;
const begin = (): Lead => {
  media = 0;
  now = 5_000_000;
  const lead = new Lead(ticks(0));
  lead.isAhead(ticks(0), now);
  return lead;
};
const times = <T>(count: number, step: T): T[] => new Array<T>(count).fill(step);

test('an encoder is never ahead: not in a day, with a fast clock, nor when its network stood still', () => {
  const lead = begin();
  assert.equal(aheadIn(lead, times(86_400, [1_001, 1_000])), 0, 'a clock that is 0.1 % fast');
  const still = times<[number, number]>(80, [0, 100]);
  assert.equal(
    aheadIn(lead, [...still, [8_000, 10]]),
    0,
    'eight seconds at once, after eight seconds of nothing',
  );
  assert.equal(
    aheadIn(begin(), [[1_500, 0], ...times<[number, number]>(600, [40, 40])]),
    0,
    'a GOP in advance',
  );
});

test('a file that is sent as fast as it can be read is ahead after two seconds of it', () => {
  const lead = begin();
  assert.equal(aheadIn(lead, times(20, [100, 1])), 0, 'the first two seconds');
  assert.equal(aheadIn(lead, times(100, [100, 1])), 100, 'all that follows');
});

test('whatever the timestamps say, nobody is ahead for longer than two seconds', () => {
  const lead = begin();
  assert.equal(aheadIn(lead, [[3_600_000, 20]]), 1, 'a jump of an hour');
  const waited = aheadIn(lead, times(500, [0, 20]));
  assert.ok(waited > 50 && waited < 100, `${waited * 20} ms`);
});
