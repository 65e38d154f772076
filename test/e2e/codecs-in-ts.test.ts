import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { hevcUnits } from '../../src/codecs/hevc/nal.ts';
import { streamKind, tsRefusal } from '../../src/containers/mpegts/carriage.ts';
import { TsMuxer } from '../../src/containers/mpegts/ts-muxer.ts';
import type { MediaFrame } from '../../src/media/frame.ts';
import { TICKS_PER_SECOND } from '../../src/media/time.ts';
import type { TrackSet } from '../../src/media/track.ts';
import { CLIP_NAMES, type ClipName } from '../support/coded-clips.ts';
import { codedFrames, type CodedFrames } from '../support/coded-frames.ts';
import { decoded } from '../support/decoded.ts';
import { noFfmpeg as skip } from '../unit/mpegts/flv-clip.ts';
import { nalUnits, readTs, videoOf } from '../unit/mpegts/ts-reader.ts';

/** Real frames of every codec that MPEG-TS carries, in segments of a second, before other people's decoders. */

/** It comes without types. */
const muxJs = createRequire(import.meta.url)('mux.js/lib/tools/ts-inspector.js') as {
  inspect(bytes: Uint8Array): Partial<Record<'video' | 'audio', readonly { readonly type: string }[]>>;
};

const CARRIED = [
  'avc',
  'hevc',
  'hevc-open',
  'hevc-hdr',
  'aac',
  'ac3',
  'ac3-51',
  'eac3',
  'mp3',
  'mp3-lsf',
] satisfies ClipName[];

function segmentsOf(tracks: TrackSet, frames: readonly MediaFrame[]): Buffer[] {
  const muxer = new TsMuxer();
  const segments: Buffer[] = [];
  let begun = -Infinity;
  for (const frame of frames) {
    if (frame.startsGop && frame.dts - begun >= TICKS_PER_SECOND) {
      if (begun >= 0) segments.push(muxer.finish());
      muxer.begin(tracks, begun >= 0);
      begun = frame.dts;
    }
    muxer.write(frame);
  }
  return [...segments, muxer.finish()];
}

const tracksOf = ({ track }: CodedFrames): TrackSet =>
  track.kind === 'video' ? { video: track } : { audio: track };
/** What ffmpeg says of its own files, too. */
const USUAL = /^.*Guessed Channel Layout.*\n/gm;

describe('real frames in MPEG-TS', { skip }, () => {
  for (const name of CARRIED) {
    test(`${name}: ffmpeg decodes all of it to the same, and each segment by itself`, async () => {
      const coded = await codedFrames(name);
      assert.equal(tsRefusal(coded.track), undefined, 'not refused');
      const segments = segmentsOf(tracksOf(coded), coded.frames);
      assert.ok(segments.length >= 3, 'a segment for each second');
      const whole = decoded(Buffer.concat(segments));
      const source = decoded(coded.clip.file);
      assert.equal(whole.said.replaceAll(USUAL, ''), '', 'ffmpeg is content');
      assert.ok(source.md5.length > 20, 'the source has frames');
      assert.deepEqual(whole.md5, source.md5, 'every frame is decoded to the same');
      const middle = decoded(segments[1]!);
      assert.equal(middle.said.replaceAll(USUAL, ''), '', 'ffmpeg is content with a segment alone');
      assert.ok(middle.md5.length > 10, 'and decodes it');
    });
  }

  for (const name of CLIP_NAMES.filter((one) => !(CARRIED as readonly ClipName[]).includes(one))) {
    test(`${name} is refused in words`, async () => {
      const { track } = await codedFrames(name);
      assert.match(
        tsRefusal(track) ?? '',
        /^(AV1|VP9|VP8|Opus|FLAC) cannot be carried in MPEG-TS, only in fMP4$/,
        'a sentence',
      );
      assert.throws(
        () => new TsMuxer().begin(track.kind === 'video' ? { video: track } : { audio: track }),
        TypeError,
      );
    });
  }

  test('HEVC: each access unit has one delimiter, in front; VPS, SPS and PPS stand before each IRAP picture, once', async () => {
    const coded = await codedFrames('hevc-hdr');
    const units = segmentsOf(tracksOf(coded), coded.frames).flatMap((segment) => videoOf(readTs(segment)));
    assert.equal(units.length, coded.frames.length, 'a PES packet for each frame');
    const finder = hevcUnits();
    for (const [index, { payload }] of units.entries()) {
      const frame = coded.frames[index]!;
      const types = nalUnits(payload).map((unit) => (unit[0]! >> 1) & 0x3f);
      finder.find(frame.payload, 4);
      assert.deepEqual(
        [types[0], types.filter((type) => type === 35).length],
        [35, 1],
        `unit ${index}: delimiter`,
      );
      const sets = types.filter((type) => type >= 32 && type <= 34);
      assert.deepEqual(sets, frame.startsGop ? [32, 33, 34] : [], `unit ${index}: parameter sets`);
      if (frame.startsGop)
        assert.deepEqual(types.slice(1, 4), [32, 33, 34], `unit ${index}: right behind the delimiter`);
    }
  });

  test('picture and sound of new codecs together', async () => {
    const [hevc, eac3] = [await codedFrames('hevc'), await codedFrames('eac3')];
    const frames = [...hevc.frames, ...eac3.frames.map((frame) => ({ ...frame, startsGop: false }))].sort(
      (one, other) => one.dts - other.dts,
    );
    const tracks = { ...tracksOf(hevc), ...tracksOf(eac3) };
    const segments = segmentsOf(tracks, frames);
    const { said, md5 } = decoded(Buffer.concat(segments));
    assert.equal(said.replaceAll(USUAL, ''), '', 'ffmpeg is content');
    assert.equal(md5.length, frames.length, 'all frames');
    assert.deepEqual(
      [...readTs(segments[0]!).program.streams.values()],
      [streamKind(hevc.track)?.streamType, 0x87],
      'stream types',
    );
  });

  test('mux.js finds the pictures of AVC and the sound of AAC', async () => {
    const [avc, aac] = [await codedFrames('avc'), await codedFrames('aac')];
    const frames = [...avc.frames, ...aac.frames.map((frame) => ({ ...frame, startsGop: false }))].sort(
      (one, other) => one.dts - other.dts,
    );
    const found = muxJs.inspect(
      new Uint8Array(segmentsOf({ ...tracksOf(avc), ...tracksOf(aac) }, frames)[0]!),
    );
    assert.deepEqual([found.video?.[0]?.type, found.audio?.[0]?.type], ['video', 'audio'], 'both');
  });
});
