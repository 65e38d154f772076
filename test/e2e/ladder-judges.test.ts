import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkText } from '../../src/inspect/check/check-text.ts';
import { check } from '../../src/inspect/check/check.ts';
import { inspect } from '../../src/inspect/inspect.ts';
import { ladderStand, multivariantOf } from '../support/ladder-stand.ts';
import { runProgram, unlessThere } from '../support/programs.ts';

const skip = unlessThere('ffmpeg');

test('ffmpeg decodes every rendition', { skip }, async (context) => {
  const { gateway } = await ladderStand(context);
  await multivariantOf(gateway, 'live/cam');
  for (const [file, has] of [
    ['media.m3u8', 'video,audio'],
    ['video1.m3u8', 'video,audio'],
    ['audio1.m3u8', 'audio'],
    ['picture0.m3u8', 'video'],
    ['picture1.m3u8', 'video'],
    ['sound0.m3u8', 'audio'],
    ['video1-ts.m3u8', 'video,audio'],
  ] as const) {
    const url = `${gateway.http}/live/cam/${file}`;
    const { stderr } = await runProgram('ffmpeg', ['-v', 'error', '-t', '1', '-i', url, '-f', 'null', '-']);
    assert.equal(stderr, '', file);
    const show = ['-v', 'error', '-show_entries', 'stream=codec_type', '-of', 'csv=p=0', url];
    const { stdout } = await runProgram('ffprobe', show);
    const kinds = [...new Set(stdout.match(/video|audio/g))].sort().reverse().join();
    assert.equal(kinds, has, file);
  }
});

test('inspect and its check find nothing to complain of', { skip }, async (context) => {
  const { gateway } = await ladderStand(context);
  await multivariantOf(gateway, 'live/cam');
  const url = `${gateway.http}/live/cam.m3u8`;
  const report = await inspect(url, { seconds: 2 });
  assert.equal(report.kind === 'hls' && report.variants.length, 2);
  const checked = await check(url, { seconds: 6 });
  assert.deepEqual(checked.check.violations, [], checkText(checked));
});

test('a clip of each rendition', { skip }, async (context) => {
  const { gateway } = await ladderStand(context);
  await multivariantOf(gateway, 'live/cam');
  const sizes = await Promise.all(
    [0, 1].map(async (track) => {
      const url = `${gateway.http}/live/cam/clip.mp4?last=2&track=${track}`;
      const show = [
        '-v',
        'error',
        '-select_streams',
        'v',
        '-show_entries',
        'stream=height',
        '-of',
        'csv=p=0',
        url,
      ];
      return (await runProgram('ffprobe', show)).stdout.trim();
    }),
  );
  assert.deepEqual(sizes, ['360', '180']);
});
