import assert from 'node:assert/strict';
import test from 'node:test';
import { InspectError } from '../../../src/inspect/errors.ts';
import { Findings } from '../../../src/inspect/findings.ts';
import { readPlaylist, type MediaPlaylist } from '../../../src/inspect/playlist.ts';
import { ReloadWatch } from '../../../src/inspect/reload-watch.ts';
import { SegmentsLook } from '../../../src/inspect/segments-look.ts';

const URL_LIVE = new URL('http://127.0.0.1/live/demo/video.m3u8?t=1');
const fails = (code: string) => (error: unknown) => error instanceof InspectError && error.code === code;

function mediaPlaylist(first: number, count: number, extra = ''): MediaPlaylist {
  const lines = Array.from({ length: count }, (_, i) => `#EXTINF:2.000,\n${first + i}.ts`);
  const text = `#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:${first}\n${extra}${lines.join('\n')}\n`;
  const playlist = readPlaylist(text, URL_LIVE);
  assert.equal(playlist.kind, 'media');
  return playlist;
}

test('reads a media playlist', () => {
  const playlist = mediaPlaylist(
    41,
    2,
    '#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:00.000Z\n',
  );
  assert.deepEqual(
    [
      playlist.version,
      playlist.targetDuration,
      playlist.mediaSequence,
      playlist.endList,
      playlist.independentSegments,
    ],
    [6, 2, 41, false, true],
  );
  assert.deepEqual(
    playlist.segments.map((one) => [one.sequence, one.url.href, one.extinfSeconds, one.programDateTime]),
    [
      [41, 'http://127.0.0.1/live/demo/41.ts', 2, '2026-11-22T10:00:00.000Z'],
      [42, 'http://127.0.0.1/live/demo/42.ts', 2, undefined],
    ],
  );
});

test('a gap is known as one, and nothing is fetched or missed there', async () => {
  const text =
    '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n0.ts\n#EXTINF:2,\n#EXT-X-GAP\n1.ts\n#EXTINF:2,\n2.ts\n';
  const playlist = readPlaylist(text, URL_LIVE);
  assert.equal(playlist.kind, 'media');
  assert.deepEqual(
    playlist.segments.map(({ gap }) => gap),
    [false, true, false],
  );
  const findings = new Findings();
  const look = new SegmentsLook('video.m3u8', findings);
  await look.fetch(playlist.segments[1]!, 2);
  const { segments } = look.report({ opening: playlist, last: playlist, ended: 'end', loads: 1 });
  assert.deepEqual(
    segments.map(({ sequence, gap, bytes }) => [sequence, gap, bytes]),
    [[1, true, 0]],
  );
  assert.deepEqual(findings.list(), []);
});

test('reads a multivariant playlist', () => {
  const text = [
    '\uFEFF#EXTM3U',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",URI="audio.m3u8"',
    '#EXT-X-STREAM-INF:BANDWIDTH=2000000,AVERAGE-BANDWIDTH=1500000,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="a"',
    'video.m3u8',
  ].join('\n');
  const playlist = readPlaylist(text, URL_LIVE);
  assert.equal(playlist.kind, 'multivariant');
  assert.deepEqual(playlist.variants, [
    {
      uri: 'video.m3u8',
      url: new URL('http://127.0.0.1/live/demo/video.m3u8'),
      bandwidth: 2_000_000,
      averageBandwidth: 1_500_000,
      codecs: 'avc1.64001F,mp4a.40.2',
      width: 1280,
      height: 720,
      frameRate: 29.97,
    },
  ]);
  assert.deepEqual(
    playlist.renditions.map(({ uri }) => uri),
    ['audio.m3u8'],
  );
});

test('a playlist from the web cannot make us open files', () => {
  assert.throws(() => mediaPlaylist(1, 1, '#EXTINF:2,\nfile:///etc/passwd\n'), fails('SCHEME'));
  assert.throws(() => mediaPlaylist(1, 1, '#EXTINF:2,\ndata:text/plain,x\n'), fails('SCHEME'));
});

test('names cannot reach into objects', () => {
  const text = '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="__proto__",NAME="polluted",URI="a.m3u8"\n';
  assert.throws(() => readPlaylist(text, URL_LIVE), fails('BROKEN'));
  assert.equal('polluted' in {}, false);
});

test('what is no playlist is refused', () => {
  assert.throws(() => readPlaylist('<html></html>', URL_LIVE), fails('NOT_MEDIA'));
  assert.throws(() => readPlaylist('#EXTM3U\n', URL_LIVE), fails('BROKEN'));
});

function reload(...playlists: readonly (readonly [MediaPlaylist, number])[]): string[] {
  const findings = new Findings();
  const watch = new ReloadWatch('p', findings);
  for (const [playlist, now] of playlists) watch.see(playlist, now);
  return findings.list().map(({ code }) => code);
}

test('a window that slides is in order', () => {
  assert.deepEqual(
    reload([mediaPlaylist(1, 3), 0], [mediaPlaylist(2, 3), 2000], [mediaPlaylist(3, 3), 4000]),
    [],
  );
});

test('a sequence that goes back is odd', () => {
  assert.deepEqual(reload([mediaPlaylist(5, 3), 0], [mediaPlaylist(1, 3), 2000]), ['playlist-sequence-back']);
});

test('a segment that changes under its number is odd', () => {
  const changed = mediaPlaylist(1, 3);
  const other = { ...changed, segments: changed.segments.map((one) => ({ ...one, extinfSeconds: 1.5 })) };
  assert.deepEqual(reload([changed, 0], [{ ...other, segments: other.segments.slice(0, 1) }, 2000]), [
    'playlist-segment-changed',
  ]);
});

test('a playlist is stale just above 1.5 target durations, and says so once', () => {
  const playlist = mediaPlaylist(1, 3);
  assert.deepEqual(reload([playlist, 0], [playlist, 3000]), []);
  assert.deepEqual(reload([playlist, 0], [playlist, 3001], [playlist, 5000]), ['playlist-stale']);
});

test('a target duration that changes is odd', () => {
  const playlist = mediaPlaylist(1, 3);
  assert.deepEqual(reload([playlist, 0], [{ ...playlist, targetDuration: 3 }, 2000]), [
    'playlist-target-duration-changed',
  ]);
});
