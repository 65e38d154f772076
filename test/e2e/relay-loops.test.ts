import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelayInfo } from '../../src/servers/http/api/parts.ts';
import { HttpFlvViewer } from '../support/flv-viewer.ts';
import { streamReport, type TestGateway } from '../support/gateway.ts';
import { api, gatewayWith, showOn, videosOf, whenProblem, whenRunning } from '../support/relays.ts';
import { waitFor } from '../support/wait.ts';

test('a gateway that pushes to itself, or pulls from itself, is told so', async () => {
  // The port is known only when it is open: the relays come by API.
  const gateway = await gatewayWith();
  await showOn(gateway);
  for (const direction of ['push', 'pull'] as const) {
    const stream = direction === 'push' ? 'live/cam' : 'live/copy';
    const url = `${gateway.rtmp}/live/${direction === 'push' ? 'copy' : 'cam'}`;
    const made = await api(gateway, 'POST', { direction, stream, url, when: 'always' });
    const { id } = (await made.json()) as RelayInfo;
    const info = await whenProblem(gateway, id, /relay loop: the address is that of this gateway itself/);
    assert.equal(info.state, 'stopped');
  }
});

test('the same by the address of its port for RTMPS, whose certificate it would not even trust', async () => {
  const gateway = await gatewayWith({
    tls: { selfSigned: true },
    rtmp: { tlsPort: 0 },
    http: { tlsPort: 0 },
  });
  const url = `rtmps://127.0.0.1:${gateway.rtmpsPort}/live/cam`;
  const made = await api(gateway, 'POST', { direction: 'pull', stream: 'live/copy', url, when: 'always' });
  const { id } = (await made.json()) as RelayInfo;
  const info = await whenProblem(gateway, id, /relay loop: the address is that of this gateway itself/);
  assert.equal(info.state, 'stopped');
});

test('A pushes to B pushes to A: B’s push is refused, and says why', async () => {
  const a = await gatewayWith();
  const b = await gatewayWith();
  const add = async (from: TestGateway, stream: string, url: string): Promise<string> => {
    const made = await api(from, 'POST', { direction: 'push', stream, url });
    return ((await made.json()) as RelayInfo).id;
  };
  const there = await add(a, 'live/cam', `${b.rtmp}/live/cam`);
  const back = await add(b, 'live/cam', `${a.rtmp}/live/copy`);
  await showOn(a);
  await whenRunning(a, there);
  const info = await whenProblem(b, back, /relay loop: it has been through this gateway already/);
  assert.equal(info.state, 'stopped');
  assert.equal(await streamReport(a, 'live/copy'), undefined);
});

test('A pulls from B pulls from A: nothing goes round, whoever publishes or asks first', async () => {
  const a = await gatewayWith({ relay: { holdSeconds: 2 } });
  const b = await gatewayWith({
    relay: { pull: [{ stream: 'live/*', from: `${a.rtmp}/{app}/{stream}` }], holdSeconds: 3 },
  });
  const made = await api(a, 'POST', { direction: 'pull', stream: 'live/*', url: `${b.rtmp}/{app}/{stream}` });
  const { id } = (await made.json()) as RelayInfo;
  const asked = fetch(`${a.http}/live/nothing.flv`);
  await whenProblem(b, 'pull-1', /relay loop: it has been through this gateway already/);
  assert.equal((await asked).status, 404);

  const show = await showOn(a);
  const viewer = new HttpFlvViewer(b.httpPort, '/live/cam.flv');
  await waitFor('pictures', () => videosOf(viewer) > 30);
  // Its publisher goes, its viewers stay for the grace time: now A could ask B for its own stream.
  show.peer.kill();
  void fetch(`${a.http}/live/cam.flv`).then(async (response) => response.body?.cancel());
  await whenProblem(a, id, /relay loop/);
  viewer.drop();
});
