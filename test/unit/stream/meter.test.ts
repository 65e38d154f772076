import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Meter } from '../../../src/stream/meter.ts';
import { data, inter, key, sound } from '../../support/media.ts';

test('rates are unknown before two looks, then bits and frames per second', () => {
  const meter = new Meter();
  const unknown = {
    videoBitsPerSecond: undefined,
    audioBitsPerSecond: undefined,
    framesPerSecond: undefined,
    gopSeconds: undefined,
  };
  assert.deepEqual(meter.rates, unknown);
  meter.sample(1000);
  assert.deepEqual(meter.rates, unknown);
  meter.count(key(0, { bytes: 1000 }));
  meter.count(inter(40, { bytes: 500 }));
  meter.count(sound(50, { bytes: 100 }));
  meter.sample(3000);
  assert.deepEqual(meter.rates, {
    ...unknown,
    videoBitsPerSecond: 6000,
    audioBitsPerSecond: 400,
    framesPerSecond: 1,
  });
});

test('two looks at the same moment divide by nothing', () => {
  const meter = new Meter();
  meter.sample(5);
  meter.sample(5);
  assert.equal(meter.rates.framesPerSecond, undefined);
});

test('follows a change within five seconds and falls to zero when nothing comes', () => {
  const meter = new Meter();
  for (let second = 0; second <= 10; second++) {
    meter.sample(second * 1000);
    for (let frame = 0; frame < 25; frame++) meter.count(inter(second * 1000 + frame * 40));
  }
  assert.equal(meter.rates.framesPerSecond, 25);
  for (let second = 11; second <= 16; second++) meter.sample(second * 1000);
  assert.equal(meter.rates.framesPerSecond, 0);
});

test('counts everything, and measures the last whole GOP; a new publisher starts unknown', () => {
  const meter = new Meter();
  for (const frame of [key(0), inter(40), sound(50), data(60), key(2000), key(4500)]) meter.count(frame);
  assert.deepEqual([meter.videoFrames, meter.audioFrames, meter.rates.gopSeconds], [4, 1, 2.5]);
  const before = meter.bytesIn;
  assert.ok(before > 0);
  meter.restart();
  meter.count(key(99_000));
  assert.equal(meter.rates.gopSeconds, undefined, 'the time between two publishers is no GOP');
  assert.ok(meter.bytesIn > before);
});
