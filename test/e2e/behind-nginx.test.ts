import assert from 'node:assert/strict';
import { Agent, createServer, get } from 'node:http';
import { Socket, type AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { ClientAddresses } from '../../src/servers/http/client-address.ts';
import { WebSocketRoute } from '../../src/servers/http/websocket-route.ts';
import { Watching } from '../../src/servers/watching.ts';
import { StreamRegistry } from '../../src/stream/registry.ts';
import { BrowserFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, streamReport } from '../support/gateway.ts';
import { inter, key, sound } from '../support/media.ts';
import { nginxBefore } from '../support/nginx.ts';
import { unlessThere } from '../support/programs.ts';
import { recordingLog } from '../support/recording-log.ts';
import { publishTo } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { nameOf, publisherFrom } from '../support/stage.ts';
import { TestGate } from '../support/test-gate.ts';
import { waitFor } from '../support/wait.ts';

/**
 * The same as test/long/behind-nginx.test.ts does with minutes: here nginx's time-outs, 60 s by default, are 2 s, and
 * the time is what the test needs to be three times as long.
 */

const SHORT = 'proxy_read_timeout 2s; proxy_send_timeout 2s; send_timeout 2s;';
const THREE_TIMES_MS = 6_000;
const skip = unlessThere('nginx');

/** WebSocket-FLV alone, with a ping of the test's choice. */
async function webSockets(context: TestContext, pingMs: number) {
  const streams = new StreamRegistry({
    now: () => performance.now(),
    clock: Date.now,
    batchMs: 0,
    graceSeconds: 1,
    after: () => () => undefined,
    opened: () => undefined,
    ended: () => undefined,
  });
  const watching = new Watching(streams, { queueBytes: 1e6, lagMs: 10_000 }, recordingLog().log);
  const route = new WebSocketRoute(
    { watching, gate: new TestGate(), clients: new ClientAddresses() },
    pingMs,
  );
  const server = createServer((_request, response) => response.end());
  server.on('upgrade', (request, socket, head) => {
    if (socket instanceof Socket) route.upgrade(request, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const nginx = await nginxBefore((server.address() as AddressInfo).port, SHORT);
  context.after(async () => {
    route.close();
    route.destroy();
    server.closeAllConnections();
    server.close();
    await nginx.stop();
  });
  const publish = (): void => {
    const claim = streams.claim(nameOf('live/late'), publisherFrom());
    assert.ok(claim.granted, 'publishing');
    for (const frame of [key(0), sound(5), inter(40)]) claim.publication.write(frame);
    claim.publication.flush();
  };
  return { viewer: new WsFlvViewer(`ws://127.0.0.1:${nginx.port}/live/late.flv?wait=60`), publish };
}

describe('behind nginx', { concurrency: true, skip }, () => {
  test("FLV over HTTP and WebSocket outlasts nginx's time-outs as long as pictures come", async (context) => {
    const gateway = await startGateway();
    const nginx = await nginxBefore(gateway.httpPort, SHORT);
    context.after(() => Promise.all([nginx.stop(), gateway.stop()]));
    const publisher = await publishTo(`${gateway.rtmp}/live/cam`);
    const show = new Show(publisher);
    show.go(10);
    const stop = show.live();
    const http = new BrowserFlvViewer(nginx.port, '/live/cam.flv');
    const ws = new WsFlvViewer(`ws://127.0.0.1:${nginx.port}/live/cam.flv`);
    const span = (viewer: BrowserFlvViewer | WsFlvViewer): number => {
      const times = viewer.tags
        .filter(({ type, body }) => type === 9 && body[1] === 1)
        .map(({ timestamp }) => timestamp);
      for (const [index, time] of times.entries())
        assert.ok(index === 0 || time - times[index - 1]! === 40, `${times[index - 1]} then ${time}`);
      return (times.at(-1) ?? 0) - (times[0] ?? 0);
    };
    await waitFor('enough of the stream', () => [http, ws].every((viewer) => span(viewer) > THREE_TIMES_MS));
    assert.deepEqual([http.status, http.isClosed, ws.close], [200, false, undefined], 'still open');
    stop();
    for (const one of [http, ws]) one.drop();
    publisher.kill();
  });

  test('a WebSocket viewer who waits silently for a publisher is kept by pings', async (context) => {
    const { viewer, publish } = await webSockets(context, 500);
    let pings = 0;
    viewer.webSocket.on('ping', () => pings++);
    await waitFor("three time-outs' worth of pings", () => pings >= THREE_TIMES_MS / 500);
    assert.equal(viewer.close, undefined, 'still open');
    publish();
    await waitFor('the picture', () => viewer.tags.length > 3);
    viewer.drop();
  });

  test('without pings nginx would have cut it: the test above can fail', async (context) => {
    const { viewer } = await webSockets(context, 60_000);
    await viewer.closed;
    assert.equal(viewer.close?.code, 1006, 'cut without a goodbye');
  });

  test('an HLS player uses one connection through nginx, with pauses longer than nginx waits for answers', async (context) => {
    const gateway = await startGateway();
    const nginx = await nginxBefore(gateway.httpPort, SHORT);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    context.after(() => {
      agent.destroy();
      return Promise.all([nginx.stop(), gateway.stop()]);
    });
    const publisher = await publishTo(`${gateway.rtmp}/live/cam`);
    const show = new Show(publisher);
    show.go(120);
    const sockets = new Set<unknown>();
    const ask = (path: string): Promise<number> =>
      new Promise((resolve, reject) => {
        get({ host: '127.0.0.1', port: nginx.port, path, agent }, (response) => {
          sockets.add(response.socket);
          response.resume().once('end', () => resolve(response.statusCode ?? 0));
        }).once('error', reject);
      });
    for (let round = 0; round < 3; round++) {
      assert.equal(await ask('/live/cam/media.m3u8'), 200, `round ${round}`);
      const until = performance.now() + 2_200; // time itself is what is tested here
      await waitFor('the pause', () => performance.now() > until);
    }
    assert.equal(sockets.size, 1, 'connections');
    assert.equal((await streamReport(gateway, 'live/cam'))?.state, 'live', 'the stream');
    publisher.kill();
  });
});
