import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flatMovieHead } from '../../../../src/containers/fmp4/flat-movie.ts';
import { initSegment } from '../../../../src/containers/fmp4/init-segment.ts';
import { movieTracks } from '../../../../src/containers/fmp4/movie-track.ts';
import { boxesIn, findBox, Mp4Error } from '../../../../src/containers/fmp4/reader.ts';
import { editList, SampleTable } from '../../../../src/containers/fmp4/sample-table.ts';
import { AUDIO, VIDEO } from '../../../support/media.ts';

interface Few {
  readonly at: number;
  readonly bytes?: number;
  readonly composition?: number;
  readonly sync?: boolean;
}

/** Samples of 100 units, the first of each chunk said by its offset. */
function table(samples: readonly (Few & { readonly offset?: number })[]): SampleTable {
  const made = new SampleTable();
  for (const { at, bytes = 10, composition = 0, sync = true, offset } of samples)
    made.add({ decodeTime: at, duration: 100, bytes, composition, sync }, offset ?? 0, offset === undefined);
  return made;
}

/** The numbers of a box, behind version and flags. */
function numbers(made: SampleTable, type: string, mediaAt = 0): number[] | undefined {
  const found = boxesIn(Buffer.concat(made.boxes(mediaAt))).find((box) => box.type === type);
  if (!found) return undefined;
  const body = Buffer.from(found.body);
  return Array.from({ length: body.length / 4 - 1 }, (_, index) => body.readInt32BE(4 + 4 * index));
}

test('times, sizes, key frames and chunks are as short as they can be said', () => {
  const made = table([
    { at: 1000, offset: 0, composition: 200 },
    { at: 1100, sync: false, bytes: 7, composition: -50 },
    { at: 1300, sync: false, offset: 40, composition: -50 },
  ]);
  assert.deepEqual(
    numbers(made, 'stts'),
    [3, 1, 100, 1, 200, 1, 100],
    'what lies between two samples is not lost',
  );
  assert.deepEqual(numbers(made, 'ctts'), [2, 1, 200, 2, -50]);
  assert.deepEqual(numbers(made, 'stss'), [1, 1]);
  assert.deepEqual(numbers(made, 'stsz'), [0, 3, 10, 7, 10]);
  assert.deepEqual(numbers(made, 'stsc'), [2, 1, 2, 1, 2, 1, 1]);
  assert.deepEqual(numbers(made, 'stco', 1000), [2, 1000, 1040]);
  assert.equal(made.duration, 400);
});

test('what is the same for all samples has no table', () => {
  const made = table([{ at: 0, offset: 0 }, { at: 100 }]);
  assert.equal(numbers(made, 'ctts'), undefined);
  assert.equal(numbers(made, 'stss'), undefined);
});

test('a time that goes back does not make a negative length', () => {
  assert.deepEqual(numbers(table([{ at: 500, offset: 0 }, { at: 200 }]), 'stts'), [2, 1, 0, 1, 100]);
});

test('offsets have 64 bits where they need them', () => {
  const made = table([
    { at: 0, offset: 0 },
    { at: 100, offset: 2 ** 32 - 1000 },
  ]);
  assert.ok(numbers(made, 'stco', 999), 'the last offset is below 4 GiB');
  assert.deepEqual(numbers(made, 'co64', 1000), [2, 0, 1000, 1, 0]);
});

test('a movie of more than 4 GiB says so, and its offsets point behind its tables', () => {
  const tracks = movieTracks([VIDEO]);
  const { trackId, timescale } = tracks[0]!;
  const made = table([
    { at: 0, offset: 0 },
    { at: 100, offset: 2 ** 32 },
  ]);
  const head = flatMovieHead({
    init: initSegment(tracks),
    tracks: [{ trackId, timescale, table: made }],
    begins: 0,
    mediaBytes: 2 ** 32 + 10,
  });
  assert.equal(head.readUInt32BE(head.length - 16), 1, 'mdat with a size of 64 bits');
  assert.equal(Number(head.readBigUInt64BE(head.length - 8)), 2 ** 32 + 26);
  const co64 = findBox(head.subarray(0, -16), 'moov', 'trak', 'mdia', 'minf', 'stbl', 'co64')?.body;
  assert.equal(Number(Buffer.from(co64!).readBigUInt64BE(8)), head.length);
});

test('a track without samples is left out, and what is no initialization segment is refused', () => {
  const movie = movieTracks([VIDEO, AUDIO]);
  const tracks = movie.map(({ trackId, timescale }, index) => ({
    ...{ trackId, timescale },
    table: table(index === 0 ? [{ at: 0, offset: 0 }] : []),
  }));
  const head = flatMovieHead({ init: initSegment(movie), tracks, begins: 0, mediaBytes: 10 });
  const moov = findBox(head, 'moov')!.body;
  assert.equal(boxesIn(moov).filter(({ type }) => type === 'trak').length, 1);
  assert.throws(() => flatMovieHead({ init: Buffer.alloc(40), tracks, begins: 0, mediaBytes: 10 }), Mp4Error);
});

test('an edit that shows nothing is −1, and no other is negative', () => {
  const elst = Buffer.from(
    findBox(
      editList([
        { duration: 5, mediaTime: -1 },
        { duration: 7, mediaTime: 2 ** 32 + 3 },
      ]),
      'edts',
      'elst',
    )!.body,
  );
  assert.equal(elst.readBigInt64BE(16), -1n);
  assert.equal(elst.readBigInt64BE(36), 2n ** 32n + 3n);
});

test('a first picture that is shown before it is decoded is shown, and no edit begins before its media', () => {
  const movie = movieTracks([VIDEO, AUDIO]);
  const [video, audio] = movie;
  const head = flatMovieHead({
    init: initSegment(movie),
    tracks: [
      {
        ...{ trackId: video!.trackId, timescale: 1000 },
        table: table([
          { at: 5000, offset: 0, composition: -80 },
          { at: 5100, composition: -80 },
          { at: 5200 },
        ]),
      },
      { trackId: audio!.trackId, timescale: 1000, table: table([{ at: 5000, offset: 30 }]) },
    ],
    begins: 4.92,
    mediaBytes: 40,
  });
  const [picture, sound] = boxesIn(findBox(head, 'moov')!.body).filter(({ type }) => type === 'trak');
  const edits = (trak: Uint8Array): bigint[] => {
    const elst = Buffer.from(findBox(trak, 'edts', 'elst')!.body);
    return Array.from({ length: elst.readUInt32BE(4) }, (_, index) => elst.readBigInt64BE(16 + 20 * index));
  };
  const offsets = Buffer.from(findBox(picture!.body, 'mdia', 'minf', 'stbl', 'ctts')!.body);
  assert.deepEqual(edits(picture!.body), [0n], 'the first picture is shown at once');
  assert.deepEqual(
    [offsets.readInt32BE(12), offsets.readInt32BE(20)],
    [0, 80],
    'all are as far apart as they were',
  );
  assert.deepEqual(edits(sound!.body), [-1n, 0n], 'the sound comes 80 ms behind it');
});

test('the last pictures are shown, though encoders that count from the first one shown delay the others more', () => {
  const movie = movieTracks([VIDEO]);
  const { trackId } = movie[0]!;
  // As shown: 0, 3, 1, 2, 6, 4, 5, 40 ms apart; the first one by itself, without the delay of the others.
  const samples = [0, 3, 1, 2, 6, 4, 5].map((shown, index) => {
    const at = Math.max(0, index - 2) * 40 + Math.min(index, 2);
    return { at, composition: shown * 40 - at, ...(index === 0 && { offset: 0 }) };
  });
  const head = flatMovieHead({
    init: initSegment(movie),
    tracks: [{ trackId, timescale: 1000, table: table(samples) }],
    begins: 0,
    mediaBytes: 70,
  });
  const elst = Buffer.from(findBox(head, 'moov', 'trak', 'edts', 'elst')!.body);
  assert.equal(elst.readUInt32BE(4), 1);
  const perSecond = Buffer.from(findBox(head, 'moov', 'mvhd')!.body).readUInt32BE(12);
  const shown = Number(elst.readBigUInt64BE(8)) / perSecond;
  assert.equal(shown, 0.34, 'until the last one shown has lasted as long as its sample');
});
