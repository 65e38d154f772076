import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DEFAULT_ACK_WINDOW,
  ReceiveCounter,
  SendCounter,
} from '../../../src/protocols/rtmp/acknowledgement.ts';

const WRAP = 2 ** 32;

test('acknowledges each time half the window is full, with all bytes so far', () => {
  const counter = new ReceiveCounter();
  counter.window = 1000;
  assert.deepEqual(
    [499, 1, 499, 600, 499].map((bytes) => counter.add(bytes)),
    [undefined, 500, undefined, 1599, undefined],
  );
});

test('acknowledges although the peer never named a window, and although it named 0', () => {
  const counter = new ReceiveCounter();
  counter.window = 0;
  assert.equal(counter.add(DEFAULT_ACK_WINDOW / 2 - 1), undefined);
  assert.equal(counter.add(1), DEFAULT_ACK_WINDOW / 2);
});

test('encoders stop at 4 GB: the acknowledged sequence number runs over 2^32, again and again', () => {
  for (const wraps of [1, 2, 5]) {
    const counter = new ReceiveCounter(wraps * WRAP - 600);
    counter.window = 1000;
    assert.deepEqual(
      [500, 99, 1, 400, 500].map((bytes) => counter.add(bytes)),
      [WRAP - 100, undefined, undefined, 400, 900],
    );
    assert.equal(counter.total, wraps * WRAP + 900);
  }
});

test('bytes on the way are those sent and not yet acknowledged, over 2^32 too', () => {
  const counter = new SendCounter(WRAP - 1000);
  counter.add(3000);
  assert.equal(counter.outstanding, 3000);
  counter.acknowledge(WRAP - 500);
  assert.equal(counter.outstanding, 2500);
  counter.acknowledge(1500);
  assert.equal(counter.outstanding, 500);
  counter.acknowledge(1400); // late: nothing goes back
  assert.equal(counter.outstanding, 500);
  counter.acknowledge(2000);
  assert.equal(counter.outstanding, 0);
  counter.acknowledge(2001); // more than was ever sent
  assert.equal(counter.outstanding, 0);
});

test('what is put off is acknowledged as a whole afterwards', () => {
  const counter = new ReceiveCounter();
  counter.window = 1000;
  counter.isPutOff = true;
  assert.equal(counter.add(5_000), undefined, 'put off');
  counter.isPutOff = false;
  assert.equal(counter.add(0), 5_000, 'all of it');
  assert.equal(counter.add(0), undefined, 'once');
});
