import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TruncatedError } from '../../../src/bytes/byte-reader.ts';
import { Continuity } from '../../../src/containers/fmp4/continuity.ts';
import { fragment } from '../../../src/containers/fmp4/fragment.ts';
import { movieTracks } from '../../../src/containers/fmp4/movie-track.ts';
import { Mp4Error } from '../../../src/containers/fmp4/reader.ts';
import { ticks } from '../../../src/media/time.ts';
import { inMemory } from '../../../src/outputs/dvr/clip-pieces.ts';
import { samplesStored } from '../../../src/outputs/dvr/stored-samples.ts';
import { samplesIn } from '../../support/samples.ts';
import { AUDIO, inter, key, sound, VIDEO } from '../../support/media.ts';

const continuity = new Continuity();
const SEGMENT = Buffer.concat(
  [0, 1].map((at) =>
    fragment({
      tracks: movieTracks([VIDEO, AUDIO]),
      zero: ticks(0),
      sequence: at + 1,
      continuity,
      frames: [key(at * 1000), inter(at * 1000 + 40), sound(at * 1000)],
      type: at === 0 ? 'segment' : 'part',
    }),
  ),
);

/** The samples without their bytes, or that there is no reading them. */
function read(bytes: Buffer): unknown {
  try {
    return [...samplesIn(bytes)].map(({ payload, ...sample }) => {
      assert.equal(payload.length, sample.bytes);
      return sample;
    });
  } catch (error) {
    return refused(error);
  }
}

function refused(error: unknown): string {
  if (error instanceof Mp4Error || error instanceof TruncatedError) return 'refused';
  throw error;
}

const stored = (bytes: Buffer): Promise<unknown> => samplesStored(inMemory(bytes), new Map()).catch(refused);

test('tables alone tell the samples that the whole segment tells, however it is cut or spoilt', async () => {
  assert.equal((read(SEGMENT) as unknown[]).length, 6);
  assert.deepEqual(await stored(SEGMENT), read(SEGMENT));
  const place = fc.nat(SEGMENT.length - 1);
  await fc.assert(
    fc.asyncProperty(
      place,
      fc.array(fc.tuple(place, fc.nat(255)), { maxLength: 4 }),
      async (end, changes) => {
        const bytes = Buffer.from(SEGMENT);
        for (const [at, value] of changes) bytes[at] = value;
        const cut = bytes.subarray(0, end + 1);
        assert.deepEqual(await stored(cut), read(cut));
      },
    ),
    { numRuns: 500 },
  );
});

test('media are not read', async () => {
  let most = 0;
  const file = inMemory(SEGMENT);
  const big = Buffer.alloc(8);
  big.writeUInt32BE(50_000_008);
  big.write('mdat', 4, 'latin1');
  const head = Buffer.concat([SEGMENT, big]);
  const size = head.length + 50_000_000;
  const read = async (from: number, to: number): Promise<Buffer> => {
    most = Math.max(most, to - from);
    return to <= SEGMENT.length
      ? (await file.read(from, to))!
      : Buffer.concat([head.subarray(from, to), Buffer.alloc(Math.max(0, to - Math.max(from, head.length)))]);
  };
  assert.equal((await samplesStored({ size, read }, new Map())).length, 6);
  assert.ok(most < 10_000, `${most} bytes at a time`);
});
