import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, beforeEach, mock, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { HlsRoute, type HlsSource, type HlsTarget } from '../../../src/servers/http/hls-route.ts';
import { parseMediaPath } from '../../../src/servers/http/media-url.ts';
import { answersMethod } from '../../../src/servers/http/respond.ts';
import { httpStand, type HttpStand } from '../../support/http-stand.ts';
import { nameOf } from '../../support/stage.ts';

const SEGMENT = { bytes: Buffer.from('0123456789'), etag: '"seg"' };
const playlist = (text: string) => ({
  bytes: Buffer.from(text),
  etag: `"${text.length}"`,
  gzipped: () => gzipSync(text),
});

/** A stream's HLS output that is ready when the test says so. */
class Source implements HlsSource {
  ready = false;
  readonly waiting = new Set<() => void>();
  #asked = (): void => undefined;

  multivariant() {
    return this.ready ? playlist('#EXTM3U multivariant') : undefined;
  }
  media() {
    return this.ready ? playlist('#EXTM3U media') : undefined;
  }
  segment(file: string) {
    return file === '1.ts' ? SEGMENT : undefined;
  }
  whenReady(callback: () => void) {
    this.waiting.add(callback);
    this.#asked();
    return () => this.waiting.delete(callback);
  }
  /** Resolves when a request is held. */
  asked(): Promise<void> {
    return new Promise((resolve) => {
      if (this.waiting.size > 0) resolve();
      else this.#asked = resolve;
    });
  }
  settle(ready: boolean) {
    this.ready = ready;
    for (const callback of [...this.waiting]) callback();
  }
}

let source: Source | undefined;
let seen: string[] = [];
const asked: number[] = [];
const makeRoute = (gzip: boolean) =>
  new HlsRoute({
    find: () => source,
    whenPublished: (_path, ms, callback) => {
      asked.push(ms);
      callback(source);
      return () => undefined;
    },
    seen: (path) => seen.push(path),
    gzip,
  });
let route = makeRoute(true);
let stand: HttpStand;

before(async () => {
  stand = await httpStand((req, res) => {
    if (answersMethod(req, res)) return;
    const url = new URL(req.url ?? '/', 'http://x');
    route.serve(parseMediaPath(url.pathname) as HlsTarget, url.searchParams, req, res);
  });
});
after(() => stand.close());
beforeEach(() => {
  source = new Source();
  source.ready = true;
  seen = [];
  route = makeRoute(true);
});

test('playlists: type, no storing without asking, CORS, length, and who fetched the media playlist', async () => {
  const multivariant = await stand.ask('/live/demo.m3u8?wait=3');
  assert.equal(asked.at(-1), 3000);
  assert.deepEqual([multivariant.status, multivariant.body.toString()], [200, '#EXTM3U multivariant']);
  assert.deepEqual(seen, []);
  const media = await stand.ask('/live/demo/media.m3u8');
  assert.deepEqual([media.status, media.body.toString()], [200, '#EXTM3U media']);
  assert.deepEqual(seen, ['live/demo']);
  const { headers } = media;
  assert.equal(headers['content-type'], 'application/vnd.apple.mpegurl');
  assert.equal(headers['cache-control'], 'no-cache');
  assert.equal(headers['access-control-allow-origin'], '*');
  assert.equal(headers['content-length'], '13');
  assert.equal(headers.vary, 'Accept-Encoding');
  assert.equal(headers['content-encoding'], undefined);
});

test('gzip where asked for and switched on, with an entity tag of its own', async () => {
  const ask = () => stand.ask('/live/demo.m3u8', { headers: { 'accept-encoding': 'gzip' } });
  const zipped = await ask();
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  assert.equal(zipped.headers['content-length'], String(zipped.body.length));
  assert.equal(gunzipSync(zipped.body).toString(), '#EXTM3U multivariant');
  assert.equal(zipped.headers.etag, '"20-gzip"');
  route = makeRoute(false);
  const plain = await ask();
  assert.deepEqual(
    [plain.headers['content-encoding'], plain.headers.vary, plain.headers.etag],
    [undefined, undefined, '"20"'],
  );
});

test('304 for the copy one has, in the coding one has it in', async () => {
  const ask = (tag: string, encoding: string) =>
    stand.ask('/live/demo.m3u8', { headers: { 'if-none-match': tag, 'accept-encoding': encoding } });
  const same = await ask('"20"', 'identity');
  assert.deepEqual([same.status, same.body.length, same.headers.etag], [304, 0, '"20"']);
  assert.equal((await ask('"20-gzip"', 'gzip')).status, 304);
  assert.equal((await ask('"20"', 'gzip')).status, 200);
  assert.equal((await ask('"19"', 'identity')).status, 200);
});

test('HEAD has the headers of GET and no body', async () => {
  const head = await stand.ask('/live/demo.m3u8', { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [200, '20', 0]);
  const segment = await stand.ask('/live/demo/1.ts', { method: 'HEAD' });
  assert.deepEqual([segment.status, segment.headers['content-length'], segment.body.length], [200, '10', 0]);
});

test('OPTIONS and other methods', async () => {
  const options = await stand.ask('/live/demo.m3u8', { method: 'OPTIONS' });
  assert.equal(options.status, 204);
  assert.equal(options.headers['access-control-allow-methods'], 'GET, HEAD, OPTIONS');
  assert.match(options.headers['access-control-allow-headers'] ?? '', /Range/);
  const post = await stand.ask('/live/demo.m3u8', { method: 'POST' });
  assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD, OPTIONS']);
  assert.match(post.body.toString(), /POST/);
});

test('segments: may be kept for long; ranges; 304; 404', async () => {
  const ask = (headers: Record<string, string> = {}, method = 'GET') =>
    stand.ask('/live/demo/1.ts', { headers, method });
  const whole = await ask();
  assert.deepEqual([whole.status, whole.body.toString()], [200, '0123456789']);
  assert.equal(whole.headers['content-type'], 'video/mp2t');
  assert.match(whole.headers['cache-control'] ?? '', /immutable/);
  assert.equal(whole.headers['accept-ranges'], 'bytes');
  const part = await ask({ range: 'bytes=2-4' });
  assert.deepEqual(
    [part.status, part.body.toString(), part.headers['content-range'], part.headers['content-length']],
    [206, '234', 'bytes 2-4/10', '3'],
  );
  const past = await ask({ range: 'bytes=10-' });
  assert.deepEqual([past.status, past.headers['content-range']], [416, 'bytes */10']);
  assert.equal((await ask({ range: 'bytes=2-4', 'if-range': '"seg"' })).status, 206);
  assert.equal((await ask({ range: 'bytes=2-4', 'if-range': '"other"' })).status, 200);
  assert.equal((await ask({ range: 'bytes=2-4', 'if-none-match': '"seg"' })).status, 304);
  const missing = await stand.ask('/live/demo/2.ts');
  assert.deepEqual([missing.status, missing.headers['cache-control']], [404, 'no-store']);
});

test('a Range on HEAD is ignored (RFC 9110 §14.2)', async () => {
  const head = await stand.ask('/live/demo/1.ts', { method: 'HEAD', headers: { range: 'bytes=2-4' } });
  assert.deepEqual([head.status, head.headers['content-length']], [200, '10']);
});

test('404 in words for a stream that is not there', async () => {
  source = undefined;
  for (const path of ['/live/demo.m3u8', '/live/demo/media.m3u8', '/live/demo/1.ts']) {
    const { status, body, headers } = await stand.ask(path);
    assert.equal(status, 404);
    assert.match(body.toString(), /live\/demo/);
    assert.equal(headers['access-control-allow-origin'], '*');
  }
});

test('a request before the first segment is held, then answered; if the stream ends without one, 404', async () => {
  const held = new Source();
  source = held;
  const answer = stand.ask('/live/demo/media.m3u8');
  await held.asked();
  held.settle(true);
  assert.deepEqual([(await answer).status, seen], [200, ['live/demo']]);
  assert.equal(held.waiting.size, 0);
  held.ready = false;
  const vain = stand.ask('/live/demo/media.m3u8');
  await held.asked();
  held.settle(false);
  const { status, headers } = await vain;
  assert.deepEqual([status, headers['retry-after'], seen.length], [404, '2', 1]);
});

test('who hangs up while held is forgotten', async () => {
  const held = new Source();
  source = held;
  await stand.hangUp('/live/demo/media.m3u8');
  assert.equal(held.waiting.size, 0);
  held.settle(true);
  assert.deepEqual(seen, []);
});

test('the hold ends after 15 s, with 404 and the advice to come again', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const held = new Source();
    source = held;
    const heads: { status: number; headers: Record<string, unknown> }[] = [];
    const response = {
      once: () => undefined,
      writeHead: (status: number, headers: Record<string, unknown>) => heads.push({ status, headers }),
      end: () => undefined,
      req: { method: 'GET' },
      destroyed: false,
    };
    route.serve(
      { kind: 'media playlist', name: nameOf('live/demo') },
      new URLSearchParams(),
      { headers: {}, method: 'GET' } as unknown as IncomingMessage,
      response as unknown as ServerResponse,
    );
    mock.timers.tick(14_999);
    assert.deepEqual([heads.length, held.waiting.size], [0, 1]);
    mock.timers.tick(1);
    assert.deepEqual([heads[0]?.status, heads[0]?.headers['Retry-After'], held.waiting.size], [404, '2', 0]);
    held.settle(true);
    assert.equal(heads.length, 1, 'answered once');
  } finally {
    mock.timers.reset();
  }
});
