import assert from 'node:assert/strict';
import { connect, constants, createServer, type ClientHttp2Session } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { after, before, beforeEach, test, type TestContext } from 'node:test';
import { ClientAddresses } from '../../../src/servers/http/client-address.ts';
import { HlsRoute } from '../../../src/servers/http/hls-route.ts';
import { asHttp1, Http2Request, Http2Response } from '../../../src/servers/http/http2/exchange.ts';
import { parseMediaPath, parseQuery, splitUrl } from '../../../src/servers/http/media-url.ts';
import type { HlsTarget } from '../../../src/servers/http/playlist-sender.ts';
import { MAX_WAITING_PER_CONNECTION, WaitingLimits } from '../../../src/servers/http/waiting-limits.ts';
import { FakeHls } from '../../support/fake-hls.ts';
import { waitFor } from '../../support/wait.ts';

/** Low latency by HTTP/2, where many requests wait on one connection. */

const BLOCKED = '/live/demo/media.m3u8?_HLS_msn=8&_HLS_part=1';

let source: FakeHls;
let route: HlsRoute;
let limits: WaitingLimits;
let server: Server;

before(async () => {
  server = createServer(
    { Http2ServerRequest: Http2Request, Http2ServerResponse: Http2Response },
    (req, res) => {
      const { path, query } = splitUrl(req.url);
      route.serve(parseMediaPath(path) as HlsTarget, parseQuery(query), ...asHttp1(req, res));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
after(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  source = new FakeHls();
  limits = new WaitingLimits({
    clients: new ClientAddresses(),
    connections: 100,
    connectionsPerAddress: 100,
  });
  route = new HlsRoute({
    find: () => source,
    whenPublished: (_path, _ms, callback) => (callback(source), undefined),
    seen: () => undefined,
    gzip: true,
    waiting: limits,
  });
});

function client(context: TestContext): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  session.on('error', () => undefined);
  context.after(() => session.destroy());
  return session;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

function ask(session: ClientHttp2Session, path: string): { answer: Promise<Answer>; cancel: () => void } {
  const stream = session.request({ ':path': path });
  stream.on('error', () => undefined);
  const answer = new Promise<Answer>((resolve) => {
    stream.on('response', (headers) => {
      let body = '';
      stream.on('data', (bytes: Buffer) => (body += bytes.toString()));
      stream.on('end', () => resolve({ status: Number(headers[':status']), headers, body }));
    });
  });
  return { answer, cancel: () => stream.close(constants.NGHTTP2_CANCEL) };
}

const waiting = (count: number): Promise<true> =>
  waitFor(`${count} to wait`, () => route.waiting.requests === count);

test('playlists, files and what is waited for come by HTTP/2 as by HTTP/1.1', async (context) => {
  const session = client(context);
  const [playlist, part] = [ask(session, BLOCKED), ask(session, '/live/demo/7.m4s')];
  assert.deepEqual([(await part.answer).status, (await part.answer).body], [200, 'segment']);
  await waiting(1);
  source.media.grow();
  const { status, headers, body } = await playlist.answer;
  assert.deepEqual([status, body], [200, '#EXTM3U full dvr 7.2']);
  assert.equal(headers['cache-control'], 'public, max-age=12');
  assert.equal(headers['content-type'], 'application/vnd.apple.mpegurl');
});

test('a connection may have so many requests waiting, and no more', async (context) => {
  const session = client(context);
  const all = Array.from({ length: MAX_WAITING_PER_CONNECTION }, () => ask(session, BLOCKED));
  await waiting(MAX_WAITING_PER_CONNECTION);
  const refused = await ask(session, BLOCKED).answer;
  assert.equal(refused.status, 503);
  assert.match(refused.body, /on one connection/);
  all[0]!.cancel();
  await waiting(MAX_WAITING_PER_CONNECTION - 1);
  source.media.grow();
  const answers = await Promise.all(all.slice(1).map(({ answer }) => answer));
  assert.ok(
    answers.every(({ status }) => status === 200),
    'all others are answered',
  );
});

test('a connection that ends takes all of its requests with it', async (context) => {
  const session = client(context);
  for (let count = 0; count < 20; count++) ask(session, BLOCKED);
  await waiting(20);
  session.destroy();
  await waiting(0);
  assert.deepEqual(
    [route.waiting.crowds, limits.total, limits.addresses, source.media.waiting.size],
    [0, 0, 0, 0],
  );
});
