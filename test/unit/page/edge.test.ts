import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EdgeKeeper,
  FLV_BAND,
  hlsBand,
  nativeBand,
  partsBand,
  type EdgeView,
} from '../../../public/player/edge.ts';

const view = (changes: Partial<EdgeView>): EdgeView => ({
  now: 0,
  delay: FLV_BAND.target,
  shown: true,
  paused: false,
  held: false,
  rate: 1,
  ...changes,
});

/** A keeper past its first decision, which has a threshold of its own. */
function running(): EdgeKeeper {
  const keeper = new EdgeKeeper({ band: FLV_BAND });
  assert.deepEqual(keeper.decide(view({})), { kind: 'rate', rate: 1 });
  return keeper;
}

const moves = [
  { delay: 0.1, rate: 1, move: { kind: 'rate', rate: 1 } },
  { delay: 1.2, rate: 1, move: { kind: 'rate', rate: 1 } },
  { delay: 1.21, rate: 1, move: { kind: 'rate', rate: 1.05 } },
  { delay: 2.01, rate: 1.05, move: { kind: 'rate', rate: 1.1 } },
  { delay: 4, rate: 1.1, move: { kind: 'rate', rate: 1.1 } },
  { delay: 4.01, rate: 1.1, move: { kind: 'jump', behind: 0.7 } },
  { delay: 900, rate: 1, move: { kind: 'jump', behind: 0.7 } },
] as const;

for (const { delay, rate, move } of moves) {
  test(`${delay} s behind at rate ${rate}`, () =>
    assert.deepEqual(running().decide(view({ delay, rate })), move));
}

test('once hurrying, it hurries on until the target is reached', () => {
  const keeper = running();
  assert.deepEqual(keeper.decide(view({ delay: 0.9, rate: 1.1 })), { kind: 'rate', rate: 1.05 });
  assert.deepEqual(keeper.decide(view({ delay: 0.7, rate: 1.05 })), { kind: 'rate', rate: 1 });
  assert.deepEqual(keeper.decide(view({ delay: 0.9, rate: 1 })), { kind: 'rate', rate: 1 });
});

test('nothing is moved before the first picture, in a pause, or when the viewer went back', () => {
  for (const why of [{ shown: false }, { paused: true }, { held: true }]) {
    assert.deepEqual(running().decide(view({ delay: 60, rate: 1.1, ...why })), { kind: 'rate', rate: 1 });
  }
});

test('the first picture skips the rest of the GOP cache, once', () => {
  const keeper = new EdgeKeeper({ band: FLV_BAND });
  assert.deepEqual(keeper.decide(view({ delay: 1.9, shown: false })), { kind: 'rate', rate: 1 });
  assert.deepEqual(keeper.decide(view({ delay: 1.9 })), { kind: 'jump', behind: 0.7 });
  assert.deepEqual(keeper.decide(view({ delay: 1.9 })), { kind: 'rate', rate: 1.05 });
});

test('each stop for want of data moves the target back, calm brings it forth again', () => {
  const keeper = running();
  keeper.rebuffered(1);
  keeper.rebuffered(2);
  assert.equal(keeper.target, 1.2);
  assert.deepEqual(keeper.decide(view({ now: 3, delay: 1.6 })), { kind: 'rate', rate: 1 });
  for (let i = 0; i < 20; i++) keeper.rebuffered(3);
  assert.equal(keeper.target, 2.2);
  keeper.decide(view({ now: 22.9 }));
  assert.equal(keeper.target, 2.2);
  keeper.decide(view({ now: 23 }));
  assert.equal(keeper.target, 1.95);
});

test('HLS stays two segments behind and jumps beyond six', () => {
  const keeper = new EdgeKeeper({ band: hlsBand(2) });
  assert.deepEqual(keeper.decide(view({ delay: 5 })), { kind: 'rate', rate: 1 });
  assert.deepEqual(keeper.decide(view({ delay: 6.5 })), { kind: 'rate', rate: 1.05 });
  assert.deepEqual(keeper.decide(view({ delay: 12.5 })), { kind: 'jump', behind: 4 });
});

test('HLS stays where the server says, if it says so', () => {
  const keeper = new EdgeKeeper({ band: hlsBand(2, 6) });
  assert.equal(keeper.target, 6);
  assert.deepEqual(keeper.decide(view({ delay: 7 })), { kind: 'rate', rate: 1 });
  assert.deepEqual(keeper.decide(view({ delay: 8.1 })), { kind: 'rate', rate: 1.05 });
});

test('HLS in parts stays at the hold-back, and never goes nearer', () => {
  const keeper = new EdgeKeeper({ band: partsBand(1) });
  assert.deepEqual(keeper.decide(view({ delay: 1.1 })), { kind: 'rate', rate: 1 });
  assert.deepEqual(keeper.decide(view({ delay: 1.4 })), { kind: 'rate', rate: 1.05 });
  assert.deepEqual(keeper.decide(view({ delay: 0.99, rate: 1.05 })), { kind: 'rate', rate: 1 });
  assert.deepEqual(keeper.decide(view({ delay: 5.1 })), { kind: 'jump', behind: 1 });
});

test('the browser’s own HLS is not hurried', () => {
  const keeper = new EdgeKeeper({ band: nativeBand() });
  assert.deepEqual(keeper.decide(view({ delay: 19 })), { kind: 'rate', rate: 1 });
  assert.deepEqual(keeper.decide(view({ delay: 21 })), { kind: 'jump', behind: 6 });
});

test('the browser’s own HLS goes back to the distance that it began with, near the edge or far', () => {
  assert.equal(nativeBand(1.6).target, 1.6, 'in parts');
  assert.equal(nativeBand(0).target, 1, 'some say that they are at the edge itself');
  const long = new EdgeKeeper({ band: nativeBand(30) });
  assert.deepEqual(long.decide(view({ delay: 33 })), { kind: 'rate', rate: 1 }, 'long segments');
  assert.deepEqual(long.decide(view({ delay: 45 })), { kind: 'jump', behind: 30 });
});
