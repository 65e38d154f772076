import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { streamReport } from '../support/gateway.ts';
import {
  gatewayWith,
  type Logged,
  relay,
  running,
  showOn,
  videosOf,
  whenProblem,
  whenRunning,
} from '../support/relays.ts';
import { playFrom, RtmpPeer } from '../support/rtmp-peer.ts';
import { waitFor } from '../support/wait.ts';
import { stopwatch } from '../support/stopwatch.ts';

test('a pull while watched: the first viewer of each kind gets it without ?wait, and it ends after the last', async () => {
  const origin = await gatewayWith();
  await showOn(origin);
  const watch: Record<string, (edge: Logged) => Promise<(() => unknown) | undefined>> = {
    flv: async (edge: Logged) => {
      const viewer = new HttpFlvViewer(edge.httpPort, '/live/cam.flv');
      await waitFor('pictures', () => videosOf(viewer) > 10);
      return () => viewer.drop();
    },
    rtmp: async (edge: Logged) => {
      const player = await playFrom(`${edge.rtmp}/live/cam`);
      await waitFor('pictures', () => player.of(9).length > 10);
      return () => player.leave();
    },
    ws: async (edge: Logged) => {
      const viewer = new WsFlvViewer(`${edge.ws}/live/cam.flv`);
      await waitFor('pictures', () => videosOf(viewer) > 10);
      return () => viewer.drop();
    },
    hls: async (edge: Logged) => {
      const response = await fetch(`${edge.http}/live/cam.m3u8`);
      assert.equal(response.status, 200, 'the first request for the playlist');
      return undefined; // its viewer is gone after 15 s without a fetch
    },
  };
  const tryOut = async (kind: string): Promise<void> => {
    const edge = await gatewayWith({
      relay: {
        pull: [{ stream: 'live/*', from: `${origin.rtmp}/{app}/{stream}` }],
        lingerSeconds: 1,
        holdSeconds: 3,
      },
      hls: { segmentSeconds: 1 },
    });
    assert.equal((await relay(edge, 'pull-1'))?.state, 'idle', 'nobody watches');
    const stop = await watch[kind]!(edge);
    const info = await whenRunning(edge, 'pull-1:live/cam');
    assert.ok(info.bytes > 1000, `${kind}: ${info.bytes} bytes`);
    const report = await streamReport(edge, 'live/cam');
    assert.equal(report?.publisher?.address, '127.0.0.1', kind);
    if (!stop) return;
    await stop();
    await waitFor(`${kind} to be idle`, async () => (await relay(edge, 'pull-1'))?.state === 'idle');
  };
  await Promise.all(Object.keys(watch).map(tryOut));
});

test('who wants a stream that the source does not have hears so, and a stream without a rule is not waited for', async () => {
  const origin = await gatewayWith({ play: { waitSeconds: 1 } });
  const edge = await gatewayWith({
    relay: { pull: [{ stream: 'live/*', from: `${origin.rtmp}/{app}/{stream}` }], holdSeconds: 2 },
  });
  const since = Date.now();
  const elapsed = stopwatch();
  assert.equal((await fetch(`${edge.http}/other/cam.flv`)).status, 404);
  assert.ok(elapsed() < 1000, 'at once');
  assert.equal((await fetch(`${edge.http}/live/cam.flv`)).status, 404);
  assert.ok(Date.now() - since >= 1900, 'after the hold');
  assert.match((await relay(edge, 'pull-1'))?.problem ?? '', /no stream "live\/cam" is being published/);
});

test('a pull that is lost goes on in the same stream, and its viewers stay', async () => {
  const origin = await gatewayWith({ publish: { graceSeconds: 0 } });
  const show = await showOn(origin);
  const edge = await gatewayWith({
    publish: { graceSeconds: 10 },
    relay: { pull: [{ stream: 'live/cam', from: `${origin.rtmp}/live/cam`, when: 'always' }] },
  });
  await whenRunning(edge, 'pull-1');
  const { publishers } = (await (await fetch(`${edge.http}/api/v1/publishers`)).json()) as {
    publishers: { stream: string; protocol: string; program: string }[];
  };
  assert.deepEqual(
    publishers.map(({ stream, protocol, program }) => [stream, protocol, program]),
    [['live/cam', 'relay', `relay of ${origin.rtmp}/live/cam`]],
    'listed as a publisher',
  );
  const viewer = new HttpFlvViewer(edge.httpPort, '/live/cam.flv');
  await waitFor('pictures', () => videosOf(viewer) > 30);
  show.peer.kill();
  await waitFor('the loss', async () => (await relay(edge, 'pull-1'))?.state !== 'running');
  const before = viewer.tags.length;
  await showOn(origin);
  await waitFor('the same viewer to go on', () => viewer.tags.length > before + 40);
  const lines = edge.lines.filter(({ text }) => text.startsWith('relay:'));
  assert.ok(lines.length <= 4, JSON.stringify(lines.map(({ text }) => text)));
  viewer.drop();
});

test('a local publisher goes before what is fetched', async () => {
  const origin = await gatewayWith();
  await showOn(origin);
  const edge = await gatewayWith({
    relay: { pull: [{ stream: 'live/cam', from: `${origin.rtmp}/live/cam`, when: 'always' }] },
  });
  await whenRunning(edge, 'pull-1');
  const local = new RtmpPeer('publish', `${edge.rtmp}/live/cam`, { localAddress: '127.0.0.2' });
  running.push(() => local.kill());
  await local.started;
  await whenProblem(edge, 'pull-1', /published|replaced/);
  assert.equal((await streamReport(edge, 'live/cam'))?.publisher?.address, '127.0.0.2');
});
