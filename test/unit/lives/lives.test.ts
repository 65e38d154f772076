import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LivesModel, PATHS, PROTOCOLS } from './model.ts';

/** Publish, write, die, come back, take over, join, stall, wait, kick, shut down: in random order, against a model. */

const path = fc.constantFrom(...PATHS);
const who = fc.nat(20);
const YEAR_MS = 365 * 86_400_000;

type Step = (model: LivesModel) => void;
const step = <T>(
  name: string,
  values: fc.Arbitrary<T>,
  act: (model: LivesModel, value: T) => void,
): fc.Arbitrary<Step> =>
  values.map((value) =>
    Object.assign((model: LivesModel) => act(model, value), {
      [fc.toStringMethod]: () => `${name} ${fc.stringify(value)}`,
    }),
  );

const STEPS: readonly fc.WeightedArbitrary<Step>[] = [
  {
    weight: 6,
    arbitrary: step('publish', fc.tuple(path, fc.nat(1)), (model, [on, from]) => model.publish(on, from)),
  },
  {
    weight: 8,
    arbitrary: step(
      'send',
      fc.tuple(path, fc.integer({ min: 1, max: 6 }), fc.boolean()),
      (model, [on, gops, real]) => model.send(on, gops, real),
    ),
  },
  { weight: 2, arbitrary: step('late', who, (model, one) => model.sendLate(one)) },
  { weight: 3, arbitrary: step('die', path, (model, on) => model.die(on)) },
  { weight: 1, arbitrary: step('kick', path, (model, on) => model.kick(on)) },
  {
    weight: 5,
    arbitrary: step(
      'watch',
      fc.tuple(path, fc.nat(PROTOCOLS.length - 1), fc.boolean()),
      (model, [on, how, gop]) => model.watch(on, how, gop),
    ),
  },
  { weight: 2, arbitrary: step('leave', who, (model, one) => model.leave(one)) },
  { weight: 2, arbitrary: step('stall', who, (model, one) => model.stall(one)) },
  {
    weight: 2,
    arbitrary: step('wait', fc.tuple(path, fc.integer({ min: 0, max: 60_000 })), (model, [on, ms]) =>
      model.wait(on, ms),
    ),
  },
  { weight: 1, arbitrary: step('give up', who, (model, one) => model.giveUp(one)) },
  { weight: 2, arbitrary: step('hold', path, (model, on) => model.holdPlaylist(on)) },
  {
    weight: 5,
    arbitrary: step('advance', fc.integer({ min: 1, max: 40_000 }), (model, ms) => model.advance(ms)),
  },
  {
    weight: 1,
    arbitrary: step('clock', fc.integer({ min: -YEAR_MS, max: YEAR_MS }), (model, ms) => model.setClock(ms)),
  },
];

function run(steps: readonly Step[]): void {
  const model = new LivesModel();
  try {
    for (const one of steps) {
      one(model);
      model.check();
    }
    model.finish();
  } finally {
    model.house.leave();
  }
}

test('lives in random order: nobody is forgotten or told twice, numbers only go up, nothing is left behind', () => {
  const story = fc.array(fc.oneof(...STEPS), { minLength: 1, maxLength: 60, size: 'max' });
  fc.assert(fc.property(story, run), { numRuns: 400 });
});

test('the gateway is shut down at any time: afterwards nothing is let in and nobody waits', () => {
  const steps = fc.oneof(...STEPS);
  const story = fc.tuple(fc.array(steps, { maxLength: 20, size: 'max' }), fc.array(steps, { maxLength: 8 }));
  fc.assert(
    fc.property(story, ([before, after]) => run([...before, (model) => model.shutDown(), ...after])),
    { numRuns: 100 },
  );
});

test('the stories are rich: each kind of step comes to something', () => {
  let published = 0;
  fc.assert(
    fc.property(fc.array(fc.oneof(...STEPS), { minLength: 60, maxLength: 60 }), (steps) => {
      const model = new LivesModel();
      try {
        for (const one of steps) one(model);
        published += model.house.opened.length;
      } finally {
        model.house.leave();
      }
    }),
    { numRuns: 10 },
  );
  assert.ok(published > 10, `${published} streams in 10 stories`);
});
