import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NalUnits } from '../../../src/codecs/nal/units.ts';
import { TsMuxer } from '../../../src/containers/mpegts/ts-muxer.ts';
import type { MediaFrame } from '../../../src/media/frame.ts';
import { complaints, makeClip, noFfmpeg } from './flv-clip.ts';
import { adtsFrames, audioOf, nalUnits, readTs, videoOf } from './ts-reader.ts';

const picture = (seconds: number): string[] => [
  '-f',
  'lavfi',
  '-i',
  `testsrc2=size=320x180:rate=25:duration=${seconds}`,
];
const sound = (seconds: number, more = ''): string[] => [
  '-f',
  'lavfi',
  '-i',
  `sine=f=440:r=44100:d=${seconds}${more}`,
];
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

/** All frames, in segments that begin at key frames. */
function segments(frames: readonly MediaFrame[]): Buffer[] {
  const video = frames.find((frame) => frame.kind === 'video')?.track;
  const audio = frames.find((frame) => frame.kind === 'audio')?.track;
  const muxer = new TsMuxer();
  const done: Buffer[] = [];
  for (const frame of frames) {
    const cut = frame.kind === 'video' && frame.startsGop;
    if (cut && done.length + muxer.size > 0) done.push(muxer.finish());
    if (cut || muxer.size === 0) muxer.begin({ ...(video ? { video } : {}), ...(audio ? { audio } : {}) });
    muxer.write(frame);
  }
  return [...done, muxer.finish()];
}

function assertSameMedia(frames: readonly MediaFrame[], segmentList: readonly Buffer[]): void {
  const files = segmentList.map(readTs);
  const units = new NalUnits();
  const sent = frames.flatMap((frame) => {
    if (frame.kind !== 'video') return [];
    assert.ok(units.find(frame.payload, 4));
    return Array.from({ length: units.count }, (_, index) =>
      Buffer.from(frame.payload.subarray(units.start(index), units.end(index))),
    );
  });
  const isMedia = (unit: Buffer): boolean => ![7, 8, 9].includes(unit[0]! & 0x1f);
  const got = files.flatMap((file) => videoOf(file).flatMap((unit) => nalUnits(unit.payload)));
  assert.deepEqual(got.filter(isMedia), sent.filter(isMedia));
  const heard = files.flatMap((file) => audioOf(file).flatMap((unit) => adtsFrames(unit.payload)));
  assert.deepEqual(
    heard,
    frames.filter((frame) => frame.kind === 'audio').map((frame) => frame.payload),
  );
}

test(
  'B-frames and AAC: ffmpeg decodes it all without a word, and it is what went in',
  { skip: noFfmpeg },
  () => {
    const frames = makeClip(
      [...x264, '-bf', '3', '-g', '25', '-c:a', 'aac', '-ac', '2'],
      [...picture(3), ...sound(3)],
    );
    assert.ok(frames.some((frame) => frame.kind === 'video' && frame.pts > frame.dts));
    const list = segments(frames);
    assert.equal(list.length, 3);
    assertSameMedia(frames, list);
    const all = Buffer.concat(list);
    assert.equal(complaints('ffmpeg', all), '');
    assert.equal(complaints('ffprobe', all), '');
    for (const segment of list) assert.equal(complaints('ffmpeg', segment), '', 'each segment by itself');
  },
);

test('composition times below zero, as some encoders send them', { skip: noFfmpeg }, () => {
  const frames = makeClip([...x264, '-bf', '2', '-g', '25', '-an'], picture(2)).map((frame) => ({
    ...frame,
    // Two frames late: the first B-frame is then to be shown before it is decoded.
    dts: frame.dts + 2 * 3600,
  })) as MediaFrame[];
  assert.ok(frames.some((frame) => frame.pts < frame.dts));
  const list = segments(frames);
  assertSameMedia(frames, list);
  assert.equal(complaints('ffmpeg', Buffer.concat(list)), '');
});

test('channels by a program config element', { skip: noFfmpeg }, () => {
  const frames = makeClip(['-c:a', 'aac'], sound(1, ',aformat=channel_layouts=hexagonal'));
  const said = complaints('ffmpeg', Buffer.concat(segments(frames)));
  assert.match(
    said,
    /^(Guessed Channel Layout .*\n)?$/,
    'six channels have more than one layout; nothing else',
  );
});
