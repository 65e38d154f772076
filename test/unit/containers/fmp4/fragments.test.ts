import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Continuity } from '../../../../src/containers/fmp4/continuity.ts';
import { fragment } from '../../../../src/containers/fmp4/fragment.ts';
import { initSegment } from '../../../../src/containers/fmp4/init-segment.ts';
import { readMovie } from '../../../../src/containers/fmp4/movie-reader.ts';
import { movieTracks } from '../../../../src/containers/fmp4/movie-track.ts';
import { boxesIn, findBox, Mp4Error } from '../../../../src/containers/fmp4/reader.ts';
import { readSamples } from '../../../../src/containers/fmp4/sample-reader.ts';
import { ticks, ticksFromMs } from '../../../../src/media/time.ts';
import { samplesIn } from '../../../support/samples.ts';
import { AUDIO, audioTrack, hex, inter, key, sound, VIDEO, videoTrack } from '../../../support/media.ts';

const tracks = movieTracks({ video: VIDEO, audio: AUDIO });
const zero = ticks(0);
const plain = (text: string): string => hex(text).toString('hex');
const times = (bytes: Buffer): number[][] =>
  [...samplesIn(bytes)].map(({ trackId, decodeTime, duration, composition }) => [
    trackId,
    decodeTime,
    duration,
    composition,
  ]);

describe('what stands in front of a moof', () => {
  const bytes = fragment({
    sequence: 1,
    tracks,
    frames: [key(2000, { compositionMs: 80 })],
    zero,
    type: 'segment',
    producedAt: 1_795_348_800_250,
  });

  test('styp and prft, byte by byte', () => {
    assert.equal(
      bytes.subarray(0, 56).toString('hex'),
      plain(
        `00000018 73747970 6d736468 00000000 6d736468 636d6673
        00000020 70726674 01000018 00000001 ${(1_795_348_800 + 2_208_988_800 - 0).toString(16)} 40000000 00000000 0002DB40`.toLowerCase(),
      ),
      'styp and prft',
    );
  });

  test('data are found behind them', () => {
    const [sample] = samplesIn(bytes);
    assert.equal(Buffer.from(sample!.payload).toString('hex'), '0000000465888400', 'the payload');
    const part = fragment({ sequence: 1, tracks, frames: [key(0)], zero, type: 'part' });
    assert.equal(part.toString('latin1', 8, 24), 'msdh\0\0\0\0msdhcmfl', 'a part is a CMAF chunk');
  });
});

describe('odd times', () => {
  test('a track without a frame has no traf', () => {
    const bytes = fragment({ sequence: 1, tracks, frames: [sound(40)], zero });
    assert.deepEqual(
      boxesIn(findBox(bytes, 'moof')!.body).map(({ type }) => type),
      ['mfhd', 'traf'],
      'one',
    );
    assert.deepEqual(times(bytes), [[2, 1920, 1024, 0]], 'the sound');
  });

  test('frames before the movie begins: decode times are not negative and go on rising', () => {
    const frames = [key(-80), inter(-40), inter(0), inter(40)];
    assert.deepEqual(times(fragment({ sequence: 1, tracks, frames, zero })), [
      [1, 0, 1, -7200],
      [1, 1, 1, -3601],
      [1, 2, 3598, -2],
      [1, 3600, 3598, 0],
    ]);
  });

  test('pictures that are shown before they are decoded, on both sides of a cut', () => {
    const continuity = new Continuity();
    const one = fragment({
      sequence: 1,
      tracks,
      frames: [key(0, { compositionMs: 80 }), inter(40, { compositionMs: 80 })],
      zero,
      next: { video: ticksFromMs(80) },
      continuity,
    });
    const two = fragment({
      sequence: 2,
      tracks,
      frames: [inter(80, { compositionMs: -40 }), inter(120)],
      zero,
      continuity,
    });
    assert.deepEqual(times(Buffer.concat([one, two])), [
      [1, 0, 3600, 7200],
      [1, 3600, 3600, 7200],
      [1, 7200, 3600, -3600],
      [1, 10_800, 3600, 0],
    ]);
  });

  test('a last picture whose length was a guess: the next one is decoded where it ended, and shown when it should be', () => {
    const continuity = new Continuity();
    const parts = [[key(0), inter(40)], [inter(95)], [inter(120)]].map((frames, index) =>
      fragment({ sequence: index + 1, tracks, frames, zero, continuity }),
    );
    assert.deepEqual(times(Buffer.concat(parts)), [
      [1, 0, 3600, 0],
      [1, 3600, 3600, 0],
      [1, 7200, 3600, 1350],
      [1, 10_800, 3600, 0],
    ]);
  });

  test('who begins anew at an earlier place is not dragged along', () => {
    const continuity = new Continuity();
    fragment({ sequence: 1, tracks, frames: [key(60_000)], zero, continuity });
    assert.deepEqual(times(fragment({ sequence: 2, tracks, frames: [key(1000)], zero, continuity })), [
      [1, 90_000, 3600, 0],
    ]);
  });

  test('frames that tell their own length', () => {
    const frames = [
      { ...sound(0), samples: 2880 },
      { ...sound(60), samples: 480 },
    ];
    assert.deepEqual(times(fragment({ sequence: 1, tracks, frames, zero })), [
      [2, 0, 2880, 0],
      [2, 2880, 480, 0],
    ]);
  });
});

describe('several tracks of a kind', () => {
  const more = movieTracks([
    VIDEO,
    AUDIO,
    { ...videoTrack(), id: 'video1' },
    { ...audioTrack(), id: 'audio2' },
  ]);

  test('each has its own track_ID, the same in every movie', () => {
    assert.deepEqual(
      more.map(({ trackId }) => trackId),
      [1, 2, 3, 6],
      'by the publisher’s numbers',
    );
    assert.deepEqual(
      readMovie(initSegment(more)).map(({ trackId, handler }) => [trackId, handler]),
      [
        [1, 'vide'],
        [2, 'soun'],
        [3, 'vide'],
        [6, 'soun'],
      ],
    );
    assert.equal(findBox(initSegment(more), 'moov', 'mvhd')!.body.at(-1), 7, 'next_track_ID');
  });

  test('each frame goes to its own', () => {
    const frames = [
      key(0),
      key(0, { track: more[2]!.track as typeof VIDEO, bytes: 7 }),
      sound(0, { track: more[3]!.track as typeof AUDIO, bytes: 9 }),
    ];
    const bytes = fragment({ sequence: 1, tracks: more, frames, zero });
    assert.deepEqual(
      [...samplesIn(bytes)].map(({ trackId, bytes: length }) => [trackId, length]),
      [
        [1, 8],
        [3, 7],
        [6, 9],
      ],
    );
  });

  test('a file of one track is CMAF', () => {
    const brands = (init: Buffer): string =>
      Buffer.from(findBox(init, 'ftyp')!.body.subarray(8)).toString('latin1');
    assert.equal(brands(initSegment(movieTracks({ audio: AUDIO }))), 'iso6iso5mp41cmfccmf2', 'one track');
    assert.equal(brands(initSegment(tracks)), 'iso6iso5mp41', 'two');
  });
});

describe('fragments of others', () => {
  const moof = hex('00000010 6d666864 00000000 00000001');

  test('what a trun leaves out stands in tfhd, or in trex', () => {
    const body = Buffer.concat([
      moof,
      traf(
        '00000014 74666864 00020008 00000005 00000400',
        '00000018 7472756e 00000005 00000003 00000008 02000000',
      ),
    ]);
    const defaults = new Map([[5, { duration: 1, bytes: 3, flags: 0x00010000 }]]);
    assert.deepEqual(
      readSamples({ moof: body, moofAt: 100, defaults }).map(({ offset, bytes, decodeTime, sync }) => [
        offset,
        bytes,
        decodeTime,
        sync,
      ]),
      [
        [108, 3, 100, true],
        [111, 3, 1124, false],
        [114, 3, 2148, false],
      ],
    );
  });

  test('a run of millions of samples in twenty bytes is refused', () => {
    const body = Buffer.concat([
      moof,
      traf('00000014 74666864 00020008 00000005 00000400', '00000010 7472756e 00000000 7fffffff'),
    ]);
    assert.throws(() => readSamples({ moof: body, moofAt: 0 }), Mp4Error);
  });

  test('a sample outside of its mdat is refused', () => {
    const bytes = fragment({ sequence: 1, tracks, frames: [key(0)], zero });
    const size = bytes.indexOf('trun') + 20;
    bytes.writeUInt32BE(9, size);
    assert.throws(() => [...samplesIn(bytes)], Mp4Error);
  });

  function traf(tfhd: string, trun: string): Buffer {
    const boxes = hex(`${tfhd} 00000010 74666474 00000000 00000064 ${trun}`);
    const head = Buffer.alloc(8);
    head.writeUInt32BE(boxes.length + 8, 0);
    head.write('traf', 4);
    return Buffer.concat([head, boxes]);
  }
});
