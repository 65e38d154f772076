import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AmfObject } from '../../../src/amf/value.ts';
import { aacTrack } from '../../../src/codecs/track-builder.ts';
import { evenCounters } from '../../../src/containers/mpegts/even-counters.ts';
import { readFlvFileMetadata } from '../../../src/containers/flv/file-index.ts';
import { FlvReader, type FlvTag } from '../../../src/containers/flv/reader.ts';
import { ticksFromSeconds } from '../../../src/media/time.ts';
import { flvFrom } from '../../../src/outputs/vod/flv-from.ts';
import { Recent } from '../../../src/outputs/vod/recent.ts';
import { vodSegments } from '../../../src/outputs/vod/segments.ts';
import { framesIn } from '../../../src/outputs/vod/flv-frames.ts';
import { VodError, type FlvIndex, type Mp4Index } from '../../../src/outputs/vod/vod-index.ts';
import { segmentOf, vodPlaylist } from '../../../src/outputs/vod/vod-playlist.ts';
import { flvFileHeader } from '../../../src/containers/flv/file-header.ts';
import { hex } from '../../support/media.ts';

/** Key frames at these seconds, a thousand bytes each second. */
const pointsAt = (...seconds: number[]) =>
  seconds.map((at) => ({ at: ticksFromSeconds(at), position: 1000 + at * 1000 }));

const mp4 = (seconds: number, ...keys: number[]): Mp4Index => ({
  format: 'mp4',
  points: pointsAt(...keys),
  bytes: 1000 + seconds * 1000,
  seconds,
  initBytes: 700,
});

const flv = (seconds: number, ...keys: number[]): FlvIndex => ({
  ...mp4(seconds, ...keys),
  format: 'flv',
  metadata: new AmfObject(
    [
      ['duration', seconds],
      ['filesize', 99],
      ['hasKeyframes', true],
      ['title', 'Harvest'],
    ],
    'ecma-array',
  ),
  header: flvFileHeader({ video: true, audio: true }),
  configurations: Buffer.alloc(0),
  container: 'ts',
  tracks: { audio: aacTrack(hex('1190'), undefined) },
});

test('segments begin with key frames, four seconds apart or more, and leave nothing out', () => {
  const segments = vodSegments(mp4(21, 0, 1, 2, 3, 3.95, 6, 8, 20));
  assert.deepEqual(
    segments.map(({ at, seconds, from, to }) => [at / 90_000, seconds, from, to]),
    [
      [0, 3.95, 1000, 4950],
      [3.95, 4.05, 4950, 9000],
      [8, 12, 9000, 21_000],
      [20, 1, 21_000, 22_000],
    ],
  );
});

test('segments of a file stay the same while it grows, but for the last', () => {
  const [early, late] = [
    vodSegments(mp4(10, 0, 2, 4, 6, 8)),
    vodSegments(mp4(30, 0, 2, 4, 6, 8, 10, 12, 14)),
  ];
  assert.deepEqual(late.slice(0, early.length - 1), early.slice(0, -1));
});

test('the playlist promises what RFC 8216 wants of it', () => {
  const about = { file: 'a.mp4', startedAt: '2026-11-22T12:00:00.000Z', query: '?session=x' };
  const lines = vodPlaylist({ ...about, index: mp4(9.6, 0, 4) }).split('\n');
  assert.deepEqual(lines, [
    '#EXTM3U',
    '#EXT-X-VERSION:6',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-TARGETDURATION:6',
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    '#EXT-X-MAP:URI="../a.mp4?session=x",BYTERANGE="700@0"',
    '#EXT-X-PROGRAM-DATE-TIME:2026-11-22T12:00:00.000Z',
    '#EXTINF:4.00000,',
    '#EXT-X-BYTERANGE:4000@1000',
    '../a.mp4?session=x',
    '#EXTINF:5.60000,',
    '#EXT-X-BYTERANGE:5600@5000',
    '../a.mp4?session=x',
    '#EXT-X-ENDLIST',
    '',
  ]);
  const plain = vodPlaylist({ ...about, index: flv(3, 0), query: '' });
  assert.match(plain, /#EXT-X-VERSION:3\n[^]*\nsegments\/1000-4000\.ts\n#EXT-X-ENDLIST\n$/);
  const modern = vodPlaylist({ ...about, index: { ...flv(3, 0), container: 'fmp4' } }).split('\n');
  assert.deepEqual(
    [modern[1], modern[6], modern.at(-3)],
    ['#EXT-X-VERSION:6', '#EXT-X-MAP:URI="segments/init.mp4?session=x"', 'segments/1000-4000.m4s?session=x'],
  );
  assert.throws(() => vodPlaylist({ ...about, index: { ...flv(3, 0), tracks: {} } }), VodError);
});

test('names of segments that are none', () => {
  assert.deepEqual(segmentOf('1000-4000.ts'), { from: 1000, to: 4000, container: 'ts' });
  assert.deepEqual(segmentOf('0-4000.m4s'), { from: 0, to: 4000, container: 'fmp4' });
  for (const name of ['', '1-1.ts', '2-1.ts', '-1-2.ts', '1-2.ts/', '1e3-2000.ts', `${'9'.repeat(16)}-1.ts`])
    assert.equal(segmentOf(name), undefined, name);
});

test('FLV from a time begins at the key frame before it, and says nothing of places any more', () => {
  const index = flv(60, 0, 2, 4, 6);
  const positions = [0.5, 2, 5.99, 6, 60].map((start) => flvFrom(index, start)?.position);
  assert.deepEqual(positions, [1000, 3000, 5000, 7000, 7000]);
  assert.equal(flvFrom(index, 5000)?.position, 5000, 'a byte of the file');
  assert.equal(flvFrom(index, 6999)?.position, 5000, 'a byte in between');
  for (const beyond of [61, 999, 61_000, 5000.5])
    assert.equal(flvFrom(index, beyond), undefined, String(beyond));
  const tags: FlvTag[] = [];
  new FlvReader().push(flvFrom(index, 5)!.head, (tag) => tags.push(tag));
  assert.deepEqual([tags.length, tags[0]?.type, tags[0]?.timestamp], [1, 18, 4000]);
  const said = readFlvFileMetadata(tags[0]!.body)!;
  assert.deepEqual(
    [...said],
    [
      ['duration', 60],
      ['hasKeyframes', false],
      ['title', 'Harvest'],
    ],
  );
});

test('bytes that are no tags are no segment', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(10), Buffer.alloc(400, 9), Buffer.alloc(64)])
    assert.throws(() => framesIn(bytes, {}), VodError);
});

/** A packet with `length` bytes of payload, filled with its number. */
function packet(pid: number, number: number, length = 184): Buffer {
  const out = Buffer.alloc(188, 0xff);
  out[0] = 0x47;
  out.writeUInt16BE(pid, 1);
  out[3] = length === 184 ? 0x10 : length === 0 ? 0x20 : 0x30;
  if (length < 184) out[4] = 183 - length;
  if (length < 183) out[5] = 0;
  out.fill(number, 188 - length);
  return out;
}

const payloadOf = (one: Buffer): Buffer =>
  (one[3]! & 0x10) === 0 ? Buffer.alloc(0) : one.subarray(4 + ((one[3]! & 0x20) === 0 ? 0 : 1 + one[4]!));

for (const [name, lengths] of [
  ['full packets', [184, 184, 184]],
  ['packets with an adaptation field of one byte', [183, 184]],
  ['a packet that is stuffed', [60]],
  ['packets without payload in between', [0, 184, 0, 100]],
  ['nothing missing', Array.from({ length: 16 }, () => 184)],
  ['fifteen missing, as many as can be', Array.from({ length: 17 }, () => 184)],
] as const)
  test(`counters come out even, and no byte of the payload is lost: ${name}`, () => {
    const pids = [0, 0x1000, 0x100];
    const own = lengths.map((length, index) => packet(0x100, index + 1, length));
    const even = evenCounters(Buffer.concat([packet(0, 200), packet(0x1000, 201), ...own]));
    const packets = Array.from({ length: even.length / 188 }, (_, index) =>
      even.subarray(index * 188, index * 188 + 188),
    );
    for (const pid of pids) {
      const mine = packets.filter((one) => (one.readUInt16BE(1) & 0x1fff) === pid && (one[3]! & 0x10) !== 0);
      assert.equal(mine.length % 16, 0, `${mine.length} packets of PID ${pid}`);
      assert.deepEqual(
        mine.map((one) => one[3]! & 15),
        mine.map((_, index) => index % 16),
      );
    }
    const carried = packets.filter((one) => (one.readUInt16BE(1) & 0x1fff) === 0x100).map(payloadOf);
    assert.ok(
      Buffer.concat(own.map(payloadOf)).equals(Buffer.concat(carried)),
      'the same bytes in the same order',
    );
  });

test('what was made lately is made once, kept for a while, and never too much of it', async () => {
  let [now, made] = [0, 0];
  const recent = new Recent<number>({ now: () => now, most: 10, keptMs: 100 });
  const get = (key: string, size = 4): Promise<number> =>
    recent.get(
      key,
      () => Promise.resolve(++made),
      () => size,
    );
  assert.deepEqual(await Promise.all([get('a'), get('a'), get('b')]), [1, 1, 2]);
  assert.equal(await get('a'), 1, 'kept');
  await get('c');
  assert.equal(recent.size, 8, 'the one that was not asked for longest has gone');
  assert.equal(await get('a'), 1, 'it was asked for meanwhile');
  assert.equal(await get('b'), 4, 'made again');
  await get('huge', 11);
  assert.equal(recent.size, 8, 'what is too large is not kept');
  now = 101;
  assert.equal(await get('a'), 6, 'too old');
  await assert.rejects(
    recent.get(
      'bad',
      () => Promise.reject(new Error('no')),
      () => 1,
    ),
    /no/,
  );
  assert.equal(await get('bad'), 7, 'a failure is not kept');
});
