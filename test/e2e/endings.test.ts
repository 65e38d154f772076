import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { SettingsInput } from '../../src/config/load.ts';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { fetchSegment, lookAtHls } from '../support/hls-look.ts';
import { publishTo, RtmpPeer } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** Whoever waits for something that will not come is told so; whoever has not finished may finish. */

async function gatewayFor(context: TestContext, settings: SettingsInput = {}): Promise<TestGateway> {
  const gateway = await startGateway({
    hls: { segmentSeconds: 1, windowSegments: 6, container: 'ts' },
    ...settings,
  });
  context.after(() => gateway.stop());
  return gateway;
}

test('the gateway stops: everybody who waits for a stream or a first segment gets an answer, at once', async (context) => {
  const gateway = await gatewayFor(context);
  const publisher = await publishTo(`${gateway.rtmp}/live/young`);
  new Show(publisher).go(5); // not enough for a segment
  await waitFor('the stream', () => streamReport(gateway, 'live/young'));
  const flv = new HttpFlvViewer(gateway.httpPort, '/live/none.flv?wait=60');
  const ws = new WsFlvViewer(`${gateway.ws}/live/none.flv?wait=60`);
  const player = new RtmpPeer('play', `${gateway.rtmp}/live/none`);
  const waiting = fetch(`${gateway.http}/live/none.m3u8?wait=60`);
  const held = fetch(`${gateway.http}/live/young/media.m3u8`);
  await waitFor('the WebSocket', () => ws.webSocket.readyState === ws.webSocket.OPEN);
  await waitFor('the player to ask', () => player.phase === 'asking');
  await player.roundTrip();
  await fetch(`${gateway.http}/healthz`); // by now the requests before it have been seen too

  const stoppedAt = performance.now();
  const isStopped = gateway.gateway.stop();
  await Promise.all([ws.closed, player.closed, publisher.closed, flv.closed]);
  assert.equal(flv.status, 404, 'HTTP-FLV that waited');
  assert.equal((await waiting).status, 404, 'a playlist that was waited for');
  // What there was of the stream became a segment when it ended: the player is given it, with the end mark.
  const playlist = await held;
  assert.equal(playlist.status, 200, 'a playlist held for its first segment');
  assert.match(await playlist.text(), /\.ts\n#EXT-X-ENDLIST\n$/);
  assert.ok([1001, 4404].includes(ws.close?.code ?? 0), `WebSocket closed with ${ws.close?.code}`);
  await isStopped;
  const tookMs = performance.now() - stoppedAt;
  assert.ok(tookMs < 6_000, `${tookMs} ms`);
});

test('the publisher comes back after the end: who is finishing the first show still gets its segments', async (context) => {
  const gateway = await gatewayFor(context, { publish: { graceSeconds: 0 } });
  const url = `${gateway.rtmp}/live/cam`;
  const seen: string[][] = [];
  const discontinuity: number[] = [];
  for (let life = 0; life < 3; life++) {
    const publisher = await publishTo(url);
    new Show(publisher).go(160);
    const { names } = await waitFor('the segments', async () => {
      const look = await lookAtHls(gateway, 'live/cam');
      return look.names.length >= 5 && !look.ended && look;
    });
    await publisher.leave();
    const ended = await waitFor('the end mark', async () => {
      const look = await lookAtHls(gateway, 'live/cam');
      return look.ended && look;
    });
    assert.deepEqual(ended.names.filter((name) => names.includes(name)).length > 3, true, 'the same show');
    discontinuity.push(Number(/#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)/.exec(ended.text)?.[1]));
    seen.push([...ended.names]);
    for (const name of seen.flat())
      assert.equal((await fetchSegment(gateway, 'live/cam', name)).length % 188, 0, name);
  }
  assert.equal(new Set(seen.flat()).size, seen.flat().length, 'no name twice');
  assert.ok(
    discontinuity[0]! < discontinuity[1]! && discontinuity[1]! < discontinuity[2]!,
    String(discontinuity),
  );
});

test('after its end a stream is kept for half a minute, no more is written, and then it is gone', async (context) => {
  const gateway = await gatewayFor(context, { publish: { graceSeconds: 0 } });
  const publisher = await publishTo(`${gateway.rtmp}/live/cam`);
  const show = new Show(publisher);
  show.go(100);
  await waitFor('a segment', async () => (await lookAtHls(gateway, 'live/cam')).names.length > 2);
  await publisher.leave();
  const { text } = await waitFor('the end mark', async () => {
    const look = await lookAtHls(gateway, 'live/cam');
    return look.ended && look;
  });
  const again = await lookAtHls(gateway, 'live/cam');
  assert.equal(again.text, text, 'an ended playlist does not change');
  assert.match(text, /#EXT-X-ENDLIST\n$/);
  // That it is gone half a minute later is shown by test/unit/lives on a clock that is moved by hand.
});
