import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_ARCHIVE, type Archive, type PastSegment } from '../../../src/outputs/hls/archive.ts';
import { audioTrack, stream, videoTrack } from '../mpegts/frames.ts';
import { rigOf, SEQUENCE } from './harness.ts';
import { assertLowLatency, readLowLatency, type ReadLowLatency } from './ll-rules.ts';

/** Keeps all that it is offered. */
function keeper(): Archive {
  const kept: PastSegment[] = [];
  const bytes = new Map<number, Buffer>();
  return {
    ...NO_ARCHIVE,
    offer: ({ sequence, head, duration, init, bytes: whole }) => {
      kept.push({ ...head, sequence, duration, init: init.number });
      bytes.set(sequence, whole);
    },
    past: (before) => kept.filter(({ sequence }) => sequence < before),
    fetch: (what, callback) => {
      const found = what.kind === 'segment' ? bytes.get(what.sequence) : undefined;
      if (!found) return undefined;
      queueMicrotask(() => callback({ bytes: found, hasPictures: true }));
      return () => undefined;
    },
  };
}

test('the past that an archive keeps stands in front of the window, by its old addresses, unless it is not wanted', async () => {
  const r = rigOf({ lowLatency: true, archive: keeper() });
  r.feed(stream({ frames: 60 * 20, gop: 60, video: videoTrack(), audio: audioTrack() }));
  const look = (form: { skip: boolean; dvr: boolean }): ReadLowLatency =>
    readLowLatency(r.hls.playlist('media.m3u8')!.rendered(form)!.bytes.toString());
  const short = look({ skip: false, dvr: false });
  const long = look({ skip: false, dvr: true });
  const delta = look({ skip: true, dvr: true });
  for (const one of [short, long]) assertLowLatency(one);
  assert.equal(short.segments[0]?.sequence, SEQUENCE + 13);
  assert.equal(long.segments[0]?.sequence, SEQUENCE);
  assert.deepEqual(
    long.segments.slice(-short.segments.length).map(({ parts }) => parts),
    short.segments.map(({ parts }) => parts),
  );
  assert.ok(delta.skipped > 10 && delta.segments.length < 10, `${delta.skipped} skipped`);
  assert.deepEqual(
    delta.segments.map(({ sequence, uri }) => [sequence, uri]),
    long.segments.slice(delta.skipped).map(({ sequence, uri }) => [sequence, uri]),
  );
  assert.ok(!delta.text.includes('EXT-X-MAP'), 'the map that is in force is known');
  assert.equal(r.hls.file(`${SEQUENCE}.m4s`), undefined, 'not in memory any more');
  const fetched = await new Promise<Buffer | undefined>((resolve) => {
    assert.ok(
      r.hls.whenFile(`${SEQUENCE}.m4s`, (file) => resolve(file && 'bytes' in file ? file.bytes : undefined)),
    );
  });
  assert.equal(fetched?.toString('latin1', 4, 8), 'styp');
  assert.equal(
    r.hls.whenFile('1.m4s', () => assert.fail('never kept')),
    undefined,
  );
});
