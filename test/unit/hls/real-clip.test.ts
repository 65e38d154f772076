import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { HlsOutput } from '../../../src/outputs/hls/hls-output.ts';
import { inScratch, makeClip, noFfmpeg } from '../mpegts/flv-clip.ts';
import { audioOf, nalUnits, readTs, videoOf } from '../mpegts/ts-reader.ts';
import { media, NOW, playlist } from './harness.ts';

/** What mux.js tells of one elementary stream: first and last packet, times in seconds as well. */
interface Inspected {
  readonly video?: readonly { readonly type: string; readonly dtsTime: number; readonly ptsTime: number }[];
  readonly audio?: readonly { readonly dtsTime: number }[];
}
interface MuxJs {
  inspect(bytes: Uint8Array, baseTimestamp?: number): Inspected | null;
}
const muxJs = createRequire(import.meta.url)('mux.js/lib/tools/ts-inspector.js') as MuxJs;

const SOURCE = [
  '-f',
  'lavfi',
  '-i',
  'testsrc2=size=320x180:rate=25:duration=9',
  '-f',
  'lavfi',
  '-i',
  'sine=f=440:r=48000:d=9',
];
const ENCODED = [
  '-c:v',
  'libx264',
  '-preset',
  'ultrafast',
  '-pix_fmt',
  'yuv420p',
  '-bf',
  '3',
  '-g',
  '25',
  '-c:a',
  'aac',
];

test('a clip with B-frames as HLS, read by ffmpeg and by mux.js', { skip: noFfmpeg }, () => {
  const frames = makeClip(ENCODED, SOURCE);
  const name = { app: 'live', stream: 'clip', path: 'live/clip' };
  const hls = new HlsOutput({
    name,
    segmentSeconds: 2,
    windowSegments: 6,
    clock: () => NOW,
    container: 'ts',
  });
  for (const frame of frames) hls.write(frame);
  hls.end();

  const { segments, targetDuration } = playlist(hls);
  assert.deepEqual(
    [targetDuration, ...segments.map(({ seconds }) => Math.round(seconds * 100) / 100)],
    [2, 2, 2, 2, 2, 1],
  );
  let first: number | undefined;
  let expected = 0;
  for (const { uri, seconds } of segments) {
    const { bytes } = hls.file(uri)!;
    const file = readTs(bytes);
    const units = nalUnits(videoOf(file)[0]!.payload).map((unit) => unit[0]! & 0x1f);
    assert.deepEqual([units.slice(0, 3), units.includes(5)], [[9, 7, 8], true]);
    assert.ok(audioOf(file).length > 0);
    const seen = muxJs.inspect(bytes);
    assert.ok(seen?.video && seen.audio);
    first ??= seen.video[0]!.dtsTime;
    assert.ok(
      Math.abs(seen.video[0]!.dtsTime - first - expected) < 0.001,
      'the segment begins where EXTINF says',
    );
    expected += seconds;
  }

  inScratch((directory) => {
    mkdirSync(join(directory, 'clip'));
    const root = join(directory, 'clip.m3u8');
    writeFileSync(root, hls.multivariant()!.bytes);
    writeFileSync(join(directory, 'clip', 'media.m3u8'), media(hls)!.bytes);
    for (const { uri } of segments) writeFileSync(join(directory, 'clip', uri), hls.file(uri)!.bytes);
    const log = join(directory, 'log');
    const script =
      'ffmpeg -nostdin -v warning -i "$1" -f null - 2> "$2"; ffprobe -v error -count_packets -show_entries stream=codec_name,nb_read_packets -of csv=p=0 "$1"';
    const seen = execFileSync('sh', ['-c', script, 'sh', root, log], { encoding: 'utf8' });
    assert.equal(readFileSync(log, 'utf8'), '');
    const count = (kind: string): number => frames.filter((frame) => frame.kind === kind).length;
    assert.ok(seen.includes(`h264,${count('video')}`), seen);
    assert.ok(seen.includes(`aac,${count('audio')}`), seen);
  });
});
