import assert from 'node:assert/strict';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { flvFormat } from '../../src/outputs/flv/flv-format.ts';
import type { DeliveryReport } from '../../src/servers/http/stream-report.ts';
import { Viewer } from '../../src/stream/viewer.ts';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { publishTo, playFrom, type RtmpPeer } from '../support/rtmp-peer.ts';
import { recordingLog } from '../support/recording-log.ts';
import { frameNumber, Show } from '../support/show.ts';
import { SlowConnection } from '../support/slow-connection.ts';
import { Stage } from '../support/stage.ts';
import { waitFor } from '../support/wait.ts';
import { complaints, makeClip, noFfmpeg } from '../unit/mpegts/flv-clip.ts';

/** A viewer that does not read: it alone pays, by whole GOPs, and not for ever. */

const QUEUE_BYTES = 512 * 1024;
const FRAME_BYTES = 40_000;
const GOP = 10;
const LAG_SECONDS = 3;

const { log, lines } = recordingLog();
let gateway: TestGateway;

/** The server's ends of all connections. */
const accepted: Socket[] = [];
subscribe('net.server.socket', (message) => accepted.push((message as { socket: Socket }).socket));

const serverEnd = (client: Socket): Socket =>
  accepted.find(({ remotePort, destroyed }) => remotePort === client.localPort && !destroyed)!;

before(async () => {
  gateway = await startGateway(
    {
      delivery: { viewerQueueBytes: QUEUE_BYTES, viewerLagSeconds: LAG_SECONDS },
      publish: { graceSeconds: 0 },
    },
    log,
  );
});

after(() => gateway.stop());

interface Seen {
  readonly type: number;
  readonly timestamp: number;
  readonly body: Uint8Array;
}

const isVideoFrame = ({ type, body }: Seen): boolean => type === 9 && body[1] === 1;
const isConfig = ({ body }: Seen): boolean => body[1] === 0;

interface TestViewer {
  readonly received: () => number;
  pause(): void;
  resume(): void;
  seen(): readonly Seen[];
  isClosed(): boolean;
  /** What it was told at the end. */
  told(): string;
  drop(): void;
}

const PROTOCOLS: Readonly<Record<string, (path: string) => Promise<TestViewer>>> = {
  'http-flv': async (path) => {
    const viewer = new HttpFlvViewer(gateway.httpPort, `/${path}.flv`);
    await waitFor('the answer', () => viewer.status === 200);
    return {
      received: () => viewer.length,
      pause: () => void viewer.socket.pause(),
      resume: () => void viewer.socket.resume(),
      seen: () => viewer.tags,
      isClosed: () => viewer.isClosed,
      told: () => '',
      drop: () => viewer.drop(),
    };
  },
  'ws-flv': async (path) => {
    const viewer = new WsFlvViewer(`${gateway.ws}/${path}.flv`);
    await waitFor('the upgrade', () => viewer.webSocket.readyState === viewer.webSocket.OPEN);
    return {
      received: () => viewer.length,
      pause: () => viewer.webSocket.pause(),
      resume: () => viewer.webSocket.resume(),
      seen: () => viewer.tags,
      isClosed: () => viewer.close !== undefined,
      told: () => `${viewer.close?.code} ${viewer.close?.reason}`,
      drop: () => viewer.drop(),
    };
  },
  rtmp: async (path) => {
    const peer = await playFrom(`${gateway.rtmp}/${path}`);
    return {
      received: () => peer.socket.bytesRead,
      pause: () => void peer.socket.pause(),
      resume: () => void peer.socket.resume(),
      seen: () => peer.messages,
      isClosed: () => peer.isClosed,
      told: () => `${peer.end?.code} ${peer.end?.text}`,
      drop: () => peer.kill(),
    };
  },
};

/** HTTP has no word for it behind the headers. */
const TOLD: Readonly<Record<string, RegExp>> = {
  'http-flv': /^$/,
  'ws-flv': /^1013 too slow$/,
  rtmp: /^NetStream\.Play\.InsufficientBW too slow$/,
};

const numbers = (seen: readonly Seen[]): number[] =>
  seen.filter(isVideoFrame).map(({ body }) => frameNumber(body));
const everything = (show: Show): number[] => Array.from({ length: show.frames }, (_, index) => index);
const delivery = async (path: string): Promise<DeliveryReport> =>
  (await streamReport(gateway, path))!.delivery;
const viewersOf = async (path: string): Promise<number> =>
  (await streamReport(gateway, path))?.viewers.total ?? -1;

/** Sends GOPs, each when the gateway has taken the one before, until somebody falls behind and for some more. */
async function clog(path: string, show: Show, publisher: RtmpPeer): Promise<number> {
  let worst = 0;
  for (let gops = 0; gops < 600; gops++) {
    show.go(GOP);
    await publisher.roundTrip();
    const { maxQueuedBytes, lagging, skippedGops } = await delivery(path);
    worst = Math.max(worst, maxQueuedBytes);
    if (lagging > 0 && skippedGops >= 4) return worst;
  }
  throw new Error('a gigabyte should be enough');
}

/** Gaps end at key frames with both configurations in front, and no time goes back. Returns the number of gaps. */
function assertClean(seen: readonly Seen[], gop: number): number {
  const times = seen.filter(isVideoFrame).map(({ timestamp }) => timestamp);
  assert.ok(
    times.every((time, index) => index === 0 || time > times[index - 1]!),
    'time goes on',
  );
  let last = -1;
  let gaps = 0;
  for (const [index, one] of seen.entries()) {
    if (!isVideoFrame(one)) continue;
    const number = frameNumber(one.body);
    if (last >= 0 && number !== last + 1) {
      gaps++;
      assert.equal(number % gop, 0, `frame ${number} after a gap is no key frame`);
      const before = seen.slice(Math.max(0, index - 2), index).map(isConfig);
      assert.deepEqual(before, [true, true], `configurations in front of frame ${number}`);
    }
    last = number;
  }
  return gaps;
}

for (const protocol of Object.keys(PROTOCOLS)) {
  const join = PROTOCOLS[protocol]!;

  test(`${protocol}: a viewer that stops reading for a while loses whole GOPs and goes on at a key frame; nobody else notices`, async () => {
    const path = `live/${protocol}`;
    const publisher = await publishTo(`${gateway.rtmp}/${path}`);
    const publishing = serverEnd(publisher.socket);
    const show = new Show(publisher, { gop: GOP, bytes: FRAME_BYTES });
    show.go(GOP);
    const [slow, fast] = [await join(path), await join(path)];
    await waitFor('both viewers', async () => (await viewersOf(path)) === 2);
    await waitFor('the first GOP', () => numbers(slow.seen()).length === GOP);
    slow.pause();
    const worst = await clog(path, show, publisher);
    // Field note 19: encoders drop frames where a server lets viewers keep it from reading.
    assert.equal(publishing.isPaused(), false, 'the publisher is read all the time');
    assert.equal(publishing.bytesRead, publisher.socket.bytesWritten, 'to the last byte');
    slow.resume();
    await waitFor('it to have read what waited', async () => (await delivery(path)).queuedBytes === 0);
    show.go(2 * GOP);
    const last = show.frames - 1;
    await waitFor('the newest frame at both', () =>
      [slow, fast].every((one) => numbers(one.seen()).at(-1) === last),
    );

    // One frame above the cap at the most, and what was given at the start (one GOP) does not count.
    const bound = QUEUE_BYTES + (GOP + 2) * (FRAME_BYTES + 1000);
    assert.ok(worst > 0 && worst <= bound, `${worst} bytes waited, at most ${bound} allowed`);
    assert.deepEqual(numbers(fast.seen()), everything(show), 'the others get every frame');
    assert.ok(numbers(slow.seen()).length < show.frames - GOP, 'it lost some');
    assert.ok(assertClean(slow.seen(), GOP) >= 1);
    const { lags, skippedGops, skippedBatches, live } = await delivery(path);
    assert.ok(lags >= 1 && skippedGops >= 1 && skippedBatches > skippedGops, 'and it was counted');
    assert.equal(live, 2);
    publisher.kill();
    for (const one of [slow, fast]) one.drop();
  });

  test(`${protocol}: a viewer that never reads again is closed with the reason`, async (context) => {
    const path = `live/${protocol}-dead`;
    const publisher = await publishTo(`${gateway.rtmp}/${path}`);
    const show = new Show(publisher, { gop: GOP, bytes: FRAME_BYTES });
    show.go(GOP);
    const slow = await join(path);
    await waitFor('the viewer', async () => (await viewersOf(path)) === 1);
    slow.pause();
    await clog(path, show, publisher);
    const from = show.now;
    context.after(show.live());
    await waitFor('its end', async () => (await delivery(path)).closed['too slow'] === 1);
    // What its kernel still takes now and then makes room, and the lag begin anew.
    const seconds = (show.now - from) / 1000;
    assert.ok(seconds > LAG_SECONDS - 1 && seconds < LAG_SECONDS * 4, `after ${seconds} s`);
    slow.resume();
    await waitFor('it to hear of it', () => slow.isClosed());
    assert.match(slow.told(), TOLD[protocol]!);
    publisher.kill();
    slow.drop();
    await waitFor('nobody to be left', async () => (await viewersOf(path)) <= 0);
    const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
    assert.ok(metrics.includes(`millrace_viewers_closed_total{protocol="${protocol}",reason="too slow"} 1`));
    const left = lines.filter(({ text, fields }) => text === 'viewer left' && fields['stream'] === path);
    assert.equal(left.length, 1, 'and in the log');
  });
}

/** Buffers that nobody uses any more are not what is measured. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** Lets a viewer read so many bytes a second. */
function throttle(viewer: TestViewer, bytesPerSecond: number): () => void {
  const from = viewer.received();
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const allowed = from + ((performance.now() - startedAt) / 1000) * bytesPerSecond;
    if (viewer.received() < allowed) viewer.resume();
    else viewer.pause();
  }, 10);
  return () => {
    clearInterval(timer);
    viewer.resume();
  };
}

test('viewers that read at half the stream’s speed are not closed, get whole GOPs, and the quick one everything', async () => {
  const bytes = 80_000;
  const path = 'live/half';
  const publisher = await publishTo(`${gateway.rtmp}/${path}`);
  const show = new Show(publisher, { gop: 5, bytes });
  show.go(5);
  const slow = await Promise.all(Object.values(PROTOCOLS).map((join) => join(path)));
  const fast = await PROTOCOLS['http-flv']!(path);
  await waitFor('all viewers', async () => (await viewersOf(path)) === 4);
  // The system's own buffers are filled first: they would take what is too much for half a minute.
  for (const viewer of slow) viewer.pause();
  while ((await delivery(path)).lags < slow.length) {
    show.go(5);
    await publisher.roundTrip();
  }
  const release = slow.map((viewer) => throttle(viewer, (bytes * 25) / 2));
  const from = show.frames;
  const lagsBefore = (await delivery(path)).lags;
  const stop = show.live();
  await waitFor('six seconds of it', () => show.frames >= from + 150);
  const { lags, closed } = await delivery(path);
  stop();
  assert.deepEqual(closed, {});
  assert.ok(lags > lagsBefore, 'they fell behind again');
  for (const each of release) each();
  await waitFor('all to have read', async () => (await delivery(path)).queuedBytes === 0);
  show.go(10);
  await waitFor('the newest frame', () =>
    [...slow, fast].every((one) => numbers(one.seen()).at(-1) === show.frames - 1),
  );
  assert.deepEqual(numbers(fast.seen()), everything(show));
  for (const viewer of slow) {
    assert.ok(assertClean(viewer.seen(), 5) >= 2, 'it lost something, more than once');
    const got = numbers(viewer.seen()).filter((number) => number >= from).length;
    assert.ok(got > 150 * 0.25 && got < 150, `${got} of 150 frames`);
  }
  publisher.kill();
  for (const one of [...slow, fast]) one.drop();
});

test('200 viewers who read nothing share what waits for them: the memory of about one, and the publisher is not held up', async (context) => {
  const path = 'live/crowd';
  const publisher = await publishTo(`${gateway.rtmp}/${path}`);
  const publishing = serverEnd(publisher.socket);
  const show = new Show(publisher, { gop: GOP, bytes: FRAME_BYTES });
  show.go(GOP);
  const viewers = Array.from({ length: 200 }, () => {
    const viewer = new HttpFlvViewer(gateway.httpPort, `/${path}.flv`);
    viewer.socket.pause();
    return viewer;
  });
  await waitFor('all viewers', async () => (await viewersOf(path)) === 200);
  const before = process.memoryUsage();
  const sendUntil = async (what: string, enough: (now: DeliveryReport) => boolean): Promise<void> => {
    for (let gops = 0; gops < 60; gops++) {
      show.go(GOP);
      await publisher.roundTrip();
      assert.equal(publishing.isPaused(), false, 'the publisher is read');
      if (enough(await delivery(path))) return;
    }
    throw new Error(`60 GOPs were not enough for ${what}`);
  };
  await sendUntil('60 MB to wait', ({ queuedBytes }) => queuedBytes > 60e6);
  collectGarbage();
  const { arrayBuffers, rss } = process.memoryUsage();
  const [real, resident] = [arrayBuffers - before.arrayBuffers, rss - before.rss];
  const { queuedBytes } = await delivery(path);
  const mb = (value: number): string => (value / 1e6).toFixed(1);
  const figures = `${mb(queuedBytes)} MB wait for 200 viewers, in ${mb(real)} MB of buffers; RSS grew by ${mb(resident)} MB`;
  context.diagnostic(figures);
  assert.ok(real < queuedBytes / 3, figures);
  await sendUntil('all to fall behind', ({ lags }) => lags >= 200);
  publisher.kill();
  for (const viewer of viewers) viewer.drop();
});

test(
  'what a viewer at half the speed was given can be decoded without a complaint',
  { skip: noFfmpeg },
  () => {
    const [source, size] = [['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25'], 30];
    const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '25', '-c:a', 'aac'];
    const frames = makeClip(
      ['-t', String(size), ...coding],
      [...source, '-f', 'lavfi', '-i', 'sine=r=48000'],
    ).sort((one, other) => one.dts - other.dts);
    const stage = new Stage();
    const total = frames.reduce((sum, { payload }) => sum + payload.length, 0);
    const connection = new SlowConnection(stage.time.now, total / size / 2, true);
    const viewer = new Viewer(connection, { queueBytes: total / 20, lagMs: 30_000 });
    let joined = false;
    for (const frame of frames) {
      stage.time.advance(Math.max(0, frame.dts / 90 - stage.time.now()));
      stage.send(frame);
      if (!joined && frame.dts > 90_000) {
        stage.stream.join(flvFormat, viewer, true);
        joined = true;
      }
    }
    viewer.close('stream ended');
    const shown = connection.given.filter(({ kind }) => kind === 'key' || kind === 'inter').length;
    assert.ok(viewer.lags >= 2 && viewer.skippedGops >= 5, `${viewer.lags} times behind`);
    assert.ok(shown > 200 && shown < 650, `${shown} of 750 frames`);
    assert.equal(complaints('ffmpeg', Buffer.concat(connection.file!)), '');
  },
);
