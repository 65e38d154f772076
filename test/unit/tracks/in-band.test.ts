import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AVCC_360P, AVCC_720P, hex } from '../../support/media.ts';
import { configs, frames, pictures, setsOf, slice, TrackRig, videoConfig, withIds } from './rig.ts';

/** Codec configurations that change, or do not, in every way that encoders have of telling. */

const small = setsOf(AVCC_360P);
const large = setsOf(AVCC_720P);

/** A second of video: a key frame with these units in front, and inter frames. */
function gop(rig: TrackRig, second: number, inFront: readonly Uint8Array[] = [], loose = false): void {
  const at = second * 1000;
  if (loose) rig.video(at, pictures(true, inFront));
  rig.video(at, pictures(true, loose ? [slice(5)] : [...inFront, slice(5)]));
  for (let frame = 1; frame < 5; frame++) rig.video(at + frame * 200, pictures(false, [slice(1)]));
}

const discontinuities = (rig: TrackRig): number[] =>
  rig.playlist.segments.flatMap(({ discontinuity }, index) => (discontinuity ? [index] : []));

/** No output has noticed anything. */
function assertQuiet(rig: TrackRig, seconds: number): void {
  rig.end();
  assert.deepEqual(discontinuities(rig), [], 'HLS: no discontinuity');
  assert.equal(rig.playlist.segments.length, seconds, 'HLS: a segment for each second');
  assert.equal(rig.playlist.independent, true, 'HLS: every segment can be started with');
  for (const [name, got] of [['FLV', rig.flv] as const, ['RTMP', rig.rtmp] as const]) {
    assert.equal(configs(got, 9).length, 1, `${name}: one sequence header`);
    // Without sound, who watches from the beginning is let in at the second key frame.
    assert.equal(frames(got, 9).length, 5 * (seconds - 1), `${name}: all frames`);
  }
  assert.deepEqual([...rig.input.dropped], []);
}

/** 640 × 360 for three seconds, 1280 × 720 from then on. */
function assertResizedAt3(rig: TrackRig, record: Uint8Array): void {
  rig.end();
  assert.deepEqual(discontinuities(rig), [3], 'HLS: one discontinuity, at the segment of the change');
  assert.deepEqual([rig.track?.width, rig.track?.height], [1280, 720], 'the API knows');
  for (const [name, got] of [['FLV', rig.flv] as const, ['RTMP', rig.rtmp] as const]) {
    assert.equal(configs(got, 9).length, 2, `${name}: a second sequence header`);
    const at = got.findLastIndex(({ type, body }) => type === 9 && body[1] === 0);
    assert.deepEqual(got[at]!.body.subarray(5), record, `${name}: made of the sets in band`);
    assert.equal(got[at + 1]!.timestamp, got[at]!.timestamp, `${name}: right in front of the key frame`);
    assert.equal(got[at + 1]!.body[0], 0x17, `${name}: a key frame`);
    assert.equal(frames(got.slice(0, at), 9).length, 10, `${name}: after the second and third second`);
  }
  const versions = rig.segments.map(({ program }) => program.version);
  assert.deepEqual(
    versions,
    versions.map((_, index) => (versions[0]! + (index < 3 ? 0 : 1)) & 0x1f),
    'HLS: a new PMT',
  );
  for (const [index, [first]] of rig.accessUnits.entries()) {
    const size = index < 3 ? small : large;
    const sets = first!.filter((unit) => unit[0] === 0x67 || unit[0] === 0x68);
    assert.deepEqual(sets, [size.sps, size.pps], `sets of segment ${index}`);
  }
}

/** What a record for High is made of: the sets, and the four bytes of the extension. */
const builtRecord = Buffer.concat([AVCC_720P, hex('fdf8f800')]);

test('a phone is turned: new sets in front of a key frame, no new sequence header', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  for (let second = 0; second < 6; second++) {
    const { sps, pps } = second < 3 ? small : large;
    gop(rig, second, [sps, pps]);
  }
  assertResizedAt3(rig, builtRecord);
});

test('new sets in band, once and never again', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  for (let second = 0; second < 6; second++) gop(rig, second, second === 3 ? [large.sps, large.pps] : []);
  assertResizedAt3(rig, builtRecord);
});

test('new sets in a message of their own, before the key frame', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  for (let second = 0; second < 6; second++) {
    const { sps, pps } = second < 3 ? small : large;
    gop(rig, second, [sps, pps], true);
  }
  assertResizedAt3(rig, builtRecord);
});

test('a sequence header, and the same sets in band after it', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  for (let second = 0; second < 6; second++) {
    if (second === 3) rig.video(3000, videoConfig(AVCC_720P));
    gop(rig, second, second === 3 ? [large.sps, large.pps] : []);
  }
  assertResizedAt3(rig, AVCC_720P);
});

test('a sequence header that says late what was in band already', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  for (let second = 0; second < 6; second++) {
    gop(rig, second, second === 3 ? [large.sps, large.pps] : []);
    if (second >= 3) rig.video(second * 1000 + 900, videoConfig(AVCC_720P));
  }
  assertResizedAt3(rig, builtRecord);
});

test('a stale sequence header beside sets in band that say otherwise', () => {
  const rig = new TrackRig();
  for (let second = 0; second < 6; second++) {
    rig.video(second * 1000, videoConfig(AVCC_360P));
    const { sps, pps } = second < 3 ? small : large;
    gop(rig, second, [sps, pps]);
  }
  assertResizedAt3(rig, builtRecord);
});

test('an encoder that gives each size parameter sets with ids of their own', () => {
  const rig = new TrackRig();
  const sps = withIds(large.sps, 4, 1);
  const pps = withIds(large.pps, 1, 2);
  const idr = Buffer.concat([hex('65 885f'), Buffer.alloc(20, 0x5a)]); // slice type 7, parameter set 1
  rig.video(0, videoConfig(AVCC_360P));
  for (let second = 0; second < 6; second++) {
    rig.video(second * 1000, pictures(true, second < 3 ? [small.sps, small.pps, slice(5)] : [sps, pps, idr]));
    rig.video(second * 1000 + 500, pictures(false, [slice(1)]));
  }
  rig.end();
  assert.deepEqual(discontinuities(rig), [3], 'one discontinuity');
  assert.deepEqual([rig.track?.width, rig.track?.height], [1280, 720], 'the size is that of the set in use');
  assert.equal(configs(rig.flv, 9).length, 2, 'one new sequence header');
});

test('both sizes known from the beginning: which is in use is a change too', () => {
  const rig = new TrackRig();
  const sps = withIds(large.sps, 4, 1);
  const pps = withIds(large.pps, 1, 2);
  const idr = Buffer.concat([hex('65 885f'), Buffer.alloc(20, 0x5a)]);
  rig.video(0, videoConfig(AVCC_360P));
  for (let second = 0; second < 4; second++)
    rig.video(second * 1000, pictures(true, [small.sps, sps, small.pps, pps, second < 2 ? slice(5) : idr]));
  rig.end();
  assert.deepEqual(discontinuities(rig), [2], 'one discontinuity');
  assert.equal(rig.track?.width, 1280);
  assert.equal(configs(rig.flv, 9).length, 2, 'one new sequence header');
});

const quiet: readonly {
  name: string;
  inFront: (second: number) => readonly Uint8Array[];
  loose?: boolean;
}[] = [
  { name: 'the same sets before every key frame', inFront: () => [small.sps, small.pps] },
  {
    name: 'the same sets in another order',
    inFront: (second) => (second % 2 ? [small.pps, small.sps] : [small.sps]),
  },
  { name: 'the same sets twice', inFront: () => [small.sps, small.pps, small.sps, small.pps] },
  { name: 'several picture parameter sets', inFront: () => [small.sps, small.pps, withIds(small.pps, 1, 1)] },
  { name: 'the same sets in messages of their own', inFront: () => [small.sps, small.pps], loose: true },
  { name: 'a set cut short', inFront: () => [Buffer.from([0x67]), Buffer.from([0x68])] },
];
for (const { name, inFront, loose } of quiet) {
  test(`no change: ${name}`, () => {
    const rig = new TrackRig();
    rig.video(0, videoConfig(AVCC_360P));
    for (let second = 0; second < 4; second++) gop(rig, second, inFront(second), loose);
    assertQuiet(rig, 4);
  });
}

const sameHeaders: readonly [string, Buffer][] = [
  ['the same bytes', Buffer.from(AVCC_360P)],
  ['reserved bits that are 0', Buffer.concat([hex('0142c01e 03 01'), AVCC_360P.subarray(6)])],
  ['the extension of the High profiles', Buffer.concat([AVCC_360P, hex('fdf8f800')])],
  ['another profile in front of the same sets', Buffer.concat([hex('014d401f'), AVCC_360P.subarray(4)])],
  ['rubbish behind the sets', Buffer.concat([AVCC_360P, hex('deadbeef')])],
];
for (const [name, record] of sameHeaders) {
  test(`no change: a sequence header before every frame, with ${name}`, () => {
    const rig = new TrackRig();
    rig.video(0, videoConfig(AVCC_360P));
    for (let at = 0; at < 4000; at += 200) {
      rig.video(at, videoConfig(record));
      rig.video(at, pictures(at % 1000 === 0, [slice(at % 1000 === 0 ? 5 : 1)]));
    }
    assertQuiet(rig, 4);
  });
}

test('no change: a header that changes and changes back with no frame in between', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  for (let second = 0; second < 4; second++) {
    gop(rig, second);
    for (const record of [AVCC_720P, AVCC_360P]) rig.video(second * 1000 + 900, videoConfig(record));
  }
  assertQuiet(rig, 4);
});

test('two headers before the first frame: the last one counts', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_720P));
  rig.video(0, videoConfig(AVCC_360P));
  for (let second = 0; second < 4; second++) gop(rig, second);
  assert.equal(rig.track?.width, 640);
  assertQuiet(rig, 4);
});

/**
 * Such frames may be late ones of the old configuration, or of the new one without the key frame they need. Neither
 * decoder is safe with them, and a decoder in a browser that fails once is gone: so they are left out until the key frame.
 */
test('a header that changes in front of an inter frame takes effect at the next key frame', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  gop(rig, 0);
  gop(rig, 1);
  gop(rig, 2);
  rig.video(2900, videoConfig(AVCC_720P));
  rig.video(2900, pictures(false, [slice(1)]));
  rig.video(2950, pictures(false, [slice(1)]));
  for (let second = 3; second < 6; second++) gop(rig, second);
  assert.deepEqual([...rig.input.dropped], [['waiting for the key frame of a new configuration', 2]]);
  assert.equal(rig.noticed.length, 1, 'the log is told once');
  assertResizedAt3(rig, AVCC_720P);
});

test('a header that changes in front of an inter frame and back after it: clean from the next key frame on', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  gop(rig, 0);
  rig.video(1000, videoConfig(AVCC_720P));
  rig.video(1000, pictures(false, [slice(1)]));
  rig.video(1100, videoConfig(AVCC_360P));
  rig.video(1100, pictures(false, [slice(1)]));
  gop(rig, 2);
  rig.end();
  assert.equal(rig.input.dropped.get('waiting for the key frame of a new configuration'), 2);
  assert.deepEqual(discontinuities(rig), [], 'nothing has changed in the end');
  assert.equal(configs(rig.flv, 9).length, 1, 'nothing to tell anybody');
});

test('a header that cannot be read changes nothing, and the reason is there to be read until a good one comes', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  gop(rig, 0);
  const three = Buffer.from(AVCC_360P);
  three[4] = 0xfe; // NAL lengths of 3 bytes, which the standard forbids
  for (let second = 1; second < 4; second++) {
    rig.video(second * 1000, videoConfig(three));
    gop(rig, second);
  }
  assert.equal(rig.input.dropped.get('bad video configuration'), 3);
  assert.match(rig.input.problems.get('video') ?? '', /NAL length prefixes of 3 bytes/);
  assert.equal(rig.noticed.length, 2, 'the log is told once of each');
  rig.input.dropped.clear();
  assertQuiet(rig, 4);
});
