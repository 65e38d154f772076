import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { encodeAmf0 } from '../../src/amf/amf0-writer.ts';
import { AmfObject, type AmfValue } from '../../src/amf/value.ts';
import { encodeMessage } from '../../src/protocols/rtmp/chunk-writer.ts';
import { HttpFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { recordingLog } from '../support/recording-log.ts';
import { publishTo, type RtmpPeer } from '../support/rtmp-peer.ts';
import { frameNumber, Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';
import { Mutator, Random } from './engine/mutate.ts';
import { BODIES } from './targets/flv.ts';

/**
 * The same rubbish through real sockets: what no parser throws may still be thrown by what stands between it and the socket.
 * One process, so that an error that nobody catches ends the test.
 */

const ROUNDS = 40;
const AT_A_TIME = 8;

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const random = new Random(seed);
const mutator = new Mutator({ random, maxBytes: 8192, words: [Buffer.from('\r\n'), Buffer.from('%2e%2e/')] });
const { log, lines } = recordingLog();

let gateway: TestGateway;
let publisher: RtmpPeer;
let viewer: HttpFlvViewer;
let stopShow: () => void;

before(async () => {
  gateway = await startGateway({ publish: { graceSeconds: 0.1 } }, log);
  publisher = await publishTo(`${gateway.rtmp}/live/good`);
  const show = new Show(publisher);
  show.go(1);
  stopShow = show.live();
  viewer = new HttpFlvViewer(gateway.httpPort, '/live/good.flv');
});

after(async () => {
  stopShow();
  publisher.kill();
  viewer.drop();
  await gateway.stop();
});

/** Sends all of it, and leaves without a word. */
async function throwAt(port: number, bytes: Buffer): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.resume();
  const closed = once(socket, 'close');
  socket.write(bytes, () => socket.destroy());
  await closed;
}

async function bombard(port: number, make: () => Buffer): Promise<void> {
  for (let round = 0; round < ROUNDS; round++)
    await Promise.all(Array.from({ length: AT_A_TIME }, () => throwAt(port, make())));
}

/** The good publisher's viewer sees newer frames, and the gateway has found no mistake of its own. */
async function assertUnharmed(): Promise<void> {
  const newest = (): number => {
    const last = viewer.tags.findLast(({ type, body }) => type === 9 && body[1] === 1);
    return last ? frameNumber(last.body) : -1;
  };
  const from = newest();
  await waitFor('newer frames', () => newest() > from, 5_000);
  const response = await fetch(`${gateway.http}/healthz`);
  assert.equal(response.status, 200, `healthy (seed ${seed})`);
  await response.text();
  const mistakes = lines.filter(({ level }) => level === 'error' || level === 'fatal');
  assert.deepEqual(mistakes, [], `mistakes of ours (seed ${seed})`);
  assert.equal(publisher.isClosed, false, 'the publisher is still there');
}

const HANDSHAKE = Buffer.concat([Buffer.from([3]), Buffer.alloc(1536, 1), Buffer.alloc(1536, 2)]);

const command = (streamId: number, ...values: readonly AmfValue[]): Buffer =>
  encodeMessage({ chunkStreamId: 3, type: 20, streamId, timestamp: 0 }, encodeAmf0(...values), 128);

/** All that an encoder says before its first frame. */
function hello(name: string): Buffer {
  return Buffer.concat([
    command(0, 'connect', 1, AmfObject.of({ app: 'bad', tcUrl: 'rtmp://h/bad' })),
    command(0, 'createStream', 2, null),
    command(1, 'publish', 3, null, name, 'live'),
  ]);
}

function media(bodies: readonly Buffer[]): Buffer {
  return Buffer.concat(
    bodies.map((body, index) => {
      const type = body[0]! >> 4 === 10 ? 8 : 9;
      return encodeMessage({ chunkStreamId: 4, type, streamId: 1, timestamp: index * 40 }, body, 128);
    }),
  );
}

const anyOf = <Value>(values: readonly Value[]): Value => values[random.below(values.length)]!;
const changed = (bytes: Buffer): Buffer => mutator.mutate(bytes, anyOf(BODIES));

test('random bytes, broken chunks and broken commands at the RTMP port: the process lives, viewers go on', async (t) => {
  t.diagnostic(`seed ${seed}`);
  await bombard(gateway.rtmpPort, () =>
    random.below(4) === 0
      ? random.bytes(4096)
      : Buffer.concat([HANDSHAKE, changed(Buffer.concat([hello('x'), media(BODIES)]))]),
  );
  await assertUnharmed();
});

test('publishers whose frames are rubbish, with people watching: the process lives, others go on', async (t) => {
  t.diagnostic(`seed ${seed}`);
  for (let round = 0; round < 10; round++) {
    const watching = new HttpFlvViewer(gateway.httpPort, `/bad/cam${round}.flv?wait=5`);
    const bodies = [BODIES[0]!, BODIES[5]!, BODIES[1]!, BODIES[6]!];
    for (let index = 0; index < 60; index++) bodies.push(changed(anyOf(BODIES)));
    await throwAt(gateway.rtmpPort, Buffer.concat([HANDSHAKE, hello(`cam${round}`), media(bodies)]));
    watching.drop();
  }
  await assertUnharmed();
});

const REQUESTS = [
  'GET /live/good.flv?wait=1&gop=0 HTTP/1.1\r\nHost: g\r\nRange: bytes=0-\r\n\r\n',
  'GET /live/good/media.m3u8 HTTP/1.1\r\nHost: g\r\nAccept-Encoding: gzip\r\nIf-None-Match: "1"\r\n\r\n',
  'HEAD /live/good.m3u8 HTTP/1.1\r\nHost: g\r\n\r\nGET /api/v1/streams HTTP/1.1\r\nHost: g\r\n\r\n',
  'OPTIONS /live/..%2fgood/1.ts HTTP/1.1\r\nHost: g\r\n\r\n',
  'GET /watch/live/good HTTP/1.1\r\nHost: g\r\n\r\nGET /assets/../package.json HTTP/1.1\r\nHost: g\r\n\r\n',
].map((text) => Buffer.from(text));

test('broken requests at the HTTP port: the process lives, viewers go on', async (t) => {
  t.diagnostic(`seed ${seed}`);
  await bombard(gateway.httpPort, () => changed(anyOf(REQUESTS)));
  await assertUnharmed();
});

const UPGRADE = Buffer.from(
  'GET /live/good.flv HTTP/1.1\r\nHost: g\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
);
/** Masked with zeros: text, ping, close with a code, a frame of 126 and one of 2^63 bytes. */
const FRAMES = [
  '8180000000006869',
  '898400000000 70696e67',
  '888200000000 03e8',
  '81fe007e 00000000',
  '82ffffffffffffffffff',
].map((text) => Buffer.from(text.replaceAll(' ', ''), 'hex'));

test('garbage on an open WebSocket, and broken upgrades: the process lives, viewers go on', async (t) => {
  t.diagnostic(`seed ${seed}`);
  await bombard(gateway.httpPort, () => {
    const upgrade = random.below(4) === 0 ? changed(UPGRADE) : UPGRADE;
    return Buffer.concat([upgrade, changed(Buffer.concat([anyOf(FRAMES), anyOf(FRAMES)]))]);
  });
  await assertUnharmed();
});
