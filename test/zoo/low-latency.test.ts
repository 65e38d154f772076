import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Crowd, disagreement } from './crowd.ts';
import { LOW_BROKEN } from './low/broken.ts';
import { LOW_HEALTHY } from './low/healthy.ts';
import type { LowAnimal } from './low/low-animal.ts';
import { LowZoo } from './low/low-zoo.ts';

const USUAL_SECONDS = 5;
const ALL = [...LOW_BROKEN, ...LOW_HEALTHY];
const zoo = new LowZoo(ALL);
const crowd = new Crowd<LowAnimal>(zoo, ({ seconds }) => seconds ?? USUAL_SECONDS);

before(async () => {
  await zoo.start();
  await crowd.lookAt(ALL);
});
after(() => zoo.stop());

function judge(animal: LowAnimal): void {
  const looked = crowd.looked.get(animal.name);
  assert.ok(looked, `the checker gave up: ${String(crowd.failures.get(animal.name))}`);
  const why = disagreement(animal, looked.violations);
  assert.equal(why, undefined, why);
}

describe('a broken stream in fragments or of low latency is found out', () => {
  for (const animal of LOW_BROKEN) test(`${animal.name}: ${animal.what}`, () => judge(animal));
});

describe('a stream in fragments or of low latency that only looks broken is left in peace', () => {
  for (const animal of LOW_HEALTHY) test(`${animal.name}: ${animal.what}`, () => judge(animal));
});

test('animals have names of their own', () => {
  assert.equal(new Set(ALL.map(({ name }) => name)).size, ALL.length, 'a name is there twice');
});
