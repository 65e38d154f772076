import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { lanAddresses } from '../../src/app/lan-address.ts';
import { Admission } from '../../src/servers/admission.ts';
import { RtmpServer } from '../../src/servers/rtmp/rtmp-server.ts';
import { Watching } from '../../src/servers/watching.ts';
import { StreamRegistry } from '../../src/stream/registry.ts';
import type { SettingsInput } from '../../src/config/load.ts';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import type { SeenTag } from '../support/flv-tags.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { fetchSegment, lookAtHls } from '../support/hls-look.ts';
import { AVCC_720P } from '../support/media.ts';
import { recordingLog } from '../support/recording-log.ts';
import { playFrom, publishTo, RtmpPeer } from '../support/rtmp-peer.ts';
import { frameNumber, Show } from '../support/show.ts';
import { TestGate } from '../support/test-gate.ts';
import { waitFor } from '../support/wait.ts';

/** A stream outlives its publisher, its viewers outlive both, and whoever comes too early waits. */

async function gatewayFor(
  context: TestContext,
  settings: SettingsInput = {},
  log?: ReturnType<typeof recordingLog>['log'],
): Promise<TestGateway> {
  const gateway = await startGateway(
    { hls: { segmentSeconds: 1, windowSegments: 50, container: 'ts' }, ...settings },
    log,
  );
  context.after(() => gateway.stop());
  return gateway;
}

interface Seen {
  readonly type: number;
  readonly timestamp: number;
  readonly body: Uint8Array;
}

const isVideoFrame = ({ type, body }: Seen): boolean => type === 9 && body[1] === 1;
const isVideoConfig = ({ type, body }: Seen): boolean => type === 9 && body[1] === 0;
const isAudioConfig = ({ type, body }: Seen): boolean => type === 8 && body[1] === 0;
const isKey = ({ body }: Seen): boolean => (body[0] ?? 0) >> 4 === 1;
const lastFrame = (seen: readonly Seen[]): number => {
  const last = seen.findLast(isVideoFrame);
  return last ? frameNumber(last.body) : -1;
};

function assertForward(seen: readonly Seen[], who: string): void {
  for (const type of [8, 9]) {
    const times = seen
      .filter((one) => one.type === type && one.body[1] === 1)
      .map(({ timestamp }) => timestamp);
    assert.ok(times.length > 10, `${who}: ${times.length} frames of type ${type}`);
    for (const [index, time] of times.entries())
      assert.ok(index === 0 || time > times[index - 1]!, `${who}: ${times[index - 1]} then ${time}`);
  }
}

/** The three ways to watch frame by frame. */
async function watchers(gateway: TestGateway, path: string) {
  const http = new HttpFlvViewer(gateway.httpPort, `/${path}.flv`);
  const ws = new WsFlvViewer(`${gateway.ws}/${path}.flv`);
  const rtmp = await playFrom(`${gateway.rtmp}/${path}`);
  const seenBy: Readonly<Record<string, () => readonly Seen[]>> = {
    'HTTP-FLV': () => http.tags,
    'WS-FLV': () => ws.tags,
    RTMP: () => rtmp.messages,
  };
  return {
    http,
    ws,
    rtmp,
    seenBy,
    isAnyClosed: () => http.isClosed || ws.close !== undefined || rtmp.isClosed,
    untilFrame: (number: number) =>
      waitFor(`frame ${number} at every viewer`, () =>
        Object.values(seenBy).every((seen) => lastFrame(seen()) === number),
      ),
    drop: () => {
      http.socket.destroy();
      ws.webSocket.terminate();
      rtmp.kill();
    },
  };
}

test('a publisher dies and comes back within the grace time: everybody stays and goes on', async (context) => {
  const gateway = await gatewayFor(context);
  const url = `${gateway.rtmp}/live/cam`;
  const first = await publishTo(url);
  const before = new Show(first);
  before.go(30);
  const all = await watchers(gateway, 'live/cam');
  before.go(71);
  await all.untilFrame(100);
  const hlsBefore = await lookAtHls(gateway, 'live/cam');
  assert.equal(hlsBefore.discontinuities, 0);

  first.kill();
  await waitFor('the grace time', async () => (await streamReport(gateway, 'live/cam'))?.state === 'grace');
  assert.equal(all.isAnyClosed(), false);

  const second = await publishTo(url);
  const after = new Show(second, { video: AVCC_720P, from: 500_000 });
  after.go(80);
  await all.untilFrame(79);
  for (const [who, look] of Object.entries(all.seenBy)) {
    const seen = look();
    assertForward(seen, who);
    const configs = seen.filter(isVideoConfig);
    assert.equal(configs.length, 2, `${who}: configurations of the picture`);
    assert.deepEqual(Buffer.from(configs[1]!.body.subarray(5)), AVCC_720P, who);
    assert.equal(seen.filter(isAudioConfig).length, 1, `${who}: the sound has not changed`);
    const behind = seen.slice(seen.indexOf(configs[1]!)).find(isVideoFrame)!;
    assert.ok(isKey(behind) && frameNumber(behind.body) === 0, `${who}: goes on with a key frame`);
  }
  assert.equal(all.isAnyClosed(), false);
  assert.deepEqual(bodies(all.http.tags), bodies(all.ws.tags));
  assert.deepEqual(bodies(all.http.tags), bodies(all.rtmp.messages));

  const hlsAfter = await lookAtHls(gateway, 'live/cam');
  assert.equal(hlsAfter.sequence, hlsBefore.sequence);
  assert.deepEqual(hlsAfter.names.slice(0, hlsBefore.names.length), hlsBefore.names);
  assert.equal(new Set(hlsAfter.names).size, hlsAfter.names.length, 'no name twice');
  assert.ok(hlsAfter.names.length >= hlsBefore.names.length + 3);
  assert.equal(hlsAfter.discontinuities, 1);
  assert.match(await (await fetch(`${gateway.http}/live/cam.m3u8`)).text(), /RESOLUTION=1280x720/);
  all.drop();
  second.kill();
});

function bodies(seen: readonly Seen[]): string[] {
  return seen
    .filter(({ type }) => type === 8 || type === 9)
    .map(({ body }) => Buffer.from(body).toString('hex'));
}

test('the grace time is over: viewers are told in their protocol, the playlist ends, the stream is gone', async (context) => {
  const gateway = await gatewayFor(context, { publish: { graceSeconds: 0.3 } });
  const publisher = await publishTo(`${gateway.rtmp}/live/cam`);
  const show = new Show(publisher);
  show.go(60);
  const all = await watchers(gateway, 'live/cam');
  const said: Buffer[] = [];
  all.rtmp.socket.on('data', (bytes: Buffer) => said.push(bytes));
  show.go(1);
  await all.untilFrame(60);
  await publisher.leave();
  await Promise.all([all.http.closed, all.ws.closed, all.rtmp.closed]);

  assert.deepEqual(all.ws.close, { code: 1000, reason: 'stream ended' });
  assert.equal(all.rtmp.end?.code, 'NetStream.Play.UnpublishNotify');
  // A user control message (chunk stream 2, 6 bytes, type 4) with event 1, Stream EOF, for message stream 1.
  assert.ok(
    Buffer.concat(said).includes(
      Buffer.from('02000000 000006 04 00000000 0001 00000001'.replaceAll(' ', ''), 'hex'),
    ),
  );
  assert.equal(all.http.bytes.length, all.http.file.length, 'HTTP-FLV ends behind a whole tag');

  const { ended, names } = await lookAtHls(gateway, 'live/cam');
  assert.equal(ended, true);
  assert.equal((await fetchSegment(gateway, 'live/cam', names[0]!)).length % 188, 0);
  for (const gone of ['/api/v1/streams/live/cam', '/live/cam.flv'])
    assert.equal((await fetch(`${gateway.http}${gone}`)).status, 404, gone);
  const late = new WsFlvViewer(`${gateway.ws}/live/cam.flv`);
  await waitFor('an answer to the upgrade', () => late.refusedWith !== undefined);
  assert.equal(late.refusedWith, 404);
});

test('names of segments are never used again, though the first show ran faster than time', async (context) => {
  const gateway = await gatewayFor(context, { publish: { graceSeconds: 0 } });
  const names: string[] = [];
  for (let life = 0; life < 3; life++) {
    const publisher = await publishTo(`${gateway.rtmp}/live/fast`);
    new Show(publisher).go(300);
    await waitFor(
      'the segments of the show',
      async () => (await lookAtHls(gateway, 'live/fast')).names.length >= 11,
    );
    await publisher.leave();
    await waitFor('its end', async () => (await lookAtHls(gateway, 'live/fast')).ended);
    names.push(...(await lookAtHls(gateway, 'live/fast')).names);
  }
  assert.equal(names.length, 36);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(names, [...names].sort());
});

test('a second publisher from the same address takes over; one from elsewhere is refused and told why', async (context) => {
  const { log, lines } = recordingLog();
  const gateway = await gatewayFor(context, {}, log);
  const url = `${gateway.rtmp}/live/cam`;
  const first = await publishTo(url);
  const show = new Show(first);
  show.go(30);
  const all = await watchers(gateway, 'live/cam');

  const stranger = new RtmpPeer('publish', url, { localAddress: '127.0.0.2' });
  await assert.rejects(stranger.started);
  await stranger.closed;
  assert.equal(stranger.end?.code, 'NetStream.Publish.BadName');
  assert.match(stranger.end.text, /already being published from another address/);
  assert.equal(stranger.isStarted, false);
  assert.equal(first.isClosed, false);

  const second = await publishTo(url);
  await first.closed;
  const reasons = lines.filter(({ text }) => text === 'publisher gone').map(({ fields }) => fields['reason']);
  assert.deepEqual(reasons, ['replaced by a new publisher from the same address']);
  new Show(second).go(40);
  await all.untilFrame(39);
  assert.equal(all.isAnyClosed(), false);
  for (const [who, seen] of Object.entries(all.seenBy)) assertForward(seen(), who);
  const report = await streamReport(gateway, 'live/cam');
  assert.equal(report?.state, 'live');
  second.kill();
  all.drop();
});

test('publishing twice over one connection is refused and leaves nothing behind', async (context) => {
  const gateway = await gatewayFor(context, { publish: { graceSeconds: 0 } });
  const url = `${gateway.rtmp}/live/cam`;
  const peer = await publishTo(url);
  new Show(peer).go(5);
  peer.command(2, 'publish', 9, null, 'cam', 'live');
  await peer.closed;
  assert.equal(peer.end?.code, 'NetStream.Publish.BadName');
  await waitFor('the end of the stream', async () => (await streamReport(gateway, 'live/cam')) === undefined);
  const stranger = await publishTo(url, { localAddress: '127.0.0.2' });
  stranger.kill();
});

test('viewers who come before the publisher wait for it', async (context) => {
  const gateway = await gatewayFor(context);
  const http = new HttpFlvViewer(gateway.httpPort, '/live/soon.flv?wait=30');
  const ws = new WsFlvViewer(`${gateway.ws}/live/soon.flv?wait=30`);
  const rtmp = new RtmpPeer('play', `${gateway.rtmp}/live/soon`);
  const playlist = fetch(`${gateway.http}/live/soon.m3u8?wait=30`);
  await waitFor('the WebSocket to be open', () => ws.webSocket.readyState === ws.webSocket.OPEN);
  await waitFor('the player to have asked', () => rtmp.phase === 'asking');
  await rtmp.roundTrip();
  assert.deepEqual([http.status, ws.length, rtmp.isStarted], [0, 0, false]);
  assert.equal(await streamReport(gateway, 'live/soon'), undefined);

  const publisher = await publishTo(`${gateway.rtmp}/live/soon`);
  const show = new Show(publisher);
  show.go(10); // less than a GOP: whoever is let in now starts with frame 0
  await waitFor('the beginning at all of them', () =>
    [http.tags, ws.tags, rtmp.messages].every((seen) => lastFrame(seen) === 9),
  );
  show.go(50);
  await waitFor('the stream at all of them', () =>
    [http.tags, ws.tags, rtmp.messages].every((seen) => lastFrame(seen) === 59),
  );
  for (const seen of [http.tags, ws.tags, rtmp.messages]) {
    const first = seen.find(isVideoFrame)!;
    assert.ok(isKey(first), 'starts with a key frame');
    assert.equal(frameNumber(first.body), 0, 'and with the first');
  }
  assert.equal((await playlist).status, 200);
  for (const viewer of [http.socket, rtmp.socket, publisher.socket]) viewer.destroy();
  ws.webSocket.terminate();
});

test('viewers wait as long as they said and no longer', async (context) => {
  const gateway = await gatewayFor(context, { play: { waitSeconds: 0.4 } });
  const http = new HttpFlvViewer(gateway.httpPort, '/live/never.flv?wait=0.4');
  const ws = new WsFlvViewer(`${gateway.ws}/live/never.flv?wait=0.4`);
  const rtmp = new RtmpPeer('play', `${gateway.rtmp}/live/never`);
  const playlist = await fetch(`${gateway.http}/live/never/media.m3u8?wait=0.4`);
  await Promise.all([ws.closed, rtmp.closed, waitFor('an answer', () => http.status !== 0)]);
  assert.deepEqual([playlist.status, http.status, ws.close?.code], [404, 404, 4404]);
  assert.equal(rtmp.end?.code, 'NetStream.Play.StreamNotFound');
  assert.match(rtmp.end.text, /live\/never/);
  http.socket.destroy();
});

test('gop=0 starts at the next key frame, everybody else at the last one', async (context) => {
  const gateway = await gatewayFor(context);
  const publisher = await publishTo(`${gateway.rtmp}/live/cam`);
  const show = new Show(publisher);
  show.go(35); // in the middle of the second GOP
  await waitFor('the stream', () => streamReport(gateway, 'live/cam'));
  const next = [
    new HttpFlvViewer(gateway.httpPort, '/live/cam.flv?gop=0'),
    new WsFlvViewer(`${gateway.ws}/live/cam.flv?gop=0`),
  ];
  const last = [
    new HttpFlvViewer(gateway.httpPort, '/live/cam.flv'),
    new WsFlvViewer(`${gateway.ws}/live/cam.flv`),
  ];
  await waitFor('four viewers', async () => (await streamReport(gateway, 'live/cam'))?.viewers.total === 4);
  show.go(25);
  await waitFor('the newest frame', () => [...next, ...last].every(({ tags }) => lastFrame(tags) === 59));
  const firstOf = (tags: readonly SeenTag[]): number => frameNumber(tags.find(isVideoFrame)!.body);
  assert.deepEqual(
    next.map(({ tags }) => firstOf(tags)),
    [50, 50],
  );
  assert.deepEqual(
    last.map(({ tags }) => firstOf(tags)),
    [25, 25],
  );
  publisher.kill();
  for (const viewer of [...next, ...last]) viewer.drop();
});

test('publishing from another machine is refused with the reason and never started', async (context) => {
  const time = { now: () => performance.now(), clock: Date.now };
  const streams = new StreamRegistry({
    ...time,
    batchMs: 0,
    graceSeconds: 1,
    after: () => () => undefined,
    opened: () => assert.fail('no stream may come to be'),
    ended: () => undefined,
  });
  const { log } = recordingLog();
  const gate = new TestGate();
  gate.verdict = ({ address }) => ({ reason: `publishing from ${address} is not allowed` });
  const closed: string[] = [];
  const server = new RtmpServer({
    host: '127.0.0.1',
    port: 0,
    streams,
    watching: new Watching(streams, { queueBytes: 1e6, lagMs: 1000 }, log),
    waitMs: 0,
    idleMs: 1000,
    gate,
    closed: (reason) => closed.push(reason),
    admission: new Admission({ connections: 10, connectionsPerAddress: 10 }, log),
    log,
  });
  const { port } = await server.start();
  context.after(async () => {
    server.destroy();
    await server.stop();
  });
  const peer = new RtmpPeer('publish', `rtmp://127.0.0.1:${port}/live/cam`);
  await peer.closed;
  assert.equal(peer.end?.code, 'NetStream.Publish.Unauthorized');
  assert.match(peer.end.text, /127\.0\.0\.1 is not allowed/);
  assert.deepEqual(peer.statuses, ['NetStream.Publish.Unauthorized', 'NetStream.Publish.Denied']);
  assert.deepEqual(closed, ['publisher refused']);
});

const [ownAddress] = lanAddresses();

test(
  'this machine may publish to its own address on the network',
  { skip: ownAddress === undefined && 'this machine has no network' },
  async (context) => {
    const gateway = await gatewayFor(context, { rtmp: { host: '*' } });
    const peer = await publishTo(`rtmp://${ownAddress}:${gateway.rtmpPort}/live/cam`);
    assert.equal(peer.isStarted, true);
    peer.kill();
  },
);

test('a player that pauses gets nothing, goes on later on the same clock, and paused is told of the end', async (context) => {
  const gateway = await gatewayFor(context, { publish: { graceSeconds: 0.2 } });
  const publisher = await publishTo(`${gateway.rtmp}/live/cam`);
  const show = new Show(publisher);
  show.go(60);
  const player = await playFrom(`${gateway.rtmp}/live/cam`);
  await waitFor('a picture', () => lastFrame(player.messages) === 59);
  player.command(1, 'pause', 0, null, true, 0);
  await player.roundTrip();
  const whenPaused = player.messages.length;
  show.go(60);
  await waitFor(
    'the stream to go on',
    async () => (await streamReport(gateway, 'live/cam'))?.state === 'live',
  );
  await player.roundTrip();
  assert.equal(player.messages.length, whenPaused, 'media while paused');
  player.command(1, 'pause', 0, null, false, 0);
  await waitFor('the picture again', () => lastFrame(player.messages) === 119);
  assertForward(player.messages, 'paused player');
  player.command(1, 'pause', 0, null, true, 0);
  await player.roundTrip();
  await publisher.leave();
  await player.closed;
  assert.equal(player.end?.code, 'NetStream.Play.UnpublishNotify');
});
