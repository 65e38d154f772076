import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { multivariantText } from '../../../src/outputs/hls/multivariant.ts';
import { bandwidth, frameRate } from '../../../src/outputs/hls/measured.ts';
import { mediaPlaylistText } from '../../../src/outputs/hls/playlist.ts';
import { Rendered } from '../../../src/outputs/hls/rendered.ts';
import { audioTrack, videoTrack } from '../mpegts/frames.ts';

const segment = (sequence: number, duration: number, discontinuity = false) => ({
  uri: `${sequence}.ts`,
  duration,
  discontinuity,
  programDateTime: Date.UTC(2026, 10, 22, 7, 0, 0, 250),
});

test('a live playlist', () => {
  const text = mediaPlaylistText({
    targetDuration: 2,
    mediaSequence: 217_382_400,
    discontinuitySequence: 217_382_400,
    independent: true,
    ended: false,
    segments: [segment(217_382_400, 180_000), segment(217_382_401, 180_181, true)],
  });
  assert.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:217382400
#EXT-X-DISCONTINUITY-SEQUENCE:217382400
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T07:00:00.250Z
#EXTINF:2.00000,
217382400.ts
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T07:00:00.250Z
#EXTINF:2.00201,
217382401.ts
`,
  );
});

test('an ended playlist of segments that cannot all be started with', () => {
  const text = mediaPlaylistText({
    targetDuration: 10,
    mediaSequence: 7,
    discontinuitySequence: 9,
    independent: false,
    ended: true,
    segments: [segment(7, 1)],
  });
  assert.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:10
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:9
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T07:00:00.250Z
#EXTINF:0.00001,
7.ts
#EXT-X-ENDLIST
`,
  );
});

const variant = { uri: 'demo/media.m3u8', peakBandwidth: 2_200_001, averageBandwidth: 2_000_000 };

test('a multivariant playlist of picture and sound', () => {
  const tracks = { video: videoTrack(), audio: audioTrack() };
  assert.equal(
    multivariantText({ independent: true, variants: [{ ...variant, tracks, frameRate: 30000 / 1001 }] }),
    `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=2200001,AVERAGE-BANDWIDTH=2000000,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970
demo/media.m3u8
`,
  );
});

test('a multivariant playlist names no codec, size or rate of a track that is not there', () => {
  assert.equal(
    multivariantText({
      independent: false,
      variants: [{ ...variant, tracks: { audio: audioTrack() }, frameRate: undefined }],
    }),
    `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-STREAM-INF:BANDWIDTH=2200001,AVERAGE-BANDWIDTH=2000000,CODECS="mp4a.40.2"
demo/media.m3u8
`,
  );
});

const sized = (length: number, seconds: number) => ({ bytes: { length }, duration: seconds * 90_000 });

test('bandwidth: the peak is the fattest segment, rounded up', () => {
  assert.deepEqual(bandwidth([sized(1000, 2), sized(3000, 2), sized(2000, 2)], 2), {
    peak: 12_000,
    average: 8000,
  });
  assert.deepEqual(bandwidth([sized(1000, 3)], 3), { peak: 2667, average: 2667 });
});

test('bandwidth: a scrap of a segment is no peak, and nothing is never 0', () => {
  assert.deepEqual(bandwidth([sized(1000, 2), sized(1000, 0.1)], 2), { peak: 7620, average: 7620 });
  assert.deepEqual(bandwidth([sized(0, 2)], 2), { peak: 1, average: 1 });
});

test('frame rate: measured, and the usual one if it comes close', () => {
  const rate = (videoFrames: number, ticks: number) => frameRate([{ videoFrames, duration: ticks }]);
  assert.equal(rate(60, 180_180), 30000 / 1001);
  assert.equal(rate(120, 360_090), 30, 'times in whole milliseconds');
  assert.equal(rate(60, 180_000), 30);
  assert.equal(rate(15, 90_000), 15);
  assert.equal(rate(41, 180_000), 20.5);
  assert.equal(rate(0, 180_000), undefined);
  assert.equal(frameRate([]), undefined);
  assert.equal(
    frameRate([
      { videoFrames: 50, duration: 180_000 },
      { videoFrames: 0, duration: 180_000 },
    ]),
    25,
    'a segment without video does not count',
  );
});

test('rendered: the tag tells texts apart, gzip is made once', () => {
  const one = new Rendered('#EXTM3U\n');
  assert.equal(one.etag, new Rendered('#EXTM3U\n').etag);
  assert.notEqual(one.etag, new Rendered('#EXTM3U').etag);
  assert.match(one.etag, /^"[\w-]{22}"$/);
  assert.equal(gunzipSync(one.gzipped()).toString(), '#EXTM3U\n');
  assert.equal(one.gzipped(), one.gzipped());
});
