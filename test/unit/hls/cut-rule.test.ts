import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CutRule } from '../../../src/outputs/hls/cut-rule.ts';

const S = 90_000;

test('the nearest key frame to two seconds', () => {
  const rule = new CutRule(2);
  const table = [
    { elapsed: 0.5, step: 0.5, cut: false },
    { elapsed: 1.4, step: 0.7, cut: false },
    { elapsed: 1.5, step: 1, cut: true },
    { elapsed: 1.5, step: 1.5, cut: true },
    { elapsed: 1, step: 1, cut: false },
    { elapsed: 1, step: 2.1, cut: true },
    { elapsed: 2, step: 1, cut: true },
    { elapsed: 5, step: 5, cut: true },
    { elapsed: 0, step: 10, cut: false },
  ];
  for (const { elapsed, step, cut } of table) {
    assert.equal(rule.isNearest(elapsed * S, step * S), cut, `${elapsed} s, then ${step} s`);
  }
});

test('the first segment settles the target duration, for good', () => {
  const table = [
    { target: 2, first: 2, expect: 2 },
    { target: 2, first: 2.002, expect: 2 },
    { target: 2, first: 2.2, expect: 3 },
    { target: 2, first: 0.4, expect: 2 },
    { target: 1.5, first: 1.5, expect: 2 },
    { target: 2, first: 8.34, expect: 9 },
    { target: 0.5, first: 0.01, expect: 1 },
  ];
  for (const { target, first, expect } of table) {
    const rule = new CutRule(target);
    assert.equal(rule.targetDuration, undefined);
    assert.equal(rule.settle(first * S), expect, `${first} s`);
    assert.equal(rule.settle(11 * S), expect, 'and again');
    assert.equal(rule.targetDuration, expect);
    assert.equal(Math.round(rule.limit / S), expect);
    assert.equal(Math.round((rule.limit + 1) / S), expect + 1, 'the limit is as long as rounding allows');
  }
});

test('a key frame is taken early where the next may be too late', () => {
  const rule = new CutRule(2);
  rule.settle(2 * S);
  assert.equal(rule.isNearest(1.2 * S, 1.2 * S), false);
  assert.equal(rule.isNearest(1.2 * S, 1.3 * S), true);
  assert.equal(rule.isOver(2.4 * S, 0.09 * S), false);
  assert.equal(rule.isOver(2.4 * S, 0.1 * S), true);
});

test('before the target duration is known, a stall is cut as if it were the wanted one; a GOP is waited for', () => {
  const rule = new CutRule(2);
  assert.equal(rule.isOver(11 * S, S / 25), false, 'twelve seconds for a key frame');
  assert.equal(rule.isOverInStall(2.4 * S, S / 25), false);
  assert.equal(rule.isOverInStall(2.48 * S, S / 25), true);
  rule.settle(10 * S);
  assert.equal(rule.isOverInStall(10.4 * S, S / 25), false, 'once it is ten seconds, it is for stalls too');
  assert.equal(rule.isOverInStall(10.48 * S, S / 25), true);
});

test('a hole: nothing for more than two seconds, in a segment that is long enough', () => {
  const rule = new CutRule(2);
  const table = [
    { elapsed: 8, gap: 0, hole: false },
    { elapsed: 8, gap: 2, hole: false },
    { elapsed: 8, gap: 2.1, hole: true },
    { elapsed: 2.4, gap: 2.1, hole: false },
    { elapsed: 12.1, gap: 0, hole: true },
  ];
  for (const { elapsed, gap, hole } of table)
    assert.equal(rule.isHole(elapsed * S, gap * S), hole, `${gap} of ${elapsed} s`);
  rule.settle(2 * S);
  assert.equal(rule.isHole(2.6 * S, 0), true, 'longer than any segment may be');
  assert.equal(rule.isHole(2.4 * S, 2.3 * S), false);
});
