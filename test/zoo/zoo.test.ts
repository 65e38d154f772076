import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { RULES } from '../../src/inspect/check/rules.ts';
import type { Animal } from './animal.ts';
import { BROKEN, HEALTHY, OVER_TIME } from './animals/index.ts';
import { Crowd, disagreement } from './crowd.ts';
import { LOW_BROKEN } from './low/broken.ts';
import { ZooServer } from './zoo-server.ts';

const SLOW = new Set(OVER_TIME.map(({ name }) => name));

/** What happens over time shows after 4 s at the latest; what is wrong by itself, with the second load. */
function secondsFor({ name, expects }: Animal): number {
  if (SLOW.has(name)) return 6;
  return expects.length === 0 ? 5 : 4;
}

const ALL = [...BROKEN, ...HEALTHY];
const zoo = new ZooServer(ALL);
const crowd = new Crowd<Animal>(zoo, secondsFor);

before(async () => {
  await zoo.start();
  await crowd.lookAt(ALL);
});
after(() => zoo.stop());

function judge(animal: Animal): void {
  const looked = crowd.looked.get(animal.name);
  assert.ok(looked, `the checker gave up: ${String(crowd.failures.get(animal.name))}`);
  const why = disagreement(animal, looked.violations);
  assert.equal(why, undefined, why);
}

describe('a broken stream is found out', () => {
  for (const animal of BROKEN) test(`${animal.name}: ${animal.what}`, () => judge(animal));
});

describe('a stream that only looks broken is left in peace', () => {
  for (const animal of HEALTHY) test(`${animal.name}: ${animal.what}`, () => judge(animal));
});

test('every rule has an animal that breaks it', () => {
  const broken = new Set(
    [...BROKEN, ...LOW_BROKEN].flatMap(({ expects }) => expects.map(({ code }) => code)),
  );
  const without = Object.keys(RULES).filter((code) => !broken.has(code));
  assert.deepEqual(without, [], 'rules that nobody breaks');
});
