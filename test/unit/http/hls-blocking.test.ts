import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { ClientAddresses } from '../../../src/servers/http/client-address.ts';
import { HlsRoute } from '../../../src/servers/http/hls-route.ts';
import { parseMediaPath, parseQuery, splitUrl } from '../../../src/servers/http/media-url.ts';
import type { HlsTarget } from '../../../src/servers/http/playlist-sender.ts';
import { WaitingLimits } from '../../../src/servers/http/waiting-limits.ts';
import type { Reply } from '../../support/ask.ts';
import { FakeHls } from '../../support/fake-hls.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { httpStand, type HttpStand } from '../../support/http-stand.ts';
import { waitFor } from '../../support/wait.ts';

/** Blocking playlist reload and parts before their time: RFC 8216bis §6.2.5.2, §6.2.6. Two seconds are the target duration. */

const clients = new ClientAddresses();
let source: FakeHls;
let seen: string[];
let time: FakeTime;
let route: HlsRoute;
let stand: HttpStand;

before(async () => {
  stand = await httpStand((req, res) => {
    const { path, query } = splitUrl(req.url ?? '/');
    route.serve(parseMediaPath(path) as HlsTarget, parseQuery(query), req, res);
  });
});
after(() => stand.close());
beforeEach(() => {
  source = new FakeHls();
  seen = [];
  time = new FakeTime();
  route = new HlsRoute({
    find: () => source,
    whenPublished: (_path, _ms, callback) => (callback(source), undefined),
    seen: (path) => seen.push(path),
    gzip: true,
    waiting: new WaitingLimits({ clients, connections: 100, connectionsPerAddress: 4 }),
    now: time.now,
  });
});

const media = (query: string, headers = {}): Promise<Reply> =>
  stand.ask(`/live/demo/media.m3u8?${query}`, { headers });
const text = ({ body }: Reply): string => body.toString();
const waiting = (count: number): Promise<true> =>
  waitFor(`${count} to wait`, () => route.waiting.requests === count);

/** It is held, and what it was answered after the playlist had grown by each part. */
async function heldUntil(query: string, parts: number): Promise<Reply> {
  const answer = media(query);
  for (let part = 0; part < parts; part++) {
    await waiting(1);
    source.media.grow();
  }
  await waiting(0);
  return answer;
}

test('a part, a segment and what was before: each is waited for as long as it takes, and no longer', async () => {
  assert.equal(text(await media('_HLS_msn=7')), '#EXTM3U full dvr 7.1', 'the newest segment is there');
  assert.equal(text(await media('_HLS_msn=0&_HLS_part=5')), '#EXTM3U full dvr 7.1', 'long past');
  assert.equal(text(await media('_HLS_msn=8&_HLS_part=0')), '#EXTM3U full dvr 7.1', 'a part that is there');
  assert.equal(text(await heldUntil('_HLS_msn=8&_HLS_part=1', 1)), '#EXTM3U full dvr 7.2');
  assert.equal(text(await heldUntil('_HLS_msn=8', 1)), '#EXTM3U full dvr 8.0', 'the whole segment');
  assert.equal(text(await heldUntil('_HLS_msn=9&_HLS_part=0', 1)), '#EXTM3U full dvr 8.1');
  assert.equal(text(await heldUntil('_HLS_msn=10&_HLS_part=0', 3)), '#EXTM3U full dvr 9.1');
});

test('a number behind the last part of a segment means the first of the next', async () => {
  assert.equal(text(await media('_HLS_msn=7&_HLS_part=3')), '#EXTM3U full dvr 7.1', 'which is there');
  source.media.newest = { msn: 7, parts: 0 };
  assert.equal(text(await heldUntil('_HLS_msn=7&_HLS_part=99', 1)), '#EXTM3U full dvr 7.1');
  assert.equal(text(await heldUntil('_HLS_msn=8&_HLS_part=3', 3)), '#EXTM3U full dvr 8.1');
});

test('numbers that nobody can wait for are refused at once, in words that a page may read', async () => {
  for (const [query, words] of [
    ['_HLS_part=0', /needs _HLS_msn/],
    ['_HLS_msn=10', /the newest is 7/],
    ['_HLS_msn=10&_HLS_part=0', /too far ahead/],
    ['_HLS_msn=999999999999999', /too far ahead/],
    ['_HLS_msn=8&_HLS_part=7', /1 of it are there/],
    ['_HLS_msn=9&_HLS_part=6', /0 of it are there/],
    ['_HLS_msn=-1', /whole number/],
    ['_HLS_msn=', /whole number/],
    ['_HLS_msn=7.0', /whole number/],
    ['_HLS_msn=1e3', /whole number/],
    ['_HLS_msn=7&_HLS_part=x', /whole number/],
    ['_HLS_msn=7&_HLS_part=', /whole number/],
    [`_HLS_msn=${'9'.repeat(400)}`, /whole number/],
    ['_HLS_msn=NaN', /whole number/],
  ] as const) {
    const reply = await media(query);
    assert.deepEqual([query, reply.status], [query, 400]);
    assert.match(text(reply), words, query);
    assert.deepEqual(
      [reply.headers['access-control-allow-origin'], reply.headers['cache-control']],
      ['*', 'no-store'],
    );
  }
  assert.deepEqual([seen, route.waiting.requests], [[], 0]);
});

test('as far ahead as the rules allow is waited for', async () => {
  const answers = ['_HLS_msn=9', '_HLS_msn=8&_HLS_part=6', '_HLS_msn=9&_HLS_part=5'].map((query) =>
    media(query),
  );
  await waiting(3);
  source.media.end();
  assert.deepEqual(
    (await Promise.all(answers)).map(({ status }) => status),
    [200, 200, 200],
  );
});

test('a delta update is given to who asks for one, at once and after a wait; other words are none', async () => {
  assert.equal(text(await media('_HLS_skip=YES')), '#EXTM3U skip dvr 7.1');
  assert.equal(text(await media('_HLS_skip=v2&_HLS_msn=7')), '#EXTM3U skip dvr 7.1');
  for (const other of ['NO', 'yes', '']) assert.match(text(await media(`_HLS_skip=${other}`)), /full/, other);
  assert.equal(
    text(await heldUntil('_HLS_msn=8&_HLS_part=1&_HLS_skip=YES&dvr=0', 1)),
    '#EXTM3U skip short 7.2',
  );
});

test('directives that are not known, and other parameters, are passed over', async () => {
  assert.equal(text(await media('_HLS_report=x&_HLS_primary_id=1&utm=2')), '#EXTM3U full dvr 7.1');
});

test('a playlist without low latency is answered at once, whatever the numbers', async () => {
  source.media.lowLatency = undefined;
  const reply = await media('_HLS_msn=99&_HLS_part=1');
  assert.deepEqual([reply.status, reply.headers['cache-control']], [200, 'no-cache']);
});

test('what was waited for may be kept for six target durations; what was not must be asked for', async () => {
  const kept = await media('_HLS_msn=7');
  assert.equal(kept.headers['cache-control'], 'public, max-age=12');
  assert.equal(kept.headers.vary, 'Accept-Encoding');
  const zipped = await media('_HLS_msn=7', { 'accept-encoding': 'gzip' });
  assert.equal(zipped.headers['cache-control'], 'public, max-age=12');
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  assert.equal((await media('_HLS_skip=YES')).headers['cache-control'], 'no-cache');
  source.media.end();
  assert.equal(
    (await media('_HLS_msn=7')).headers['cache-control'],
    'no-cache',
    'an end is not for the next life',
  );
});

test('who waits is never told that its old copy is good', async () => {
  const old = (await media('')).headers.etag!;
  const answer = media('_HLS_msn=8&_HLS_part=1', { 'if-none-match': old });
  await waiting(1);
  source.media.grow();
  assert.equal((await answer).status, 200);
  const now = (await answer).headers.etag!;
  assert.equal(
    (await media('_HLS_msn=8&_HLS_part=1', { 'if-none-match': now })).status,
    304,
    'its new one is',
  );
});

test('HEAD waits as well', async () => {
  const answer = stand.ask('/live/demo/media.m3u8?_HLS_msn=8&_HLS_part=1', { method: 'HEAD' });
  await waiting(1);
  source.media.grow();
  const { status, headers, body } = await answer;
  assert.deepEqual([status, headers['content-length'], body.length], [200, '20', 0]);
});

test('when the source stalls, who waits is told so before the target duration is over', async () => {
  const answer = media('_HLS_msn=8&_HLS_part=1');
  await waiting(1);
  time.advance(1_700); // a look is a tenth of a second, and the next one would be too late
  await new Promise((resolve) => setTimeout(resolve, 250)); // longer than it takes to look
  assert.equal(route.waiting.requests, 1, 'not before its time');
  time.advance(1);
  const reply = await answer;
  assert.deepEqual([reply.status, reply.headers['retry-after']], [503, '1']);
  assert.match(text(reply), /nothing new/);
  assert.deepEqual(
    [reply.headers['access-control-allow-origin'], reply.headers['cache-control']],
    ['*', 'no-store'],
  );
  assert.deepEqual([route.waiting, source.media.waiting.size], [{ requests: 0, crowds: 0 }, 0]);
});

test('a playlist that goes while it is waited for is gone: players go over to another one', async () => {
  const answer = media('_HLS_msn=8&_HLS_part=1');
  await waiting(1);
  source.media.leave();
  const reply = await answer;
  assert.equal(reply.status, 404);
  assert.match(text(reply), /a playlist of "live\/demo" is gone/);
});

test('while parts come a segment is waited for longer, though never for more than three target durations', async () => {
  const answer = media('_HLS_msn=9');
  await waiting(1);
  source.media.has = () => false; // the parts that come are of a segment that has no end
  for (const parts of [2, 3, 4]) {
    time.advance(1_790);
    source.media.newest = { msn: 7, parts };
    await new Promise((resolve) => setTimeout(resolve, 250)); // longer than it takes to look
    assert.equal(route.waiting.requests, 1, `after ${parts} parts`);
  }
  time.advance(6_000 - 3 * 1_790);
  assert.equal((await answer).status, 503);
});

test('the end of the stream releases all, with its end mark; then numbers mean nothing', async () => {
  const answers = ['_HLS_msn=8', '_HLS_msn=8&_HLS_part=1', '_HLS_msn=9'].map((query) => media(query));
  await waiting(3);
  source.media.end();
  for (const answer of answers) assert.match(text(await answer), / end$/);
  assert.match(text(await media('_HLS_msn=70')), / end$/);
});

test('when the gateway stops nobody waits any longer', async () => {
  const answers = [media('_HLS_msn=8'), stand.ask('/live/demo/8.1.m4s')];
  source.promised.set('8.1.m4s', undefined);
  await waiting(2);
  route.close();
  for (const answer of answers) assert.equal((await answer).status, 503);
  assert.deepEqual(route.waiting, { requests: 0, crowds: 0 });
});

test('hundreds that wait for the same are one entry with the stream, and get one rendering', async () => {
  route = new HlsRoute({
    find: () => source,
    whenPublished: (_path, _ms, callback) => (callback(source), undefined),
    seen: () => undefined,
    gzip: true,
    waiting: new WaitingLimits({ clients, connections: 300, connectionsPerAddress: 300 }),
  });
  const answers = Array.from({ length: 300 }, () => media('_HLS_msn=8&_HLS_part=1'));
  await waiting(300);
  assert.deepEqual([source.media.asked, source.media.waiting.size, route.waiting.crowds], [1, 1, 1]);
  source.media.grow();
  const replies = await Promise.all(answers);
  assert.ok(
    replies.every((reply) => text(reply) === '#EXTM3U full dvr 7.2'),
    'all got it',
  );
  assert.deepEqual([source.media.renderings, route.waiting], [['full dvr'], { requests: 0, crowds: 0 }]);
});

test('who hangs up leaves nothing behind', async () => {
  await stand.hangUp('/live/demo/media.m3u8?_HLS_msn=8&_HLS_part=1');
  await waiting(0);
  assert.deepEqual([route.waiting.crowds, source.media.waiting.size], [0, 0]);
  source.media.grow();
});

test('who waits is there', async () => {
  const answer = media('_HLS_msn=8&_HLS_part=1');
  await waiting(1);
  assert.deepEqual(seen, ['live/demo']);
  source.media.grow();
  await answer;
});

test('an address may have so many requests waiting, and the others are told so', async () => {
  const answers = Array.from({ length: 8 }, (_, index) => media(`_HLS_msn=${8 + (index % 2)}`));
  await waiting(8);
  const ninth = await media('_HLS_msn=8');
  assert.deepEqual([ninth.status, ninth.headers['retry-after']], [503, '1']);
  assert.match(text(ninth), /from one address/);
  assert.equal((await media('_HLS_msn=7')).status, 200, 'what is there is not refused');
  source.media.end();
  await Promise.all(answers);
  assert.deepEqual(route.waiting, { requests: 0, crowds: 0 });
});

test('a part that was promised is sent as soon as it is whole', async () => {
  source.promised.set('8.1.m4s', undefined);
  const answers = [1, 2].map(() => stand.ask('/live/demo/8.1.m4s'));
  await waiting(2);
  source.promised.get('8.1.m4s')!({ bytes: Buffer.from('part'), etag: '"part"', type: 'video/mp4' });
  for (const answer of answers) {
    const { status, body, headers } = await answer;
    assert.deepEqual([status, body.toString(), headers['content-type']], [200, 'part', 'video/mp4']);
    assert.match(headers['cache-control'] ?? '', /public.*immutable/);
  }
});

test('a part that was promised and does not come: 404 when that is known, 503 when the source stalls', async () => {
  source.promised.set('8.1.m4s', undefined);
  const never = stand.ask('/live/demo/8.1.m4s');
  await waiting(1);
  source.promised.get('8.1.m4s')!(undefined);
  assert.equal((await never).status, 404);
  const late = stand.ask('/live/demo/8.1.m4s');
  await waiting(1);
  time.advance(1_800);
  assert.equal((await late).status, 503);
  assert.equal(source.promised.get('8.1.m4s'), undefined, 'given up');
});

test('parts that are as long as segments are waited for as long as they take', async () => {
  source.media.lowLatency = { targetDuration: 2, partTarget: 2 };
  source.promised.set('8.1.m4s', undefined);
  const part = stand.ask('/live/demo/8.1.m4s');
  const playlist = media('_HLS_msn=8&_HLS_part=1');
  await waiting(2);
  time.advance(2_100);
  await new Promise((resolve) => setTimeout(resolve, 250)); // longer than it takes to look
  source.promised.get('8.1.m4s')!({ bytes: Buffer.from('part'), etag: '"part"', type: 'video/mp4' });
  source.media.grow();
  assert.deepEqual([(await part).status, (await playlist).status], [200, 200]);
});

test('a part that nobody has promised is not waited for', async () => {
  const { status, headers } = await stand.ask('/live/demo/8.2.m4s');
  assert.deepEqual([status, headers['access-control-allow-origin']], [404, '*']);
  assert.equal(route.waiting.requests, 0);
});
