import assert from 'node:assert/strict';
import { Agent, type RequestOptions } from 'node:http';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { encodeAmf0 } from '../../src/amf/amf0-writer.ts';
import { AmfObject, type AmfValue } from '../../src/amf/value.ts';
import { encodeMessage } from '../../src/protocols/rtmp/chunk-writer.ts';
import { ask as askAny, type Reply } from '../support/ask.ts';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, whenLive, type TestGateway } from '../support/gateway.ts';
import { lookAtHls } from '../support/hls-look.ts';
import { exchange, RawHttp } from '../support/raw-http.ts';
import { publishTo, type RtmpPeer } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** What the HTTP door answers, to good requests and to odd ones. */

let gateway: TestGateway;
let publisher: RtmpPeer;
let show: Show;

before(async () => {
  gateway = await startGateway({
    hls: { segmentSeconds: 1, container: 'ts' },
    publish: { graceSeconds: 0.2 },
  });
  publisher = await publishTo(`${gateway.rtmp}/live/cam`);
  show = new Show(publisher);
  show.go(110);
  await whenLive(gateway, 'live/cam');
});

after(async () => {
  publisher.kill();
  await gateway.stop();
});

function ask(path: string, options: RequestOptions = {}): Promise<Reply> {
  return askAny({ port: gateway.httpPort, path, ...options });
}

async function segmentPath(): Promise<string> {
  const { names } = await lookAtHls(gateway, 'live/cam');
  return `/live/cam/${names[0]}`;
}

test('what is not there is 404 with a sentence, to GET and HEAD', async () => {
  for (const path of ['/live/none.flv', '/live/none.m3u8', '/live/none/media.m3u8', '/live/cam/1.ts']) {
    const got = await ask(path);
    assert.equal(got.status, 404, path);
    assert.equal(got.headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(got.headers['access-control-allow-origin'], '*');
    assert.equal(got.headers['cache-control'], 'no-store');
    assert.match(got.body.toString(), /^no (stream|segment) .*\n$/);
    const head = await ask(path, { method: 'HEAD' });
    assert.deepEqual([head.status, head.body.length], [404, 0]);
    assert.equal(head.headers['content-length'], got.headers['content-length']);
  }
  assert.equal((await ask('/nowhere/at/all/here')).status, 404);
});

test('names with .. and other names that are not allowed are refused over HTTP, plain or encoded', async () => {
  const names = ['..', '.', '%2e%2e', '%00', 'a%2fb', 'a b', 'ä', 'x'.repeat(129), '', 'a\\b', 'cam;x', '%'];
  for (const name of names) {
    for (const target of [
      `/live/${name}.flv`,
      `/live/${name}.m3u8`,
      `/${name}/cam.flv`,
      `/live/${name}/media.m3u8`,
    ]) {
      if (target.includes('...') || target.startsWith('//')) continue; // "..." is a name; "//" is tried below
      const answer = await exchange(
        gateway.httpPort,
        `GET ${Buffer.from(target).toString('latin1')} HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n`,
      );
      assert.match(answer, /^HTTP\/1\.1 40[04] /, target);
      assert.doesNotMatch(answer, /FLV\x01|#EXTM3U/, target);
    }
  }
  assert.equal((await ask('/live/%2e%2e.flv')).status, 400);
  assert.equal((await ask(`/live/${'x'.repeat(128)}.flv`)).status, 404, 'the longest name that is allowed');
  assert.equal((await ask('/api/cam.flv')).status, 404, 'a reserved name is no media');
});

test('names with .. are refused over RTMP, plain or encoded, to publishers and players, and leave no stream', async () => {
  const names = [
    ['..', 'cam'],
    ['live', '..'],
    ['live', '../../tmp/x'],
    ['live/..', 'cam'],
    ['live', '%2e%2e'],
    ['live', '..%2f..%2ftmp%2fx'],
    ['%2e%2e', 'cam'],
    ['live', '..\\x'],
    ['live', 'a\0b'],
    ['live', '.'],
  ] as const;
  for (const command of ['publish', 'play']) {
    const refusal = command === 'publish' ? 'NetStream.Publish.BadName' : 'NetStream.Play.StreamNotFound';
    for (const [app, key] of names) {
      const raw = new RawHttp(gateway.rtmpPort);
      const call = (streamId: number, ...values: AmfValue[]): void => {
        const header = { chunkStreamId: 3, type: 20, streamId, timestamp: 0 };
        raw.send(encodeMessage(header, encodeAmf0(...values), 128));
      };
      raw.send(Buffer.concat([Buffer.from([3]), Buffer.alloc(3072)]));
      call(0, 'connect', 1, AmfObject.of({ app, tcUrl: `rtmp://h/${app}` }));
      call(0, 'createStream', 2, null);
      call(1, command, 3, null, key);
      await raw.closed;
      assert.ok(raw.text.includes(refusal), `${command} ${app} ${key}`);
      assert.doesNotMatch(raw.text, /Publish\.Start|Play\.Start/, `${command} ${app} ${key}`);
    }
  }
  const { streams } = JSON.parse((await ask('/api/v1/streams')).body.toString()) as {
    streams: { app: string; stream: string }[];
  };
  assert.deepEqual(
    streams.map(({ app, stream }) => `${app}/${stream}`),
    ['live/cam'],
  );
});

test('odd request lines get an answer, and the gateway lives', async () => {
  const lines = [
    'GET // HTTP/1.1',
    'GET //x.flv HTTP/1.1',
    'GET /../../etc/passwd HTTP/1.1',
    'GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1',
    'GET /watch/%ff/%fe HTTP/1.1',
    'GET /api/v1/streams/%/% HTTP/1.1',
    'GET /assets/%2e%2e/index.html HTTP/1.1',
    'GET /assets/..%2f..%2f..%2fpackage.json HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'GET http:// HTTP/1.1',
    'GET ? HTTP/1.1',
    'TRACE / HTTP/1.1',
  ];
  for (const line of lines) {
    for (const upgrade of ['', 'Upgrade: websocket\r\n']) {
      const connection = upgrade === '' ? 'close' : 'Upgrade';
      const answer = await exchange(
        gateway.httpPort,
        `${line}\r\nHost: g\r\nConnection: ${connection}\r\n${upgrade}\r\n`,
      );
      assert.match(answer, /^HTTP\/1\.1 (200|40\d) /, `${line} ${upgrade}`);
      assert.doesNotMatch(answer, /root:|"name": "millrace"/, line);
    }
  }
  assert.equal((await ask('/healthz')).status, 200);
});

test('the absolute form of a URL, as proxies send it', async () => {
  const answer = await exchange(
    gateway.httpPort,
    'GET http://gateway.example/live/cam.m3u8 HTTP/1.1\r\nHost: gateway.example\r\nConnection: close\r\n\r\n',
  );
  assert.match(answer, /^HTTP\/1\.1 200 .*#EXTM3U/s);
});

test('OPTIONS tells what is allowed; other methods are 405', async () => {
  for (const path of ['/live/cam.flv', '/live/cam.m3u8', '/live/cam/media.m3u8', await segmentPath()]) {
    const preflight = await ask(path, { method: 'OPTIONS' });
    assert.equal(preflight.status, 204, path);
    assert.equal(preflight.headers['access-control-allow-origin'], '*');
    assert.match(preflight.headers['access-control-allow-methods'] ?? '', /GET, HEAD, OPTIONS/);
    assert.match(preflight.headers['access-control-allow-headers'] ?? '', /Range/);
    assert.match(preflight.headers['access-control-expose-headers'] ?? '', /Content-Range/);
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const got = await ask(path, { method });
      assert.deepEqual([got.status, got.headers['allow']], [405, 'GET, HEAD, OPTIONS'], `${method} ${path}`);
    }
  }
  assert.equal((await ask('/api/v1/streams', { method: 'POST' })).status, 405);
});

test('a multivariant playlist is for one player: not for shared caches, and never another while it has not changed', async () => {
  const plain = await ask('/live/cam.m3u8');
  assert.equal(plain.headers['content-type'], 'application/vnd.apple.mpegurl');
  assert.equal(plain.headers['cache-control'], 'private, no-cache');
  assert.equal(plain.headers['access-control-allow-origin'], '*');
  assert.equal(Number(plain.headers['content-length']), plain.body.length);
  const etag = plain.headers.etag ?? '';
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`]) {
    const same = await ask('/live/cam.m3u8', { headers: { 'If-None-Match': tag } });
    assert.deepEqual([same.status, same.body.length, same.headers.etag], [304, 0, etag], tag);
  }
  const head = await ask('/live/cam.m3u8', { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers['content-length']], [200, plain.headers['content-length']]);
  assert.equal((await ask('/live/cam.m3u8', { headers: { 'If-None-Match': '"other"' } })).status, 200);
});

test('a playlist: headers, ETag and 304, gzip and Vary', async () => {
  for (const path of ['/live/cam/media.m3u8', '/live/cam/media.m3u8?session=unknown']) {
    const plain = await ask(path);
    assert.equal(plain.status, 200);
    assert.equal(plain.headers['content-type'], 'application/vnd.apple.mpegurl');
    assert.equal(plain.headers['cache-control'], 'no-cache');
    assert.equal(plain.headers['access-control-allow-origin'], '*');
    assert.equal(plain.headers['vary'], 'Accept-Encoding');
    assert.equal(Number(plain.headers['content-length']), plain.body.length);
    const etag = plain.headers.etag ?? '';
    assert.match(etag, /^"[\w-]+"$/);

    const head = await ask(path, { method: 'HEAD' });
    assert.deepEqual([head.status, head.body.length, head.headers.etag], [200, 0, etag]);
    assert.equal(Number(head.headers['content-length']), plain.body.length);

    const zipped = await ask(path, { headers: { 'Accept-Encoding': 'br, gzip;q=0.5' } });
    assert.equal(zipped.headers['content-encoding'], 'gzip');
    assert.deepEqual(gunzipSync(zipped.body), plain.body);
    assert.notEqual(zipped.headers.etag, etag, 'another encoding is another entity');
    const refused = await ask(path, { headers: { 'Accept-Encoding': 'gzip;q=0, identity' } });
    assert.equal(refused.headers['content-encoding'], undefined);

    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const same = await ask(path, { headers: { 'If-None-Match': tag } });
      assert.deepEqual([same.status, same.body.length, same.headers.etag], [304, 0, etag], tag);
    }
    assert.equal((await ask(path, { headers: { 'If-None-Match': '"other"' } })).status, 200);
  }
});

test('a segment: Range, If-Range, 416, ETag', async () => {
  const path = await segmentPath();
  const whole = await ask(path);
  const size = whole.body.length;
  assert.equal(whole.status, 200);
  assert.equal(whole.headers['content-type'], 'video/mp2t');
  assert.match(whole.headers['cache-control'] ?? '', /immutable/);
  assert.equal(whole.headers['accept-ranges'], 'bytes');
  assert.equal(Number(whole.headers['content-length']), size);
  assert.equal(size % 188, 0);
  const etag = whole.headers.etag!;

  const ranges: [string, number, number][] = [
    ['bytes=0-187', 0, 187],
    ['bytes=188-', 188, size - 1],
    ['bytes=-188', size - 188, size - 1],
    [`bytes=0-${size * 2}`, 0, size - 1],
    [`bytes=-${size * 2}`, 0, size - 1],
    [`bytes=${size - 1}-${size - 1}`, size - 1, size - 1],
  ];
  for (const [range, first, last] of ranges) {
    const part = await ask(path, { headers: { Range: range } });
    assert.equal(part.status, 206, range);
    assert.equal(part.headers['content-range'], `bytes ${first}-${last}/${size}`);
    assert.deepEqual(part.body, whole.body.subarray(first, last + 1));
  }
  for (const range of [`bytes=${size}-`, 'bytes=-0']) {
    const none = await ask(path, { headers: { Range: range } });
    assert.deepEqual([none.status, none.headers['content-range']], [416, `bytes */${size}`], range);
  }
  for (const range of ['bytes=5-1', 'bytes=0-1,5-6', 'lines=0-1', 'bytes=a-b', 'bytes=-'])
    assert.equal((await ask(path, { headers: { Range: range } })).status, 200, range);

  const withIfRange = (tag: string) => ask(path, { headers: { Range: 'bytes=0-9', 'If-Range': tag } });
  assert.deepEqual([(await withIfRange(etag)).status, (await withIfRange('"other"')).status], [206, 200]);
  assert.equal((await ask(path, { headers: { 'If-None-Match': etag } })).status, 304);
  const head = await ask(path, { method: 'HEAD' });
  assert.deepEqual([head.status, head.body.length, Number(head.headers['content-length'])], [200, 0, size]);
});

test('a playlist asked for right at the start is held for its first segment', async () => {
  const early = await publishTo(`${gateway.rtmp}/live/early`);
  const answers = Promise.all([ask('/live/early.m3u8'), ask('/live/early/media.m3u8')]);
  new Show(early).go(60);
  for (const { status, body } of await answers) {
    assert.equal(status, 200);
    assert.match(body.toString(), /^#EXTM3U\n/);
  }
  early.kill();
});

test('a held request is let go with 404 when the publisher leaves for good', async () => {
  const early = await publishTo(`${gateway.rtmp}/live/brief`);
  const answer = ask('/live/brief.m3u8');
  await early.leave();
  const { status, headers, body } = await answer;
  assert.deepEqual([status, headers['retry-after']], [404, '2']);
  assert.match(body.toString(), /has no segment yet/);
});

test('HTTP-FLV: no chunks, no length, ends with the connection; HEAD; HTTP/1.0', async () => {
  const oneOne = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv');
  const oneZero = new HttpFlvViewer(gateway.httpPort, '', 'GET /live/cam.flv HTTP/1.0\r\n\r\n');
  await waitFor('both to see tags', () => oneOne.tags.length > 3 && oneZero.tags.length > 3);
  for (const viewer of [oneOne, oneZero]) {
    assert.equal(viewer.status, 200);
    assert.doesNotMatch(viewer.headers, /^(transfer-encoding|content-length):/im);
    for (const header of [
      'Content-Type: video/x-flv',
      'Connection: close',
      'Cache-Control: no-store',
      'X-Accel-Buffering: no',
      'Access-Control-Allow-Origin: *',
    ])
      assert.match(viewer.headers, new RegExp(`^${header.replace('*', '\\*')}\\r?$`, 'im'));
    assert.equal(viewer.bytes.toString('latin1', 0, 3), 'FLV');
  }
  assert.deepEqual(oneOne.file, oneZero.file);
  const head = await ask('/live/cam.flv', { method: 'HEAD' });
  assert.deepEqual([head.status, head.body.length, head.headers['content-type']], [200, 0, 'video/x-flv']);
  oneOne.drop();
  oneZero.drop();
});

test('requests pipelined behind an FLV stream get nothing and leave nothing behind', async () => {
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: g\r\n\r\n`;
  const viewer = new HttpFlvViewer(
    gateway.httpPort,
    '',
    [
      '/live/cam.flv',
      '/live/cam.flv',
      '/live/none.flv?wait=60',
      '/live/none.m3u8?wait=60',
      '/healthz',
      ...Array.from({ length: 25 }, () => '/live/none.flv?wait=60'),
    ]
      .map(get)
      .join(''),
  );
  const other = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv');
  await waitFor('the stream', () => viewer.tags.length > 3 && other.tags.length > 3);
  const before = other.length;
  show.go(25);
  await waitFor('more of it', () => viewer.length > before + 5000 && viewer.length === other.length);
  assert.deepEqual(viewer.bytes, other.bytes, 'not a byte of another answer in the stream');
  const viewers = async (): Promise<number> => (await whenLive(gateway, 'live/cam')).viewers.httpFlv;
  assert.equal(await viewers(), 2);
  viewer.drop();
  other.drop();
  // Node has stopped reading from the one that asked too much, so only writing tells that it has gone.
  await waitFor('both to be gone', async () => {
    show.go(1);
    return (await viewers()) === 0;
  });

  // It is let in once the answer in front of it is through.
  const raw = new RawHttp(gateway.httpPort).send(get('/live/none.flv?wait=0.3') + get('/live/cam.flv'));
  await waitFor('two answers', () => raw.statuses.length === 2);
  assert.deepEqual(raw.statuses, [404, 200]);
  raw.socket.destroy();
});

test('a request behind another is served when its turn comes, as if it had been sent then', async () => {
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: g\r\n\r\n`;
  const raw = new RawHttp(gateway.httpPort).send(
    get('/healthz') + get('/live/later.m3u8?wait=30') + get('/healthz'),
  );
  await waitFor('the first answer', () => raw.statuses.length === 1);
  const later = await publishTo(`${gateway.rtmp}/live/later`);
  new Show(later).go(110);
  await waitFor('all answers', () => raw.statuses.length === 3);
  assert.deepEqual(raw.statuses, [200, 200, 200]);
  raw.socket.destroy();
  later.kill();
  await waitFor('it to be gone', async () => (await ask('/api/v1/streams/live/later')).status === 404);
});

test('what is no request, sent behind an FLV stream, ends it, and no other answer gets into it', async () => {
  const viewer = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv');
  await waitFor('the stream', () => viewer.length > 1_000);
  viewer.socket.write('this is no request\r\n\r\n');
  await viewer.closed;
  assert.equal(viewer.bytes.includes('HTTP/1.1'), false, 'FLV, and nothing else');
});

test('a connection is used again after an HLS answer', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  agent.on('free', (socket: { localPort?: number }) => ports.add(socket.localPort));
  const path = await segmentPath();
  for (const one of ['/live/cam.m3u8', '/live/cam/media.m3u8', path, '/live/none.m3u8', '/healthz', path]) {
    const { headers } = await ask(one, { agent });
    assert.notEqual(headers.connection, 'close', one);
  }
  await waitFor('the last answer', () => ports.size > 0);
  assert.equal(ports.size, 1);
  agent.destroy();
});

test('an offer of another protocol (h2c, by curl --http2) is passed over', async () => {
  for (const [path, status] of [
    ['/live/cam.m3u8', 200],
    ['/live/none.flv', 404],
    ['/healthz', 200],
  ] as const) {
    const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
    const answer = await exchange(gateway.httpPort, `GET ${path} HTTP/1.1\r\nHost: g\r\n${offer}\r\n`);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), path);
  }
});

test('an upgrade to WebSocket is refused with 400 or 404 before it is one', async () => {
  for (const [path, status] of [
    ['/live/none.flv', 404],
    ['/live/%2e%2e.flv', 400],
    ['/live/cam.m3u8', 404],
    ['/api/v1/streams', 404],
    ['/', 404],
  ] as const) {
    const viewer = new WsFlvViewer(`${gateway.ws}${path}`);
    await waitFor('an answer', () => viewer.refusedWith !== undefined);
    assert.equal(viewer.refusedWith, status, path);
  }
  const noKey = await exchange(
    gateway.httpPort,
    'GET /live/cam.flv HTTP/1.1\r\nHost: g\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  assert.match(noKey, /^HTTP\/1\.1 400 /);
});

test('health, server and streams', async () => {
  const health = await ask('/healthz');
  assert.deepEqual(
    [health.status, health.body.toString(), health.headers['cache-control']],
    [200, 'ok\n', 'no-store'],
  );
  assert.equal((await ask('/healthz', { method: 'HEAD' })).status, 200);

  const server = JSON.parse((await ask('/api/v1/server')).body.toString()) as Record<string, unknown>;
  assert.equal(server['name'], 'millrace');
  assert.match(String(server['version']), /^\d+\.\d+\.\d+/);
  assert.equal(server['rtmpPort'], gateway.rtmpPort);
  assert.equal(server['publishAccess'], 'keys');
  assert.ok(Array.isArray(server['addresses']));

  const one = await ask('/api/v1/streams/live/cam');
  assert.match(one.headers['content-type'] ?? '', /^application\/json/);
  assert.deepEqual(
    [one.headers['cache-control'], one.headers['access-control-allow-origin']],
    ['no-store', '*'],
  );
  const stream = JSON.parse(one.body.toString()) as Record<string, unknown>;
  const { streams } = JSON.parse((await ask('/api/v1/streams')).body.toString()) as {
    streams: Record<string, unknown>[];
  };
  assert.deepEqual(
    streams.map((each) => `${String(each['app'])}/${String(each['stream'])}`),
    ['live/cam'],
  );
  assert.deepEqual(Object.keys(streams[0]!), Object.keys(stream));
  assert.deepEqual([stream['app'], stream['stream'], stream['state']], ['live', 'cam', 'live']);
  assert.deepEqual(stream['publisher'], { address: '127.0.0.1', encoder: 'FMLE/3.0 (compatible; Millrace)' });
  const { video, audio, viewers } = stream as Record<string, Record<string, unknown>>;
  assert.deepEqual(
    [video!['codec'], video!['width'], video!['height'], video!['gopSeconds']],
    ['avc1.42C01E', 640, 360, 1],
  );
  assert.deepEqual([audio!['codec'], audio!['sampleRate'], audio!['channels']], ['mp4a.40.2', 48_000, 2]);
  assert.deepEqual(Object.keys(viewers!).sort(), ['hls', 'httpFlv', 'rtmp', 'total', 'wsFlv']);
  assert.ok(Number(stream['bytesIn']) > 20_000);
  assert.ok(Date.now() - Date.parse(String(stream['startedAt'])) < 60_000);

  const none = await ask('/api/v1/streams/live/none');
  assert.deepEqual(
    [none.status, JSON.parse(none.body.toString())],
    [404, { error: 'no stream "live/none" is being published' }],
  );
  assert.equal((await ask('/api/v1/nothing')).status, 404);
});

test('metrics are Prometheus text', async () => {
  const { status, headers, body } = await ask('/metrics');
  assert.equal(status, 200);
  assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
  const sample =
    /^[a-zA-Z_:][\w:]*(\{[a-z_]+="(\\.|[^"\\])*"(,[a-z_]+="(\\.|[^"\\])*")*\})? -?([\d.]+(e[+-]?\d+)?|Nan|\+Inf)$/;
  const comment = /^# (HELP [\w:]+ .+|TYPE [\w:]+ (counter|gauge|histogram|summary))$/;
  for (const line of body.toString().trim().split('\n'))
    if (line !== '') assert.match(line, line.startsWith('#') ? comment : sample);
  const value = (name: string): number =>
    Number(
      body
        .toString()
        .split('\n')
        .find((line) => line.startsWith(name))
        ?.split(' ')
        .at(-1),
    );
  assert.equal(value('millrace_streams '), 1);
  assert.ok(value('millrace_stream_bytes_in{stream="live/cam"}') > 20_000);
  assert.equal(value('millrace_stream_video_frames_in{stream="live/cam"}'), show.frames);
  assert.ok(value('millrace_connections_closed_total{door="rtmp"') >= 1);
});
