import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { networks } from '../../src/servers/networks.ts';
import { ask, type Reply } from '../support/ask.ts';
import { doorStand, type DoorStand } from '../support/door-stand.ts';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { RawHttp } from '../support/raw-http.ts';
import { publishTo } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { nameOf } from '../support/stage.ts';
import { waitFor } from '../support/wait.ts';

/** What the doors of HTTP do with what the gate says. */

const WHY = 'this link has expired';

/** With a stream of a few segments on air. */
async function onAir(context: TestContext, options: Parameters<typeof doorStand>[1] = {}) {
  const stand = await doorStand(context, options);
  const publisher = await publishTo(`${stand.rtmp}/live/cam`);
  const show = new Show(publisher);
  show.go(130);
  await publisher.roundTrip();
  stand.gate.visits.length = 0;
  stand.gate.passes.length = 0;
  context.after(() => publisher.kill());
  return { stand, show, publisher };
}

const get = (stand: DoorStand, path: string, headers: Record<string, string> = {}): Promise<Reply> =>
  ask({ port: stand.httpPort, path, headers });

/** Asks for an upgrade and gives what is answered instead. */
async function upgrade(stand: DoorStand, path: string): Promise<string> {
  const raw = new RawHttp(stand.httpPort).send(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  );
  await raw.closed;
  return raw.text;
}

test('HTTP-FLV and WebSocket-FLV: 403, 401 where nothing was shown, 302 elsewhere, each with a sentence', async (context) => {
  const { stand } = await onAir(context);
  const cases = [
    [{ reason: WHY }, 403],
    [{ reason: WHY, missing: true }, 401],
    [{ reason: WHY, redirect: 'https://other.example/live/cam.flv' }, 302],
  ] as const;
  for (const [verdict, status] of cases) {
    stand.gate.verdict = () => verdict;
    const flv = await get(stand, '/live/cam.flv?key=abc', { authorization: 'Bearer xyz' });
    assert.deepEqual([flv.status, flv.body.toString()], [status, `${WHY}\n`], 'HTTP-FLV');
    const answer = await upgrade(stand, '/live/cam.flv?key=abc');
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), 'WebSocket-FLV');
    assert.match(answer, new RegExp(`${WHY}\n$`));
    const more =
      status === 401 ? /www-authenticate: Bearer/i : status === 302 ? /location: https:\/\/other/i : /./;
    assert.match(answer, more);
    assert.match(JSON.stringify(flv.headers).replaceAll('":"', ': '), more);
  }
  const [http, ws] = stand.gate.visits;
  assert.deepEqual([http?.protocol, http?.query, http?.bearer], ['http-flv', 'key=abc', 'xyz']);
  assert.deepEqual([ws?.protocol, ws?.name.path, ws?.isThisMachine], ['ws-flv', 'live/cam', true]);
});

test('who waits for a stream is asked first', async (context) => {
  const stand = await doorStand(context);
  stand.gate.verdict = () => ({ reason: WHY });
  const { status } = await get(stand, '/live/none.flv?wait=60');
  assert.equal(status, 403);
  assert.match(await upgrade(stand, '/live/none.flv?wait=60'), / 403 /);
  assert.equal((await get(stand, '/live/none.m3u8?wait=60')).status, 403);
});

test('viewers of FLV are led to another name, counted, and kicked with the reason', async (context) => {
  const { stand, show } = await onAir(context);
  stand.gate.verdict = () => nameOf('live/cam');
  const http = new HttpFlvViewer(stand.httpPort, '/live/alias.flv');
  const ws = new WsFlvViewer(`${stand.ws}/live/alias.flv`);
  await waitFor('pictures', () => http.tags.length > 10 && ws.tags.length > 10);
  show.go(10);
  for (const pass of stand.gate.passes) {
    await waitFor('bytes', () => (pass.traffic?.().bytesOut ?? 0) > 1_000);
    pass.kick?.('enough');
  }
  await waitFor('both to be closed', () => http.isClosed && ws.close);
  assert.deepEqual([ws.close?.code, ws.close?.reason], [4403, 'enough']);
  assert.deepEqual(
    stand.gate.passes.map(({ ended }) => ended),
    ['kicked: enough', 'kicked: enough'],
  );
});

test('a verdict that comes late: the viewer waits, and one that leaves gives the question up', async (context) => {
  const { stand } = await onAir(context);
  let keep = (): void => undefined;
  const verdict = new Promise<undefined>((resolve) => (keep = () => resolve(undefined)));
  stand.gate.verdict = () => verdict;
  const [stays, leaves] = [0, 1].map(() => new WsFlvViewer(`${stand.ws}/live/cam.flv`));
  const http = new HttpFlvViewer(stand.httpPort, '/live/cam.flv');
  await waitFor('three questions', () => stand.gate.visits.length === 3);
  leaves?.drop();
  http.drop();
  await waitFor('two to be given up', () => stand.gate.givenUp.length === 2);
  keep();
  await waitFor('a picture', () => (stays?.tags.length ?? 0) > 0);
  assert.equal(stand.gate.passes.length, 1, 'let in');
  stays?.drop();
});

const sessionIn = (reply: Reply): string =>
  /\?session=([\w-]{22})$/m.exec(reply.body.toString())?.[1] ?? 'none';

test('HLS, open: each multivariant playlist has a session; the media playlist is the same for all, without sessions', async (context) => {
  const { stand } = await onAir(context);
  const [one, two] = [await get(stand, '/live/cam.m3u8'), await get(stand, '/live/cam.m3u8')];
  assert.notEqual(sessionIn(one), sessionIn(two));
  assert.match(one.body.toString(), /^cam\/media\.m3u8\?session=[\w-]{22}$/m);
  assert.equal(one.headers['cache-control'], 'private, no-cache');
  assert.equal(stand.sessions.count('live/cam'), 0, 'before they watch');
  const media = await get(stand, `/live/cam/media.m3u8?session=${sessionIn(one)}`);
  const shared = await get(stand, '/live/cam/media.m3u8');
  assert.deepEqual(media.body, shared.body);
  assert.equal(media.headers.etag, shared.headers.etag);
  assert.doesNotMatch(media.body.toString(), /session/);
  await get(stand, `/live/cam/media.m3u8?session=${sessionIn(two)}`);
  assert.equal(stand.sessions.count('live/cam'), 2);
  assert.equal(stand.gate.visits.length, 2, 'asked once for each');
  const zipped = await get(stand, `/live/cam/media.m3u8?session=${sessionIn(one)}`, {
    'accept-encoding': 'gzip',
  });
  assert.deepEqual(gunzipSync(zipped.body), shared.body);
});

test('a player that has a copy of the multivariant playlist keeps its session', async (context) => {
  const { stand } = await onAir(context);
  const first = await get(stand, '/live/cam.m3u8');
  const etag = String(first.headers.etag);
  assert.equal((await get(stand, '/live/cam.m3u8', { 'if-none-match': etag })).status, 304);
  assert.equal(stand.gate.visits.length, 1, 'asked');
  const other = await get(stand, '/live/cam.m3u8', {
    'if-none-match': etag.replace(/-[^-]+"$/, '-AAAAAAAAAAAAAAAAAAAAAA"'),
  });
  assert.equal(other.status, 200, 'the session of nobody');
});

test('HLS, closed: a token in the first address reaches everything, and its end cuts nobody', async (context) => {
  const { stand } = await onAir(context);
  stand.gate.open = false;
  stand.gate.verdict = ({ query }) => (query.includes('token=good') ? undefined : { reason: WHY });
  const first = await get(stand, '/live/cam.m3u8?token=good');
  const session = sessionIn(first);
  stand.gate.verdict = () => ({ reason: WHY }); // the token has run out
  const media = await get(stand, `/live/cam/media.m3u8?session=${session}`);
  assert.equal(media.status, 200);
  const [segment = ''] = /^\d+\.ts\?session=.*$/m.exec(media.body.toString()) ?? [];
  assert.equal(segment.split('?session=')[1], session);
  const sent = await get(stand, `/live/cam/${segment}`);
  assert.deepEqual([sent.status, sent.headers['cache-control']], [200, 'private, max-age=3600, immutable']);
  assert.equal((await get(stand, `/live/cam/${segment}`, { range: 'bytes=0-187' })).status, 206);
  const etag = String(media.headers.etag);
  assert.equal(
    (await get(stand, `/live/cam/media.m3u8?session=${session}`, { 'if-none-match': etag })).status,
    304,
  );
  assert.equal(stand.gate.visits.length, 1, 'asked once');
  for (const path of [
    '/live/cam.m3u8?token=good',
    '/live/cam/media.m3u8',
    `/live/cam/${segment.replace(/\?.*/, '')}`,
  ])
    assert.deepEqual([(await get(stand, path)).status, path], [403, path]);
  const stolen = await get(stand, `/live/other/media.m3u8?session=${session}`);
  assert.equal(stolen.status, 403, 'the session of another stream');
  const bytes = first.body.length + media.body.length + sent.body.length + 188;
  assert.equal(stand.gate.passes[0]?.traffic?.().bytesOut, bytes, 'bytes of this player');
});

test('HLS, closed: a player that asks for the media playlist by its token again and again has one session', async (context) => {
  const { stand } = await onAir(context);
  stand.gate.open = false;
  const ask = () => get(stand, '/live/cam/media.m3u8?token=good', { 'user-agent': 'VLC' });
  const first = await ask();
  assert.match(sessionIn(first), /^[\w-]{22}$/);
  stand.gate.verdict = () => ({ reason: WHY });
  const second = await ask();
  assert.equal(sessionIn(second), sessionIn(first));
  assert.deepEqual([stand.gate.visits.length, stand.sessions.count('live/cam')], [1, 1]);
});

test('HLS: a kicked player gets 403 with the reason, by any address of its session', async (context) => {
  const { stand } = await onAir(context);
  const session = sessionIn(await get(stand, '/live/cam.m3u8'));
  const media = `/live/cam/media.m3u8?session=${session}`;
  assert.equal((await get(stand, media)).status, 200);
  stand.gate.passes[0]?.kick?.('enough');
  const refused = await get(stand, media);
  assert.deepEqual([refused.status, refused.body.toString()], [403, 'enough\n']);
  assert.deepEqual([stand.gate.passes[0]?.ended, stand.sessions.count('live/cam')], ['kicked: enough', 0]);
});

test('HLS: who is led to another stream is served it by the name it asked for', async (context) => {
  const { stand } = await onAir(context);
  stand.gate.open = false;
  stand.gate.verdict = () => nameOf('live/cam');
  const first = await get(stand, '/news/today.m3u8');
  assert.match(first.body.toString(), /^today\/media\.m3u8\?session=/m);
  const media = await get(stand, `/news/today/media.m3u8?session=${sessionIn(first)}`);
  const [segment = ''] = /^\d+\.ts\?.*$/m.exec(media.body.toString()) ?? [];
  assert.equal((await get(stand, `/news/today/${segment}`)).status, 200);
  assert.equal(stand.sessions.count('live/cam'), 1);
});

test('HLS: sent elsewhere', async (context) => {
  const { stand } = await onAir(context);
  stand.gate.verdict = () => ({ reason: 'moved', redirect: 'https://other.example/live/cam.m3u8' });
  const { status, headers } = await get(stand, '/live/cam.m3u8');
  assert.deepEqual([status, headers.location], [302, 'https://other.example/live/cam.m3u8']);
});

test('a proxy’s word counts if it is trusted; a proxy on this machine makes nobody this machine', async (context) => {
  const trusted = networks(['127.0.0.1']);
  assert.ok(!('refused' in trusted), 'networks');
  const { stand } = await onAir(context, { httpProxies: { trusted, header: 'x-forwarded-for' } });
  await get(stand, '/live/none.flv', { 'x-forwarded-for': '198.51.100.9, 203.0.113.5' });
  await get(stand, '/live/none.flv', { forwarded: 'for=198.51.100.1' });
  assert.deepEqual(
    stand.gate.visits.map(({ address, isThisMachine }) => [address, isThisMachine]),
    [
      ['203.0.113.5', false],
      ['127.0.0.1', false],
    ],
  );
  const plain = await onAir(context);
  await get(plain.stand, '/live/none.flv', { 'x-forwarded-for': '203.0.113.5' });
  await get(plain.stand, '/live/none.flv');
  assert.deepEqual(
    plain.stand.gate.visits.map(({ address, isThisMachine }) => [address, isThisMachine]),
    [
      ['127.0.0.1', false],
      ['127.0.0.1', true],
    ],
  );
});
