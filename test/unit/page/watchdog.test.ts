import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Watchdog, type Sight } from '../../../public/player/watchdog.ts';

const PATIENCE = { firstMs: 6000, nextMs: 4000 };

const sight = (changes: Partial<Sight>): Sight => ({
  now: 0,
  decoded: 0,
  currentTime: 0,
  bufferEnd: 0,
  paused: false,
  hidden: false,
  pictures: true,
  ...changes,
});

const watchdog = (): Watchdog => new Watchdog(PATIENCE, sight({}));

test('the first picture may take its time', () => {
  const dog = watchdog();
  assert.equal(dog.look(sight({ now: 5999 })), 'waiting');
  assert.equal(dog.look(sight({ now: 6000 })), 'stalled');
});

test('a picture is news once; then the shorter patience counts', () => {
  const dog = watchdog();
  assert.equal(dog.look(sight({ now: 1000, decoded: 1 })), 'picture');
  assert.equal(dog.look(sight({ now: 1250, decoded: 1 })), 'waiting');
  assert.equal(dog.look(sight({ now: 4999, decoded: 1 })), 'waiting');
  assert.equal(dog.look(sight({ now: 5000, decoded: 1 })), 'stalled');
});

test('after a stall it waits its full patience again', () => {
  const dog = watchdog();
  assert.equal(dog.look(sight({ now: 6000 })), 'stalled');
  assert.equal(dog.look(sight({ now: 6250 })), 'waiting');
  assert.equal(dog.look(sight({ now: 12_000 })), 'stalled');
});

test('a moving clock is no picture: sound alone can run on under a frozen one', () => {
  const dog = watchdog();
  dog.look(sight({ now: 100, decoded: 5, currentTime: 0.1 }));
  assert.equal(dog.look(sight({ now: 4100, decoded: 5, currentTime: 4 })), 'stalled');
});

test('a stream of sound alone lives by its clock', () => {
  const dog = new Watchdog(PATIENCE, sight({ pictures: false }));
  assert.equal(dog.look(sight({ now: 500, pictures: false, currentTime: 0.4 })), 'picture');
  assert.equal(dog.look(sight({ now: 4500, pictures: false, currentTime: 0.4 })), 'stalled');
});

test('a counter that starts again is a picture too', () => {
  const dog = watchdog();
  dog.look(sight({ now: 100, decoded: 900 }));
  assert.equal(dog.look(sight({ now: 200, decoded: 3 })), 'picture');
});

test('no picture is due in a pause, nor right after it', () => {
  const dog = watchdog();
  assert.equal(dog.look(sight({ now: 60_000, paused: true })), 'waiting');
  assert.equal(dog.look(sight({ now: 65_999 })), 'waiting');
  assert.equal(dog.look(sight({ now: 66_000 })), 'stalled');
});

test('a background tab shows nothing, but it has to receive', () => {
  const dog = watchdog();
  dog.look(sight({ now: 100, decoded: 1, bufferEnd: 1 }));
  assert.equal(dog.look(sight({ now: 9000, decoded: 1, bufferEnd: 9, hidden: true })), 'waiting');
  assert.equal(dog.look(sight({ now: 13_000, decoded: 1, bufferEnd: 9, hidden: true })), 'stalled');
});

test('a tab that comes back is given time for its first picture', () => {
  const dog = watchdog();
  dog.look(sight({ now: 100, decoded: 1 }));
  dog.look(sight({ now: 200, decoded: 1, hidden: true }));
  assert.equal(dog.look(sight({ now: 60_000, decoded: 1 })), 'waiting');
});
