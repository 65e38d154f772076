import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { Continuity } from '../../../src/containers/fmp4/continuity.ts';
import { fragment } from '../../../src/containers/fmp4/fragment.ts';
import { initSegment } from '../../../src/containers/fmp4/init-segment.ts';
import { movieTracks } from '../../../src/containers/fmp4/movie-track.ts';
import { ticks } from '../../../src/media/time.ts';
import { makeClip, type Clip } from '../../../src/outputs/dvr/clip.ts';
import { inMemory, type ClipPiece } from '../../../src/outputs/dvr/clip-pieces.ts';
import type { StoredBytes } from '../../../src/outputs/hls/archive.ts';
import { AUDIO, inter, key, sound, VIDEO } from '../../support/media.ts';

const DATE = Date.UTC(2026, 0, 1);
const SECOND = 90_000;
const TRACKS = movieTracks([VIDEO, AUDIO]);
const INIT = initSegment(TRACKS);
const FREE = Buffer.from('\0\0\0\x08free', 'latin1');

interface Kind {
  readonly init?: number;
  readonly independent?: boolean;
  /** The initialization segment is another one, not only by its number. */
  readonly changed?: boolean;
  /** Seconds that its decode times are behind. */
  readonly behind?: number;
}

/** A second: four pictures, the first a key frame unless it is not, and sound. */
function piece(at: number, kind: Kind = {}): ClipPiece & { reads: number; holds: number } {
  const { init = 1, independent = true, changed = false, behind = 0 } = kind;
  const ms = (at - behind) * 1000;
  const pictures = [250, 500, 750].map((more) => inter(ms + more));
  const sounds = [0, 250, 500, 750].map((more) => sound(ms + more));
  const bytes = fragment({
    tracks: TRACKS,
    zero: ticks(0),
    sequence: at + 1,
    continuity: new Continuity(),
    frames: [independent ? key(ms) : inter(ms), ...pictures, ...sounds],
    type: 'segment',
  });
  const one = {
    programDateTime: DATE + at * 1000,
    duration: SECOND,
    independent,
    init,
    heldBytes: bytes.length,
    reads: 0,
    holds: 0,
    fetchInit: () => Promise.resolve(changed ? Buffer.concat([INIT, FREE]) : INIT),
    hold: () => {
      one.holds++;
      return () => one.holds--;
    },
    open: (): Promise<StoredBytes | undefined> => {
      one.reads++;
      return Promise.resolve(inMemory(bytes));
    },
  };
  return one;
}

const from = (start: number, end = Infinity) => ({ from: DATE + start * 1000, to: DATE + end * 1000 });

async function whole(clip: Clip): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const bytes of clip.read(0, clip.bytes)) pieces.push(bytes);
  return Buffer.concat(pieces);
}

/** When pictures are shown, by a reader that is not ours. */
async function shown(bytes: Buffer): Promise<{ times: number[]; key: boolean }> {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(new Uint8Array(bytes)) });
  const track = await input.getPrimaryVideoTrack();
  assert.ok(track, 'there is a picture');
  const times: number[] = [];
  let isKey: boolean | undefined;
  for await (const packet of new EncodedPacketSink(track).packets(undefined, undefined, {
    metadataOnly: true,
  })) {
    times.push(packet.timestamp);
    isKey ??= packet.type === 'key';
  }
  return { times, key: isKey === true };
}

test('a clip begins on the key frame before the wanted time, at 0, and ends before the wanted end', async () => {
  const clip = await makeClip(
    [0, 1, 2, 3].map((at) => piece(at)),
    from(1.5, 3),
  );
  assert.ok(clip, 'there is one');
  assert.equal(clip.startedAt, DATE + 1000);
  const bytes = await whole(clip);
  assert.equal(bytes.length, clip.bytes);
  const { times, key: isKey } = await shown(bytes);
  assert.ok(isKey, 'a key frame comes first');
  assert.deepEqual(times, [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75]);
});

test('any range of a clip is that range of all of it', async () => {
  const clip = (await makeClip(
    [0, 1, 2].map((at) => piece(at)),
    from(0),
  ))!;
  const bytes = await whole(clip);
  for (const [first, last] of [
    [0, 1],
    [clip.head.length - 1, clip.head.length + 1],
    [clip.bytes - 3, clip.bytes],
    [10, 10],
  ]) {
    const read: Buffer[] = [];
    for await (const one of clip.read(first!, last!)) read.push(one);
    assert.deepEqual(Buffer.concat(read), bytes.subarray(first, last), `${first} to ${last}`);
  }
});

test('a segment that starts without a key frame needs those before it, and no more of them than that', async () => {
  const pieces = [piece(0), piece(1), piece(2, { independent: false }), piece(3)];
  const clip = await makeClip(pieces, from(2.5, 3));
  assert.equal(clip?.startedAt, DATE + 1000);
  assert.equal(pieces[0]!.reads, 0, 'what cannot be in the clip is not read');
});

test('the longest stretch without another configuration is the clip', async () => {
  const pieces = [piece(0), piece(1), ...[2, 3, 4].map((at) => piece(at, { init: 2, changed: true }))];
  const clip = await makeClip(pieces, from(0));
  assert.equal(clip?.startedAt, DATE + 2000);
  const early = await makeClip(pieces, from(0, 3));
  assert.equal(early?.startedAt, DATE);
});

test('what comes behind a segment that is gone, or is not what was written, is a clip', async () => {
  const gone: ClipPiece = { ...piece(1), open: () => Promise.resolve(undefined) };
  const garbage: ClipPiece = { ...piece(1), open: () => Promise.resolve(inMemory(Buffer.alloc(500, 1))) };
  for (const hole of [gone, garbage]) {
    const clip = await makeClip([piece(0), hole, piece(2)], from(0));
    assert.equal(clip?.startedAt, DATE + 2000);
  }
});

test('nothing of the wanted time, or nothing that can be read, is no clip', async () => {
  assert.equal(await makeClip([], from(0)), undefined);
  assert.equal(await makeClip([piece(0)], from(5, 6)), undefined);
  assert.equal(
    await makeClip([{ ...piece(0), fetchInit: () => Promise.resolve(undefined) }], from(0)),
    undefined,
  );
});

test('a segment that is gone while a clip is sent breaks it off', async () => {
  let isThere = true;
  const one = piece(0);
  const clip = await makeClip(
    [{ ...one, open: () => (isThere ? one.open() : Promise.resolve(undefined)) }],
    from(0),
  );
  isThere = false;
  await assert.rejects(whole(clip!), /not kept any more/);
});

test('a stream that was cut off and goes on as it was is one clip, with the time in between', async () => {
  const life = (at: number) => piece(at, { init: 2, behind: 4 });
  const clip = await makeClip([piece(0), piece(1), life(4), life(5)], from(0));
  const { times } = await shown(await whole(clip!));
  const expected = [0, 1, 4, 5].flatMap((second) => [0, 0.25, 0.5, 0.75].map((more) => second + more));
  assert.deepEqual(times, expected);
  assert.equal(clip!.seconds, 6);
});

test('a clock that was set back between two lives does not turn the clip back', async () => {
  const pieces = [piece(0), piece(1), piece(1, { init: 2, behind: 1 }), piece(2, { init: 2, behind: 1 })];
  const { times } = await shown(await whole((await makeClip(pieces, from(0)))!));
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
  assert.equal(times.length, 16);
});

test('what a clip is read from is held until it has been sent, or its reader has left', async () => {
  const pieces = [piece(0), piece(1)];
  const clip = (await makeClip(pieces, from(0)))!;
  const holds = (): number => pieces[0]!.holds + pieces[1]!.holds;
  for await (const bytes of clip.read(0, clip.bytes)) assert.equal(holds(), 1, `${bytes.length} bytes`);
  assert.equal(holds(), 0);
  for await (const bytes of clip.read(0, clip.bytes)) {
    assert.equal(holds(), 1, `${bytes.length} bytes`);
    break;
  }
  assert.equal(holds(), 0);
});
