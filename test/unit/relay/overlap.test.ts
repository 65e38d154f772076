import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Overlap } from '../../../src/clients/overlap.ts';
import { RecentMedia } from '../../../src/clients/recent-media.ts';
import type { RtmpMessage } from '../../../src/protocols/rtmp/message.ts';
import { audioBody, avcConfig, frameNumber, videoBody } from '../../support/show.ts';
import { AVCC_360P } from '../../support/media.ts';

const message = (type: number, timestamp: number, body: Uint8Array): RtmpMessage => ({
  ...{ type, timestamp: timestamp >>> 0, body },
  ...{ streamId: 1, chunkStreamId: 4 },
});

/** A GOP of ten pictures, 40 ms each, and a sound with each. */
const BODIES = Array.from({ length: 40 }, (_, number) => videoBody(number % 10 === 0, 60, number));
const picture = (number: number, zero = 0): RtmpMessage => message(9, zero + number * 40, BODIES[number]!);
const sound = (number: number, zero = 0): RtmpMessage =>
  message(8, zero + number * 40 + 5, audioBody(number));
const both = (from: number, to: number, zero = 0): RtmpMessage[] =>
  Array.from({ length: to - from }, (_, index) => [
    picture(from + index, zero),
    sound(from + index, zero),
  ]).flat();
const config = (at: number): RtmpMessage => message(9, at, avcConfig(AVCC_360P));
const numbers = (messages: readonly RtmpMessage[]): number[] =>
  messages.filter(({ type, body }) => type === 9 && body[1] === 1).map(({ body }) => frameNumber(body));

function meeting(first: readonly RtmpMessage[]) {
  const recent = new RecentMedia();
  for (const one of first) recent.add(one);
  const overlap = new Overlap(recent, 0);
  return {
    overlap,
    first: (one: RtmpMessage) => {
      recent.add(one);
      overlap.heardFirst(one, 0);
    },
  };
}

test('two servers with the same frames: what the first has brought is not taken again, whichever is ahead', () => {
  const zero = 2 ** 32 - 200; // the second's clock wraps
  const { overlap } = meeting(both(0, 15));
  for (const one of [config(zero), ...both(10, 18, zero)]) overlap.heardSecond(one, 0);
  assert.equal(overlap.offset, zero);
  const rest = overlap.rest(0);
  assert.deepEqual(numbers(rest), [15, 16, 17]);
  assert.equal(rest.filter(({ type }) => type === 8).length, 3, 'nor its sound');
  assert.equal(rest[0]?.body[1], 1, 'no configuration from before');
  assert.ok(overlap.seam?.isOver, 'all that follows is new');

  const late = meeting(both(0, 15));
  for (const one of both(10, 12, zero)) late.overlap.heardSecond(one, 0);
  assert.deepEqual(late.overlap.rest(0), []);
  const behind = both(12, 17, zero).filter((one) => late.overlap.seam!.passes(one));
  assert.deepEqual(numbers(behind), [15, 16], 'it is behind and catches up');
});

test('a second server that is a GOP ahead is met when the first gets there, and sound behind a key frame is not lost', () => {
  const { overlap, first } = meeting(both(0, 18));
  for (const one of both(20, 22, 5_000)) overlap.heardSecond(one, 0);
  assert.deepEqual([overlap.offset, overlap.isReady(0)], [undefined, false], 'nothing in common yet');
  for (const one of both(18, 20)) first(one);
  first(picture(20));
  assert.equal(overlap.offset, 5_000);
  const rest = overlap.rest(0);
  assert.deepEqual(numbers(rest), [21]);
  assert.equal(rest[0]?.type, 8, 'the sound of the picture that the first has brought');
});

test('a configuration that comes for the first new frame is not left out', () => {
  const { overlap } = meeting(both(10, 20));
  const all = [config(0), ...both(10, 20, 700), config(1_500), ...both(20, 22, 700)];
  for (const one of all) overlap.heardSecond(one, 0);
  const rest = overlap.rest(0);
  assert.deepEqual(numbers(rest), [20, 21]);
  assert.equal(rest.filter(({ type, body }) => type === 9 && body[1] === 0).length, 1, 'one of the two');
});

test('frames that are only alike by accident are not taken for the same', () => {
  const { overlap } = meeting(both(10, 20));
  const other = Array.from({ length: 5 }, (_, index) =>
    message(9, 40 * index, videoBody(false, 60, 100 + index)),
  );
  const twin = message(9, 200, BODIES[12]!);
  for (const one of [...other, twin, ...other.map((one) => ({ ...one, timestamp: one.timestamp + 240 }))])
    overlap.heardSecond(one, 0);
  assert.equal(overlap.offset, undefined);
});

test('another encoding takes over after a while, or at once when the first one is silent or gone', () => {
  const fresh = [0, 1, 2].map((index) => message(9, 40 * index, videoBody(index !== 1, 60, 200 + index)));
  const { overlap, first } = meeting(both(0, 5));
  for (const one of fresh) overlap.heardSecond(one, 0);
  assert.equal(overlap.isReady(400), false);
  assert.equal(overlap.isReady(600), true, 'the first has nothing to say any more');
  assert.deepEqual(numbers(overlap.rest(600)), [200, 201, 202]);
  first(picture(5));
  assert.deepEqual(numbers(overlap.rest(0)), [202], 'while it speaks: from the newest key frame');
  overlap.hasFirst = false;
  assert.equal(overlap.isReady(0), true);
  assert.deepEqual(numbers(overlap.rest(0)), [200, 201, 202]);
});
