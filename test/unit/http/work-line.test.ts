import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { WorkLine } from '../../../src/servers/http/work-line.ts';

test('some work at a time, in the order in which it came; a long line takes nobody more', async () => {
  const line = new WorkLine({ atOnce: 2, waiting: 3 });
  const begun: number[] = [];
  const done: (() => void)[] = [];
  const gone = new Set<number>();
  const add = (number: number): boolean => {
    const begin = (): Promise<void> => {
      begun.push(number);
      return new Promise((resolve) => done.push(resolve));
    };
    return line.add(begin, () => gone.has(number));
  };
  assert.deepEqual([1, 2, 3, 4, 5].map(add), [true, true, true, true, true]);
  assert.deepEqual(begun, [1, 2]);
  assert.equal(add(6), false, 'the line is full');
  gone.add(4);
  assert.equal(add(6), true, 'one of those in it has left');
  done.shift()!();
  await turn();
  assert.deepEqual(begun, [1, 2, 3]);
  gone.add(5);
  done.shift()!();
  await turn();
  assert.deepEqual(begun, [1, 2, 3, 6]);
});
