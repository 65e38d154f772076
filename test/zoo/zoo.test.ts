import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { RULES } from '../../src/inspect/check/rules.ts';
import type { Animal } from './animal.ts';
import { BROKEN, HEALTHY, OVER_TIME } from './animals/index.ts';
import { Crowd } from './crowd.ts';
import { HighZoo } from './high-zoo.ts';
import { LOW_BROKEN } from './low/broken.ts';

const SLOW = new Set(OVER_TIME.map(({ name }) => name));

/** What happens over time shows after 4 s at the latest; what is wrong by itself, with the second load. */
function secondsFor({ name, expects }: Animal): number {
  if (SLOW.has(name)) return 6;
  return expects.length === 0 ? 5 : 4;
}

const LEFT_IN_PEACE = HEALTHY.filter(({ needsHttp }) => needsHttp === undefined);
const ALL = [...BROKEN, ...LEFT_IN_PEACE];
const crowd = new Crowd<Animal>(new HighZoo(ALL), secondsFor);

before(() => crowd.lookInSimulatedTime(ALL));

describe('a broken stream is found out', () => {
  for (const animal of BROKEN) test(`${animal.name}: ${animal.what}`, () => crowd.judge(animal));
});

describe('a stream that only looks broken is left in peace', () => {
  for (const animal of LEFT_IN_PEACE) test(`${animal.name}: ${animal.what}`, () => crowd.judge(animal));
});

test('every rule has an animal that breaks it', () => {
  const broken = new Set(
    [...BROKEN, ...LOW_BROKEN].flatMap(({ expects }) => expects.map(({ code }) => code)),
  );
  const without = Object.keys(RULES).filter((code) => !broken.has(code));
  assert.deepEqual(without, [], 'rules that nobody breaks');
});
