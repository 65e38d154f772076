import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fragment } from '../../../../src/containers/fmp4/fragment.ts';
import { initSegment, movieDuration } from '../../../../src/containers/fmp4/init-segment.ts';
import { movieTracks } from '../../../../src/containers/fmp4/movie-track.ts';
import {
  boxesIn,
  findBox,
  Mp4Error,
  readBoxHead,
  readFragment,
  readTracks,
} from '../../../../src/containers/fmp4/reader.ts';
import { segmentIndex } from '../../../../src/containers/fmp4/segment-index.ts';
import { ticks, ticksFromMs } from '../../../../src/media/time.ts';
import { AUDIO, AVCC_360P, audioTrack, hex, inter, key, sound, VIDEO } from '../../../support/media.ts';

/** Byte by byte, by hand from ISO/IEC 14496-12, 14496-14 and 14496-15. */

const tracks = movieTracks({ video: VIDEO, audio: AUDIO });
const init = initSegment(tracks);
const at = (...path: string[]): string => Buffer.from(findBox(init, ...path)?.body ?? []).toString('hex');
const trakOf = (index: number): Uint8Array =>
  boxesIn(findBox(init, 'moov')!.body).filter(({ type }) => type === 'trak')[index]!.body;
const inTrak = (index: number, ...path: string[]): string =>
  Buffer.from(findBox(trakOf(index), ...path)?.body ?? []).toString('hex');
const plain = (text: string): string => hex(text).toString('hex');
const MATRIX = '00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000';

describe('the initialization segment', () => {
  test('its boxes, in their order', () => {
    assert.deepEqual(
      boxesIn(init).map(({ type }) => type),
      ['ftyp', 'moov'],
      'top',
    );
    assert.deepEqual(
      boxesIn(findBox(init, 'moov')!.body).map(({ type }) => type),
      ['mvhd', 'trak', 'trak', 'mvex'],
      'moov',
    );
    const table = findBox(trakOf(0), 'mdia', 'minf', 'stbl')!;
    assert.deepEqual(
      boxesIn(table.body).map(({ type }) => type),
      ['stsd', 'stts', 'stsc', 'stsz', 'stco'],
      'stbl',
    );
  });

  const expected: readonly (readonly [what: string, found: string, bytes: string])[] = [
    ['ftyp', at('ftyp'), '69736f36 00000000 69736f36 69736f35 6d703431'],
    [
      'mvhd',
      at('moov', 'mvhd'),
      `00000000 00000000 00000000 000003e8 00000000 00010000 0100 0000 00000000 00000000 ${MATRIX} ${'00000000'.repeat(6)} 00000003`,
    ],
    [
      'tkhd of the picture',
      inTrak(0, 'tkhd'),
      `00000003 00000000 00000000 00000001 00000000 00000000 00000000 00000000 0000 0000 0000 0000 ${MATRIX} 02800000 01680000`,
    ],
    [
      'tkhd of the sound',
      inTrak(1, 'tkhd'),
      `00000003 00000000 00000000 00000002 00000000 00000000 00000000 00000000 0000 0001 0100 0000 ${MATRIX} 00000000 00000000`,
    ],
    [
      'mdhd of the picture',
      inTrak(0, 'mdia', 'mdhd'),
      '00000000 00000000 00000000 00015f90 00000000 55c4 0000',
    ],
    [
      'mdhd of the sound',
      inTrak(1, 'mdia', 'mdhd'),
      '00000000 00000000 00000000 0000bb80 00000000 55c4 0000',
    ],
    [
      'hdlr of the picture',
      inTrak(0, 'mdia', 'hdlr'),
      '00000000 00000000 76696465 00000000 00000000 00000000 766964656f 00',
    ],
    ['vmhd', inTrak(0, 'mdia', 'minf', 'vmhd'), '00000001 0000 0000 0000 0000'],
    ['smhd', inTrak(1, 'mdia', 'minf', 'smhd'), '00000000 0000 0000'],
    ['dref', inTrak(0, 'mdia', 'minf', 'dinf', 'dref'), '00000000 00000001 0000000c 75726c20 00000001'],
    ['stsz', inTrak(0, 'mdia', 'minf', 'stbl', 'stsz'), '00000000 00000000 00000000'],
    [
      'mvex',
      at('moov', 'mvex'),
      `00000020 74726578 00000000 00000001 00000001 00000000 00000000 00000000
      00000020 74726578 00000000 00000002 00000001 00000000 00000000 00000000`,
    ],
    [
      'stsd of the picture',
      inTrak(0, 'mdia', 'minf', 'stbl', 'stsd'),
      `00000000 00000001 ${(86 + 8 + AVCC_360P.length).toString(16).padStart(8, '0')} 61766331
      000000000000 0001 0000 0000 000000000000000000000000 0280 0168 00480000 00480000 00000000 0001 ${'00'.repeat(32)} 0018 ffff
      ${(8 + AVCC_360P.length).toString(16).padStart(8, '0')} 61766343 ${AVCC_360P.toString('hex')}`,
    ],
    [
      'stsd of the sound',
      inTrak(1, 'mdia', 'minf', 'stbl', 'stsd'),
      `00000000 00000001 0000004b 6d703461
      000000000000 0001 0000000000000000 0002 0010 0000 0000 bb800000
      00000027 65736473 00000000 0319 0000 00 0411 40 15 000000 00000000 00000000 0502 1190 0601 02`,
    ],
  ];
  for (const [what, found, bytes] of expected) test(what, () => assert.equal(found, plain(bytes), what));

  test('a rate beyond 16 bits is left to the configuration; a long configuration has a long length', () => {
    const track = { ...audioTrack(), coreRate: 96_000, sampleRate: 96_000, config: Buffer.alloc(200, 1) };
    const moov = findBox(
      initSegment(movieTracks({ audio: track })),
      'moov',
      'trak',
      'mdia',
      'minf',
      'stbl',
      'stsd',
    )!;
    const bytes = Buffer.from(moov.body).toString('hex');
    assert.ok(bytes.includes(plain('0002 0010 0000 0000 00000000')), 'samplerate 0');
    assert.ok(bytes.includes(plain(`05 8148 ${'01'.repeat(200)}`)), 'the length in two bytes');
  });

  test('room for the duration is as large as what goes there, in front in mvex', () => {
    const mvex = findBox(initSegment(tracks, { durationRoom: true }), 'moov', 'mvex')!;
    assert.deepEqual(
      boxesIn(mvex.body).map(({ type, bytes }) => [type, bytes]),
      [
        ['free', 20],
        ['trex', 32],
        ['trex', 32],
      ],
      'mvex',
    );
    assert.equal(
      movieDuration(2 ** 32 + 5).toString('hex'),
      plain('00000014 6d656864 01000000 00000001 00000005'),
      'mehd',
    );
  });
});

describe('a fragment', () => {
  const frames = [
    key(1000, { compositionMs: 80 }),
    sound(1000),
    inter(1040, { compositionMs: -40 }),
    sound(1000 + 1024 / 48),
  ];
  const bytes = fragment({ sequence: 7, tracks, frames, zero: ticks(0), next: { video: ticksFromMs(1090) } });

  test('byte by byte', () => {
    const moofBytes = 8 + 16 + (68 + 2 * 16) + (68 + 2 * 8);
    assert.equal(
      bytes.toString('hex'),
      plain(`${moofBytes.toString(16).padStart(8, '0')} 6d6f6f66 00000010 6d666864 00000000 00000007
        00000064 74726166
          00000014 74666864 00020020 00000001 02000000
          00000014 74666474 01000000 00000000 00015f90
          00000034 7472756e 01000f01 00000002 ${(moofBytes + 8).toString(16).padStart(8, '0')}
            00000e10 00000008 02000000 00001c20
            00001194 00000007 01010000 fffff1f0
        00000054 74726166
          00000014 74666864 00020020 00000002 02000000
          00000014 74666474 01000000 00000000 0000bb80
          00000024 7472756e 01000301 00000002 ${(moofBytes + 8 + 15).toString(16).padStart(8, '0')}
            00000400 00000006
            00000400 00000006
        ${(8 + 15 + 12).toString(16).padStart(8, '0')} 6d646174 00000004 65888400 00000003 419a00 ${'21'.repeat(12)}`),
      'moof and mdat',
    );
  });

  test('is read back', () => {
    assert.deepEqual(
      readFragment(findBox(bytes, 'moof')!.body),
      [
        { trackId: 1, decodeTime: 90_000, duration: 8_100, shownAt: 97_200, startsWithKey: true, samples: 2 },
        { trackId: 2, decodeTime: 48_000, duration: 2_048, shownAt: 48_000, startsWithKey: true, samples: 2 },
      ],
      'both runs',
    );
    assert.deepEqual(
      readTracks(findBox(init, 'moov')!.body),
      [
        { trackId: 1, handler: 'vide', timescale: 90_000 },
        { trackId: 2, handler: 'soun', timescale: 48_000 },
      ],
      'both tracks',
    );
  });

  test('a decode time beyond 32 bits', () => {
    const late = key(60 * 86_400_000);
    const facts = readFragment(
      findBox(fragment({ sequence: 1, tracks, frames: [late], zero: ticks(0) }), 'moof')!.body,
    );
    assert.equal(facts[0]?.decodeTime, 60 * 86_400 * 90_000, 'sixty days');
    assert.equal(facts[0].duration, 3_600, 'nothing is known of its length: 25 fps');
  });

  test('sound at 44.1 kHz: every frame is 1,024 samples long, wherever the fragments are cut', () => {
    const track = { ...audioTrack(), coreRate: 44_100, sampleRate: 44_100 };
    const movie = movieTracks({ audio: track });
    const all = Array.from({ length: 100 }, (_, index) => ({
      ...sound(0, { track }),
      dts: ticks(Math.round((index * 1024 * 90_000) / 44_100)),
    }));
    for (let from = 0; from < 100; from += 7) {
      const part = all.slice(from, from + 7);
      const [facts] = readFragment(
        findBox(fragment({ sequence: 1, tracks: movie, frames: part, zero: ticks(0) }), 'moof')!.body,
      );
      assert.equal(facts?.decodeTime, from * 1024, `frame ${from}`);
      assert.equal(facts.duration, part.length * 1024, `from frame ${from}`);
    }
  });
});

test('an index byte by byte', () => {
  const bytes = segmentIndex({
    trackId: 1,
    timescale: 90_000,
    earliest: 7_200,
    firstOffset: 16,
    references: [
      { bytes: 1_000, duration: 180_000 },
      { bytes: 0x7fffffff, duration: 90_000 },
    ],
  });
  assert.equal(
    bytes.toString('hex'),
    plain(`00000040 73696478 01000000 00000001 00015f90 00000000 00001c20 00000000 00000010 0000 0002
      000003e8 0002bf20 90000000 7fffffff 00015f90 90000000`),
    'sidx',
  );
});

test('what is no box is refused, what is cut short is not there', () => {
  assert.throws(() => readBoxHead(hex('00000007 6d6f6f66')), Mp4Error);
  assert.throws(() => readBoxHead(hex('00000010 00010203')), Mp4Error);
  assert.equal(readBoxHead(hex('00000010 6d6f')), undefined, 'half a head');
  assert.deepEqual(boxesIn(hex('00000010 6d6f6f66 00000000')), [], 'half a box');
});
