import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AVCC_360P, hex } from '../../support/media.ts';
import { configs, frames, pictures, setsOf, slice, TrackRig, videoConfig } from './rig.ts';

/**
 * Streams with one IDR picture at the beginning, or none: gradual refresh. A decoder can start at a recovery point, so
 * segments are cut there and viewers join there; but until the refresh is through, pictures lean on ones from before, so
 * EXT-X-INDEPENDENT-SEGMENTS (RFC 8216 §4.3.5.1: "all media samples in a segment can be decoded without information from
 * other segments") is not promised, not even where the SEI's recovery_frame_cnt is 0: in an open GOP the pictures shown
 * before such a frame still follow it.
 */

const { sps, pps } = setsOf(AVCC_360P);
const RECOVERY = hex('06 06 01 c4 80');
/** Picture timing with emulation prevention in it, user data, and a recovery point, in one unit. */
const BEHIND_OTHERS = hex('06 01 03 000003 01 05 02 0606 06 01 c4 80');
const TIMING = hex('06 01 02 aabb 80');

interface Plan {
  readonly seconds: number;
  readonly startsWithIdr?: boolean;
  /** Units in front of the first frame of each second but the first. */
  readonly refresh: readonly Uint8Array[];
  readonly flagged: boolean;
}

function publish({ seconds, startsWithIdr = true, refresh, flagged }: Plan): TrackRig {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  for (let at = 0; at < seconds * 1000; at += 200) {
    const isIdr = at === 0 && startsWithIdr;
    const isRefresh = !isIdr && at % 1000 === 0;
    const units = isIdr ? [slice(5)] : isRefresh ? [...refresh, slice(1)] : [slice(1)];
    rig.video(at, pictures(isIdr || (isRefresh && flagged), units));
  }
  rig.end();
  return rig;
}

for (const [name, refresh] of [
  ['in front of the slices', [RECOVERY]],
  ['as one of several messages, with emulation prevention', [BEHIND_OTHERS]],
  ['in the second of two units', [TIMING, RECOVERY]],
] as const) {
  test(`no IDR after the first, recovery points that are flagged: cut at each; ${name}`, () => {
    const rig = publish({ seconds: 6, refresh, flagged: true });
    const { segments, independent, text } = rig.playlist;
    assert.deepEqual(
      segments.map(({ seconds }) => seconds),
      [1, 1, 1, 1, 1, 1],
      'a segment from recovery point to recovery point',
    );
    assert.equal(text.includes('DISCONTINUITY\n'), false, 'nothing is interrupted');
    assert.equal(independent, false, 'not promised, as it is not true');
    for (const [index, [first]] of rig.accessUnits.entries()) {
      assert.deepEqual(
        first!.slice(0, 3),
        [hex('09f0'), sps, pps],
        `segment ${index}: delimiter and sets in front`,
      );
    }
    for (const file of rig.segments) assert.equal(file.units[0]?.randomAccess, true, 'marked in the packet');
    assert.equal(configs(rig.flv, 9).length, 1, 'FLV: one sequence header');
    assert.deepEqual(
      frames(rig.flv, 9).flatMap(({ body, timestamp }) => (body[0] === 0x17 ? [timestamp % 1000] : [])),
      [200, 200, 200, 200, 200],
      'FLV: flagged as key frames, so that viewers join there',
    );
  });
}

test('recovery points that are not flagged: taken after eleven seconds without an IDR picture', () => {
  const rig = publish({ seconds: 20, refresh: [RECOVERY], flagged: false });
  const keys = frames(rig.rtmp, 9).filter(({ body }) => body[0] === 0x17);
  assert.equal(keys.length, 1 + 8, 'the IDR picture, and one a second from second 12 on');
  assert.equal(rig.playlist.independent, false, 'not promised');
  const lengths = rig.playlist.segments.map(({ seconds }) => seconds);
  assert.deepEqual(lengths.slice(-6), [1, 1, 1, 1, 1, 1], 'cut at recovery points in the end');
});

test('IDR pictures every ten seconds: recovery points in between that are not flagged are nothing', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  for (let at = 0; at < 30_000; at += 500) {
    const isIdr = at % 10_000 === 0;
    rig.video(at, pictures(isIdr, isIdr ? [slice(5)] : at % 1000 === 0 ? [RECOVERY, slice(1)] : [slice(1)]));
  }
  rig.end();
  assert.equal(rig.playlist.independent, true, 'still promised');
  assert.deepEqual(
    rig.playlist.segments.map(({ seconds }) => seconds),
    [10, 10, 10],
  );
});

test('a publisher that joins without an IDR picture: nothing before the first recovery point', () => {
  const rig = publish({ seconds: 5, startsWithIdr: false, refresh: [RECOVERY], flagged: true });
  assert.equal(rig.input.dropped.size, 0, 'the first frame is a recovery point');
  const late = new TrackRig();
  late.video(0, videoConfig(AVCC_360P));
  for (let at = 200; at < 1000; at += 200) late.video(at, pictures(false, [slice(1)]));
  late.video(1000, pictures(true, [RECOVERY, slice(1)]));
  assert.deepEqual([...late.input.dropped], [['before the first key frame', 4]]);
});

test('intra pictures that are flagged but have no recovery point: taken after eleven seconds, others never', () => {
  const intra = hex('41 88 84 5a5a5a5a'); // slice type 7, no IDR
  for (const [first, expected] of [
    [intra, 8],
    [slice(1), 0],
  ] as const) {
    const rig = new TrackRig();
    rig.video(0, videoConfig(AVCC_360P));
    for (let at = 0; at < 20_000; at += 500) {
      const isFirst = at % 1000 === 0;
      rig.video(at, pictures(isFirst, [at === 0 ? slice(5) : isFirst ? first : slice(1)]));
    }
    rig.end();
    assert.equal(frames(rig.rtmp, 9).filter(({ body }) => body[0] === 0x17).length, 1 + expected);
  }
});

test('one IDR picture and never a place to start again: HLS goes on by time and says that it is so', () => {
  const rig = publish({ seconds: 40, refresh: [], flagged: true });
  const { segments, independent, targetDuration } = rig.playlist;
  assert.ok(segments.length >= 3, `${segments.length} segments`);
  assert.ok(
    segments.every(({ seconds }) => Math.round(seconds) <= targetDuration),
    'none is too long',
  );
  assert.equal(
    segments.reduce((sum, { seconds }) => sum + seconds, 0),
    40,
    'all of it is there',
  );
  assert.equal(independent, false, 'not promised');
});
