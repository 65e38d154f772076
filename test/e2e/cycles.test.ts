import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { playFrom, publishTo } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** A thousand publishers come and go over real sockets, some with viewers, and the process is what it was before. */

const CYCLES = 1_000;
/** Names are used again and again: what is over stays fetchable for half a minute, and must not be mistaken for a leak. */
const NAMES = 10;
const SAMPLE_EVERY = 100;
/** Caches and pools are filled by then. */
const WARM_UP = 300;
/** A leaked stream is 20 kB and more, a forgotten viewer or socket 5 kB; what is measured varies by some 50 bytes. */
const MAX_SLOPE = 300;

// What the engine learns about our code and compiles of it grows for thousands of cycles, the more code the longer, and is
// several hundred bytes a cycle: without it the heap holds what we hold.
for (const flag of ['--no-opt', '--no-sparkplug', '--no-flush-bytecode', '--expose-gc'])
  setFlagsFromString(flag);
const gc = runInNewContext('gc') as () => void;

const resources = (kind: string): number =>
  process.getActiveResourcesInfo().filter((name) => name === kind).length;

async function heapNow(): Promise<number> {
  performance.clearResourceTimings(); // of our own fetches: Node keeps 250
  await new Promise(setImmediate);
  gc();
  await new Promise(setImmediate);
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Least squares, bytes a cycle. */
function slope(samples: readonly { readonly cycle: number; readonly bytes: number }[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(samples.map(({ cycle }) => cycle));
  const y = mean(samples.map(({ bytes }) => bytes));
  const top = samples.reduce((sum, { cycle, bytes }) => sum + (cycle - x) * (bytes - y), 0);
  return top / samples.reduce((sum, { cycle }) => sum + (cycle - x) ** 2, 0);
}

async function oneCycle(gateway: TestGateway, cycle: number): Promise<void> {
  const path = `live/s${cycle % NAMES}`;
  const publisher = await publishTo(`${gateway.rtmp}/${path}`);
  new Show(publisher).go(30);
  const isWatched = Math.floor(cycle / NAMES) % 2 === 0; // each name, every other time
  if (isWatched) {
    const http = new HttpFlvViewer(gateway.httpPort, `/${path}.flv`);
    const ws = new WsFlvViewer(`${gateway.ws}/${path}.flv`);
    const rtmp = await playFrom(`${gateway.rtmp}/${path}`);
    await waitFor('pictures', () => http.length > 500 && ws.length > 500 && rtmp.messages.length > 3);
    if (cycle % 4 === 0) for (const viewer of [http, ws]) viewer.drop();
    if (cycle % 4 === 1) rtmp.kill();
    if (cycle % 3 === 0) await publisher.leave();
    else publisher.kill();
    await Promise.all([http.closed, ws.closed, rtmp.closed, publisher.closed]);
  } else {
    if (cycle % 5 === 0) await (await fetch(`${gateway.http}/${path}/media.m3u8`)).text();
    if (cycle % 3 === 0) await publisher.leave();
    else publisher.kill();
    await publisher.closed;
  }
}

/** The names are free again when the gateway has seen the ends too. */
function allOver(gateway: TestGateway): Promise<unknown> {
  return waitFor('all streams to be over', async () => {
    const { streams } = (await (await fetch(`${gateway.http}/api/v1/streams`)).json()) as {
      streams: unknown[];
    };
    return streams.length === 0;
  });
}

test('1,000 publish and unpublish cycles leave the heap flat, and no timers, sockets or listeners', async (context) => {
  const listeners = process.eventNames().map((name) => [name, process.listenerCount(name)]);
  const timers = resources('Timeout');
  const gateway = await startGateway({
    publish: { graceSeconds: 0 },
    hls: { segmentSeconds: 1, container: 'ts' },
  });
  context.after(() => gateway.stop()); // else a failure would leave the process with open doors
  const samples: { cycle: number; bytes: number }[] = [];
  for (let cycle = 0; cycle < CYCLES; cycle += NAMES) {
    await Promise.all(Array.from({ length: NAMES }, (_, name) => oneCycle(gateway, cycle + name)));
    await allOver(gateway);
    if (cycle >= WARM_UP && cycle % SAMPLE_EVERY === 0) samples.push({ cycle, bytes: await heapNow() });
  }
  const perCycle = slope(samples);
  const text = samples.map(({ bytes }) => (bytes / 1e6).toFixed(2)).join(', ');
  process.stdout.write(
    `# heap after each ${SAMPLE_EVERY} cycles, MB: ${text}; slope ${Math.round(perCycle)} bytes a cycle\n`,
  );
  assert.ok(perCycle < MAX_SLOPE, `${Math.round(perCycle)} bytes a cycle: ${text} MB`);
  await gateway.stop();
  await waitFor('sockets to be gone', () => resources('TCPSocketWrap') <= 2, 8_000); // fetch keeps one for next time
  await waitFor('timers to be gone', () => resources('Timeout') <= timers + 4, 8_000);
  assert.deepEqual(
    process.eventNames().map((name) => [name, process.listenerCount(name)]),
    listeners,
    'listeners',
  );
});
