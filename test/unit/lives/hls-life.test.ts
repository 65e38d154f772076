import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HlsLife } from '../../../src/app/hls-life.ts';
import type { VideoTrack } from '../../../src/media/track.ts';
import { CutSchedule } from '../../../src/outputs/hls/cut-schedule.ts';
import { HlsOutput } from '../../../src/outputs/hls/hls-output.ts';
import type { RenditionId } from '../../../src/outputs/hls/rendition-id.ts';
import type { FrameSink } from '../../../src/stream/frame-sink.ts';
import { key, sound, videoTrack } from '../../support/media.ts';
import { nameOf } from '../../support/stage.ts';

/** Renditions of a stream that come and go. */

test('a rendition that comes back has no number again, though others have come and gone since', () => {
  const firsts = new Map<RenditionId, number[]>();
  const gone: RenditionId[] = [];
  const life = new HlsLife({
    cuts: new CutSchedule(1, 0.33),
    first: { sequence: 100, discontinuity: 0 },
    make: (rendition, first, together) => {
      const id = rendition ?? 'video';
      firsts.set(id, [...(firsts.get(id) ?? []), first.sequence]);
      const common = { name: nameOf('live/cam'), segmentSeconds: 1, windowSegments: 6, clock: () => 0 };
      return new HlsOutput({ ...common, ...together, first, ...(rendition && { rendition }) });
    },
    ended: () => undefined,
    letGo: ({ id }) => gone.push(id),
  });
  const comeAndGo = (id: 'video1' | 'video2', seconds: number): void => {
    const feed = life.feed(id);
    const track: VideoTrack = { ...videoTrack(), id };
    for (let second = 0; second <= seconds; second++) feed.write(key(second * 1_000, { track }));
    feed.end('stream ended');
  };
  comeAndGo('video1', 9);
  for (let round = 0; round < 8; round++) comeAndGo('video2', 2);
  assert.deepEqual(gone, ['video1'], 'it has made room');
  comeAndGo('video1', 9);
  const [first, again] = firsts.get('video1')!;
  assert.equal(first, 100);
  assert.ok(again! >= 110, `it begins with ${again} after 100 to 109`);
});

test('with a second sound pictures and sounds are offered apart, in CMAF and from then on', () => {
  const life = new HlsLife({
    cuts: new CutSchedule(1, 0.33),
    first: { sequence: 100, discontinuity: 0 },
    make: (rendition, first, together) => {
      const common = { name: nameOf('live/cam'), segmentSeconds: 1, windowSegments: 6, clock: () => 0 };
      return new HlsOutput({ ...common, ...together, first, ...(rendition && { rendition }) });
    },
    ended: () => undefined,
    letGo: () => undefined,
  });
  const apart = life.apart();
  let second = 0;
  const play = (seconds: number, other?: FrameSink): void => {
    for (const until = second + seconds; second < until; second++) {
      const picture = key(second * 1_000);
      const sounds = [0, 250, 500, 750].map((ms) => sound(second * 1_000 + ms));
      for (const frame of [picture, ...sounds]) {
        life.main.write(frame);
        apart.write(frame);
      }
      for (const frame of sounds)
        other?.write({ ...frame, track: { ...frame.track, id: 'audio1' }, startsGop: true });
    }
    life.tick();
  };
  const named = (container: 'fmp4' | 'ts'): string[] => {
    const { bytes } = life.multivariant({ container, dvr: true })!;
    return [...bytes.toString().matchAll(/[a-z]+\d?(?:-ts)?(?=\.m3u8)/g)].map(([name]) => name);
  };
  play(3);
  assert.deepEqual(named('fmp4'), ['media']);
  assert.equal(life.file('sound0-100.m4s'), undefined, 'nothing is made of them while nobody could choose');
  const other = life.feed('audio1');
  play(4, other);
  assert.deepEqual(named('fmp4'), ['sound0', 'audio1', 'picture0']);
  assert.deepEqual(named('ts'), ['audio1-ts', 'media-ts'], 'players take the sound out of MPEG-TS');
  play(8);
  assert.deepEqual(named('fmp4'), ['sound0', 'picture0'], 'who has begun with them goes on');
  assert.deepEqual(
    life.beside.map(({ id }) => id),
    [],
    'they are no tracks of the publisher',
  );
});
