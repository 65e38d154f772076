import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import { WebSocketServer } from 'ws';
import { InspectError } from '../../../src/inspect/errors.ts';
import { inspect } from '../../../src/inspect/inspect.ts';
import type { HlsReport, StreamReport } from '../../../src/inspect/report.ts';
import { textReport } from '../../../src/inspect/text-report.ts';
import {
  flvAacConfig,
  flvAudio,
  flvAvcConfig,
  flvHeader,
  flvVideo,
  TransportMaker,
  VIDEO_PID,
} from './hand-made.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-inspect-'));
});
after(() => rm(folder, { recursive: true }));

async function serve(context: TestContext, handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function file(name: string, content: Buffer | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function stream(target: string, seconds = 10): Promise<StreamReport> {
  const report = await inspect(target, { seconds });
  assert.notEqual(report.kind, 'hls');
  return report as StreamReport;
}

async function hls(target: string, seconds = 10): Promise<HlsReport> {
  const report = await inspect(target, { seconds });
  assert.equal(report.kind, 'hls');
  return report;
}

const fails = (code: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof InspectError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, words);
  assert.doesNotMatch(error.message, /\n/);
  return true;
};
const look = (target: string) => () => inspect(target, { seconds: 1 });

const FLV = Buffer.concat([
  flvHeader(5),
  flvAvcConfig(),
  flvAacConfig(),
  ...Array.from({ length: 50 }, (_, i) =>
    Buffer.concat([flvVideo(i * 40, { key: i % 25 === 0 }), flvAudio(i * 40)]),
  ),
]);

/** Segment `index` of a stream of 1-second segments at 25 frames per second. */
function segment(make: TransportMaker, index: number, startsWithKey = true): Buffer {
  const from = 126_000 + index * 90_000;
  const frames = Array.from({ length: 25 }, (_, i) =>
    make.video(from + i * 3600, { key: startsWithKey && i === 0 }),
  );
  return Buffer.concat([make.tables([[0x1b, VIDEO_PID]]), ...frames]);
}

const playlist = (first: number, names: readonly string[], end = ''): string =>
  `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:${first}\n` +
  names.map((name) => `#EXTINF:1.000,\n${name}\n`).join('') +
  end;
const END = '#EXT-X-ENDLIST\n';

test('an FLV file is read to its end', async () => {
  const report = await stream(await file('a.flv', FLV));
  assert.equal(report.kind, 'flv');
  assert.deepEqual([report.live, report.ended, report.bytes], [false, 'end', FLV.length]);
  assert.deepEqual(report.findings, []);
  assert.deepEqual(
    report.tracks.map(({ frames }) => frames),
    [50, 50],
  );
});

test('an FLV that stops being FLV is told up to there', async () => {
  const report = await stream(
    await file('torn.flv', Buffer.concat([FLV, Buffer.from('this is no tag, and no pointer')])),
  );
  assert.deepEqual(
    report.findings.map(({ code }) => code),
    ['cut-short'],
  );
  const bad = Buffer.from(FLV);
  bad.writeUInt32BE(12_345, FLV.length - 4);
  const broken = await stream(await file('bad.flv', Buffer.concat([bad, FLV])));
  assert.equal(broken.ended, 'broken');
  assert.deepEqual(
    broken.findings.map(({ code }) => code),
    ['framing-lost'],
  );
});

test('a live FLV is followed over HTTP for the time asked', async (context) => {
  const host = await serve(context, (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'video/x-flv' });
    response.write(FLV.subarray(0, 1000));
    response.write(FLV.subarray(1000));
  });
  const report = await stream(`http://${host}/live/a.flv`, 0.2);
  assert.deepEqual([report.live, report.ended, report.bytes], [true, 'time', FLV.length]);
  assert.deepEqual(report.findings, []);
});

test('a live FLV is followed over WebSocket', async (context) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  context.after(() => server.close());
  server.on('connection', (socket) => {
    socket.send(FLV.subarray(0, 1000));
    socket.send(FLV.subarray(1000));
  });
  const report = await stream(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/live/a.flv`, 0.2);
  assert.deepEqual([report.kind, report.live, report.ended, report.bytes], ['flv', true, 'time', FLV.length]);
});

test('a publisher that goes away ends a live look', async (context) => {
  const host = await serve(context, (_request, response) => response.writeHead(200).end(FLV));
  const report = await stream(`http://${host}/live/a.flv`);
  assert.equal(report.ended, 'end');
});

test('a finished HLS is read whole, through redirects', async (context) => {
  const make = new TransportMaker();
  const files = new Map<string, Buffer | string>([
    [
      '/x/a.m3u8',
      '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=200000,CODECS="avc1.4d400d",RESOLUTION=320x180\nv/b.m3u8\n',
    ],
    ['/x/v/b.m3u8', playlist(7, ['0.ts', '1.ts', '2.ts'], END)],
    ...[0, 1, 2].map((index): [string, Buffer] => [`/x/v/${index}.ts`, segment(make, index)]),
  ]);
  const host = await serve(context, (request, response) => {
    if (request.url === '/a.m3u8') response.writeHead(302, { Location: '/x/a.m3u8' }).end();
    else response.end(files.get(request.url ?? ''));
  });
  const report = await hls(`http://${host}/a.m3u8`);
  assert.deepEqual(report.findings, []);
  assert.deepEqual([report.live, report.playlistKind], [false, 'multivariant']);
  const [one] = report.playlists;
  assert.ok(one);
  assert.deepEqual([one.ended, one.extinfSumSeconds, one.mediaSumSeconds], ['end', 3, 3]);
  assert.deepEqual(
    one.segments.map((seen) => [seen.sequence, seen.mediaSeconds, seen.measuredTo, seen.differenceSeconds]),
    [
      [7, 1, 'next', 0],
      [8, 1, 'next', 0],
      [9, 1, 'last', 0],
    ],
  );
  assert.ok(one.segments.every((seen) => seen.startsWithPat && seen.startsWithPmt && seen.startsWithIdr));
  assert.deepEqual([one.gops?.count, one.gops?.meanSeconds], [3, 1]);
  assert.equal(report.variants[0]?.measuredPeak, one.peakSegmentBitsPerSecond);
});

test('what is odd in an HLS is found', async () => {
  const make = new TransportMaker();
  await file('0.ts', segment(make, 0));
  await file('1.ts', segment(make, 1, false));
  make.lose(VIDEO_PID);
  await file('2.ts', segment(make, 2).subarray(376));
  const media = playlist(0, ['0.ts', '1.ts', '2.ts', 'gone.ts'], END).replace('1.000', '1.600');
  await file('odd.m3u8', media);
  const path = await file(
    'odd-master.m3u8',
    '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=10,CODECS="avc1.64001f",RESOLUTION=1x1\nodd.m3u8\n',
  );
  const report = await hls(path);
  const found = report.findings.map(({ code, where }) => `${code} ${where ?? ''}`);
  for (const expected of [
    'segment-over-target-duration odd.m3u8 #0',
    'extinf-off odd.m3u8 #0',
    'segment-without-idr odd.m3u8 #1',
    'segment-without-pat-pmt odd.m3u8 #2',
    'segment-unreachable odd.m3u8 #3',
    'bandwidth-exceeded odd.m3u8',
    'codecs-differ odd.m3u8',
    'resolution-differs odd.m3u8',
  ]) {
    assert.ok(found.includes(expected), `${expected} is not in\n${found.join('\n')}`);
  }
  assert.match(report.playlists[0]?.segments[3]?.error ?? '', /there is no file/);
});

test('a discontinuity that is announced is no jump', async () => {
  await file('d0.ts', segment(new TransportMaker(), 500));
  await file('d1.ts', segment(new TransportMaker(), 0));
  const text = playlist(0, ['d0.ts', 'd1.ts'], END);
  const announced = await hls(await file('d.m3u8', text.replace('d0.ts\n', 'd0.ts\n#EXT-X-DISCONTINUITY\n')));
  assert.deepEqual(announced.findings, []);
  assert.equal(announced.playlists[0]?.spanSeconds, 2);
  const silent = await hls(await file('e.m3u8', text));
  assert.ok(silent.findings.some(({ code }) => code === 'dts-back'));
});

test('a live HLS is followed, and each segment fetched once', async (context) => {
  const make = new TransportMaker();
  const segments = Array.from({ length: 6 }, (_, index) => segment(make, index));
  const fetched: string[] = [];
  let loads = 0;
  const host = await serve(context, (request, response) => {
    const name = (request.url ?? '').slice(1);
    if (name === 'live.m3u8') {
      const first = loads++;
      response.end(
        playlist(
          first,
          [0, 1, 2].map((index) => `${first + index}.ts`),
        ),
      );
      return;
    }
    fetched.push(name);
    response.end(segments[Number.parseInt(name)]);
  });
  const report = await hls(`http://${host}/live.m3u8`, 1.3);
  const [one] = report.playlists;
  assert.ok(one);
  assert.deepEqual(fetched, ['0.ts', '1.ts', '2.ts', '3.ts']);
  assert.deepEqual(
    [one.loads, one.firstMediaSequence, one.lastMediaSequence, one.ended, report.live],
    [2, 0, 1, 'time', true],
  );
  assert.deepEqual(report.findings, []);
});

test('every line for people fits in 100 columns, and no control character comes through', async () => {
  const long = `${'a-very-long-name-'.repeat(8)}.ts`;
  await file(long, segment(new TransportMaker(), 0));
  const names = [long, `${'gone-'.repeat(30)}\u001b[2J.ts`];
  const path = await file(`${'p'.repeat(120)}.m3u8`, playlist(123_456_789, names, END));
  for (const target of [path, await file('w.flv', FLV)]) {
    const text = textReport(await inspect(target, { seconds: 1 }));
    for (const line of text.split('\n')) assert.ok(line.length <= 100, line);
    assert.doesNotMatch(text, /\u001b/);
    assert.match(text, /GOPs/);
  }
});

test('what cannot be looked at is told in one sentence', async (context) => {
  const host = await serve(context, (request, response) => {
    if (request.url === '/page') response.end('<!doctype html><title>Hello</title>');
    else if (request.url === '/500') response.writeHead(500).end();
    else if (request.url === '/torn')
      response.writeHead(200, { 'Content-Length': 100_000 }).write(FLV, () => response.destroy());
    else response.writeHead(404).end('no such stream');
  });
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const nobody = `127.0.0.1:${(closed.address() as AddressInfo).port}`;
  closed.close();
  await once(closed, 'close');

  await assert.rejects(look(`http://${host}/live/x.flv`), fails('NOT_FOUND', /404 Not Found/));
  await assert.rejects(look(`ws://${host}/live/x.flv`), fails('NOT_FOUND', /404 Not Found/));
  await assert.rejects(look(`http://${host}/500`), fails('HTTP_STATUS', /500/));
  await assert.rejects(look(`http://${host}/page`), fails('NOT_MEDIA', /an HTML page/));
  await assert.rejects(look(`http://${nobody}/`), fails('REFUSED', /nobody is listening/));
  await assert.rejects(look(`ws://${nobody}/`), fails('REFUSED', /nobody is listening/));
  await assert.rejects(look('rtmp://127.0.0.1/live/x'), fails('SCHEME', /not rtmp/));
  await assert.rejects(look(join(folder, 'nothing.flv')), fails('NOT_FOUND', /there is no file/));
  await assert.rejects(look(folder), fails('UNREADABLE', /not a file/));
  await assert.rejects(look(await file('empty', '')), fails('NOT_MEDIA', /is empty/));
  await assert.rejects(
    look(await file('a.mp4', Buffer.from('0000001c66747970', 'hex'))),
    fails('FORMAT', /MP4/),
  );
  const torn = await stream(`http://${host}/torn`);
  assert.equal(torn.ended, 'broken');
});

test('a playlist over the limit is not read', async (context) => {
  const host = await serve(context, (_request, response) => {
    response.write('#EXTM3U\n');
    const more = (error?: Error | null): void => {
      if (!error) response.write('#'.repeat(65_536), more);
    };
    more();
  });
  await assert.rejects(look(`http://${host}/endless.m3u8`), fails('TOO_LARGE', /larger than 4 MiB/));
});
