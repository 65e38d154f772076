import assert from 'node:assert/strict';
import test from 'node:test';
import { Findings } from '../../../src/inspect/findings.ts';
import { FlvLook } from '../../../src/inspect/flv-look.ts';
import { MediaLook } from '../../../src/inspect/media-look.ts';
import type { MediaReport } from '../../../src/inspect/report-media.ts';
import { flvAacConfig, flvAudio, flvAvcConfig, flvHeader, flvTag, flvVideo } from './hand-made.ts';

function lookAt(...parts: readonly Buffer[]): { look: FlvLook; media: MediaReport; codes: string[] } {
  const media = new MediaLook();
  const findings = new Findings();
  const look = new FlvLook(media, findings);
  look.push(Buffer.concat(parts));
  look.end(false);
  const report = media.report(0);
  look.compare(report);
  return { look, media: report, codes: findings.list().map(({ code }) => code) };
}

/** Video at 25 and audio at 50 tags per second, from `from` ms on. */
function tags(from: number, frames: number): Buffer[] {
  return Array.from({ length: frames }, (_, i) => {
    const ms = (from + i * 40) >>> 0;
    return Buffer.concat([
      flvVideo(ms, { key: i % 25 === 0, cts: 80 }),
      flvAudio(ms),
      flvAudio((ms + 20) >>> 0),
    ]);
  });
}

const HEAD = [flvHeader(5), flvAvcConfig(), flvAacConfig()];

test('tells tracks, GOPs and times', () => {
  const { look, media, codes } = lookAt(...HEAD, ...tags(1000, 75));
  assert.deepEqual(codes, []);
  const [video, audio] = media.tracks;
  assert.deepEqual(
    [video?.codecString, video?.width, video?.height, video?.fps],
    ['avc1.4D400D', 320, 180, 25],
  );
  assert.deepEqual([video?.firstDtsSeconds, video?.firstPtsSeconds], [1, 1.08]);
  assert.deepEqual([audio?.codecString, audio?.sampleRate, audio?.channels], ['mp4a.40.2', 44_100, 1]);
  assert.deepEqual([media.gops?.count, media.gops?.meanSeconds], [3, 1]);
  assert.equal(media.audioStartsLaterSeconds, -0.08);
  assert.equal(look.facts()?.tags, 2 + 3 * 75);
});

for (const [name, wrap] of [
  ['2^31', 2 ** 31],
  ['2^32', 2 ** 32],
] as const) {
  test(`milliseconds go on over ${name}`, () => {
    const { media, codes } = lookAt(...HEAD, ...tags(wrap - 1000, 50));
    // The configurations' time 0 is only a header's; what counts is that the frames go on.
    assert.deepEqual(codes, []);
    assert.equal(media.tracks[0]!.spanSeconds, 2);
  });
}

test('a negative composition time is negative', () => {
  const { media, codes } = lookAt(flvHeader(1), flvAvcConfig(), flvVideo(100, { key: true, cts: -1 }));
  assert.equal(media.tracks[0]!.ptsBeforeDts, 1);
  assert.equal(media.tracks[0]!.firstPtsSeconds, 0.099);
  assert.deepEqual(codes, []);
});

test('flags that promise another track than there is are odd', () => {
  assert.deepEqual(lookAt(flvHeader(5), flvAvcConfig(), flvVideo(0, { key: true })).codes, ['flv-flags']);
  assert.deepEqual(lookAt(flvHeader(1), ...HEAD.slice(1), ...tags(0, 2)).codes, ['flv-flags']);
});

test('a key frame without an IDR picture is odd', () => {
  const { codes } = lookAt(flvHeader(1), flvAvcConfig(), flvVideo(0, { key: true, idr: false }));
  assert.deepEqual(codes, ['flv-key-frame-label']);
});

test('half a tag at the end is a cut', () => {
  const last = flvVideo(40);
  const { codes } = lookAt(
    flvHeader(1),
    flvAvcConfig(),
    flvVideo(0, { key: true }),
    last.subarray(0, last.length - 5),
  );
  assert.deepEqual(codes, ['cut-short']);
});

test('only a configuration that says something else is a change', () => {
  const stereo = flvTag(8, 40, Buffer.from([0xaf, 0, 0x12, 0x10]));
  assert.equal(lookAt(...HEAD, flvAacConfig(20), flvAudio(20)).media.tracks[1]!.configChanges, 0);
  assert.equal(lookAt(...HEAD, flvAudio(20), stereo, flvAudio(40)).media.tracks[1]!.configChanges, 1);
});

test('other codecs are named once and still timed', () => {
  const speex = (ms: number): Buffer => flvTag(8, ms, Buffer.from([0xb2, 1, 2, 3]));
  const { media, codes } = lookAt(flvHeader(4), speex(0), speex(20), speex(40));
  assert.deepEqual(codes, ['codec-not-read']);
  assert.deepEqual([media.tracks[0]!.codec, media.tracks[0]!.frames], ['Speex', 3]);
});

test('a configuration that cannot be read is told', () => {
  const broken = flvTag(9, 0, Buffer.from([0x17, 0, 0, 0, 0, 1, 2, 3]));
  assert.ok(lookAt(flvHeader(1), broken, flvVideo(0, { key: true })).codes.includes('config-unreadable'));
});
