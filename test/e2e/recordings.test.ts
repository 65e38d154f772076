import assert from 'node:assert/strict';
import {
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Parser } from 'm3u8-parser';
import { FlvReader, type FlvTag } from '../../src/containers/flv/reader.ts';
import { readVideoBody } from '../../src/containers/flv/video.ts';
import { numberedClip } from '../support/clip.ts';
import { publishFile, whenLive } from '../support/gateway.ts';
import { runProgram, unlessThere } from '../support/programs.ts';
import { recordClip, type Recorded } from '../support/recorded.ts';
import { waitFor } from '../support/wait.ts';

/** Recordings fetched as files, from the middle, and as HLS. */
const skip = unlessThere('ffmpeg', 'ffprobe');
const SECONDS = 20;

let recorded: Recorded;
let clip = '';

before(async () => {
  if (skip) return;
  clip = numberedClip(SECONDS);
  recorded = await recordClip(clip);
});

after(async () => {
  if (!skip) await recorded.gateway.stop();
});

const onDisk = (path: string): string => join(recorded.gateway.folder, 'data', 'recordings', path);
const bytesOf = async (answer: Response): Promise<Buffer> => Buffer.from(await answer.arrayBuffer());

for (const [ending, type] of [
  ['mp4', 'video/mp4'],
  ['flv', 'video/x-flv'],
] as const) {
  test(
    `${ending}: the whole file, parts of it, and nothing where the client has it already`,
    { skip },
    async () => {
      const url = `${recorded.base}/1.${ending}`;
      const file = readFileSync(onDisk(`live/cam/1.${ending}`));
      const whole = await fetch(url);
      assert.equal(whole.status, 200, 'the whole file');
      assert.equal(whole.headers.get('content-type'), type);
      assert.equal(whole.headers.get('content-length'), String(file.length));
      assert.equal(whole.headers.get('content-disposition'), `inline; filename="live_cam_1.${ending}"`);
      assert.ok(file.equals(await bytesOf(whole)), 'byte for byte');
      const etag = whole.headers.get('etag')!;
      const ask = (headers: Record<string, string>, method = 'GET'): Promise<Response> =>
        fetch(url, { headers, method });

      const head = await ask({}, 'HEAD');
      assert.deepEqual(
        [head.status, head.headers.get('content-length'), head.headers.get('accept-ranges')],
        [200, String(file.length), 'bytes'],
      );
      for (const [range, from, to] of [
        ['bytes=0-99', 0, 100],
        ['bytes=100000-299999', 100_000, 300_000],
        ['bytes=-500', file.length - 500, file.length],
        [`bytes=${file.length - 7}-`, file.length - 7, file.length],
      ] as const) {
        const part = await ask({ Range: range, 'If-Range': etag });
        assert.equal(part.status, 206, range);
        assert.equal(part.headers.get('content-range'), `bytes ${from}-${to - 1}/${file.length}`);
        assert.ok(file.subarray(from, to).equals(await bytesOf(part)), `bytes of ${range}`);
      }
      const other = await ask({ Range: 'bytes=0-99', 'If-Range': '"another"' });
      assert.equal(other.status, 200, 'a range of another copy is no use');
      await other.body?.cancel();
      const beyond = await ask({ Range: `bytes=${file.length}-` });
      assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, `bytes */${file.length}`]);
      assert.equal((await ask({ 'If-None-Match': etag })).status, 304);
      assert.equal((await ask({ 'If-Modified-Since': whole.headers.get('last-modified')! })).status, 304);
      const kept = await fetch(`${url}?download`, { method: 'HEAD' });
      assert.equal(kept.headers.get('content-disposition'), `attachment; filename="live_cam_1.${ending}"`);
    },
  );
}

test(
  'flv from a time: header, configurations, then the key frame at or before it, in the times of the file',
  { skip },
  async () => {
    const url = `${recorded.base}/1.flv`;
    const file = readFileSync(onDisk('live/cam/1.flv'));
    const tagsOf = (bytes: Buffer): FlvTag[] => {
      const tags: FlvTag[] = [];
      new FlvReader().push(bytes, (tag) => tags.push(tag));
      return tags;
    };
    const answer = await fetch(`${url}?start=7.9`);
    const bytes = await bytesOf(answer);
    assert.equal(answer.headers.get('content-length'), String(bytes.length));
    const tags = tagsOf(bytes);
    assert.deepEqual(
      tags.slice(0, 4).map(({ type, timestamp }) => [type, timestamp]),
      [
        [18, 7000],
        [9, 7000],
        [8, 7000],
        [9, 7000],
      ],
      'metadata, both configurations, a picture',
    );
    assert.deepEqual(
      tags.slice(1, 4).map(({ type, body }) => (type === 9 ? readVideoBody(body).kind : body[1])),
      ['config', 0, 'frame'],
    );
    const first = readVideoBody(tags[3]!.body);
    assert.ok(first.kind === 'frame' && first.keyFrame, 'a key frame');
    const rest = bytes.length - 2000;
    assert.ok(file.subarray(-rest).equals(bytes.subarray(-rest)), 'the rest is that of the file');
    assert.equal((await bytesOf(await fetch(`${url}?start=0`))).length, file.length, 'from its beginning');

    const at = file.length - rest; // players that know the index ask for a byte of the file
    const byByte = tagsOf(await bytesOf(await fetch(`${url}?start=${at}`)));
    assert.equal(byByte[3]?.timestamp, 7000, 'nginx-style byte position');
    const late = await fetch(`${url}?start=90`);
    assert.deepEqual([late.status, ((await late.json()) as { field: string }).field], [416, 'start']);
    assert.equal((await fetch(`${url}?start=soon`)).status, 400);
  },
);

for (const ending of ['mp4', 'flv'] as const) {
  test(`${ending} as HLS: everybody reads it the same way, and all frames are in it`, { skip }, async () => {
    const url = `${recorded.base}/1.${ending}/index.m3u8`;
    const answer = await fetch(url);
    assert.equal(answer.headers.get('content-type'), 'application/vnd.apple.mpegurl');
    const text = await answer.text();
    const parser = new Parser();
    parser.push(text);
    parser.end();
    const { endList, playlistType, targetDuration, segments } = parser.manifest as {
      endList: boolean;
      playlistType: string;
      targetDuration: number;
      segments: { duration: number; uri: string; byterange?: { length: number; offset: number } }[];
    };
    assert.deepEqual([endList, playlistType, targetDuration, segments.length], [true, 'VOD', 4, SECONDS / 4]);
    const total = segments.reduce((sum, { duration }) => sum + duration, 0);
    assert.ok(Math.abs(total - SECONDS) < 0.2, `${total} s`);
    if (ending === 'mp4') {
      const ranges = segments.map(({ byterange }) => byterange!);
      assert.ok(
        ranges.every(
          ({ offset }, index) =>
            index === 0 || offset === ranges[index - 1]!.offset + ranges[index - 1]!.length,
        ),
        'one behind the other',
      );
      const size = readFileSync(onDisk('live/cam/1.mp4')).length;
      assert.equal(ranges.at(-1)!.offset + ranges.at(-1)!.length, size, 'up to the end');
    }
    const counted = (source: string): Promise<{ stdout: string; stderr: string }> =>
      runProgram('ffprobe', [
        '-v',
        'warning',
        '-count_packets',
        '-show_entries',
        'stream=codec_type,nb_read_packets',
        '-of',
        'csv',
        source,
      ]);
    const [asHls, asFile] = [await counted(url), await counted(onDisk(`live/cam/1.${ending}`))];
    const packets = (out: string): string[] =>
      [...new Set(out.match(/stream,(video|audio),\d+/g))].filter((line) => !line.endsWith(',1')).sort();
    assert.equal(packets(asHls.stdout).length, 2, asHls.stdout);
    assert.deepEqual(packets(asHls.stdout), packets(asFile.stdout));
    assert.equal(asHls.stderr, '', 'nothing to complain of');
    const inspect = ['--import', 'tsx', 'src/main.ts', 'inspect', '--check', url];
    assert.match((await runProgram(process.execPath, inspect)).stdout, /Verdict: clean/);
  });
}

test('a segment has the same bytes whenever it is asked for, and counters that go on', { skip }, async () => {
  const playlist = await (await fetch(`${recorded.base}/1.flv/index.m3u8`)).text();
  const names = playlist.split('\n').filter((line) => line.endsWith('.ts'));
  const segments = await Promise.all(
    names.map(async (name) => {
      const url = `${recorded.base}/1.flv/${name}`;
      const [one, two] = await Promise.all([fetch(url), fetch(url)]);
      const bytes = await bytesOf(one);
      assert.ok(bytes.equals(await bytesOf(two)), name);
      assert.equal(
        (await fetch(url, { headers: { 'If-None-Match': one.headers.get('etag')! } })).status,
        304,
      );
      return bytes;
    }),
  );
  const all = Buffer.concat(segments);
  const counters = new Map<number, number>();
  for (let at = 0; at < all.length; at += 188) {
    assert.equal(all[at], 0x47, `a packet at ${at}`);
    if ((all[at + 3]! & 0x10) === 0) continue;
    const pid = all.readUInt16BE(at + 1) & 0x1fff;
    const [before, now] = [counters.get(pid), all[at + 3]! & 15];
    if (before !== undefined) assert.equal(now, (before + 1) & 15, `PID ${pid} at ${at}`);
    counters.set(pid, now);
  }
  assert.equal(counters.size, 4, 'PAT, PMT, picture and sound');
  for (const name of ['0-100.ts', '74000-99999999999.ts', 'x.ts', '9-3.ts'])
    assert.equal((await fetch(`${recorded.base}/1.flv/segments/${name}`)).status, 404, name);
});

test('a file that is being written: what there is by now', { skip }, async () => {
  const { gateway } = recorded;
  const publisher = publishFile(clip, `${gateway.rtmp}/live/now`);
  await whenLive(gateway, 'live/now');
  const url = `${gateway.http}/api/v1/recordings/live/now/1`;
  for (const ending of ['mp4', 'flv']) {
    const text = await waitFor('a playlist of it', async () => {
      const answer = await fetch(`${url}.${ending}/index.m3u8`);
      const text = await answer.text();
      if (answer.status === 200) return text;
      assert.match(text, /nothing in this recording|no recording/);
      return undefined;
    });
    assert.match(text, /#EXT-X-ENDLIST/);
    const answer = await fetch(`${url}.${ending}`);
    assert.equal(Number(answer.headers.get('content-length')), (await bytesOf(answer)).length);
  }
  const first = Number((await fetch(`${url}.flv`, { method: 'HEAD' })).headers.get('content-length'));
  await waitFor('it to grow', async () => {
    const head = await fetch(`${url}.flv`, { method: 'HEAD' });
    return Number(head.headers.get('content-length')) > first;
  });
  await publisher.stop();
});

/** How often this process has a file open. */
const openFiles = (path: string): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;

test('a client that does not read, and then hangs up, holds a file open no longer', { skip }, async () => {
  const path = onDisk('live/cam/1.mp4');
  assert.equal(openFiles(path), 0, 'all that were read before are closed');
  const socket = connect(recorded.gateway.httpPort, '127.0.0.1');
  socket.on('error', () => undefined);
  // Nothing fits into socket buffers that is asked for so often.
  const ask = 'GET /api/v1/recordings/live/cam/1.mp4 HTTP/1.1\r\nHost: localhost\r\n\r\n';
  socket.write(ask.repeat(8));
  socket.pause();
  await waitFor('the file to be open', () => openFiles(path) > 0);
  socket.destroy();
  await waitFor('the file to be closed', () => openFiles(path) === 0);
});

test('no address leads out of the recordings, and what is gone is gone', { skip }, async () => {
  const { gateway } = recorded;
  const outside = join(gateway.folder, 'secret.mp4');
  writeFileSync(outside, 'secret');
  const status = async (path: string): Promise<number> =>
    (await fetch(`${gateway.http}/api/v1/recordings/${path}`)).status;
  for (const path of [
    'live/cam/..%2f..%2f..%2fsecret.mp4',
    'live/%2e%2e/secret.mp4',
    'live/cam/1.mp4%00',
    'live/cam/%2e%2e',
    'live/cam/.recordings.jsonl',
    'live/cam/2.mp4',
  ]) {
    assert.ok([400, 404].includes(await status(path)), path);
    assert.ok([400, 404].includes(await status(`${path}/index.m3u8`)), path);
  }
  const own = onDisk('live/cam/1.mp4');
  renameSync(own, `${own}.away`);
  assert.equal(await status('live/cam/1.mp4'), 404, 'it is gone');
  symlinkSync(outside, own);
  assert.equal(await status('live/cam/1.mp4'), 404, 'a link is no recording');
  rmSync(own);
  renameSync(`${own}.away`, own);
  assert.equal(await status('live/cam/1.mp4'), 200, 'it is back');
});
