import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { HookReceiver } from '../support/hook-receiver.ts';
import { publishTo } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** What test/unit/hooks/outbox.test.ts does with a simulated clock, by the clock on the wall. */

const OUTAGE_MS = 120_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('a receiver that is gone for two minutes gets every event afterwards, in order', async (context) => {
  const server = await HookReceiver.start();
  context.after(() => server.down());
  const targets = [{ url: server.url, events: ['publish', 'unpublish'] }];
  const gateway = await startGateway({ hooks: { targets }, publish: { graceSeconds: 0 } });
  context.after(() => gateway.stop());
  let stays = 0;
  const stay = async (): Promise<void> => {
    for (const name of ['a', 'b', 'c']) {
      const peer = await publishTo(`${gateway.rtmp}/live/${name}`);
      new Show(peer).go(5);
      await peer.leave();
    }
    stays++;
  };
  await stay();
  await waitFor('the first', () => server.received.length === 6);
  await server.down();
  const until = performance.now() + OUTAGE_MS;
  while (performance.now() < until) {
    await stay();
    await pause(1_000);
  }
  await server.up();
  const back = performance.now();
  await waitFor('the rest', () => server.received.length >= stays * 6, 60_000);
  console.log(
    `${stays * 6} events; all there ${((performance.now() - back) / 1000).toFixed(1)} s after the end of the outage`,
  );
  for (const name of ['a', 'b', 'c']) {
    const told = server.events.filter(({ stream }) => stream === `live/${name}`).map(({ type }) => type);
    const expected = Array.from({ length: stays }, () => ['publish', 'unpublish']).flat();
    assert.deepEqual(told, expected, `live/${name}`);
  }
  assert.equal(new Set(server.events.map(({ id }) => id)).size, stays * 6, 'each its own id');
});
