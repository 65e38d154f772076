import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { ClientAddresses } from '../../../src/servers/http/client-address.ts';
import { HlsDoor } from '../../../src/servers/http/hls-door.ts';
import { HlsRoute } from '../../../src/servers/http/hls-route.ts';
import { HlsSessions } from '../../../src/servers/http/hls-sessions.ts';
import { parseMediaPath, splitUrl } from '../../../src/servers/http/media-url.ts';
import type { HlsTarget } from '../../../src/servers/http/playlist-sender.ts';
import { WaitingLimits } from '../../../src/servers/http/waiting-limits.ts';
import { FakeHls, rendered } from '../../support/fake-hls.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { httpStand, type HttpStand } from '../../support/http-stand.ts';
import { TestGate } from '../../support/test-gate.ts';
import { waitFor } from '../../support/wait.ts';

/** Players with a session that wait for what is to come. */

const clients = new ClientAddresses();
let source: FakeHls;
let gate: TestGate;
let sessions: HlsSessions;
let time: FakeTime;
let route: HlsRoute;
let door: HlsDoor;
let stand: HttpStand;

before(async () => {
  stand = await httpStand((req, res) => {
    const { path, query } = splitUrl(req.url ?? '/');
    door.serve(parseMediaPath(path) as HlsTarget, new URLSearchParams(query), req, res);
  });
});
after(() => stand.close());
beforeEach(() => {
  source = new FakeHls();
  gate = new TestGate();
  gate.open = false;
  time = new FakeTime();
  sessions = new HlsSessions({ now: time.now, goneMs: () => 15_000, maxPerAddress: 10 });
  route = new HlsRoute({
    find: () => source,
    whenPublished: (_path, _ms, callback) => (callback(source), undefined),
    seen: () => undefined,
    gzip: true,
    waiting: new WaitingLimits({ clients, connections: 100, connectionsPerAddress: 100 }),
  });
  door = new HlsDoor({ gate, clients, sessions, route, sessionsForAll: true });
});

const MEDIA = '/live/cam/media.m3u8';
const waiting = (count: number): Promise<true> =>
  waitFor(`${count} to wait`, () => route.waiting.requests === count);

async function enter(): Promise<string> {
  source.multivariant = () => rendered('cam/media.m3u8?dvr=0\n');
  const { body } = await stand.ask('/live/cam.m3u8?token=t');
  const address = body.toString().trim();
  assert.match(address, /^cam\/media\.m3u8\?dvr=0&session=[\w-]{22}$/);
  return address.slice(address.indexOf('session='));
}

test('a session goes with a request that waits, and into the addresses of its answer', async () => {
  const session = await enter();
  const answer = stand.ask(`${MEDIA}?${session}&_HLS_msn=8&_HLS_part=1`);
  await waiting(1);
  assert.equal(sessions.count('live/cam'), 1, 'who waits is watching');
  source.playlists.set('media.m3u8', source.media);
  source.media.rendered = () => rendered('#EXT-X-PRELOAD-HINT:TYPE=PART,URI="8.2.m4s"\n');
  source.media.grow();
  const { status, headers, body } = await answer;
  assert.deepEqual(
    [status, body.toString()],
    [200, `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="8.2.m4s?${session}"\n`],
  );
  assert.equal(headers['cache-control'], 'private, no-cache', "one player's copy is for no cache");
  assert.equal(gate.visits.length, 1, 'the gate was asked once');
});

test('who is sent away while it waits gets nothing more', async () => {
  const session = await enter();
  await stand.ask(`${MEDIA}?${session}`);
  source.promised.set('8.1.m4s', undefined);
  const answers = [`${MEDIA}?${session}&_HLS_msn=8&_HLS_part=1`, `/live/cam/8.1.m4s?${session}`].map((path) =>
    stand.ask(path),
  );
  await waiting(2);
  gate.passes[0]!.kick!('enough');
  source.media.grow();
  source.promised.get('8.1.m4s')!({ bytes: Buffer.from('part'), etag: '"p"', type: 'video/mp4' });
  for (const answer of answers) {
    const { status, body } = await answer;
    assert.deepEqual([status, body.toString()], [403, 'enough\n']);
  }
});

test('a player that only ever hears that nothing has come stays', async () => {
  const session = await enter();
  await stand.ask(`${MEDIA}?${session}`);
  for (let count = 0; count < 5; count++) {
    const answer = stand.ask(`${MEDIA}?${session}&_HLS_msn=8&_HLS_part=1`);
    await waiting(1);
    route.close();
    assert.equal((await answer).status, 503);
    time.advance(10_000);
    sessions.tick();
  }
  assert.equal(sessions.count('live/cam'), 1, 'it is watching, as far as it can');
});

test('what a player adds by itself does not make it another visitor', async () => {
  for (const directives of ['', '&_HLS_msn=7', '&_HLS_msn=8&_HLS_part=0&_HLS_skip=YES'])
    assert.equal((await stand.ask(`${MEDIA}?token=t${directives}`)).status, 200);
  assert.deepEqual(
    gate.visits.map(({ query }) => query),
    ['token=t'],
  );
  assert.equal(sessions.count('live/cam'), 1);
});
