import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProcessorShare, ProcessorTime } from '../../../src/servers/rtmp/processor-time.ts';

test('a peer that asks little is never told to wait, however much the others ask', () => {
  const time = new ProcessorTime();
  const [greedy, modest] = [new ProcessorShare(time), new ProcessorShare(time)];
  let taken = 0;
  while (greedy.use(10, 5_000)) taken += 10;
  assert.ok(taken >= 100 && taken <= 200, `${taken} ms of a second for one who asks without end`);
  for (let index = 0; index < 4; index++)
    assert.equal(modest.use(1, 5_100), true, `its own ${index + 1}. ms`);
  assert.equal(modest.use(20, 5_200), false, 'but no more');
});

test('all who ask without end get no more together than one alone', () => {
  const time = new ProcessorTime();
  let taken = 0;
  for (let index = 0; index < 50; index++) {
    const share = new ProcessorShare(time);
    while (share.use(1, 5_000)) taken++;
  }
  assert.ok(taken <= 50 * 5 + 150, `${taken} ms`);
});

test('the next second everybody is heard again', () => {
  const time = new ProcessorTime();
  const share = new ProcessorShare(time);
  assert.equal(share.use(500, 5_000), false);
  share.renew();
  assert.equal(share.use(4, 5_900), true, 'its own');
  share.renew();
  assert.equal(share.use(100, 6_100), true, 'and of what is for all');
});
