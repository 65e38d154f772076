import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import { inspect } from '../../../src/inspect/inspect.ts';
import type { HlsReport, StreamReport } from '../../../src/inspect/report.ts';

const run = promisify(execFile);
const missing = spawnSync('ffmpeg', ['-version']).error !== undefined;
const skip = missing && 'ffmpeg is not installed: install it to run this test';

let folder: string;
/** Three seconds of moving picture with B-frames, a key frame every second, and a tone. */
before(async () => {
  if (missing) return;
  folder = await mkdtemp(join(tmpdir(), 'millrace-inspect-'));
  const inputs = [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=320x180:r=25:d=3',
    '-f',
    'lavfi',
    '-i',
    'sine=r=48000:d=3',
  ];
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '25', '-sc_threshold', '0'];
  const sound = ['-c:a', 'aac', '-ac', '2'];
  await run('ffmpeg', ['-v', 'error', ...inputs, ...video, ...sound, join(folder, 'a.flv')]);
  const copy = (...to: string[]): Promise<unknown> =>
    run('ffmpeg', ['-v', 'error', '-i', join(folder, 'a.flv'), '-c', 'copy', ...to]);
  await Promise.all([
    copy(join(folder, 'a.ts')),
    copy('-f', 'hls', '-hls_time', '1', '-hls_playlist_type', 'vod', join(folder, 'a.m3u8')),
  ]);
});
after(async () => {
  if (!missing) await rm(folder, { recursive: true });
});

for (const name of ['a.flv', 'a.ts']) {
  test(`${name} by ffmpeg`, { skip }, async () => {
    const report = (await inspect(join(folder, name), { seconds: 1 })) as StreamReport;
    const [video, audio] = report.tracks;
    assert.deepEqual(report.findings, []);
    assert.deepEqual([video?.width, video?.height, video?.frames], [320, 180, 75]);
    assert.ok(Math.abs(video!.fps! - 25) < 0.01);
    assert.match(video!.codecString!, /^avc1\.[0-9A-F]{6}$/);
    assert.deepEqual([audio?.codecString, audio?.sampleRate, audio?.channels], ['mp4a.40.2', 48_000, 2]);
    assert.deepEqual([report.gops?.count, report.gops?.meanSeconds], [3, 1]);
    assert.ok(video!.monotonic && audio!.monotonic);
  });
}

test('HLS by ffmpeg', { skip }, async () => {
  const report = (await inspect(join(folder, 'a.m3u8'), { seconds: 1 })) as HlsReport;
  const [playlist] = report.playlists;
  assert.ok(playlist);
  assert.equal(playlist.segments.length, 3);
  for (const segment of playlist.segments) {
    assert.ok(
      segment.startsWithPat &&
        segment.startsWithPmt &&
        segment.startsWithIdr &&
        segment.startsWithParameterSets,
    );
    assert.equal(segment.video?.frames, 25);
  }
  assert.deepEqual(
    playlist.segments
      .slice(0, 2)
      .map(({ mediaSeconds, differenceSeconds }) => [mediaSeconds, differenceSeconds]),
    [
      [1, 0],
      [1, 0],
    ],
  );
  assert.equal(playlist.tracks[0]?.frames, 75);
  assert.ok(
    report.findings.every(({ code }) => code !== 'ts-continuity'),
    'counters go on from segment to segment',
  );
});
