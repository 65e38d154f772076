import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Parser } from 'm3u8-parser';
import { inspect } from '../../src/inspect/inspect.ts';
import { publishFile, startGateway, whenLive, type TestGateway } from '../support/gateway.ts';
import { makeWithFfmpeg, unlessThere, type Background } from '../support/programs.ts';

/** Readers that others wrote (mux.js and m3u8-parser, by way of `inspect`) follow a live run and find nothing odd. */
const skip = unlessThere('ffmpeg');

const LOOK_SECONDS = 16;

let gateway: TestGateway;
let publisher: Background;

before(async () => {
  if (skip) return;
  gateway = await startGateway({ hls: { container: 'ts' } });
  const clip = join(gateway.folder, 'clip.flv');
  makeWithFfmpeg([
    ...[
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=640x360:r=30000/1001',
      '-f',
      'lavfi',
      '-i',
      'sine=f=440:r=44100:b=4',
      '-t',
      '60',
    ],
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-bf',
      '2',
      '-g',
      '30',
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'aac',
      clip,
    ],
  ]);
  publisher = publishFile(clip, `${gateway.rtmp}/live/cam`);
  await whenLive(gateway, 'live/cam');
});

after(async () => {
  if (skip) return;
  await publisher.stop();
  await gateway.stop();
});

test('m3u8-parser reads every playlist of the run without a warning', { skip }, async () => {
  const texts = new Set<string>();
  const until = Date.now() + 6_000;
  while (Date.now() < until) {
    for (const path of ['cam.m3u8', 'cam/media.m3u8']) {
      texts.add(await (await fetch(`${gateway.http}/live/${path}`)).text());
    }
    await new Promise((resolve) => setTimeout(resolve, 250)); // the pace of a hasty player, not a wait for luck
  }
  assert.ok(texts.size >= 4, `${texts.size} different playlists`);
  for (const text of texts) {
    const said: string[] = [];
    const parser = new Parser();
    parser.on('warn', ({ message }: { message: string }) => said.push(message));
    parser.on('info', ({ message }: { message: string }) => said.push(message));
    parser.push(text);
    parser.end();
    assert.deepEqual(said, [], text);
  }
});

test(
  'each segment starts on an IDR picture, and the sum of EXTINF is the span of PTS to the millisecond',
  { skip },
  async () => {
    const report = await inspect(`${gateway.http}/live/cam.m3u8`, { seconds: LOOK_SECONDS });
    assert.deepEqual(report.findings, []);
    assert.ok(report.kind === 'hls');
    const [playlist] = report.playlists;
    assert.ok(playlist && playlist.segments.length >= 6, `${playlist?.segments.length ?? 0} segments`);
    for (const segment of playlist.segments) {
      const { startsWithPat, startsWithPmt, startsWithIdr, differenceSeconds } = segment;
      assert.deepEqual(
        { startsWithPat, startsWithPmt, startsWithIdr },
        { startsWithPat: true, startsWithPmt: true, startsWithIdr: true },
      );
      assert.ok(differenceSeconds !== undefined, 'nothing to compare with');
      assert.ok(Math.abs(differenceSeconds) < 0.001, `EXTINF is off by ${differenceSeconds} s`);
    }
    const [first, last] = [playlist.segments[0]!, playlist.segments.at(-1)!];
    const sum = playlist.segments.slice(0, -1).reduce((total, { extinfSeconds }) => total + extinfSeconds, 0);
    assert.ok(first.video && last.video, 'there is no video');
    const span = last.video.firstPtsSeconds - first.video.firstPtsSeconds;
    assert.ok(Math.abs(sum - span) < 0.001, `EXTINF adds up to ${sum} s, PTS to ${span} s`);
  },
);

for (const scheme of ['http', 'ws'] as const) {
  test(`inspect finds nothing odd in FLV over ${scheme}`, { skip }, async () => {
    const report = await inspect(`${gateway[scheme]}/live/cam.flv`, { seconds: 4 });
    assert.deepEqual(report.findings, []);
    assert.ok(report.kind === 'flv');
    assert.equal(report.tracks.length, 2);
  });
}
