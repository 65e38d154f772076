import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Mp4Error } from '../../../../src/containers/fmp4/reader.ts';
import { readSampleEntry, sampleEntry } from '../../../../src/containers/fmp4/sample-entry.ts';
import type { Color } from '../../../../src/media/color.ts';
import type { AudioCodec, AudioTrack, Track, VideoCodec, VideoTrack } from '../../../../src/media/track.ts';
import { AUDIO, hex, VIDEO } from '../../../support/media.ts';

/** Byte by byte, by hand from the specifications of each codec in ISO base media files. */

const plain = (text: string): string => hex(text).toString('hex');
const picture = (codec: VideoCodec, config: string, color?: Color): VideoTrack => ({
  ...VIDEO,
  codec,
  config: hex(config),
  ...(color && { color }),
});
const sound = (codec: AudioCodec, config: string, more: Partial<AudioTrack> = {}): AudioTrack => ({
  ...AUDIO,
  codec,
  config: hex(config),
  ...more,
});

const VISUAL = `000000000000 0001 0000 0000 000000000000000000000000 0280 0168 00480000 00480000 00000000 0001 ${'00'.repeat(32)} 0018 ffff`;
const AUDIO_HEAD = (channels: string, bits: string, rate: string): string =>
  `000000000000 0001 0000000000000000 ${channels} ${bits} 0000 0000 ${rate}0000`;

const HDR10: Color = {
  primaries: 9,
  transfer: 16,
  matrix: 9,
  fullRange: true,
  mastering: {
    green: { x: 0.265, y: 0.69 },
    blue: { x: 0.15, y: 0.06 },
    red: { x: 0.68, y: 0.32 },
    white: { x: 0.3127, y: 0.329 },
    maxLuminance: 1000,
    minLuminance: 0.005,
  },
  light: { maxCll: 1000, maxFall: 400 },
};
const STREAM_INFO = `1000 1000 000010 002000 17700 170 00000000 ${'00'.repeat(16)}`;

const TABLE: readonly (readonly [what: string, track: Track, bytes: string])[] = [
  ['HEVC', picture('hevc', '0102030405'), `00000063 68766331 ${VISUAL} 0000000d 68766343 0102030405`],
  ['AV1', picture('av1', '81040c00'), `00000062 61763031 ${VISUAL} 0000000c 61763143 81040c00`],
  [
    'VP9 with colours',
    picture('vp9', '000a82010101 0000', { primaries: 1, transfer: 1, matrix: 1, fullRange: false }),
    `0000007d 76703039 ${VISUAL} 00000014 76706343 01000000 000a820101010000 00000013 636f6c72 6e636c78 0001 0001 0001 00`,
  ],
  [
    'VP8 without a configuration',
    picture('vp8', ''),
    `0000006a 76703038 ${VISUAL} 00000014 76706343 01000000 0000820202020000`,
  ],
  [
    'HDR10',
    picture('hevc', '01', HDR10),
    `0000009e 68766331 ${VISUAL} 00000009 68766343 01 00000013 636f6c72 6e636c78 0009 0010 0009 80
      00000020 6d646376 33c2 86c4 1d4c 0bb8 84d0 3e80 3d13 4042 00989680 00000032
      0000000c 636c6c69 03e8 0190`,
  ],
  [
    'Opus: most significant byte first',
    sound('opus', '4f70757348656164 01 02 3801 80bb0000 feff 00'),
    `00000037 4f707573 ${AUDIO_HEAD('0002', '0010', 'bb80')} 00000013 644f7073 00 02 0138 0000bb80 fffe 00`,
  ],
  [
    'Opus in 5.1: the mapping as it is',
    sound('opus', '4f70757348656164 01 06 3801 80bb0000 0000 01 04 02 000401020305', { channels: 6 }),
    `0000003f 4f707573 ${AUDIO_HEAD('0006', '0010', 'bb80')} 0000001b 644f7073 00 06 0138 0000bb80 0000 01 04 02 000401020305`,
  ],
  [
    'FLAC at 96 kHz: a rate that the field can hold, and the bits',
    sound('flac', STREAM_INFO, { coreRate: 96_000, sampleRate: 96_000 }),
    `00000056 664c6143 ${AUDIO_HEAD('0002', '0018', 'bb80')} 00000032 64664c61 00000000 80000022 ${STREAM_INFO}`,
  ],
  [
    'AC-3',
    sound('ac3', '103dc0', { channels: 6 }),
    `0000002f 61632d33 ${AUDIO_HEAD('0006', '0010', 'bb80')} 0000000b 64616333 103dc0`,
  ],
  [
    'E-AC-3',
    sound('eac3', '0600200f00', { channels: 6 }),
    `00000031 65632d33 ${AUDIO_HEAD('0006', '0010', 'bb80')} 0000000d 64656333 0600200f00`,
  ],
  [
    'MP3',
    sound('mp3', ''),
    `00000047 6d703461 ${AUDIO_HEAD('0002', '0010', 'bb80')} 00000023 65736473 00000000 0315 0000 00 040d 6b 15 000000 00000000 00000000 0601 02`,
  ],
  [
    'MP3 at a lower rate',
    sound('mp3', '', { coreRate: 22_050, sampleRate: 22_050, channels: 1 }),
    `00000047 6d703461 ${AUDIO_HEAD('0001', '0010', '5622')} 00000023 65736473 00000000 0315 0000 00 040d 69 15 000000 00000000 00000000 0601 02`,
  ],
];

describe('sample entries', () => {
  for (const [what, track, bytes] of TABLE) {
    test(what, () => {
      const entry = sampleEntry(track);
      assert.equal(entry.toString('hex'), plain(bytes), 'written');
      const read = readSampleEntry(Buffer.concat([hex('00000000 00000001'), entry]));
      const wanted = what.startsWith('VP8') ? hex('0000820202020000') : Buffer.from(track.config);
      assert.deepEqual([read.codec, Buffer.from(read.config)], [track.codec, wanted], 'read back');
      if (track.kind === 'video')
        assert.deepEqual([read.width, read.height, read.color], [640, 360, track.color], 'picture');
      else assert.equal(read.channels, track.channels, 'channels');
    });
  }

  test('cut anywhere they are refused, or lack a box at their end', () => {
    for (const [what, track] of TABLE) {
      const whole = Buffer.concat([hex('00000000 00000001'), sampleEntry(track)]);
      for (let end = 0; end < whole.length; end++)
        assert.throws(() => readSampleEntry(whole.subarray(0, end)), Mp4Error, `${what}, ${end} bytes`);
    }
  });

  test('what is no codec of ours is refused by its name', () => {
    const entry = sampleEntry(VIDEO);
    entry.write('xvid', 4, 'latin1');
    assert.throws(
      () => readSampleEntry(Buffer.concat([hex('00000000 00000001'), entry])),
      /sample entry of type xvid/,
    );
  });
});
