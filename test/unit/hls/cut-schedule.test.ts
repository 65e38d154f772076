import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CutSchedule } from '../../../src/outputs/hls/cut-schedule.ts';
import { choosePartTarget } from '../../../src/outputs/hls/part-target.ts';
import type { MediaFrame } from '../../../src/media/frame.ts';
import { audioTrack, stream, video, videoTrack } from '../mpegts/frames.ts';
import { playlist, rigOf } from './harness.ts';

const v = videoTrack();
const other = { ...videoTrack(), id: 'video1' as const };
const a = audioTrack();
const S = 90_000;

test('renditions of one publisher are cut at the same key frames, whichever of them comes first', () => {
  for (const isFirstLate of [true, false]) {
    const cuts = new CutSchedule(2, 0.33);
    const options = { cuts, lowLatency: true, windowSegments: 30 };
    const main = rigOf(options);
    const more = rigOf({ ...options, rendition: 'video1' });
    // Key frames are not even: what is nearest to two seconds depends on what was seen of them.
    const frames = stream({ frames: 900, gop: 1000, video: v, audio: a }).map((frame) =>
      frame.kind === 'video' ? { ...frame, startsGop: [0, 7, 25].includes((frame.dts / 3000) % 41) } : frame,
    );
    for (const frame of frames) {
      const same: MediaFrame = frame.kind === 'video' ? { ...frame, track: other } : frame;
      const feeds = [() => main.feed([frame]), () => more.feed([same])];
      for (const feed of isFirstLate ? feeds.reverse() : feeds) feed();
    }
    const lengths = (r: typeof main, file: string) =>
      playlist(r.hls, file).segments.map(({ seconds }) => seconds);
    const mainLengths = lengths(main, 'media.m3u8');
    assert.ok(new Set(mainLengths).size > 1 && mainLengths.length > 10, mainLengths.join());
    assert.deepEqual(lengths(more, 'video1.m3u8'), mainLengths);
    assert.deepEqual(
      playlist(more.hls, 'video1.m3u8').segments.map(({ uri }) => uri),
      playlist(main.hls).segments.map(({ uri }) => `video1-${uri}`),
    );
    assert.ok(more.hls.file(playlist(more.hls, 'video1.m3u8').segments[0]!.uri), 'by its own name');
    assert.equal(more.hls.file(playlist(main.hls).segments[0]!.uri), undefined, 'not by the main one');
    for (const name of ['EXT-X-TARGETDURATION', 'EXT-X-PART-INF', 'EXT-X-SERVER-CONTROL']) {
      const line = (text: string) => text.split('\n').find((one) => one.startsWith(`#${name}:`));
      assert.equal(line(playlist(more.hls, 'video1.m3u8').text), line(playlist(main.hls).text), name);
    }
  }
});

const pictures = (count: number, interval: number, jitter = 0): MediaFrame[] =>
  Array.from({ length: count }, (_, index) => video(v, index * interval + (index % 2 ? jitter : 0)));

test('the part target: whole frames, in the middle of what the rules allow, whole milliseconds', () => {
  const target = (frames: MediaFrame[]) => choosePartTarget(frames, 2 * S, 0.33 * S).longest / 90;
  assert.equal(target(pictures(60, 3000)), 325); //    9 frames of 33.3 ms
  assert.equal(target(pictures(50, 3600)), 303); //    7 of 40
  assert.equal(target(pictures(10, 18_000)), 217); //  1 of 200
  assert.equal(target(pictures(2, S)), 1082); //       one a second, and nothing else to cut at
  assert.equal(target(pictures(1, 0)), 2163); //       one in the whole segment
  assert.equal(target(stream({ frames: 2, interval: S, gop: 2, video: v, audio: a })), 323); // by the sound
  assert.equal(target([]), 330);
});

test('the part target: pictures without sound that come unevenly get longer parts, within bounds', () => {
  const target = (frames: MediaFrame[]) => choosePartTarget(frames, 2 * S, 0.33 * S).longest / S;
  const even = target(pictures(30, 6000));
  const uneven = target(pictures(30, 6000, 3600));
  assert.ok(uneven > even && uneven <= 0.66, `${even} and ${uneven} s`);
  assert.ok(target(pictures(30, 6000, 5900)) <= 0.66, 'never more than twice what is wished');
});

test('how far one track is behind the other is part of how far players stay back', () => {
  const frames = stream({ frames: 60, gop: 60, video: v, audio: a });
  const late = frames.toSorted((one, two) => order(one) - order(two));
  const lag = choosePartTarget(late, 2 * S, 0.33 * S).lag / S;
  assert.ok(Math.abs(lag - 0.5) < 0.05, `${lag} s`);
});

const order = (frame: MediaFrame): number => frame.dts + (frame.kind === 'audio' ? S / 2 : 0);
