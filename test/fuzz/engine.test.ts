import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { judge, TooSlow } from './engine/judge.ts';
import { Mutator, Random } from './engine/mutate.ts';
import { keyOf, shrink } from './engine/shrink.ts';
import { cuts, outcome, type Target } from './engine/target.ts';

const planted: Target = {
  name: 'planted',
  holds: 'nothing with GOP in it',
  maxBytes: 256,
  deadlineMs: 40,
  seeds: () => [Buffer.from('the seed')],
  words: ['GOP'],
  run(bytes) {
    if (bytes.includes('GOP')) throw new RangeError(`found at ${bytes.indexOf('GOP')}`);
  },
};

const mutatorFrom = (seed: number): Mutator =>
  new Mutator({ random: new Random(seed), maxBytes: planted.maxBytes, words: [Buffer.from('GOP')] });

function firstDeath(seed: number): { bytes: Buffer; error: unknown } | undefined {
  const mutator = mutatorFrom(seed);
  const start = Buffer.from('the seed');
  for (let count = 0; count < 2000; count++) {
    const bytes = mutator.mutate(start, start);
    try {
      judge(planted, bytes);
    } catch (error) {
      return { bytes, error };
    }
  }
  return undefined;
}

test('a planted mistake is found, again with the same seed, and made small', () => {
  const death = firstDeath(1);
  assert.ok(death, 'found');
  assert.deepEqual(firstDeath(1)?.bytes, death.bytes, 'the same input again');
  const small = shrink(planted, death.bytes, keyOf(death.error));
  assert.equal(small.toString(), 'GOP', 'nothing left to take away');
});

test('changed inputs keep to the longest length, and the input they come from stays as it is', () => {
  const mutator = mutatorFrom(2);
  const start = Buffer.alloc(250, 7);
  for (let count = 0; count < 2000; count++) {
    const bytes = mutator.mutate(start, start);
    assert.ok(bytes.length <= planted.maxBytes, `${bytes.length} bytes`);
  }
  assert.ok(start.equals(Buffer.alloc(250, 7)), 'unchanged');
});

test('an input that takes too long every time is a death, one that was slow once is none', () => {
  const spin = (ms: number): void => {
    for (const from = process.cpuUsage(); process.cpuUsage(from).user < ms * 1000;);
  };
  let calls = 0;
  const slowOnce: Target = { ...planted, run: () => spin(calls++ === 0 ? 60 : 0) };
  judge(slowOnce, Buffer.alloc(1));
  assert.equal(calls, 2, 'tried again');
  assert.throws(() => judge({ ...planted, run: () => spin(60) }, Buffer.alloc(1)), TooSlow, 'always slow');
});

test('only errors of the classes named are let pass', () => {
  const fail = (): never => {
    throw new TypeError('x');
  };
  assert.ok('error' in outcome([TypeError], fail), 'allowed');
  assert.throws(() => outcome([RangeError], fail), TypeError, 'not allowed');
});

test('every way to cut gives all bytes, in order', () => {
  const bytes = Buffer.from('any bytes at all');
  for (const pieces of cuts(bytes)) assert.deepEqual(Buffer.concat(pieces), bytes, 'the same bytes');
});

test('npm run fuzz: builds with counters, fuzzes, and tells what was reached', () => {
  const run = spawnSync(
    process.execPath,
    ['scripts/fuzz.mjs', 'rtmp-url', '--seconds', '0.3', '--seed', '1'],
    { encoding: 'utf8' },
  );
  assert.equal(run.status, 0, run.stdout + run.stderr);
  assert.match(run.stdout, /^rtmp-url +\d+ +\d+ +\d+ +\d+ +0$/m, 'a line for the target');
  assert.match(
    run.stdout,
    /src\/protocols\/rtmp\/session\/url\.ts +\d+ \/ \d+ +\d+ %/,
    'a line for its source',
  );
  assert.match(run.stdout, /\d+ inputs, 0 deaths/, 'the sum');
});
