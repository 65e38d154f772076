import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { ATTACKS, begin } from '../support/attacks.ts';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { playFrom, RtmpPeer } from '../support/rtmp-peer.ts';
import { frameNumber, Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** A publisher and 20 viewers beside each attack: they notice nothing, and the gateway's memory stays within a bound. */

/**
 * Resident memory, MiB. At rest the process has some 90 (the engine, the libraries). What an
 * attack may add by the limits: 2,000 connections that wait for a stream, each some 20 kB (40); 50 publishers with
 * 256 kB of their own (13) and the rest of what they have really sent; 32 of unfinished messages of all who do not
 * publish; 45 players who do not read with 1 MiB of answers or a GOP or two each (45); and garbage that the
 * collector has not come to yet (48 and the young generation, 32): see src/cli/heap.ts.
 */
const BOUND_MIB = 320;
/** Each attack lasts so long at least. */
const ATTACK_MS = 2_500;
/** A newcomer beside an attack sees its first frames within this time. */
const JOIN_MS = 5_000;

interface Seen {
  readonly type: number;
  readonly body: Uint8Array;
}

/** A publisher that keeps what it has sent. */
class RememberingPeer extends RtmpPeer {
  readonly sent: Seen[] = [];

  override send(type: number, timestamp: number, body: Uint8Array): void {
    this.sent.push({ type, body });
    super.send(type, timestamp, body);
  }
}

interface Witness {
  readonly what: string;
  seen(): readonly Seen[];
  isClosed(): boolean;
  drop(): void;
}

let gateway: GatewayProcess;
let publisher: RememberingPeer;
let stopShow: () => void;
/** Of the process before the first attack. */
let restMiB: number;
const witnesses: Witness[] = [];

const isFrame = ({ type, body }: Seen): boolean => (type === 8 || type === 9) && body[1] === 1;
const lastPicture = (seen: readonly Seen[]): number => {
  const last = seen.findLast((one) => one.type === 9 && isFrame(one));
  return last ? frameNumber(last.body) : -1;
};

async function watch(protocol: number, path: string): Promise<Witness> {
  const { httpPort, rtmpPort } = gateway;
  if (protocol % 3 === 0) {
    const viewer = new HttpFlvViewer(httpPort, `/${path}.flv`);
    return {
      what: 'HTTP-FLV',
      seen: () => viewer.tags,
      isClosed: () => viewer.isClosed,
      drop: () => viewer.drop(),
    };
  }
  if (protocol % 3 === 1) {
    const viewer = new WsFlvViewer(`ws://127.0.0.1:${httpPort}/${path}.flv`);
    return {
      what: 'WebSocket-FLV',
      seen: () => viewer.tags,
      isClosed: () => viewer.close !== undefined,
      drop: () => viewer.drop(),
    };
  }
  const peer = await playFrom(`rtmp://127.0.0.1:${rtmpPort}/${path}`);
  return { what: 'RTMP', seen: () => peer.messages, isClosed: () => peer.isClosed, drop: () => peer.kill() };
}

/** From the first picture it has got on, every frame that was sent, byte for byte and in order. */
function assertWhole(witness: Witness): void {
  const { what } = witness;
  const got = witness.seen().filter(isFrame);
  const sent = publisher.sent.filter(isFrame);
  assert.equal(witness.isClosed(), false, `${what} was closed`);
  const from = sent.findIndex(({ body }) => Buffer.compare(body, got[0]!.body) === 0);
  assert.ok(from >= 0, `the first frame at ${what} was never sent`);
  assert.ok(got.length > 0 && from + got.length <= sent.length, `${got.length} frames at ${what}`);
  for (const [index, { type, body }] of got.entries()) {
    const original = sent[from + index]!;
    const isSame = type === original.type && Buffer.compare(body, original.body) === 0;
    assert.ok(isSame, `frame ${index} of ${got.length} at ${what} is not what was sent`);
  }
}

const newestAt = (one: Witness): number => lastPicture(one.seen());
const newestSent = (): number => lastPicture(publisher.sent);

async function isHealthy(): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${gateway.httpPort}/healthz`, {
    signal: AbortSignal.timeout(JOIN_MS),
  });
  return response.status === 200 && (await response.text()) === 'ok\n';
}

const skip = !existsSync('/proc/self/status') && 'memory is read from /proc';

before(async () => {
  if (skip) return;
  gateway = await GatewayProcess.start();
  publisher = new RememberingPeer('publish', `rtmp://127.0.0.1:${gateway.rtmpPort}/live/show`);
  await publisher.started;
  const show = new Show(publisher, { bytes: 2_000 });
  show.go(1);
  stopShow = show.live();
  witnesses.push(...(await Promise.all(Array.from({ length: 20 }, (_, index) => watch(index, 'live/show')))));
  await waitFor('a picture at all 20', () => witnesses.every((one) => newestAt(one) > 5));
  restMiB = gateway.residentMiB;
});

after(async () => {
  if (skip) return;
  stopShow();
  publisher.kill();
  for (const one of witnesses) one.drop();
  assert.equal(await gateway.stop(), 0);
});

/** Somebody comes while it goes on, by each protocol, and somebody who wants to publish. */
async function newcomersGetIn(): Promise<void> {
  const began = performance.now();
  const newcomers = await Promise.all([0, 1, 2].map((protocol) => watch(protocol, 'live/show')));
  await waitFor('pictures at the newcomers', () => newcomers.every((one) => newestAt(one) >= 0), JOIN_MS);
  for (const one of newcomers) one.drop();
  const late = new RtmpPeer('publish', `rtmp://127.0.0.1:${gateway.rtmpPort}/live/late`);
  await late.started;
  late.kill();
  const ms = performance.now() - began;
  assert.ok(ms < JOIN_MS, `${ms.toFixed()} ms until all newcomers were in`);
}

for (const [name, attack] of Object.entries(ATTACKS)) {
  test(
    `${name}: a publisher and 20 viewers notice nothing, newcomers get in, memory is bounded`,
    { skip },
    async (context) => {
      gateway.forgetPeak();
      const until = performance.now() + ATTACK_MS;
      const cpu = gateway.processorSeconds;
      const { stop, open } = begin(attack, gateway);
      context.after(stop);
      const from = newestSent();
      await newcomersGetIn();
      assert.ok(await isHealthy(), 'the gateway answers');
      await waitFor('the attack to have lasted', () => performance.now() > until);
      const last = newestSent();
      await waitFor(
        'what was sent until now at all viewers',
        () => witnesses.every((one) => newestAt(one) >= last),
        JOIN_MS,
      );
      const openAtEnd = open();
      stop();
      assert.ok(last > from + 25, 'the show went on');
      for (const witness of witnesses) assertWhole(witness);
      assert.equal(publisher.isClosed, false, 'the publisher is still there');
      context.diagnostic(
        `peak ${gateway.peakMiB.toFixed()} MiB (${restMiB.toFixed()} at rest), ${openAtEnd} sockets of the attack open at the end, ` +
          `${(gateway.processorSeconds - cpu).toFixed(1)} s of processor time`,
      );
      assert.ok(gateway.peakMiB < BOUND_MIB, `${gateway.peakMiB.toFixed()} MiB of at most ${BOUND_MIB}`);
      const mistakes = gateway.lines().filter(({ level }) => level === 'error' || level === 'fatal');
      assert.deepEqual(mistakes, []);
    },
  );
}

test('the operator is told of those who were turned away, once a second at most', { skip }, () => {
  const told = gateway.lines('connections turned away');
  assert.ok(told.length > 0 && told.length < 60, `${told.length} lines`);
  assert.ok(Number(told[0]!['made room for others']) > 0, 'with the count');
});
