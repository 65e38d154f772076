import assert from 'node:assert/strict';
import { readAvcConfig } from '../../../src/codecs/avc/config.ts';
import { hasIdr, holdsRecoveryPoint, NAL, nalType } from '../../../src/codecs/avc/nal.ts';
import { ParameterSets } from '../../../src/codecs/avc/parameter-sets.ts';
import { lengthPrefixedFromAnnexB } from '../../../src/codecs/nal/annex-b.ts';
import { coversExactly, MAX_NALS_PER_FRAME, NalUnits } from '../../../src/codecs/nal/units.ts';
import { AVCC_720P, hex, IDR, SLICE } from '../../support/media.ts';
import { nalUnits } from '../../unit/mpegts/ts-reader.ts';
import type { Target } from '../engine/target.ts';

const walker = new NalUnits();

function checkWalk(bytes: Buffer, lengthSize: 1 | 2 | 4): void {
  const covers = walker.find(bytes, lengthSize);
  let after = 0;
  let idr = false;
  for (let index = 0; index < walker.count; index++) {
    const start = walker.start(index);
    const end = walker.end(index);
    assert.ok(start >= after + lengthSize && end > start && end <= bytes.length, `unit ${index}`);
    after = end;
    if (nalType(bytes, start) === NAL.idrSlice) idr = true;
  }
  assert.ok(walker.count <= MAX_NALS_PER_FRAME, 'the number of units is bounded');
  if (coversExactly(bytes, lengthSize))
    assert.ok(covers || walker.count === MAX_NALS_PER_FRAME, 'the two walks agree');
  if (covers) assert.equal(hasIdr(bytes, lengthSize), idr, 'an IDR slice is seen by both');
  holdsRecoveryPoint(bytes, walker);
}

/** Rewritten as length-prefixed units, and split by somebody else: the same units. */
function checkAnnexB(bytes: Buffer, lengthSize: 2 | 4): void {
  const prefixed = lengthPrefixedFromAnnexB(bytes, lengthSize);
  if (prefixed === undefined) return;
  assert.ok(coversExactly(prefixed, lengthSize), 'what was rewritten covers exactly');
  assert.ok(prefixed.length <= 2 * bytes.length, 'and is bounded');
  if (!walker.find(prefixed, lengthSize)) return;
  const found = Array.from({ length: walker.count }, (_, index) =>
    Buffer.from(prefixed.subarray(walker.start(index), walker.end(index))),
  );
  const wanted = nalUnits(bytes).filter((unit) => unit.length > 0);
  assert.deepEqual(found, wanted, 'every unit, and nothing else');
}

export const nal: Target = {
  name: 'nal',
  holds:
    'NAL units: no frame makes a walk throw or leave the frame, and Annex B rewritten has exactly the units it had',
  maxBytes: 65_536,
  deadlineMs: 100,
  seeds: () => [
    IDR,
    SLICE,
    Buffer.concat([hex('00000002 09f0 00000005 0600018080'), IDR]),
    hex('00000001 67640028 00000001 68ebe3cb 000001 65888400'),
    hex('000001 0605ffff00 000001 419a00 000000'),
    hex('0003 419a00 0004 65888400'),
    hex('03 419a00 04 65888400'),
    hex('00000008 00000001 65888400'),
    hex('00000006 0606 01 c4 8080'),
  ],
  words: [hex('000001'), hex('00000001'), hex('0600'), hex('0606'), hex('65'), hex('67'), hex('00000000')],
  run(bytes) {
    for (const lengthSize of [1, 2, 4] as const) checkWalk(bytes, lengthSize);
    for (const lengthSize of [2, 4] as const) checkAnnexB(bytes, lengthSize);
    const sets = new ParameterSets(readAvcConfig(AVCC_720P));
    walker.find(bytes, 2);
    for (let index = 0; index < walker.count; index++) {
      const type = nalType(bytes, walker.start(index));
      if (type === NAL.sps || type === NAL.pps) sets.learn(bytes, walker.start(index), walker.end(index));
    }
    const held = sets.all.reduce((sum, set) => sum + set.length, 0);
    assert.ok(held <= bytes.length + 64, `${bytes.length} bytes make us hold ${held}`);
    assert.ok(held <= MOST_SET_BYTES, `${held} bytes would stand in front of every key frame`);
  },
};

/** They are written again in front of each key frame, however small that is. */
const MOST_SET_BYTES = 16 * 1024 + 64;
