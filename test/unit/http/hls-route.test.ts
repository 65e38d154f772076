import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ClientAddresses } from '../../../src/servers/http/client-address.ts';
import { HlsRoute } from '../../../src/servers/http/hls-route.ts';
import { parseMediaPath, parseQuery, splitUrl } from '../../../src/servers/http/media-url.ts';
import type { HlsTarget } from '../../../src/servers/http/playlist-sender.ts';
import { answersMethod } from '../../../src/servers/http/respond.ts';
import { WaitingLimits } from '../../../src/servers/http/waiting-limits.ts';
import { FakeHls } from '../../support/fake-hls.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { httpStand, type HttpStand } from '../../support/http-stand.ts';
import { waitFor } from '../../support/wait.ts';

const MULTIVARIANT = '#EXTM3U multivariant';
const MEDIA = '#EXTM3U full dvr 7.1';

let source: FakeHls | undefined;
let seen: string[] = [];
const asked: number[] = [];
const time = new FakeTime();
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
    waiting: new WaitingLimits({
      clients: new ClientAddresses(),
      connections: 100,
      connectionsPerAddress: 100,
    }),
    now: time.now,
  });
let route = makeRoute(true);
let stand: HttpStand;

before(async () => {
  stand = await httpStand((req, res) => {
    if (answersMethod(req, res)) return;
    const { path, query } = splitUrl(req.url ?? '/');
    route.serve(parseMediaPath(path) as HlsTarget, parseQuery(query), req, res);
  });
});
after(() => stand.close());
beforeEach(() => {
  source = new FakeHls();
  seen = [];
  route = makeRoute(true);
});

test('playlists: type, no storing without asking, CORS, length, and who fetched the media playlist', async () => {
  const multivariant = await stand.ask('/live/demo.m3u8?wait=3');
  assert.equal(asked.at(-1), 3000);
  assert.deepEqual([multivariant.status, multivariant.body.toString()], [200, MULTIVARIANT]);
  assert.deepEqual(seen, []);
  const media = await stand.ask('/live/demo/media.m3u8');
  assert.deepEqual([media.status, media.body.toString()], [200, MEDIA]);
  assert.deepEqual(seen, ['live/demo']);
  const { headers } = media;
  assert.equal(headers['content-type'], 'application/vnd.apple.mpegurl');
  assert.equal(headers['cache-control'], 'no-cache');
  assert.equal(headers['access-control-allow-origin'], '*');
  assert.equal(headers['content-length'], String(MEDIA.length));
  assert.equal(headers.vary, 'Accept-Encoding');
  assert.equal(headers['content-encoding'], undefined);
});

test('gzip where asked for and switched on, with an entity tag of its own', async () => {
  const ask = () => stand.ask('/live/demo.m3u8', { headers: { 'accept-encoding': 'gzip' } });
  const zipped = await ask();
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  assert.equal(zipped.headers['content-length'], String(zipped.body.length));
  assert.equal(gunzipSync(zipped.body).toString(), '#EXTM3U multivariant');
  const tag = (await stand.ask('/live/demo.m3u8')).headers.etag!;
  assert.equal(zipped.headers.etag, tag.replace(/"$/, '-gzip"'));
  route = makeRoute(false);
  const plain = await ask();
  assert.deepEqual(
    [plain.headers['content-encoding'], plain.headers.vary, plain.headers.etag],
    [undefined, undefined, tag],
  );
});

test('304 for the copy one has, in the coding one has it in', async () => {
  const ask = (tag: string, encoding: string) =>
    stand.ask('/live/demo.m3u8', { headers: { 'if-none-match': tag, 'accept-encoding': encoding } });
  const tag = (await stand.ask('/live/demo.m3u8')).headers.etag!;
  const zipped = tag.replace(/"$/, '-gzip"');
  const same = await ask(tag, 'identity');
  assert.deepEqual([same.status, same.body.length, same.headers.etag], [304, 0, tag]);
  assert.equal((await ask(zipped, 'gzip')).status, 304);
  assert.equal((await ask(tag, 'gzip')).status, 200);
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

test('the type of a file is its own, and init segments, segments and parts are found by their names', async () => {
  for (const [file, body] of [
    ['7.m4s', 'segment'],
    ['init-1.mp4', 'init'],
  ]) {
    const answer = await stand.ask(`/live/demo/${file!}`);
    assert.deepEqual([answer.status, answer.body.toString()], [200, body]);
    assert.equal(answer.headers['content-type'], 'video/mp4');
    assert.match(answer.headers['cache-control'] ?? '', /immutable/);
  }
});

test('?container and ?dvr reach the stream; another container is refused in words', async () => {
  await stand.ask('/live/demo.m3u8?container=ts&dvr=0&utm_source=x');
  await stand.ask('/live/demo.m3u8?container=fmp4');
  await stand.ask('/live/demo.m3u8');
  assert.deepEqual(source?.asks, [
    { dvr: false, container: 'ts' },
    { dvr: true, container: 'fmp4' },
    { dvr: true },
  ]);
  const { status, body, headers } = await stand.ask('/live/demo.m3u8?container=webm');
  assert.deepEqual([status, headers['access-control-allow-origin']], [400, '*']);
  assert.match(body.toString(), /ts or fmp4/);
  const short = await stand.ask('/live/demo/media.m3u8?dvr=0');
  assert.equal(short.body.toString(), '#EXTM3U full short 7.1');
});

test('404 in words for a playlist that the stream does not have', async () => {
  const { status, body } = await stand.ask('/live/demo/video3.m3u8');
  assert.equal(status, 404);
  assert.match(body.toString(), /no playlist "video3\.m3u8"/);
});

test('a request before the first segment is held, then answered; if the stream ends without one, 404', async () => {
  const held = source!;
  held.isReady = false;
  const answers = ['/live/demo/media.m3u8', '/live/demo.m3u8'].map((path) => stand.ask(path));
  await waitFor('both to be held', () => route.waiting.requests === 2);
  assert.equal(held.waiting.size, 1, 'one entry for both');
  held.settle(true);
  assert.deepEqual(
    (await Promise.all(answers)).map(({ status }) => status),
    [200, 200],
  );
  assert.deepEqual([seen, route.waiting], [['live/demo'], { requests: 0, crowds: 0 }]);
  held.isReady = false;
  const vain = stand.ask('/live/demo/media.m3u8');
  await waitFor('it to be held', () => held.waiting.size === 1);
  held.settle(false);
  const { status, headers } = await vain;
  assert.deepEqual([status, headers['retry-after'], seen.length], [404, '2', 1]);
});

test('a browser’s own player is given no playlist of less than three segments; scripts are', async () => {
  const young = source!;
  young.made = 2;
  const own = { 'Sec-Fetch-Dest': 'video' };
  const held = stand.ask('/live/demo.m3u8', { headers: own });
  await waitFor('it to be held', () => young.waiting.size === 1);
  const script = await stand.ask('/live/demo.m3u8', { headers: { 'Sec-Fetch-Dest': 'empty' } });
  const media = await stand.ask('/live/demo/media.m3u8', { headers: own });
  assert.deepEqual([script.status, media.status], [200, 200], 'held for nobody else');
  young.made = 3;
  young.settle(true);
  assert.deepEqual([(await held).status, (await held).body.toString()], [200, MULTIVARIANT]);
  const later = await stand.ask('/live/demo.m3u8', { headers: own });
  assert.deepEqual([later.status, route.waiting], [200, { requests: 0, crowds: 0 }]);
});

test('a browser’s own player gets what there is where three segments take too long', async () => {
  source!.made = 1;
  const held = stand.ask('/live/demo.m3u8', { headers: { 'Sec-Fetch-Dest': 'video' } });
  await waitFor('it to be held', () => source!.waiting.size === 1);
  time.advance(15_000);
  assert.deepEqual([(await held).status, (await held).body.toString()], [200, MULTIVARIANT]);
});

test('who hangs up while held is forgotten', async () => {
  source!.isReady = false;
  await stand.hangUp('/live/demo/media.m3u8');
  await waitFor('nobody to wait', () => route.waiting.requests === 0);
  assert.equal(source!.waiting.size, 0);
  source!.settle(true);
  assert.deepEqual(seen, []);
});

test('the hold ends after 15 s, with 404 and the advice to come again', async () => {
  const held = source!;
  held.isReady = false;
  const answer = stand.ask('/live/demo/media.m3u8');
  await waitFor('it to be held', () => held.waiting.size === 1);
  time.advance(14_900); // a look is a tenth of a second, and the next one would be too late
  await new Promise((resolve) => setTimeout(resolve, 250)); // longer than it takes to look
  assert.equal(route.waiting.requests, 1, 'not before its time');
  time.advance(1);
  const { status, headers } = await answer;
  assert.deepEqual([status, headers['retry-after'], held.waiting.size], [404, '2', 0]);
  held.settle(true);
  assert.equal(route.waiting.requests, 0, 'answered once');
});
