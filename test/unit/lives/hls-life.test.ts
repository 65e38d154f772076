import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HlsLife } from '../../../src/app/hls-life.ts';
import type { TrackId, VideoTrack } from '../../../src/media/track.ts';
import { CutSchedule } from '../../../src/outputs/hls/cut-schedule.ts';
import { HlsOutput } from '../../../src/outputs/hls/hls-output.ts';
import { key, videoTrack } from '../../support/media.ts';
import { nameOf } from '../../support/stage.ts';

/** Renditions of a stream that come and go. */

test('a rendition that comes back has no number again, though others have come and gone since', () => {
  const firsts = new Map<TrackId, number[]>();
  const gone: TrackId[] = [];
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
  for (let round = 0; round < 4; round++) comeAndGo('video2', 2);
  assert.deepEqual(gone, ['video1'], 'it has made room');
  comeAndGo('video1', 9);
  const [first, again] = firsts.get('video1')!;
  assert.equal(first, 100);
  assert.ok(again! >= 110, `it begins with ${again} after 100 to 109`);
});
