import { join } from 'node:path';
import test from 'node:test';
import assert from 'node:assert/strict';
import { readCorpus, startOf, wordsOf } from './corpus.ts';
import { judge } from './judge.ts';
import { Mutator, Random } from './mutate.ts';
import type { Target } from './target.ts';

/** Time for one target in `npm test`, ms. `npm run fuzz` takes longer, and looks at where inputs lead. */
const SPENT_MS = 1000;
/** Machines that run tests have other things to do. */
const PATIENCE = 8;
/** One input in so many is random from end to end; the others are changed ones of the corpus. */
const RANDOM_SHARE = 8;
/** What a process may have held at most, all targets of a file together, bytes. */
const MOST_MEMORY = 1024 * 1024 * 1024;

const CORPUS = join(process.cwd(), 'test/fuzz/corpus');

/** One test for each target: the whole corpus, then changed and random inputs until the time is up. `FUZZ_SEED` repeats a run. */
export function spendOn(targets: readonly Target[]): void {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
  for (const target of targets) {
    test(target.holds, (t) => {
      const inputs = spend(target, seed);
      t.diagnostic(`${target.name}: ${inputs} inputs, seed ${seed}`);
      assert.ok(inputs > 0, 'something was tried');
    });
  }
  test(`memory stays bounded while ${targets.map(({ name }) => name).join(', ')} are fed rubbish`, () => {
    const most = process.resourceUsage().maxRSS * 1024;
    assert.ok(most < MOST_MEMORY, `${most} bytes`);
  });
}

function spend(target: Target, seed: number): number {
  const random = new Random(seed);
  const mutator = new Mutator({ random, maxBytes: target.maxBytes, words: wordsOf(target) });
  const start = startOf(target, readCorpus(CORPUS, target.name));
  const until = performance.now() + SPENT_MS;
  let inputs = 0;
  const attempt = (bytes: Buffer): void => {
    inputs++;
    try {
      judge(target, bytes, PATIENCE);
    } catch (error) {
      throw new Error(`${target.name}, seed ${seed}, input ${inputs}: ${bytes.toString('hex')}`, {
        cause: error,
      });
    }
  };
  for (const bytes of start) attempt(bytes);
  while (performance.now() < until) {
    const isRandom = random.below(RANDOM_SHARE) === 0;
    attempt(
      isRandom
        ? random.bytes(random.below(Math.min(target.maxBytes, 1024)))
        : mutator.mutate(start[random.below(start.length)]!, start[random.below(start.length)]!),
    );
  }
  return inputs;
}
