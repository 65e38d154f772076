import assert from 'node:assert/strict';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { publishTo, playFrom, type RtmpPeer } from '../support/rtmp-peer.ts';
import { frameNumber, Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** A viewer that does not read: it alone pays, by whole GOPs, and not for ever. */

const QUEUE_BYTES = 512 * 1024;
const FRAME_BYTES = 40_000;
const GOP = 10;
const LAG_SECONDS = 2;

let gateway: TestGateway;

/** The server's ends of all connections, in the order in which they came. */
const accepted: Socket[] = [];
subscribe('net.server.socket', (message) => accepted.push((message as { socket: Socket }).socket));

before(async () => {
  gateway = await startGateway({
    delivery: { viewerQueueBytes: QUEUE_BYTES, viewerLagSeconds: LAG_SECONDS },
    publish: { graceSeconds: 0 },
  });
});

after(() => gateway.stop());

interface Seen {
  readonly type: number;
  readonly body: Uint8Array;
}

const isVideoFrame = ({ type, body }: Seen): boolean => type === 9 && body[1] === 1;
const isConfig = ({ body }: Seen): boolean => body[1] === 0;

interface SlowViewer {
  /** The server's end. */
  readonly socket: Socket;
  pause(): void;
  resume(): void;
  seen(): readonly Seen[];
  isClosed(): boolean;
  /** What it was told at the end. */
  told(): string;
  drop(): void;
}

const PROTOCOLS: Readonly<Record<string, (path: string) => Promise<Omit<SlowViewer, 'socket'>>>> = {
  'http-flv': async (path) => {
    const viewer = new HttpFlvViewer(gateway.httpPort, `/${path}.flv`);
    await waitFor('the answer', () => viewer.status === 200);
    return {
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

async function joinBy(protocol: string, path: string): Promise<SlowViewer> {
  const before = accepted.length;
  const viewer = await PROTOCOLS[protocol]!(path);
  return { ...viewer, socket: accepted[before]! };
}

/** Sends GOPs one by one, each when the gateway has taken the one before, until `enough` says so. */
async function sendUntil(show: Show, publisher: RtmpPeer, enough: () => boolean): Promise<void> {
  for (let gops = 0; !enough(); gops++) {
    assert.ok(gops < 600, 'a gigabyte should be enough');
    show.go(GOP);
    await publisher.roundTrip();
  }
}

/** Sends until the viewer who does not read gets nothing any more; the most that has waited for it. */
async function clog(show: Show, publisher: RtmpPeer, socket: Socket): Promise<number> {
  let worst = 0;
  let unchanged = 0;
  await sendUntil(show, publisher, () => {
    const queued = socket.writableLength;
    unchanged = queued > 0 && queued === worst ? unchanged + 1 : 0;
    worst = Math.max(worst, queued);
    return unchanged > 5; // GOPs of which it got nothing
  });
  return worst;
}

const numbers = (seen: readonly Seen[]): number[] =>
  seen.filter(isVideoFrame).map(({ body }) => frameNumber(body));
const viewersOf = async (path: string): Promise<number> =>
  (await streamReport(gateway, path))?.viewers.total ?? -1;

for (const protocol of Object.keys(PROTOCOLS)) {
  test(`${protocol}: loses whole GOPs, goes on at a key frame, and nobody else notices`, async () => {
    const path = `live/${protocol}`;
    const publisher = await publishTo(`${gateway.rtmp}/${path}`);
    const show = new Show(publisher, { gop: GOP, bytes: FRAME_BYTES });
    show.go(GOP);
    const [slow, fast] = [await joinBy(protocol, path), await joinBy(protocol, path)];
    await waitFor('both viewers', async () => (await viewersOf(path)) === 2);
    await waitFor('the first GOP', () => numbers(slow.seen()).length === GOP);
    slow.pause();
    const worst = await clog(show, publisher, slow.socket);
    slow.resume();
    await waitFor('it to have read what was queued', () => slow.socket.writableLength === 0);
    show.go(2 * GOP);
    const last = show.frames - 1;
    await waitFor('the newest frame at both', () =>
      [slow, fast].every((one) => numbers(one.seen()).at(-1) === last),
    );

    // One frame above the cap at the most, and what was given at the start (one GOP) does not count.
    const bound = QUEUE_BYTES + (GOP + 2) * (FRAME_BYTES + 1000);
    assert.ok(worst > QUEUE_BYTES && worst <= bound, `${worst} bytes queued, at most ${bound} allowed`);
    const everything = Array.from({ length: show.frames }, (_, index) => index);
    assert.deepEqual(numbers(fast.seen()), everything, 'the others get every frame');

    const got = numbers(slow.seen());
    assert.ok(got.length < everything.length - 3 * GOP, `${got.length} of ${everything.length} frames`);
    const afterGaps = got.filter((number, index) => index > 0 && number !== got[index - 1]! + 1);
    assert.ok(afterGaps.length >= 1);
    for (const number of afterGaps)
      assert.equal(number % GOP, 0, `frame ${number} after a gap is no key frame`);
    const seen = slow.seen();
    for (const number of afterGaps) {
      const at = seen.findIndex((one) => isVideoFrame(one) && frameNumber(one.body) === number);
      const before = seen.slice(Math.max(0, at - 2), at);
      assert.deepEqual(
        before.map(isConfig),
        [true, true],
        'configurations in front of the key frame after a gap',
      );
    }
    publisher.kill();
    for (const one of [slow, fast]) one.drop();
  });

  test(`${protocol}: a viewer that never reads again is closed with the reason`, async (context) => {
    const path = `live/${protocol}-dead`;
    const publisher = await publishTo(`${gateway.rtmp}/${path}`);
    const show = new Show(publisher, { gop: GOP, bytes: FRAME_BYTES });
    show.go(GOP);
    const slow = await joinBy(protocol, path);
    await waitFor('the viewer', async () => (await viewersOf(path)) === 1);
    slow.pause();
    await clog(show, publisher, slow.socket);
    const from = show.now;
    context.after(show.live());
    await waitFor('its end', () => slow.socket.destroyed || slow.socket.writableEnded);
    // What its kernel still takes now and then makes room, and the lag begin anew.
    const seconds = (show.now - from) / 1000;
    assert.ok(seconds > LAG_SECONDS - 1 && seconds < LAG_SECONDS * 4, `after ${seconds} s`);
    slow.resume();
    await waitFor('it to hear of it', () => slow.isClosed());
    assert.match(slow.told(), TOLD[protocol]!);
    publisher.kill();
    slow.drop();
    await waitFor('nobody to be left', async () => (await viewersOf(path)) <= 0);
  });
}
