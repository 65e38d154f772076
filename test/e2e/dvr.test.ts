import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Background, makeWithFfmpeg, runProgram, unlessThere } from '../support/programs.ts';
import { complaints } from '../support/recordings.ts';
import { waitFor } from '../support/wait.ts';

/** Players go back to what is on the disk, also over the death of the process, and pieces of it are files. */
const skip = unlessThere('ffmpeg', 'ffprobe');
const SECONDS = 40;
const GOP_SECONDS = 2;

let folder: string;
let clip: string;

interface Server {
  readonly process: Background;
  readonly rtmp: string;
  readonly http: string;
}

async function start(): Promise<Server> {
  const process = new Background(
    globalThis.process.execPath,
    [
      ...['--import', 'tsx', 'src/main.ts', 'serve', '--host', '127.0.0.1'],
      ...['--rtmp-port', '0', '--http-port', '0', '--data-dir', join(folder, 'data')],
    ],
    { ...globalThis.process.env, MILLRACE_HLS_DVR_SECONDS: '60', MILLRACE_PUBLISH_GRACE_SECONDS: '60' },
  );
  const line = await waitFor('the gateway', () => /\{.*"gateway ready"\}/.exec(process.output)?.[0]);
  const { rtmp, http } = JSON.parse(line) as { rtmp: number; http: number };
  return { process, rtmp: `rtmp://127.0.0.1:${rtmp}`, http: `http://127.0.0.1:${http}` };
}

/** Publishes the clip as fast as it goes, and waits until all of it is in the playlist. */
async function publish({ rtmp, http }: Server): Promise<string[]> {
  const encoder = new Background('ffmpeg', [
    ...['-hide_banner', '-loglevel', 'error', '-i', clip, '-c', 'copy'],
    ...['-f', 'flv', `${rtmp}/live/cam`],
  ]);
  const lines = await waitFor('the whole clip in the playlist', async () => {
    const playlist = await linesOf(`${http}/live/cam/media.m3u8`);
    return newest(playlist) >= SECONDS - 0.5 ? playlist : undefined;
  });
  await encoder.stop();
  return lines;
}

async function linesOf(url: string): Promise<string[]> {
  const answer = await fetch(url);
  return answer.ok ? (await answer.text()).split('\n') : [];
}

const lengths = (lines: readonly string[]): number[] =>
  lines.filter((line) => line.startsWith('#EXTINF:')).map((line) => parseFloat(line.slice(8)));
const total = (lines: readonly string[]): number => lengths(lines).reduce((sum, length) => sum + length, 0);
/** Length of what has come since the last discontinuity. */
const newest = (lines: readonly string[]): number =>
  total(lines.slice(lines.lastIndexOf('#EXT-X-DISCONTINUITY') + 1));
const files = (lines: readonly string[]): string[] => lines.filter((line) => line.endsWith('.m4s'));

/** What ffprobe tells of the pictures. */
async function probe(file: string, entries: string): Promise<string> {
  const args = ['-v', 'error', '-select_streams', 'v', '-show_entries', entries, '-of', 'csv=p=0', file];
  return (await runProgram('ffprobe', args)).stdout;
}

before(() => {
  if (skip) return;
  folder = mkdtempSync(join(tmpdir(), 'millrace-dvr-'));
  clip = join(folder, 'source.flv');
  const inputs = ['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=25', '-f', 'lavfi', '-i', 'sine=f=440:r=44100'];
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', `${25 * GOP_SECONDS}`];
  const more = ['-sc_threshold', '0', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
  makeWithFfmpeg([...inputs, '-t', `${SECONDS}`, ...codecs, ...more, clip]);
});
after(() => {
  if (!skip) rmSync(folder, { recursive: true, force: true });
});

describe('the past of a stream', { skip }, () => {
  let server: Server;
  let lines: string[];

  before(async () => {
    server = await start();
    lines = await publish(server);
  });
  after(async () => {
    await server.process.stop();
  });

  test('is in front of the same playlist, and every segment can be fetched', async () => {
    assert.ok(total(lines) > SECONDS - 1, `${total(lines)} s are in the playlist`);
    for (const file of files(lines)) {
      const answer = await fetch(`${server.http}/live/cam/${file}`);
      assert.equal(answer.status, 200, file);
      assert.equal(answer.headers.get('content-type'), 'video/mp4');
      assert.ok((await answer.arrayBuffer()).byteLength > 100, file);
    }
    const short = await linesOf(`${server.http}/live/cam/media.m3u8?dvr=0`);
    assert.equal(files(short).length, 6, 'the short window is what it was');
    const multivariant = await linesOf(`${server.http}/live/cam.m3u8?dvr=0`);
    assert.ok(
      multivariant.some((line) => line.startsWith('cam/media.m3u8?dvr=0')),
      multivariant.join('\n'),
    );
  });

  test('is counted for the operator', async () => {
    const streams = (await (await fetch(`${server.http}/api/v1/streams`)).json()) as {
      streams: { dvr?: { seconds: number; bytes: number } }[];
    };
    const { dvr } = streams.streams[0]!;
    assert.ok(dvr && dvr.seconds > SECONDS - 2 && dvr.bytes > 10_000, JSON.stringify(streams));
    const metrics = await (await fetch(`${server.http}/metrics`)).text();
    assert.match(metrics, new RegExp(`^millrace_dvr_bytes ${dvr.bytes}$`, 'm'));
  });

  test('is played from its beginning without a complaint', async () => {
    const source = `${server.http}/live/cam/media.m3u8`;
    const args = ['-v', 'warning', '-live_start_index', '0', '-i', source, '-t', '30', '-f', 'null', '-'];
    const { code, stderr } = await runProgram('ffmpeg', args);
    assert.deepEqual([code, stderr], [0, '']);
  });

  test('is a file that begins on its key frame, and as long as was asked', async () => {
    const answer = await fetch(`${server.http}/live/cam/clip.mp4?last=15`);
    assert.equal(answer.status, 200);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(Number(answer.headers.get('content-length')), bytes.length);
    assert.match(
      answer.headers.get('content-disposition')!,
      /^attachment; filename="live_cam_2\d{3}-.*\.mp4"$/,
    );
    const file = join(folder, 'clip.mp4');
    writeFileSync(file, bytes);
    const duration = Number((await probe(file, 'stream=duration')).trim());
    assert.ok(duration >= 15 && duration < 15 + GOP_SECONDS + 0.1, `${duration} s`);
    assert.match(await probe(file, 'packet=pts_time,flags'), /^0\.000000,K/);
    assert.equal(await complaints(file), '');
  });

  test('is a file in pieces, which are all of the same clip', async () => {
    const url = `${server.http}/live/cam/clip.mp4?last=10&inline`;
    const head = await fetch(url, { headers: { Range: 'bytes=0-1' } });
    assert.equal(head.status, 206);
    const whole = Number(head.headers.get('content-range')!.split('/')[1]);
    const first = Buffer.from(await (await fetch(url, { headers: { Range: 'bytes=0-999' } })).arrayBuffer());
    const rest = await fetch(url, { headers: { Range: 'bytes=1000-' } });
    assert.equal(rest.headers.get('etag'), head.headers.get('etag'));
    const file = join(folder, 'pieces.mp4');
    const bytes = Buffer.concat([first, Buffer.from(await rest.arrayBuffer())]);
    assert.equal(bytes.length, whole);
    writeFileSync(file, bytes);
    assert.equal(await complaints(file), '');
    const none = await fetch(url, { headers: { Range: `bytes=${whole}-` } });
    assert.equal(none.status, 416);
  });

  test('a clip of what is not kept, or of nonsense, is refused in words', async () => {
    const ask = async (query: string): Promise<[number, string]> => {
      const answer = await fetch(`${server.http}/live/cam/clip.mp4?${query}`);
      return [answer.status, await answer.text()];
    };
    assert.match(
      (await ask('from=2020-01-01T00:00:00Z&to=1577836830')).join(' '),
      /^404 nothing of that is kept/,
    );
    assert.match((await ask('last=-1')).join(' '), /^400 last is a number of seconds/);
    assert.match((await ask('last=10&from=1')).join(' '), /^400 last and from/);
    assert.match((await ask('from=tea')).join(' '), /^400 from and to are dates/);
    assert.match((await ask('last=100000')).join(' '), /^400 a clip may be 600 seconds long/);
    assert.match((await ask('last=10&track=3')).join(' '), /^404/);
    const nobody = await fetch(`${server.http}/live/nobody/clip.mp4`);
    assert.equal(nobody.status, 404);
  });

  test('is still there after kill -9: the stream goes on behind a discontinuity, by numbers that do not go back', async () => {
    const before = files(lines);
    await server.process.stop('SIGKILL');
    server = await start();
    const again = await publish(server);
    const seams = again.filter((line) => line === '#EXT-X-DISCONTINUITY').length;
    assert.equal(seams, 1, again.join('\n'));
    assert.ok(total(again) > SECONDS + 15, `${total(again)} s are in the playlist`);
    const number = (file: string): number => parseInt(file, 10);
    assert.ok(number(files(again)[0]!) > number(before.at(-1)!), 'no number is used twice');
    for (const file of files(again)) {
      const answer = await fetch(`${server.http}/live/cam/${file}`);
      assert.equal(answer.status, 200, file);
      await answer.arrayBuffer();
    }
  });
});
