import assert from 'node:assert/strict';
import { accessUnitOf } from '../../../src/containers/mpegts/carriage.ts';
import { TsMuxer } from '../../../src/containers/mpegts/ts-muxer.ts';
import type { AudioFrame, VideoFrame } from '../../../src/media/frame.ts';
import { ticks } from '../../../src/media/time.ts';
import type { AudioTrack, NalTrack } from '../../../src/media/track.ts';
import { AUDIO, hex, VIDEO } from '../../support/media.ts';
import { nalUnits, readTs } from '../../unit/mpegts/ts-reader.ts';
import type { Target } from '../engine/target.ts';

/** No parameter sets: they come in band. */
const HEVC: NalTrack = {
  ...VIDEO,
  codec: 'hevc',
  config: hex('01 01 60000000 900000000000 5d f000 fc fd f8 f8 0000 0f 00'),
};
const AC3: AudioTrack = { ...AUDIO, codec: 'ac3', config: hex('10 3d c0'), samplesPerFrame: 1536 };
const DELIMITER = 35;
/** The bound of what stands in front of every key frame, start codes and delimiter included. */
const MOST_SET_BYTES = 17 * 1024;

const typeOf = (unit: Buffer): number => (unit[0]! >> 1) & 0x3f;

export const tsCarriage: Target = {
  name: 'ts-carriage',
  holds:
    'HEVC and AC-3 in MPEG-TS: whatever a frame holds, segments are read by somebody else, an access unit has one delimiter, and what stands in front of a picture is bounded',
  maxBytes: 32_768,
  deadlineMs: 200,
  seeds: () => [
    hex('00000004 26018000 00000003 0201d0'),
    hex('00000004 40010c01 00000005 42010101 60 00000004 4401c0f0 00000004 28018000'),
    hex('00000003 460150 00000004 2a018000 00000002 4801 00000003 4c01ff'),
    hex('0b770000 1c40e1'),
  ],
  words: [hex('4001'), hex('4201'), hex('4401'), hex('2601'), hex('4601'), hex('00000001'), hex('000001')],
  run(bytes) {
    if (bytes.length === 0) return;
    const times = { dts: ticks(0), pts: ticks(0), startsGop: true, epoch: 0, payload: bytes };
    const picture: VideoFrame = { kind: 'video', track: HEVC, ...times };
    const sound: AudioFrame = { kind: 'audio', track: AC3, ...times };
    const unit = accessUnitOf(HEVC);
    assert.ok(unit.measure(bytes, true) <= 4 * bytes.length + MOST_SET_BYTES, 'bounded');
    const muxer = new TsMuxer();
    for (let round = 0; round < 2; round++) {
      muxer.begin({ video: HEVC, audio: AC3 }, round > 0);
      for (const dts of [0, 3000]) {
        const at = ticks(round * 6000 + dts);
        muxer.write({ ...picture, dts: at, pts: at });
        muxer.write({ ...sound, dts: at, pts: at });
      }
      for (const { streamId, payload } of readTs(muxer.finish()).units)
        if (streamId === 0xe0) assert.equal(typeOf(nalUnits(payload)[0]!), DELIMITER, 'a delimiter first');
        else
          assert.ok(
            payload.length % bytes.length === 0 && payload.subarray(0, bytes.length).equals(bytes),
            'sound as it came',
          );
    }
  },
};
