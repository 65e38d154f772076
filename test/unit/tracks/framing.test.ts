import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AVCC_360P, hex } from '../../support/media.ts';
import { annexB, frames, pictures, setsOf, slice, TrackRig, videoConfig } from './rig.ts';

/** How NAL units are told apart: by lengths, as FLV has it, or by start codes, as some encoders do nevertheless. */

const { sps, pps } = setsOf(AVCC_360P);

/** A record with length prefixes of so many bytes. */
function record(size: number): Buffer {
  const bytes = Buffer.from(AVCC_360P);
  bytes[4] = 0xfc | (size - 1);
  return bytes;
}

/** What TS viewers are given of a publisher's frames, units by access unit. */
function throughTs(rig: TrackRig): Buffer[][] {
  rig.end();
  return rig.accessUnits.flat();
}

for (const size of [1, 2, 4]) {
  test(`NAL lengths of ${size} bytes`, () => {
    const rig = new TrackRig();
    rig.video(0, videoConfig(record(size)));
    const units = [slice(5), slice(5), slice(1), slice(1)];
    rig.video(0, pictures(true, units.slice(0, 2), size));
    rig.video(40, pictures(false, units.slice(2), size));
    assert.deepEqual(throughTs(rig), [
      [hex('09f0'), sps, pps, units[0], units[1]],
      [hex('09f0'), units[2], units[3]],
    ]);
    assert.deepEqual([...rig.input.dropped], []);
  });
}

test('NAL units of 256 to 511 bytes look like start codes and are none, in a stream that has shown its lengths', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  const sent: Buffer[] = [];
  for (let at = 0; at < 1000; at += 2) {
    // 00 00 01 xx in front, and the same bytes once more inside: whoever looks for start codes will find them.
    const unit = slice(at === 0 ? 5 : 1, 256 + ((at >> 1) & 0xff));
    unit.set(hex('010203'), 100);
    sent.push(unit);
    rig.video(at, pictures(at === 0, [unit]));
  }
  const got = throughTs(rig).map((units) => units.at(-1)!);
  assert.equal(got.length, sent.length, 'every frame is there');
  assert.ok(
    got.every((unit, index) => unit.equals(sent[index]!)),
    'and none was touched',
  );
});

test('a frame cut short whose length looks like a start code is left out, not taken for Annex B', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  rig.video(0, pictures(true, [slice(5)]));
  rig.video(40, pictures(false, [slice(1, 300)]).subarray(0, 200));
  rig.video(80, pictures(false, [slice(1)]));
  assert.deepEqual([...rig.input.dropped], [['not AVC nor Annex B', 1]]);
  assert.equal(throughTs(rig).length, 2, 'the others are there');
});

test('start codes of 3 and 4 bytes inside AVCC: every output gets its own framing', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  const sent: Buffer[][] = [];
  for (let at = 0; at < 3000; at += 200) {
    const isKey = at % 1000 === 0;
    const units = isKey ? [sps, pps, slice(5), slice(5)] : [slice(1), slice(1)];
    sent.push(units.filter((unit) => unit !== sps && unit !== pps));
    rig.video(at, annexB(isKey, units));
  }
  const got = throughTs(rig).map((units) => units.filter((unit) => (unit[0]! & 0x1f) < 6));
  assert.deepEqual(got, sent);
  for (const { body } of frames(rig.flv, 9)) {
    for (let at = 5; at < body.length;) {
      const length = body.readUInt32BE(at);
      assert.ok(length > 4 && at + 4 + length <= body.length, 'FLV: whole units behind their lengths');
      at += 4 + length;
    }
  }
  assert.deepEqual([...rig.input.dropped], []);
});

test('once Annex B, always Annex B: a frame that also reads as lengths is no exception', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(record(1)));
  rig.video(0, annexB(true, [slice(5)]));
  // As lengths of one byte: 0, 0, 0, then a unit of 1 byte, then one of 65 (0x41).
  const unit = Buffer.concat([hex('41'), Buffer.alloc(0x41 - 1, 0x5b), hex('5c')]);
  const body = Buffer.concat([hex('27 01 000000 00000001'), unit]);
  rig.video(40, body);
  const [, second] = throughTs(rig);
  assert.deepEqual(second, [hex('09f0'), unit], 'read by its start code');
});

test('a start code behind the length prefix is no part of the unit', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  const unit = slice(5);
  rig.video(
    0,
    pictures(true, [Buffer.concat([hex('00000001'), unit]), Buffer.concat([hex('000001'), unit])]),
  );
  assert.deepEqual(throughTs(rig)[0], [hex('09f0'), sps, pps, unit, unit]);
});

test('whatever units there are and however they are framed, TS viewers get the same', () => {
  const unit = fc
    .tuple(fc.constantFrom(1, 5, 6), fc.uint8Array({ minLength: 4, maxLength: 700 }))
    .map(([type, body]) =>
      Buffer.from([type === 6 ? 6 : 0x40 | type, 0x9a, ...body.map((byte) => byte || 1), 0x80]),
    );
  fc.assert(
    fc.property(
      fc.array(fc.array(unit, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
      (list) => {
        const first = [sps, pps, slice(5)];
        const [lengths, codes] = [pictures, annexB].map((frame) => {
          const rig = new TrackRig();
          rig.video(0, videoConfig(AVCC_360P));
          for (const [index, units] of [first, ...list].entries())
            rig.video(index * 40, frame(index === 0, units));
          return throughTs(rig);
        });
        assert.deepEqual(codes, lengths);
      },
    ),
    { numRuns: 30 },
  );
});

test('what is in no transport stream: delimiters, filler, ends, alpha; one delimiter and the sets in force are', () => {
  const sei = hex('06 05 02 0102 80');
  const table: readonly (readonly [string, boolean, readonly Buffer[], readonly Buffer[]])[] = [
    ['the encoder’s own of everything', true, [hex('0910'), sps, pps, sei, slice(5)], [sei]],
    ['two delimiters', true, [hex('0910'), hex('0930'), slice(5)], []],
    ['sets behind the SEI', true, [sei, pps, sps, slice(5)], [sei]],
    ['filler in front and behind', true, [hex('0cffff80'), slice(5), hex('0cffffff80')], []],
    ['an end of sequence in the middle of the stream', false, [slice(1), hex('0a')], []],
    ['an end of stream that is none', false, [slice(1), hex('0b')], []],
    ['an alpha plane', true, [sps, hex('6d 8080'), pps, slice(5), hex('73 8884 8080')], []],
    ['four slices', false, [slice(1), slice(1), slice(1), slice(1)], []],
  ];
  for (const [name, isKey, units, kept] of table) {
    const rig = new TrackRig();
    rig.video(0, videoConfig(AVCC_360P));
    rig.video(0, pictures(true, [slice(5)]));
    rig.video(40, pictures(isKey, units));
    rig.video(80, pictures(false, [slice(1)]));
    const got = throughTs(rig);
    const slices = units.filter((unit) => (unit[0]! & 0x1f) === 1 || (unit[0]! & 0x1f) === 5);
    assert.deepEqual(got[1], [hex('09f0'), ...(isKey ? [sps, pps] : []), ...kept, ...slices], name);
    assert.equal(got.length, 3, `${name}: the stream goes on`);
    assert.deepEqual([...rig.input.dropped], [], name);
  }
});

test('a message without a picture is no frame', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  rig.video(0, pictures(true, [slice(5)]));
  for (const units of [[hex('0910')], [hex('06050101 80')], [hex('0cff80')], [sps, pps], [hex('0a')]])
    rig.video(20, pictures(true, units));
  rig.video(40, pictures(false, [slice(1)]));
  assert.equal(throughTs(rig).length, 2, 'two frames');
  assert.deepEqual([...rig.input.dropped], [], 'and nothing that anybody has to know of');
});
