import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAv1Config, writeAv1Config } from '../../../src/codecs/av1/config.ts';
import { readAv1Unit } from '../../../src/codecs/av1/frame.ts';
import { CodecError } from '../../../src/codecs/codec-error.ts';
import { readHevcConfig, writeHevcConfig } from '../../../src/codecs/hevc/config.ts';
import { hevcCodecString } from '../../../src/codecs/hevc/profile.ts';
import { readHevcSps } from '../../../src/codecs/hevc/sps.ts';
import { withoutEmulation } from '../../../src/codecs/nal/emulation.ts';
import { readVpConfig, writeVpConfig } from '../../../src/codecs/vpx/config.ts';
import { videoIntake } from '../../../src/inputs/intakes.ts';
import type { Picture, VideoIntake } from '../../../src/inputs/intake.ts';
import type { VideoCodec, VideoTrack } from '../../../src/media/track.ts';
import * as bytes from '../../support/coded-bytes.ts';
import { hex } from '../../support/media.ts';

/** An intake and what it noted. */
class Stand {
  readonly dropped: string[] = [];
  problem: string | undefined;
  readonly intake: VideoIntake;
  #at = 0;

  constructor(codec: VideoCodec, former?: VideoTrack) {
    this.intake = videoIntake(codec, 'video', former, {
      drop: (why) => this.dropped.push(why),
      problem: (_, why) => (this.problem = why),
    });
  }

  give(data: Uint8Array, claimsKey = false, laterMs = 40): Picture | undefined {
    this.#at += laterMs;
    return this.intake.picture({ timestamp: this.#at, claimsKey, data });
  }
}

const text = (data: Uint8Array): string => Buffer.from(data).toString('hex');
const { hevcSlice, prefixed, annexB } = bytes;

test('hvcC: three arrays, and written again byte for byte', () => {
  const config = readHevcConfig(bytes.HVCC);
  assert.deepEqual(
    [config.vps, config.sps, config.pps].map(([set]) => text(set!)),
    [text(bytes.HEVC_VPS), text(bytes.HEVC_SPS), text(bytes.HEVC_PPS)],
  );
  assert.equal(text(writeHevcConfig(config)), text(bytes.HVCC));
  assert.throws(() => readHevcConfig(Buffer.concat([hex('02'), bytes.HVCC.subarray(1)])), CodecError);
  const three = Buffer.from(bytes.HVCC);
  three[21] = 0x0e;
  assert.throws(() => readHevcConfig(three), /3 bytes/);
});

test('HEVC parameter sets: size within the window, profile, level, order, colours', () => {
  const sps = readHevcSps(bytes.HEVC_SPS);
  assert.deepEqual([sps.width, sps.height, sps.profile, sps.level, sps.frameRate], [320, 180, 1, 60, 25]);
  assert.equal(hevcCodecString(sps), 'hvc1.1.6.L60.90');
  assert.equal(sps.reorders, true);
  assert.equal(sps.color, undefined);
  const hdr = readHevcSps(bytes.HEVC_SPS_HDR);
  assert.deepEqual(hdr.color, { primaries: 9, transfer: 16, matrix: 9, fullRange: false, bitDepth: 10 });
});

test('the codec string of HEVC, as the standard writes its examples', () => {
  const constraints = hex('b00000000000');
  const profile = {
    space: 0,
    highTier: false,
    profile: 1,
    compatibility: 0x60000000,
    constraints,
    level: 93,
  };
  assert.equal(hevcCodecString(profile), 'hvc1.1.6.L93.B0');
  const other = { ...profile, space: 1, profile: 4, compatibility: 0x08000000, highTier: true, level: 120 };
  assert.equal(hevcCodecString({ ...other, constraints: hex('000000000000') }), 'hvc1.A4.10.H120');
  assert.equal(hevcCodecString({ ...other, constraints: hex('900008000000') }), 'hvc1.A4.10.H120.90.0.8');
});

test('records cut anywhere are refused, and sets cut anywhere throw nothing else', () => {
  for (let cut = 0; cut < bytes.HVCC_HDR.length; cut++)
    assert.throws(() => readHevcConfig(bytes.HVCC_HDR.subarray(0, cut)), CodecError, `hvcC cut at ${cut}`);
  for (let cut = 0; cut < 25; cut++)
    assert.throws(() => readHevcSps(bytes.HEVC_SPS_HDR.subarray(0, cut)), CodecError, `SPS cut at ${cut}`);
  for (let cut = 25; cut < bytes.HEVC_SPS_HDR.length; cut++)
    assert.equal(
      readHevcSps(bytes.HEVC_SPS_HDR.subarray(0, cut)).height,
      180,
      `only the VUI is lost at ${cut}`,
    );
  for (let cut = 5; cut < bytes.AV1C.length; cut++)
    assert.throws(() => readAv1Config(bytes.AV1C.subarray(0, cut)), CodecError, `av1C cut at ${cut}`);
  for (let cut = 0; cut < 6; cut++)
    assert.throws(
      () => readVpConfig(hex('000b820202020000').subarray(0, cut)),
      CodecError,
      `vpcC cut at ${cut}`,
    );
});

test('an HEVC track begins at IDR; its orphans are left out behind a first CRA only', () => {
  const stand = new Stand('hevc');
  stand.intake.configure(bytes.HVCC);
  assert.equal(stand.give(prefixed(hevcSlice(1)), true), undefined, 'whatever the encoder claims');
  const cra = stand.give(prefixed(hevcSlice(21)));
  assert.deepEqual([cra?.startsGop, cra?.recovers], [true, true]);
  assert.equal(stand.give(prefixed(hevcSlice(8))), undefined, 'RASL: leans on what nobody has');
  assert.equal(stand.give(prefixed(hevcSlice(1)))?.startsGop, false);
  assert.equal(stand.give(prefixed(hevcSlice(21)))?.recovers, true);
  assert.ok(stand.give(prefixed(hevcSlice(9))), 'RASL of a CRA in mid-stream: who was there can decode it');
  assert.equal(stand.give(prefixed(hevcSlice(20)))?.recovers, false, 'IDR');
  assert.ok(stand.give(prefixed(hevcSlice(16)))?.startsGop, 'BLA');
  assert.equal(stand.give(prefixed(hevcSlice(9))), undefined, 'RASL of a BLA: nobody can');
  const orphan = 'pictures that lean on what was before the place to start';
  assert.deepEqual(stand.dropped, ['before the first key frame', orphan, orphan]);
});

/** The clip's parameter set with sps_max_num_reorder_pics 0 (the bit 1) in place of 2 (011). */
function inOrder(): Buffer {
  const bits = [...withoutEmulation(bytes.HEVC_SPS)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  // Behind 120 bits as far as the profile's end, ids, size, window and depths: flag, buffering 4, reordering 2, latency 4.
  const at = bits.indexOf('1' + '00101' + '011' + '00101', 120);
  assert.ok(at > 0, 'the place');
  const changed = `${bits.slice(0, at + 6)}1${bits.slice(at + 9)}`;
  const whole = changed.padEnd(Math.ceil(changed.length / 8) * 8, '0').match(/.{8}/g) ?? [];
  const plain = Buffer.from(whole.map((byte) => parseInt(byte, 2)));
  return Buffer.from(plain.toString('hex').replaceAll(/(?<=^(?:..)*)0000(?=0[0-3])/g, '000003'), 'hex');
}

test('a CRA picture of an encoder that keeps to one order is a whole place to start', () => {
  const sps = inOrder();
  const { reorders, height, frameRate } = readHevcSps(sps);
  assert.deepEqual([reorders, height, frameRate], [false, 180, 25], 'the set made for it');
  const stand = new Stand('hevc');
  stand.intake.configure(writeHevcConfig({ ...readHevcConfig(bytes.HVCC), sps: [sps] }));
  assert.deepEqual(stand.give(prefixed(hevcSlice(21)))?.recovers, false);
});

test('HEVC with sets in band, with start codes and no header: the record is made of them', () => {
  const stand = new Stand('hevc');
  const frame = annexB(bytes.HEVC_VPS, bytes.HEVC_SPS, bytes.HEVC_PPS, hevcSlice(20));
  const picture = stand.give(frame);
  assert.equal(text(picture!.track.config), text(bytes.HVCC));
  assert.equal(picture?.payload.subarray(0, 4).toString(), hex('00000018').toString(), 'length prefixes');
  const empty = new Stand('hevc');
  empty.intake.configure(bytes.HVCC_EMPTY);
  const same = empty.give(prefixed(bytes.HEVC_VPS, bytes.HEVC_SPS, bytes.HEVC_PPS, hevcSlice(20)));
  assert.equal(
    text(same!.track.config),
    text(bytes.HVCC),
    'a record without sets counts for its lengths alone',
  );
  assert.deepEqual([...stand.dropped, ...empty.dropped], []);
});

test('HEVC sets in band that say something new make another track, and the same again does not', () => {
  const stand = new Stand('hevc');
  stand.intake.configure(bytes.HVCC);
  const first = stand.give(prefixed(hevcSlice(20)))!.track;
  stand.intake.configure(bytes.HVCC);
  assert.equal(stand.give(prefixed(bytes.HEVC_SPS, hevcSlice(20)))!.track, first, 'the same');
  const next = stand.give(prefixed(bytes.HEVC_VPS, bytes.HEVC_SPS_HDR, bytes.HEVC_PPS, hevcSlice(20)))!.track;
  assert.equal(next.codecString, 'hvc1.2.4.L60.90');
  const version0 = Buffer.from(bytes.HVCC);
  version0[0] = 0;
  const draft = new Stand('hevc', first);
  draft.intake.configure(version0);
  assert.equal(draft.give(prefixed(hevcSlice(20)))!.track, first, 'a new publisher, a record of the draft');
});

test('what the publisher says of the colours comes first, what the bits say fills it up, and it can be taken back', () => {
  const stand = new Stand('hevc');
  stand.intake.configure(bytes.HVCC_HDR);
  const track = (): VideoTrack => stand.give(prefixed(hevcSlice(20)))!.track;
  const own = track();
  assert.deepEqual(own.color?.light, { maxCll: 1000, maxFall: 400 });
  assert.equal(own.color.mastering?.maxLuminance, 1000);
  stand.intake.describe?.({
    primaries: 2,
    transfer: 18,
    matrix: 2,
    fullRange: true,
    light: { maxCll: 600, maxFall: 200 },
  });
  const said = track();
  assert.deepEqual(
    [said.color?.primaries, said.color?.transfer, said.color?.fullRange, said.color?.light?.maxCll],
    [9, 18, false, 600],
  );
  assert.equal(said.color?.mastering?.maxLuminance, 1000);
  assert.equal(track(), said, 'once');
  stand.intake.describe?.(undefined);
  assert.deepEqual(track(), own);
});

test('AV1 units: delimiters go, sizes come, the rest is a view', () => {
  const wanted = text(Buffer.concat([bytes.AV1_SEQUENCE, bytes.AV1_KEY]));
  const whole = readAv1Unit(bytes.AV1_UNIT)!;
  assert.equal(text(whole.payload), wanted);
  assert.equal(whole.payload.buffer, bytes.AV1_UNIT.buffer, 'no copy');
  assert.equal(text(readAv1Unit(bytes.AV1_UNSIZED)!.payload), wanted, 'a size for the last unit');
  assert.deepEqual(
    [bytes.AV1_KEY, bytes.AV1_HIDDEN_KEY, bytes.AV1_INTER, bytes.AV1_AGAIN, bytes.AV1_INTRA].map(
      (unit) => readAv1Unit(unit)?.frame,
    ),
    ['key', 'hidden key', 'other', 'other', 'intra'],
  );
  for (const lie of ['32 05 10008040', '32 ff', 'b2 00', '32 ffffffffffffffffff 00', '36'])
    assert.equal(readAv1Unit(hex(lie)), undefined, `lies: ${lie}`);
});

test('AV1: the header in front of a key frame is believed; one that lacks it is given the announced one', () => {
  const stand = new Stand('av1');
  assert.equal(stand.give(bytes.AV1_INTER), undefined);
  stand.intake.configure(bytes.AV1C);
  const given = stand.give(bytes.AV1_KEY, false);
  assert.equal(text(given!.payload), text(Buffer.concat([bytes.AV1_SEQUENCE, bytes.AV1_KEY])));
  assert.deepEqual([given?.startsGop, given?.recovers], [true, false]);
  assert.equal(text(given!.track.config), text(bytes.AV1C));
  assert.equal(stand.give(bytes.AV1_INTER, true)?.startsGop, false, 'whatever the encoder claims');
  const inBand = new Stand('av1');
  assert.equal(inBand.give(bytes.AV1_UNIT)?.track.codecString, 'av01.0.00M.08', 'no configuration at all');
  assert.equal(inBand.give(bytes.AV1_HIDDEN_KEY)?.recovers, true, 'shown later');
  const behind = Buffer.concat([bytes.AV1_SEQUENCE, bytes.AV1_INTRA]);
  assert.equal(inBand.give(behind, true)?.startsGop, false, 'an intra frame');
  assert.equal(inBand.give(behind, true, 12_000)?.startsGop, true, 'an intra frame, when nothing else comes');
  assert.deepEqual(stand.dropped, ['video before its configuration']);
  assert.equal(text(writeAv1Config(bytes.AV1_SEQUENCE)), text(bytes.AV1C));
});

test('VP9 and VP8: key frames by their own word, configurations of what they say', () => {
  for (const [codec, key, inter] of [
    ['vp9', bytes.VP9_KEY, bytes.VP9_INTER],
    ['vp8', bytes.VP8_KEY, bytes.VP8_INTER],
  ] as const) {
    const stand = new Stand(codec);
    assert.equal(stand.give(inter, true), undefined, 'whatever the encoder claims');
    const picture = stand.give(key);
    assert.deepEqual(
      [picture?.startsGop, picture?.track.width, picture?.track.height],
      [true, 320, 180],
      codec,
    );
    assert.equal(text(picture!.track.config), '0014820202020000', 'level 2 for 60 frames a second');
    assert.equal(stand.give(inter)?.startsGop, false);
    assert.equal(stand.give(key)?.track, picture?.track, 'one track');
    stand.intake.configure(hex('01000000 000b82 090109 0000'));
    const next = stand.give(key)?.track;
    assert.equal(
      text(next!.config),
      '000b820901090000',
      'with the level and colours of a record, its version left out',
    );
    assert.equal(stand.give(hex('00')), undefined);
    assert.deepEqual(stand.dropped, ['before the first key frame', codec === 'vp9' ? 'not VP9' : 'not VP8']);
    for (let cut = 0; cut < (codec === 'vp9' ? 9 : 10); cut++)
      assert.equal(new Stand(codec).give(key.subarray(0, cut)), undefined, `${codec} cut at ${cut}`);
  }
  assert.equal(text(writeVpConfig(readVpConfig(hex('020ba20910090000')))), '020ba20910090000');
});
