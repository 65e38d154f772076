import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History } from '../../../src/stream/history.ts';

const moment = (at: number) => ({
  at,
  kbpsIn: at * 2,
  kbpsOut: undefined,
  fps: 25,
  viewers: at,
  lateMs: undefined,
});
const times = (history: History): number[] => history.moments().map(({ at }) => at);

test('gives back what was put in, the unknown too', () => {
  const history = new History(10);
  assert.deepEqual([history.moments(), history.newestAt, history.size], [[], undefined, 0]);
  history.add(moment(5));
  assert.deepEqual(history.moments(), [moment(5)]);
  assert.equal(history.newestAt, 5);
});

for (const most of [1, 3, 64, 65, 200, 900])
  test(`keeps the newest ${most}, in order, however many come`, () => {
    const history = new History(most);
    for (let at = 1; at <= 2000; at++) {
      history.add(moment(at));
      assert.ok(history.size <= most && history.newestAt === at, `${at}`);
      if (at % 97 === 0 || at < 10) {
        const length = Math.min(at, most);
        assert.deepEqual(
          times(history),
          Array.from({ length }, (_, index) => at - length + 1 + index),
        );
      }
    }
    assert.deepEqual(history.moments(1999), [moment(2000)], 'later than');
  });
