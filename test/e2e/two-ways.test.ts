import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { playFrom, publishTo } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** Programs for talks in two directions publish and play on one connection. */

let gateway: TestGateway;
before(async () => {
  gateway = await startGateway({ publish: { graceSeconds: 0 }, play: { waitSeconds: 0.2 } });
});
after(() => gateway.stop());

test('a publisher that also plays goes on when what it plays ends', async () => {
  const other = await publishTo(`${gateway.rtmp}/live/other`);
  new Show(other).go(30);
  const peer = await publishTo(`${gateway.rtmp}/live/me`);
  new Show(peer).go(30);
  peer.command(2, 'play', 0, null, 'other');
  await waitFor('the play to begin', () => peer.statuses.includes('NetStream.Play.Start'));
  await other.leave();
  await waitFor('word of its end', () => peer.statuses.includes('NetStream.Play.UnpublishNotify'));
  await Promise.race([peer.roundTrip(), peer.closed]);
  assert.equal(peer.isClosed, false, 'its connection is still there');
  assert.equal((await streamReport(gateway, 'live/me'))?.state, 'live', 'it still publishes');
  peer.kill();
});

test('a publisher that asks to play what is not there is told, and goes on', async () => {
  const peer = await publishTo(`${gateway.rtmp}/live/lonely`);
  new Show(peer).go(30);
  peer.command(2, 'play', 0, null, 'nobody');
  await waitFor('the answer', () => peer.statuses.includes('NetStream.Play.StreamNotFound'));
  await Promise.race([peer.roundTrip(), peer.closed]);
  assert.equal(peer.isClosed, false, 'it still publishes');
  peer.kill();
});

test('a connection on which several play is closed with the last of them', async () => {
  const first = await publishTo(`${gateway.rtmp}/live/first`);
  const second = await publishTo(`${gateway.rtmp}/live/second`);
  for (const one of [first, second]) new Show(one).go(30);
  const player = await playFrom(`${gateway.rtmp}/live/first`);
  player.command(2, 'play', 0, null, 'second');
  await waitFor(
    'both plays',
    () => player.statuses.filter((code) => code === 'NetStream.Play.Start').length === 2,
  );
  await second.leave();
  await waitFor('word of its end', () => player.statuses.includes('NetStream.Play.UnpublishNotify'));
  await player.roundTrip();
  assert.equal(player.isClosed, false, 'the first still plays');
  await first.leave();
  await player.closed;
});
