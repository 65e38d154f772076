import assert from 'node:assert/strict';
import test from 'node:test';
import { readMedia, type CheckedMedia } from '../../../src/inspect/check/checked-playlist.ts';
import { Freshness } from '../../../src/inspect/check/freshness.ts';
import { cachedSeconds, playlistHeaderBreaches } from '../../../src/inspect/check/headers.ts';
import { PlaylistHistory } from '../../../src/inspect/check/history.ts';
import { Leavers } from '../../../src/inspect/check/leavers.ts';
import { readText } from '../../../src/inspect/check/playlist-text.ts';
import { peakBitRate } from '../../../src/inspect/check/promises.ts';

const BASE = new URL('http://example.org/live/x.m3u8');

/** Names as `a b |c`: a bar is a discontinuity; `!` is the end. */
function load(
  sequence: number,
  names: string,
  more: { dsn?: number; target?: number; extinf?: number } = {},
): CheckedMedia {
  const { dsn = 0, target = 1, extinf = 1 } = more;
  const segments = names.split(' ').map((name) => {
    if (name === '!') return '#EXT-X-ENDLIST';
    return `${name.startsWith('|') ? '#EXT-X-DISCONTINUITY\n' : ''}#EXTINF:${extinf},\n${name.replace('|', '')}.ts`;
  });
  const head = `#EXTM3U\n#EXT-X-TARGETDURATION:${target}\n#EXT-X-MEDIA-SEQUENCE:${sequence}\n#EXT-X-DISCONTINUITY-SEQUENCE:${dsn}`;
  return readMedia(readText(Buffer.from(`${head}\n${segments.join('\n')}\n`)).lines, BASE);
}

function codes(...loads: readonly CheckedMedia[]): string[] {
  const history = new PlaylistHistory();
  return loads.flatMap((one) => history.see(one).breaches.map(({ code }) => code));
}

const STEPS: readonly (readonly [what: string, loads: readonly CheckedMedia[], ...expected: string[]])[] = [
  ['a window that moves on', [load(1, 'a b c d'), load(2, 'b c d e'), load(4, 'd e f g')]],
  ['a window that jumps past all that was known', [load(1, 'a b c'), load(9, 'i j k')]],
  ['a discontinuity that leaves and is counted', [load(1, '|a b c d'), load(2, 'b c d e', { dsn: 1 })]],
  ['a tag that leaves with the segment before it', [load(1, 'a |b c d'), load(2, 'b c d e', { dsn: 1 })]],
  ['an end', [load(1, 'a b c'), load(1, 'a b c !'), load(1, 'a b c !')]],
  ['an end with one more segment', [load(1, 'a b c'), load(2, 'b c d !')]],
  ['numbers that go back', [load(5, 'a b c'), load(4, 'a b c')], 'sequence-back'],
  ['another name', [load(1, 'a b c'), load(1, 'a x c d')], 'segment-changed'],
  [
    'another length',
    [load(1, 'a b'), load(1, 'a b c', { extinf: 0.9 })],
    'segment-changed',
    'segment-changed',
  ],
  ['a discontinuity that comes late', [load(1, 'a b c'), load(1, 'a |b c d')], 'segment-changed'],
  ['a segment that leaves uncounted', [load(1, 'a b c d'), load(1, 'b c d e')], 'segment-vanished'],
  ['a segment that leaves the middle', [load(1, 'a b c d'), load(1, 'a c d e')], 'segment-vanished'],
  ['segments taken back at the end', [load(1, 'a b c d'), load(1, 'a b c')], 'segment-vanished'],
  ['a number too many', [load(1, 'a b c d'), load(2, 'a b c d')], 'segment-changed'],
  [
    'a discontinuity that leaves uncounted',
    [load(1, '|a b c d'), load(2, 'b c d e')],
    'discontinuity-sequence',
  ],
  [
    'a discontinuity counted twice',
    [load(1, '|a b c d'), load(2, 'b c d e', { dsn: 2 })],
    'discontinuity-sequence',
  ],
  [
    'another target duration',
    [load(1, 'a b c'), load(1, 'a b c d', { target: 2 })],
    'target-duration-changed',
  ],
  ['an end that is none', [load(1, 'a b c !'), load(1, 'a b c d !')], 'changed-after-endlist'],
  ['an end taken back', [load(1, 'a b c !'), load(1, 'a b c')], 'changed-after-endlist'],
  ['too little left', [load(1, 'a b c'), load(2, 'b c')], 'playlist-too-short'],
];
for (const [what, loads, ...expected] of STEPS) {
  test(`from load to load: ${what}`, () => assert.deepEqual(codes(...loads), expected));
}

test('a query that changes for all segments makes no other segments; for one, it does', () => {
  const withQuery = (names: string): CheckedMedia => load(1, names.replaceAll('.', '.ts?'));
  assert.deepEqual(codes(withQuery('a.1 b.1 c.1'), withQuery('a.2 b.2 c.2 d.2')), []);
  assert.deepEqual(codes(withQuery('a.1 b.1 c.1'), withQuery('a.1 b.2 c.1 d.1')), ['segment-changed']);
});

test('a playlist is stale by what is certain: since it came when it was new, until it was asked for when it was not', () => {
  const times = (requestedAt: number, arrivedAt: number, ageMs = 0) => ({ requestedAt, arrivedAt, ageMs });
  const freshness = new Freshness();
  assert.deepEqual(freshness.see(times(0, 900), true, 2), []);
  assert.deepEqual(freshness.see(times(3_900, 9_000), false, 2), [], 'a slow answer proves nothing');
  assert.deepEqual(freshness.see(times(5_000, 5_010, 2_000), false, 2), [], 'a cache had held it');
  assert.equal(freshness.see(times(5_100, 5_110), false, 2)[0]?.code, 'playlist-stale');
  assert.deepEqual(freshness.see(times(6_100, 6_110), false, 2), [], 'told once');
  assert.deepEqual(freshness.see(times(7_000, 7_010), true, 2), []);
  assert.equal(freshness.see(times(10_100, 10_110), false, 2).length, 1, 'and again the next time');
});

test('what has left is asked for at once, and again shortly before its time is over', () => {
  const leavers = new Leavers();
  const [segment] = load(1, 'a b c').segments;
  leavers.add([{ segment: segment!, longestSeconds: 3 }], 10_000, 10_500);
  assert.equal(leavers.nextAt, 10_500);
  assert.equal(leavers.take(10_500).length, 1);
  assert.equal(leavers.take(13_500).length, 0, 'its time is 1 s + 3 s');
  assert.deepEqual(
    leavers.take(13_700).map(({ until }) => until),
    [14_000],
  );
  assert.deepEqual([leavers.untilOf(1), leavers.untilOf(2)], [14_000, undefined]);
});

test('how long a cache may keep an answer', () => {
  const date = 'Thu, 01 Jan 2026 00:00:00 GMT';
  for (const [headers, seconds] of [
    [{}, undefined],
    [{ 'cache-control': 'no-cache' }, 0],
    [{ 'cache-control': 'max-age=5, no-store' }, 0],
    [{ 'cache-control': 'public, max-age=5' }, 5],
    [{ 'cache-control': 'max-age=5, s-maxage="1"' }, 1],
    [{ 'cache-control': 'max-age=0', expires: 'Thu, 01 Jan 2027 00:00:00 GMT', date }, 0],
    [{ expires: 'Thu, 01 Jan 2026 00:00:10 GMT', date }, 10],
    [{ expires: '0', date }, 0],
  ] as const) {
    assert.equal(cachedSeconds(new Headers(headers)), seconds, JSON.stringify(headers));
  }
});

test('a playlist is known by its type or by its name', () => {
  const codesOf = (type: string, path: string): string[] =>
    playlistHeaderBreaches(new Headers({ 'content-type': type }), new URL(path, BASE), {
      live: true,
      targetSeconds: 2,
    }).map(({ code }) => code);
  assert.deepEqual(codesOf('text/plain', 'x.m3u8'), []);
  assert.deepEqual(codesOf('Audio/MpegURL; charset=utf-8', 'x'), []);
  assert.deepEqual(codesOf('text/plain', 'x'), ['playlist-type']);
});

test('the peak rate is that of a run of half to one and a half target durations', () => {
  const sizes = [
    { bytes: 100, seconds: 0.2 },
    { bytes: 100, seconds: 2 },
    { bytes: 900, seconds: 2 },
  ];
  assert.equal(peakBitRate(sizes, 2), 3_600, 'the first is too short to count alone');
  assert.equal(peakBitRate(sizes.slice(0, 1), 2), undefined);
});
