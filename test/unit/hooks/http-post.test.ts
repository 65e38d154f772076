import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { HttpPoster, MAX_ANSWER_BYTES, type PostRequest } from '../../../src/hooks/http-post.ts';
import { HookReceiver } from '../../support/hook-receiver.ts';

const request = (url: string, more: Partial<PostRequest> = {}): PostRequest => ({
  url,
  headers: { 'X-Test': 'yes' },
  body: 'hällo',
  timeoutMs: 5_000,
  ...more,
});

function poster(context: TestContext): HttpPoster {
  const made = new HttpPoster();
  context.after(() => made.close());
  return made;
}

async function receiver(context: TestContext): Promise<HookReceiver> {
  const made = await HookReceiver.start();
  context.after(() => made.down());
  return made;
}

/** A server that does not speak HTTP, but what the test wants. */
async function rawServer(context: TestContext, talk: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    talk(socket);
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('posts the body with its headers, gives the answer, and uses the connection again', async (context) => {
  const { post } = poster(context);
  const server = await receiver(context);
  server.answer = () => ({
    status: 302,
    body: 'da',
    headers: { Location: 'x', 'Content-Type': 'text/plain' },
  });
  for (let round = 0; round < 3; round++) {
    const answer = await post(request(`${server.url}/hook?x=1`));
    assert.deepEqual(
      answer,
      { status: 302, location: 'x', contentType: 'text/plain', body: 'da' },
      `answer ${round}`,
    );
  }
  const [first] = server.received;
  assert.deepEqual(
    [first?.path, first?.body, first?.headers['x-test'], first?.headers['content-length']],
    ['/hook?x=1', 'hällo', 'yes', '6'],
    'request',
  );
  assert.equal(server.connections, 1, 'connections');
});

test('a receiver that has closed the idle connection gets the request over a new one', async (context) => {
  const { post } = poster(context);
  let requests = 0;
  const url = await rawServer(context, (socket) => {
    let isFirst = true;
    socket.on('data', () => {
      requests++;
      if (!isFirst) return void socket.resetAndDestroy(); // as if it had timed out in this very moment
      isFirst = false;
      socket.write('HTTP/1.1 204 No Content\r\n\r\n');
    });
  });
  const first = await post(request(url));
  const second = await post(request(url));
  assert.deepEqual([first.status, second.status, requests], [204, 204, 3], 'answers and attempts');
});

test('every way of not answering is said in words', async (context) => {
  const { post } = poster(context);
  const gone = await receiver(context);
  const { url: goneUrl } = gone;
  await gone.down();
  const big = await receiver(context);
  big.answer = () => ({ status: 200, body: 'x'.repeat(MAX_ANSWER_BYTES + 1) });
  const silent = await receiver(context);
  silent.answer = () => undefined;
  const rubbish = await rawServer(context, (socket) => socket.end('220 smtp.example ESMTP\r\n'));
  const hangsUp = await rawServer(context, (socket) => socket.once('data', () => socket.resetAndDestroy()));
  const drips = await rawServer(context, (socket) =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'),
  );
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  const cases: [what: PostRequest, words: RegExp][] = [
    [request(goneUrl), /^refuses the connection$/],
    [request(big.url), /^answers with more than 16384 bytes$/],
    [request(silent.url, { timeoutMs: 100 }), /^does not answer within 0\.1 s$/],
    [request(drips, { timeoutMs: 100 }), /^does not answer within 0\.1 s$/],
    [request(rubbish), /^does not speak HTTP$/],
    [request(hangsUp), /^breaks the connection$/],
    [request('http://no-such-host.invalid/'), /^has a host name that/],
    [request(silent.url, { signal: controller.signal }), /^is not asked any more$/],
  ];
  await Promise.all(
    cases.map(([what, message]) =>
      assert.rejects(post(what), { name: 'PostError', message }, `${what.url} ${message.source}`),
    ),
  );
});
