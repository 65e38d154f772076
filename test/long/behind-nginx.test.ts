import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { BrowserFlvViewer, HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { nginxBefore, type Nginx } from '../support/nginx.ts';
import { unlessThere } from '../support/programs.ts';
import { publishTo } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** What only real time can show: nothing between a publisher and its viewers ends what is well, hour or no hour. */

const skip = unlessThere('nginx');
const MINUTES = 6.2;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let gateway: TestGateway;
let nginx: Nginx;

before(async () => {
  if (skip !== false) return;
  gateway = await startGateway({ publish: { graceSeconds: 120 }, hls: { segmentSeconds: 2 } });
  nginx = await nginxBefore(gateway.httpPort);
});

after(async () => {
  if (skip !== false) return;
  await nginx.stop();
  await gateway.stop();
});

const longest = (gaps: readonly number[]): number => gaps.reduce((most, gap) => Math.max(most, gap), 0);

// They only wait, so they do it side by side.
describe('behind nginx', { concurrency: true, skip }, () => {
  test('FLV over HTTP and WebSocket runs for more than six minutes behind nginx with its default time-outs', async () => {
    const publisher = await publishTo(`${gateway.rtmp}/live/long`);
    const stop = new Show(publisher, { bytes: 2_000 }).live();
    const http = new BrowserFlvViewer(nginx.port, '/live/long.flv?wait=10');
    const ws = new WsFlvViewer(`ws://127.0.0.1:${nginx.port}/live/long.flv?wait=10`);
    const direct = new HttpFlvViewer(gateway.httpPort, '/live/long.flv?wait=10');
    await pause(MINUTES * 60_000);
    assert.equal(http.status, 200, 'status');
    for (const [who, viewer] of Object.entries({ http, ws, direct })) {
      const frames = viewer.tags.filter(({ type, body }) => type === 9 && body[1] === 1);
      const times = frames.map(({ timestamp }) => timestamp);
      assert.ok(times.at(-1)! - times[0]! > (MINUTES * 60 - 5) * 1000, `${who}: ends at ${times.at(-1)}`);
      const gaps = times.slice(1).map((time, index) => time - times[index]!);
      assert.ok(longest(gaps) <= 41, `${who}: ${longest(gaps)} ms between two pictures`);
    }
    assert.deepEqual([http.isClosed, ws.close, direct.isClosed], [false, undefined, false], 'all still open');
    stop();
    publisher.kill();
    for (const viewer of [http, ws, direct]) viewer.drop();
  });

  test('a WebSocket viewer hears nothing for 70 s behind nginx and is there when the publisher comes back', async () => {
    const first = await publishTo(`${gateway.rtmp}/live/silent`);
    new Show(first).go(30);
    const ws = new WsFlvViewer(`ws://127.0.0.1:${nginx.port}/live/silent.flv?wait=10`);
    await waitFor('the picture', () => ws.tags.length > 3);
    first.kill();
    await pause(70_000);
    assert.equal(ws.close, undefined, 'still open');
    const had = ws.tags.length;
    const second = await publishTo(`${gateway.rtmp}/live/silent`);
    new Show(second).go(30);
    await waitFor('the picture again', () => ws.tags.length > had + 10);
    second.kill();
    ws.drop();
  });

  test('a WebSocket viewer who comes a minute before the publisher is not cut off by nginx', async () => {
    const ws = new WsFlvViewer(`ws://127.0.0.1:${nginx.port}/live/late.flv?wait=70`);
    await waitFor('the WebSocket to be open', () => ws.webSocket.readyState === ws.webSocket.OPEN);
    await pause(58_000);
    const publisher = await publishTo(`${gateway.rtmp}/live/late`);
    new Show(publisher).go(30);
    await waitFor('the picture', () => ws.tags.length > 3);
    assert.equal(ws.close, undefined, 'still open');
    publisher.kill();
    ws.drop();
  });

  test('an HLS player keeps its one connection to nginx for two minutes and every answer is good', async () => {
    const publisher = await publishTo(`${gateway.rtmp}/live/hls`);
    const stop = new Show(publisher).live();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const statuses: number[] = [];
    const sockets = new Set<unknown>();
    const ask = (path: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port: nginx.port, path, agent }, (response) => {
          statuses.push(response.statusCode ?? 0);
          sockets.add(response.socket);
          let text = '';
          response.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
          response.on('end', () => resolve(text));
        });
        asked.on('error', reject);
        asked.end();
      });
    await ask('/live/hls.m3u8?wait=10');
    const seen = new Set<string>();
    for (let round = 0; round < 60; round++) {
      const names = (await ask('/live/hls/media.m3u8')).split('\n').filter((line) => line.endsWith('.m4s'));
      for (const name of names.filter((one) => !seen.has(one))) {
        seen.add(name);
        await ask(`/live/hls/${name}`);
      }
      await pause(2_000);
    }
    assert.deepEqual([...new Set(statuses)], [200], 'statuses');
    assert.equal(sockets.size, 1, 'connections');
    assert.ok(seen.size > 50, `${seen.size} segments`);
    agent.destroy();
    stop();
    publisher.kill();
  });
});
