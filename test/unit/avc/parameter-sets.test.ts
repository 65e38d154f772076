import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParameterSets } from '../../../src/codecs/avc/parameter-sets.ts';
import type { AvcConfig } from '../../../src/codecs/avc/config.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
// Ids are Exp-Golomb: 1… is 0, 010… is 1.
const SPS_0 = bytes('6764001f80');
const SPS_0_NEW = bytes('67640028a0');
const SPS_1 = bytes('6764001f40');
const PPS_0 = bytes('68ee');
const PPS_1 = bytes('685e');

const config = (sps: Uint8Array[], pps: Uint8Array[]): AvcConfig => ({
  profile: 100,
  compatibility: 0,
  level: 31,
  nalLengthSize: 4,
  sps,
  pps,
  codecString: 'avc1.64001F',
});
const learn = (sets: ParameterSets, set: Uint8Array): void => sets.learn(set, 0, set.length);

test('begins with the configuration, sequence sets first', () => {
  assert.deepEqual(new ParameterSets(config([SPS_0, SPS_1], [PPS_0])).all, [SPS_0, SPS_1, PPS_0]);
});

test('a set in band takes the place of the one with its id', () => {
  const sets = new ParameterSets(config([SPS_0, SPS_1], [PPS_0]));
  learn(sets, SPS_0_NEW);
  assert.deepEqual(sets.all, [SPS_0_NEW, SPS_1, PPS_0]);
});

test('a set in band of another id joins', () => {
  const sets = new ParameterSets(config([SPS_0], [PPS_0]));
  learn(sets, PPS_1);
  assert.deepEqual(sets.all, [SPS_0, PPS_0, PPS_1]);
});

test('what is learned is a copy, and the same set again is none', () => {
  const sets = new ParameterSets(config([SPS_0], [PPS_0]));
  const payload = Uint8Array.from([9, ...SPS_1]);
  sets.learn(payload, 1, payload.length);
  payload.fill(0);
  assert.deepEqual(sets.all[1], SPS_1);
  const before = sets.all;
  learn(sets, Uint8Array.from(SPS_1));
  assert.equal(sets.all, before);
});

test('rubbish and giants are not kept', () => {
  const sets = new ParameterSets(config([SPS_0], [PPS_0]));
  learn(sets, bytes('67'));
  learn(sets, bytes('68000000'));
  learn(sets, Uint8Array.of(0x68, 0x5e, ...new Uint8Array(5000)));
  assert.deepEqual(sets.all, [SPS_0, PPS_0]);
});
