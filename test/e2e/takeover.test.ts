import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { lookAtHls } from '../support/hls-look.ts';
import { recordingLog } from '../support/recording-log.ts';
import { playFrom, publishTo, RtmpPeer } from '../support/rtmp-peer.ts';
import { frameNumber, Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';
import { stopwatch } from '../support/stopwatch.ts';

/**
 * An encoder whose network went away connects again while its first connection still looks open. What it left behind
 * must neither keep it out nor take its viewers with it.
 */

const REPLACED = 'replaced by a new publisher from the same address';

interface Seen {
  readonly type: number;
  readonly timestamp: number;
  readonly body: Uint8Array;
}

const numbersOf = (seen: readonly Seen[]): number[] =>
  seen.filter(({ type, body }) => type === 9 && body[1] === 1).map(({ body }) => frameNumber(body));

async function stand(context: TestContext) {
  const { log, lines } = recordingLog();
  const gateway = await startGateway({ hls: { segmentSeconds: 1, windowSegments: 50 } }, log);
  context.after(() => gateway.stop());
  const reasons = (): unknown[] =>
    lines.filter(({ text }) => text === 'publisher gone').map(({ fields }) => fields['reason']);
  return { gateway, url: `${gateway.rtmp}/live/cam`, reasons };
}

/** The three that watch frame by frame; the fourth is HLS. */
async function watch(gateway: TestGateway) {
  const http = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv');
  const ws = new WsFlvViewer(`${gateway.ws}/live/cam.flv`);
  const rtmp = await playFrom(`${gateway.rtmp}/live/cam`);
  const seenBy: Readonly<Record<string, () => readonly Seen[]>> = {
    'HTTP-FLV': () => http.tags,
    'WS-FLV': () => ws.tags,
    RTMP: () => rtmp.messages,
  };
  return {
    seenBy,
    untilFrame: (number: number) =>
      waitFor(`frame ${number} at every viewer`, () =>
        Object.values(seenBy).every((seen) => numbersOf(seen()).at(-1) === number),
      ),
    assertKept: () => {
      assert.deepEqual([http.isClosed, ws.close, rtmp.isClosed], [false, undefined, false], 'viewers closed');
      for (const [who, seen] of Object.entries(seenBy)) {
        for (const type of [8, 9]) {
          const times = seen().filter((one) => one.type === type && one.body[1] === 1);
          for (const [index, { timestamp }] of times.entries())
            assert.ok(index === 0 || timestamp > times[index - 1]!.timestamp, `${who}: back at ${timestamp}`);
        }
      }
    },
    drop: () => {
      http.drop();
      ws.drop();
      rtmp.kill();
    },
  };
}

/** Nothing comes from it and nothing is read by it any more, and it is not closed: the network went away. */
function goHalfOpen(peer: RtmpPeer): void {
  peer.socket.pause();
}

test('a half-open publisher is taken over at once by the same encoder; viewers of all four protocols stay', async (context) => {
  const { gateway, url, reasons } = await stand(context);
  const first = await publishTo(url);
  new Show(first).go(60);
  const all = await watch(gateway);
  await all.untilFrame(59);
  const before = await lookAtHls(gateway, 'live/cam');
  goHalfOpen(first);

  const elapsed = stopwatch();
  const second = await publishTo(url);
  const tookMs = elapsed();
  assert.ok(tookMs < 1_000, `${tookMs} ms until it may publish`);
  assert.deepEqual(reasons(), [REPLACED], 'one reason, in the log');
  new Show(second, { from: 70_000 }).go(120);
  await all.untilFrame(119);
  all.assertKept();
  const report = await streamReport(gateway, 'live/cam');
  assert.deepEqual([report?.state, report?.viewers.total], ['live', 4], 'state and viewers, HLS among them');

  const after = await lookAtHls(gateway, 'live/cam');
  assert.equal(after.discontinuities, 1, 'exactly one DISCONTINUITY');
  assert.deepEqual(after.names.slice(0, before.names.length), before.names, 'the playlist goes on');
  assert.match(after.text, /#EXT-X-TARGETDURATION:(\d+)\n/);
  assert.equal(targetOf(after.text), targetOf(before.text), 'TARGETDURATION');

  first.socket.resume(); // the network is back, and with it the news
  await first.closed;
  assert.deepEqual(first.end, { code: 'NetStream.Publish.BadName', text: REPLACED }, 'it was told why');
  assert.deepEqual(reasons(), [REPLACED], 'its end is no news');
  assert.equal((await streamReport(gateway, 'live/cam'))?.state, 'live', 'and no grace time either');
  all.drop();
  second.kill();
});

const targetOf = (text: string): string | undefined => /#EXT-X-TARGETDURATION:(\d+)/.exec(text)?.[1];

test('what the old connection still sends after the takeover reaches nobody', async (context) => {
  const { gateway, url } = await stand(context);
  const first = await publishTo(url);
  const old = new Show(first);
  old.go(40);
  const all = await watch(gateway);
  await all.untilFrame(39);
  // Both write at the same time: the old one's frames are 1000 and up, and sent until its connection is closed.
  old.frames = 1_000;
  const maySend = (): boolean => first.end === undefined && first.socket.writable;
  const second = new RtmpPeer('publish', url);
  while (!second.isStarted) {
    if (maySend()) old.go(1);
    await new Promise(setImmediate);
  }
  const shown = new Show(second);
  for (let round = 0; round < 30; round++) {
    if (maySend()) old.go(1);
    shown.go(1);
    await new Promise(setImmediate);
  }
  await all.untilFrame(29);
  for (const [who, seen] of Object.entries(all.seenBy)) {
    const numbers = numbersOf(seen());
    const seam = numbers.lastIndexOf(0);
    assert.ok(
      numbers.slice(seam).every((number) => number < 1_000),
      `${who}: a late frame of the old connection`,
    );
    assert.ok(
      numbers.slice(0, seam).every((number) => number < 40 || number >= 1_000),
      who,
    );
  }
  all.assertKept();
  all.drop();
  second.kill();
});

test('an encoder that connects twenty times in a second: the last one is on air, viewers stay', async (context) => {
  const { gateway, url, reasons } = await stand(context);
  const first = await publishTo(url);
  new Show(first).go(30);
  const all = await watch(gateway);
  await all.untilFrame(29);
  const peers: RtmpPeer[] = [first];
  for (let round = 0; round < 20; round++) {
    const peer = await publishTo(url);
    new Show(peer, { from: round * 1_000_000 }).go(round % 3 === 0 ? 0 : 30);
    if (round % 2 === 0) goHalfOpen(peer);
    peers.push(peer);
  }
  const last = peers.at(-1)!;
  last.socket.resume();
  new Show(last).go(80);
  await all.untilFrame(79);
  all.assertKept();
  assert.equal(reasons().length, 20, 'each former connection has one end');
  assert.ok(
    reasons().every((reason) => reason === REPLACED),
    String(reasons()),
  );
  const { discontinuities, names } = await lookAtHls(gateway, 'live/cam');
  assert.ok(discontinuities <= 20, `${discontinuities} DISCONTINUITY tags`);
  assert.equal(new Set(names).size, names.length, 'names');
  for (const peer of peers.slice(0, -1)) peer.socket.resume();
  await Promise.all(peers.slice(0, -1).map(({ closed }) => closed));
  assert.equal(last.isClosed, false, 'the last one');
  all.drop();
  last.kill();
});

test('within the grace time another address goes on with the stream; before, it is refused', async (context) => {
  const { gateway, url } = await stand(context);
  const first = await publishTo(url);
  new Show(first).go(60);
  const all = await watch(gateway);
  await all.untilFrame(59);
  const elsewhere = { localAddress: '127.0.0.2' };
  await assert.rejects(publishTo(url, elsewhere), /already being published from another address/);
  first.kill();
  await waitFor('the grace time', async () => (await streamReport(gateway, 'live/cam'))?.state === 'grace');
  const second = await publishTo(url, elsewhere);
  new Show(second).go(60);
  await waitFor('its frames', () =>
    Object.values(all.seenBy).every(
      (seen) => numbersOf(seen()).filter((number) => number === 59).length === 2,
    ),
  );
  all.assertKept();
  assert.equal((await lookAtHls(gateway, 'live/cam')).discontinuities, 1, 'DISCONTINUITY tags');
  all.drop();
  second.kill();
});
