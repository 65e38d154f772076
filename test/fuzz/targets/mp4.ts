import assert from 'node:assert/strict';
import { TruncatedError } from '../../../src/bytes/byte-reader.ts';
import { Continuity } from '../../../src/containers/fmp4/continuity.ts';
import { fragment } from '../../../src/containers/fmp4/fragment.ts';
import { initSegment } from '../../../src/containers/fmp4/init-segment.ts';
import { readMovie } from '../../../src/containers/fmp4/movie-reader.ts';
import { movieTracks } from '../../../src/containers/fmp4/movie-track.ts';
import { boxesIn, findBox, Mp4Error, readFragment, readTracks } from '../../../src/containers/fmp4/reader.ts';
import { readSampleEntry, sampleEntry } from '../../../src/containers/fmp4/sample-entry.ts';
import type { EntryFacts } from '../../../src/containers/fmp4/sample-entries/entry.ts';
import { MAX_SAMPLES } from '../../../src/containers/fmp4/sample-reader.ts';
import { readSegmentIndex } from '../../../src/containers/fmp4/segment-index.ts';
import { ticks } from '../../../src/media/time.ts';
import type { AudioCodec, Track, VideoCodec } from '../../../src/media/track.ts';
import { samplesIn } from '../../support/samples.ts';
import { AUDIO, hex, inter, key, sound, VIDEO } from '../../support/media.ts';
import { outcome, type Target } from '../engine/target.ts';

const REFUSALS = [Mp4Error, TruncatedError];

/** One configuration of each codec, as small as it may be. */
const CONFIGS: Readonly<Record<VideoCodec | AudioCodec, string>> = {
  avc: VIDEO.config.reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), ''),
  hevc: '01 01 60000000 900000000000 5d f000 fc fd f8 f8 0000 0f 00',
  av1: '81 04 0c 00',
  vp9: '00 0a 82 02 02 02 0000',
  vp8: '00 00 82 02 02 02 0000',
  aac: '1190',
  opus: '4f70757348656164 01 06 3801 80bb0000 0000 01 04 02 000401020305',
  flac: `1000 1000 000010 002000 0bb80 2f0 00000000 ${'00'.repeat(16)}`,
  ac3: '10 3d c0',
  eac3: '0600 200f00',
  mp3: '',
};
const PICTURES = new Set(['avc', 'hevc', 'av1', 'vp9', 'vp8']);

function trackOf(codec: Track['codec'], config: Uint8Array = hex(CONFIGS[codec])): Track {
  return (PICTURES.has(codec) ? { ...VIDEO, codec, config } : { ...AUDIO, codec, config }) as Track;
}

const CODECS = Object.keys(CONFIGS) as Track['codec'][];
const COLOR = {
  primaries: 9,
  transfer: 16,
  matrix: 9,
  fullRange: false,
  light: { maxCll: 1000, maxFall: 400 },
};

function seeds(): Buffer[] {
  const both = movieTracks([VIDEO, AUDIO]);
  const options = { tracks: both, zero: ticks(0), continuity: new Continuity() };
  const parts = [
    fragment({
      ...options,
      sequence: 1,
      frames: [key(0, { compositionMs: 80 }), sound(0), inter(40)],
      type: 'segment',
      producedAt: 1e12,
    }),
    fragment({ ...options, sequence: 2, frames: [sound(21), inter(80)], type: 'part' }),
  ];
  const inits = CODECS.map((codec) =>
    initSegment(movieTracks([{ ...trackOf(codec), color: COLOR } as Track])),
  );
  return [Buffer.concat([initSegment(both), ...parts]), ...parts, ...inits, THEIRS];
}

/** What tfhd and trex tell need not stand in trun. */
const THEIRS = hex(`0000006c 6d6f6f66 00000010 6d666864 00000000 00000001 00000054 74726166
  00000024 74666864 00000039 00000005 0000000000000000 00000400 00000003 01010000 00000010 74666474 00000000 00000064
  00000018 7472756e 00000005 00000003 00000008 02000000 00000011 6d646174 010203040506070809`);

function isWrittenAgain(entry: EntryFacts): void {
  const track = trackOf(entry.codec, entry.config);
  const again = Buffer.concat([
    hex('00000000 00000001'),
    sampleEntry({ ...track, ...(entry.color && { color: entry.color }) }),
  ]);
  const { codec, config, color } = readSampleEntry(again);
  assert.equal(codec, entry.codec, 'codec');
  // The version is not kept: what is written is of the one that is known.
  assert.deepEqual(
    Buffer.from(config),
    Buffer.from(entry.config),
    'what was read is written and read the same',
  );
  assert.deepEqual(color, entry.color, 'colours');
}

export const mp4: Target = {
  name: 'mp4',
  holds:
    'MP4: movies, fragments and indexes are read or refused with an Mp4Error or TruncatedError; no sample lies outside of the bytes, their number is bounded',
  maxBytes: 65_536,
  deadlineMs: 200,
  seeds,
  words: [
    'moov',
    'moof',
    'traf',
    'trun',
    'tfhd',
    'tfdt',
    'mdat',
    'stsd',
    'trex',
    'colr',
    'nclx',
    'mdcv',
    'esds',
    'dOps',
    'dfLa',
    'vpcC',
    'sidx',
    hex('ffffffff'),
    hex('00000008'),
  ],
  run(bytes) {
    const movie = outcome(REFUSALS, () => readMovie(bytes));
    const tracks = 'value' in movie ? movie.value : [];
    for (const { entry } of tracks) isWrittenAgain(entry);
    const defaults = new Map(tracks.map((track) => [track.trackId, track.defaults]));
    outcome(REFUSALS, () => {
      let count = 0;
      for (const { payload, bytes: length, duration, decodeTime, offset } of samplesIn(bytes, { defaults })) {
        count++;
        assert.ok(
          payload.length === length && offset >= 0 && offset + length <= bytes.length,
          'within the bytes',
        );
        assert.ok(duration >= 0 && Number.isSafeInteger(decodeTime), 'times');
      }
      const moofs = boxesIn(bytes).filter(({ type }) => type === 'moof').length;
      assert.ok(count <= moofs * MAX_SAMPLES, 'as many samples as there may be');
    });
    outcome(REFUSALS, () =>
      boxesIn(bytes).forEach(({ type, body }) => type === 'moof' && readFragment(body)),
    );
    outcome(REFUSALS, () => readTracks(findBox(bytes, 'moov')?.body ?? bytes));
    outcome(REFUSALS, () => readSegmentIndex(findBox(bytes, 'sidx')?.body ?? bytes));
  },
};
