import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backlog } from '../../../src/stream/backlog.ts';
import { Batch } from '../../../src/stream/batch.ts';

const opening = { first: () => Batch.of(Buffer.alloc(0), 0), resume: () => Batch.of(Buffer.alloc(0), 0) };

/** `P1` is a batch of one frame, `K2` one of a key frame, `P1K2` one whose key frame is in the middle; 40 ms each. */
function batchOf(text: string): Batch {
  const at = text.indexOf('K');
  const gop = at < 0 ? undefined : { at, opening };
  return new Batch(Buffer.from(text), 0, { gop, ms: 40 });
}

function backlogOf(texts: string): Backlog {
  const backlog = new Backlog();
  for (const text of texts.split(' ').filter(Boolean)) backlog.push(batchOf(text));
  return backlog;
}

/** All that is there, with a bar where configurations must go in front; counts must come out at zero. */
function drain(backlog: Backlog): string {
  const texts: string[] = [];
  while (!backlog.isEmpty) {
    const bar = backlog.startsAnew ? '|' : '';
    texts.push(bar + backlog.shift()!.bytes.toString());
  }
  assert.deepEqual([backlog.bytes, backlog.ms, backlog.startsAnew], [0, 0, false]);
  assert.equal(backlog.shift(), undefined);
  return texts.join(' ');
}

const cases: readonly [there: string, leave: 'leaveOutGops' | 'leaveOutBegun', left: string, ...number[]][] =
  [
    ['P1 K2 P3 K4 P5 K6 P7', 'leaveOutGops', 'P1 |K6 P7', 4, 2],
    ['K2 P3 K4 P5', 'leaveOutGops', '|K4 P5', 2, 1],
    ['P1 P2K3 P4 P5K6 P7', 'leaveOutGops', 'P1 P2 |K6 P7', 2, 1],
    ['P1 K2 P3', 'leaveOutGops', 'P1 K2 P3', 0, 0],
    ['K1 P2', 'leaveOutGops', 'K1 P2', 0, 0],
    ['P1 P2', 'leaveOutGops', 'P1 P2', 0, 0],
    ['', 'leaveOutGops', '', 0, 0],
    ['P1 K2 P3', 'leaveOutBegun', '|K2 P3', 1, 0],
    ['P1 P2K3 P4', 'leaveOutBegun', '|K3 P4', 1, 0],
    ['P1 P2', 'leaveOutBegun', '', 2, 0],
    ['K1 P2 K3', 'leaveOutBegun', '|K3', 2, 1],
  ];
for (const [there, leave, left, batches, gops] of cases) {
  test(`${leave}: "${there}" becomes "${left}"`, () => {
    const backlog = backlogOf(there);
    assert.deepEqual(backlog[leave](), { batches, gops });
    assert.equal(drain(backlog), left);
  });
}

test('leaving out again, behind a gap that is still ahead, and after it', () => {
  const backlog = backlogOf('P1 K2 P3 K4 P5');
  backlog.leaveOutGops();
  for (const text of ['K6', 'P7', 'P8K9', 'P10']) backlog.push(batchOf(text));
  assert.deepEqual(backlog.leaveOutGops(), { batches: 4, gops: 2 });
  assert.equal(backlog.shift()?.bytes.toString(), 'P1');
  assert.equal(backlog.startsAnew, true);
  assert.equal(backlog.shift()?.bytes.toString(), 'K9');
  backlog.push(batchOf('K11'));
  assert.equal(drain(backlog), 'P10 K11', 'a key frame that follows needs nothing in front');
});

test('it knows the bytes and the time of what is there', () => {
  const backlog = backlogOf('P1 K2 P3 K44 P5');
  assert.deepEqual([backlog.bytes, backlog.ms], [11, 200]);
  backlog.leaveOutGops();
  assert.deepEqual([backlog.bytes, backlog.ms], [7, 120]);
  assert.deepEqual(backlog.clear(), { batches: 3, gops: 1 });
  assert.deepEqual([backlog.bytes, backlog.ms, backlog.isEmpty], [0, 0, true]);
});

test('a key frame that does not follow is kept without what stands before it', () => {
  const backlog = new Backlog();
  backlog.pushAnew(batchOf('P1K2'));
  assert.equal(drain(backlog), '|K2');
});
