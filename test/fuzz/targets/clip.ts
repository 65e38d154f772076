import assert from 'node:assert/strict';
import { TruncatedError } from '../../../src/bytes/byte-reader.ts';
import { flatMovieHead } from '../../../src/containers/fmp4/flat-movie.ts';
import { readMovie } from '../../../src/containers/fmp4/movie-reader.ts';
import { findBox, boxesIn, Mp4Error } from '../../../src/containers/fmp4/reader.ts';
import { SampleTable } from '../../../src/containers/fmp4/sample-table.ts';
import { initLine, readIndexLines, segmentLine } from '../../../src/outputs/dvr/dvr-index.ts';
import { clipWish } from '../../../src/servers/http/clip-wish.ts';
import { samplesIn } from '../../support/samples.ts';
import { outcome, type Target } from '../engine/target.ts';
import { mp4 } from './mp4.ts';

const NOW = 1_900_000_000_000;
const LONGEST = 600;

/** What a request for a clip asks for. */
export const clipQuery: Target = {
  name: 'clip-query',
  holds: 'clip.mp4: any query is a wish for a time that is no longer than allowed, or is refused in words',
  maxBytes: 4096,
  deadlineMs: 20,
  seeds: () =>
    [
      'last=30',
      'from=1899999990',
      'from=2030-03-17T17:46:30Z&to=2030-03-17T17:46:39.5Z',
      'from=1e99',
      'last=',
    ].map((text) => Buffer.from(text)),
  words: ['last=', 'from=', '&to=', '2030-', 'T00:00Z', '99999999999999', 'NaN', '.5', '-', '0x'],
  run(bytes) {
    const wish = clipWish(new URLSearchParams(bytes.toString('latin1')), {
      now: NOW,
      longestSeconds: LONGEST,
    });
    if (typeof wish === 'string') {
      assert.match(wish, /^[\x20-\x7e]{5,100}$/, 'a sentence of our own');
      return;
    }
    const seconds = 'last' in wish ? wish.last : (wish.to - wish.from) / 1000;
    assert.ok(seconds > 0 && seconds <= LONGEST, `${seconds} s`);
  },
};

/** An index of a past that the disk has damaged. */
export const dvrIndex: Target = {
  name: 'dvr-index',
  holds:
    "a DVR folder's index: lines that cannot be read are left out, names lead nowhere else, what is written again is read the same",
  maxBytes: 16_384,
  deadlineMs: 50,
  seeds: () => [
    Buffer.from(
      initLine(3, Buffer.from('init')) +
        segmentLine({
          ...{ sequence: 3, duration: 90_000, discontinuity: false, independent: true, programDateTime: NOW },
          ...{ init: 3, file: '3.m4s', bytes: 1000, hasPictures: true },
        }) +
        '{"ended":true}\n',
    ),
  ],
  words: [
    '{"segment":',
    '"sequence":',
    '"file":"../1.m4s"',
    '{"init":{',
    '1e308',
    '-1',
    '.m4s',
    '\n',
    'null',
  ],
  run(bytes) {
    const { segments, inits } = readIndexLines(bytes.toString());
    for (const { file, duration, sequence } of segments) {
      assert.match(file, /^\d+\.m4s$/, 'a file of the folder');
      assert.ok(
        Number.isSafeInteger(sequence) && Number.isSafeInteger(duration) && duration > 0,
        'whole numbers',
      );
    }
    const lines = [
      ...[...inits].map(([number, init]) => initLine(number, init)),
      ...segments.map(segmentLine),
    ];
    const again = readIndexLines(lines.join(''));
    assert.deepEqual([again.segments, again.inits], [segments, inits], 'written again: the same');
  },
};

/** Clips of segments that may lie: what the tables of a movie are made of. */
export const flatMovie: Target = {
  name: 'flat-movie',
  holds:
    'movies made of fragments: samples of any fragment become tables that can be read again, and no edit begins before its media',
  maxBytes: 65_536,
  deadlineMs: 400,
  seeds: () => mp4.seeds(),
  words: mp4.words ?? [],
  run(bytes) {
    outcome([Mp4Error, TruncatedError], () => {
      const movie = readMovie(bytes);
      const tracks = movie.map(({ trackId, timescale }) => ({
        trackId,
        timescale,
        table: new SampleTable(),
      }));
      let mediaBytes = 0;
      for (const sample of samplesIn(bytes, {
        defaults: new Map(movie.map((track) => [track.trackId, track.defaults])),
      })) {
        tracks.find(({ trackId }) => trackId === sample.trackId)?.table.add(sample, mediaBytes, false);
        mediaBytes += sample.bytes;
      }
      const first = tracks.find(({ table }) => table.length > 0);
      if (!first) return;
      const { decodeTime, composition } = first.table.first!;
      const begins = (decodeTime + composition) / first.timescale;
      checkHead(flatMovieHead({ init: bytes, tracks, begins, mediaBytes }));
    });
  },
};

function checkHead(head: Buffer): void {
  const moov = findBox(head, 'moov')?.body;
  assert.ok(moov, 'a movie');
  for (const { type, body } of boxesIn(moov)) {
    if (type !== 'trak') continue;
    const elst = Buffer.from(findBox(body, 'edts', 'elst')!.body);
    for (let at = 8; at < elst.length; at += 20) {
      const mediaTime = elst.readBigInt64BE(at + 8);
      assert.ok(
        mediaTime >= 0n || (mediaTime === -1n && at === 8 && elst.length > 28),
        `an edit from ${mediaTime}`,
      );
    }
  }
}
