import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { HttpFlvViewer } from '../support/flv-viewer.ts';
import { startGateway } from '../support/gateway.ts';
import { playFrom, publishTo } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** A gateway that is told to stop while somebody publishes and others watch. */
async function draining(context: TestContext, drainSeconds: number) {
  const gateway = await startGateway({ stop: { drainSeconds }, publish: { graceSeconds: 600 } });
  context.after(() => {
    gateway.gateway.hurry(); // a test that has failed ends, too
    return gateway.stop();
  });
  const publisher = await publishTo(`${gateway.rtmp}/live/cam`);
  context.after(() => publisher.kill());
  const show = new Show(publisher);
  show.go(120);
  context.after(show.live());
  const viewer = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv');
  context.after(() => viewer.drop());
  const player = await playFrom(`${gateway.rtmp}/live/cam`);
  const playlist = await waitFor('a playlist', async () => {
    const response = await fetch(`${gateway.http}/live/cam.m3u8`);
    return (await response.text()).split('\n').find((line) => line.includes('media.m3u8?session='));
  });
  await waitFor('viewers', () => viewer.tags.length > 3 && player.of(9).length > 1);
  const beganAt = performance.now();
  const stopped = gateway.gateway.stop();
  const state = { isStopped: false };
  void stopped.then(() => (state.isStopped = true));
  return {
    ...{ gateway, publisher, viewer, player, stopped, state, beganAt },
    hls: () => fetch(new URL(playlist, `${gateway.http}/live/`)),
  };
}

test('while it drains nobody new comes in, who is there goes on, and the end comes with the last publisher', async (context) => {
  const { gateway, publisher, viewer, player, stopped, state, hls } = await draining(context, 600);
  const health = await fetch(`${gateway.http}/healthz`);
  assert.equal(health.status, 503, 'balancers hear of it at once');
  const refused = await new Promise<string>((resolve) => {
    const socket = connect(gateway.rtmpPort, '127.0.0.1', () => resolve('connected'));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    context.after(() => socket.destroy());
  });
  assert.equal(refused, 'ECONNREFUSED');
  const late = await fetch(`${gateway.http}/live/cam.flv`);
  assert.deepEqual(
    [late.status, late.headers.get('retry-after'), await late.text()],
    [503, '5', 'the gateway is shutting down\n'],
  );
  const before = [viewer.tags.length, player.of(9).length] as const;
  await waitFor('more for both viewers', () => {
    return viewer.tags.length > before[0] + 25 && player.of(9).length > before[1] + 10;
  });
  const playlist = await hls();
  assert.equal(playlist.status, 200, 'who watches HLS goes on, too');
  assert.doesNotMatch(await playlist.text(), /ENDLIST/);
  assert.equal(state.isStopped, false);

  publisher.kill();
  await waitFor('the end mark, in spite of the grace time', async () =>
    (await (await hls()).text()).includes('#EXT-X-ENDLIST'),
  );
  await stopped;
  assert.deepEqual([viewer.isClosed, player.isClosed], [true, true]);
});

test('the limit ends it although somebody still publishes', async (context) => {
  const { publisher, stopped, beganAt } = await draining(context, 1);
  await publisher.closed;
  const took = performance.now() - beganAt;
  assert.ok(took >= 990 && took < 5_000, `${took} ms`);
  await stopped;
});

test('whoever is in a hurry ends the waiting, not the goodbyes', async (context) => {
  const { gateway, publisher, player, stopped } = await draining(context, 600);
  assert.equal(gateway.gateway.hurry(), true);
  assert.equal(gateway.gateway.hurry(), false, 'nothing waits any more');
  await Promise.all([publisher.closed, player.closed, stopped]);
  assert.equal(player.end?.code, 'NetStream.Play.UnpublishNotify');
});

test('without streams it does not wait', async () => {
  const gateway = await startGateway({ stop: { drainSeconds: 600 } });
  await gateway.stop();
});
