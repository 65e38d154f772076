import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Crowd } from './crowd.ts';
import { LOW_BROKEN } from './low/broken.ts';
import { LOW_HEALTHY } from './low/healthy.ts';
import type { LowAnimal } from './low/low-animal.ts';
import { LowZoo } from './low/low-zoo.ts';

const USUAL_SECONDS = 5;
const ALL = [...LOW_BROKEN, ...LOW_HEALTHY];
const crowd = new Crowd<LowAnimal>(new LowZoo(ALL), ({ seconds }) => seconds ?? USUAL_SECONDS);

before(() => crowd.lookInSimulatedTime(ALL));

describe('a broken stream in fragments or of low latency is found out', () => {
  for (const animal of LOW_BROKEN) test(`${animal.name}: ${animal.what}`, () => crowd.judge(animal));
});

describe('a stream in fragments or of low latency that only looks broken is left in peace', () => {
  for (const animal of LOW_HEALTHY) test(`${animal.name}: ${animal.what}`, () => crowd.judge(animal));
});

test('animals have names of their own', () => {
  assert.equal(new Set(ALL.map(({ name }) => name)).size, ALL.length, 'a name is there twice');
});
