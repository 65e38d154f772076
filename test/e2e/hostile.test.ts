import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { encodeAmf0 } from '../../src/amf/amf0-writer.ts';
import { AmfObject, type AmfValue } from '../../src/amf/value.ts';
import { encodeMessage } from '../../src/protocols/rtmp/chunk-writer.ts';
import { pingRequest } from '../../src/protocols/rtmp/control.ts';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { recordingLog } from '../support/recording-log.ts';
import { hex } from '../support/media.ts';
import { RawHttp } from '../support/raw-http.ts';
import type { RtmpPeer } from '../support/rtmp-peer.ts';
import { playFrom, publishTo } from '../support/rtmp-peer.ts';
import { frameNumber, Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/**
 * Peers that mean harm, or are broken, beside a publisher and three viewers who must not notice. Each bad connection
 * ends with one reason in the log, and none of it is called our own mistake.
 */

const { log, lines } = recordingLog();
/** The server's ends of all connections. */
const accepted: Socket[] = [];
subscribe('net.server.socket', (message) => accepted.push((message as { socket: Socket }).socket));

let gateway: TestGateway;
let publisher: RtmpPeer;
let http: HttpFlvViewer;
let ws: WsFlvViewer;
let rtmp: RtmpPeer;
let stopShow: () => void;
/** Connections that never come to the point, from the first test on; the last test sees them closed. */
const idlers: { readonly what: string; readonly raw: RawHttp; seconds?: number }[] = [];

before(async () => {
  gateway = await startGateway({ publish: { graceSeconds: 0.1 } }, log);
  publisher = await publishTo(`${gateway.rtmp}/live/good`);
  const show = new Show(publisher);
  show.go(1);
  stopShow = show.live();
  http = new HttpFlvViewer(gateway.httpPort, '/live/good.flv');
  ws = new WsFlvViewer(`${gateway.ws}/live/good.flv`);
  rtmp = await playFrom(`${gateway.rtmp}/live/good`);
  startIdlers();
});

after(async () => {
  stopShow();
  publisher.kill();
  rtmp.kill();
  http.drop();
  ws.drop();
  for (const { raw } of idlers) raw.socket.destroy();
  await gateway.stop();
});

interface Seen {
  readonly type: number;
  readonly body: Uint8Array;
}

const frames = (seen: readonly Seen[]): Seen[] =>
  seen.filter(({ type, body }) => type === 9 && body[1] === 1);
const newest = (seen: readonly Seen[]): number => {
  const last = frames(seen).at(-1);
  return last ? frameNumber(last.body) : -1;
};
const views = (): (readonly Seen[])[] => [http.tags, ws.tags, rtmp.messages];

/** The good ones go on: newer frames at all three, none missing, and the same bytes. */
async function assertUnharmed(): Promise<void> {
  const from = Math.max(...views().map(newest));
  await waitFor('newer frames at all viewers', () => views().every((seen) => newest(seen) > from), 5_000);
  const bodies = views().map((seen) => frames(seen).map(({ body }) => Buffer.from(body)));
  const length = Math.min(...bodies.map((one) => one.length));
  const [first] = bodies;
  for (const one of bodies) {
    for (let index = 0; index < length; index++)
      assert.ok(one[index]!.equals(first![index]!), `frame ${index}`);
    assert.deepEqual(
      one.map(frameNumber),
      one.map((_, index) => frameNumber(one[0]!) + index),
    );
  }
  assert.equal(publisher.isClosed, false);
  assert.deepEqual(
    lines.filter(({ level }) => level === 'error' || level === 'fatal'),
    [],
  );
}

/** Why the gateway closed the connection from this port: there must be one reason. */
function reasonFor(port: number): string {
  const reasons = lines
    .filter(({ text, fields }) => text === 'closing connection' && fields['peer'] === `127.0.0.1:${port}`)
    .map(({ fields }) => String(fields['reason']));
  assert.equal(reasons.length, 1, `reasons: ${reasons.join(' | ')}`);
  return reasons[0]!;
}

const HANDSHAKE = Buffer.concat([Buffer.from([3]), Buffer.alloc(1536, 1), Buffer.alloc(1536, 2)]);

const message = (type: number, streamId: number, body: Uint8Array, chunkStreamId = 3): Buffer =>
  encodeMessage({ chunkStreamId, type, streamId, timestamp: 0 }, body, 128);
const command = (streamId: number, ...values: AmfValue[]): Buffer =>
  message(20, streamId, encodeAmf0(...values));
const CONNECT = command(0, 'connect', 1, AmfObject.of({ app: 'bad', tcUrl: 'rtmp://h/bad' }));

interface Bad {
  readonly raw: RawHttp;
  readonly port: number;
}

/** An RTMP connection that has come as far as `connect`. */
async function connected(): Promise<Bad> {
  const raw = new RawHttp(gateway.rtmpPort).send(HANDSHAKE).send(CONNECT);
  await waitFor('the answer to connect', () => raw.text.includes('NetConnection.Connect.Success'));
  return { raw, port: raw.socket.localPort! };
}

/** The first bytes of a message: chunk header of format 0. */
function chunkHeader(chunkStreamId: number, type: number, length: number): Buffer {
  const basic = chunkStreamId < 64 ? [chunkStreamId] : [0, chunkStreamId - 64];
  const header = Buffer.alloc(11);
  header.writeUIntBE(length, 3, 3);
  header[6] = type;
  header.writeUInt32LE(1, 7);
  return Buffer.concat([Buffer.from(basic), header]);
}

function startIdlers(): void {
  const add = (what: string, port: number, bytes: Buffer | string): void => {
    const raw = new RawHttp(port, { keepsItsSideOpen: true }).send(bytes);
    const idler: (typeof idlers)[number] = { what, raw };
    const since = performance.now();
    raw.socket.once('end', () => (idler.seconds ??= (performance.now() - since) / 1000));
    raw.socket.once('close', () => (idler.seconds ??= (performance.now() - since) / 1000));
    idlers.push(idler);
  };
  const { rtmpPort, httpPort } = gateway;
  add('RTMP: half a handshake', rtmpPort, HANDSHAKE.subarray(0, 800));
  add('RTMP: no connect', rtmpPort, HANDSHAKE);
  add('RTMP: no publish', rtmpPort, Buffer.concat([HANDSHAKE, CONNECT]));
  add('HTTP: half a header', httpPort, 'GET /live/good.flv HTTP/1.1\r\nHost: g\r\nX-Slow: ');
  for (let index = 0; index < 25; index++) {
    add('RTMP: not a byte', rtmpPort, '');
    add('HTTP: not a byte', httpPort, '');
  }
  // A byte now and then is no sign of life.
  for (const { what, raw } of idlers) {
    if (!/half/.test(what)) continue;
    const timer = setInterval(() => raw.socket.writable && raw.send('x'), 500);
    raw.socket.once('close', () => clearInterval(timer));
  }
}

test('random bytes at both ports', async () => {
  const all = Array.from({ length: 40 }, (_, index) => {
    const bytes = randomBytes(1 + (index % 8) * 5_000);
    if (index % 2 === 0) bytes[0] = index; // 3 would be RTMP
    if (index === 0 || bytes[0] === 3) bytes[0] = 9;
    return new RawHttp(index % 4 < 2 ? gateway.rtmpPort : gateway.httpPort).send(bytes);
  });
  const behindHandshake = Array.from({ length: 20 }, () =>
    new RawHttp(gateway.rtmpPort).send(HANDSHAKE).send(randomBytes(20_000)),
  );
  await waitFor('what is not RTMP to be closed', () =>
    all.every(({ isClosed, socket }) => isClosed || socket.remotePort === gateway.httpPort),
  );
  await assertUnharmed();
  for (const { socket } of [...all, ...behindHandshake]) socket.destroy();
});

test('each kind of bad message ends its connection with its reason', async () => {
  const nested = Buffer.concat([encodeAmf0('play', 1), Buffer.alloc(4 * 10_000, hex('03 0001 61'))]);
  const cases: readonly (readonly [string, Buffer, RegExp])[] = [
    ['AMF that is none', message(20, 0, hex('02 ffff 00')), /^RTMP_AMF: /],
    ['a command without a name', message(20, 0, encodeAmf0(5)), /^RTMP_COMMAND: /],
    ['an empty command', message(20, 0, Buffer.alloc(0)), /^RTMP_COMMAND: /],
    ['an empty AMF3 command', message(17, 0, Buffer.alloc(0)), /^RTMP_COMMAND: /],
    ['objects 10,000 deep', message(20, 0, nested), /^RTMP_AMF: .*nested/],
    ['a message of 8 MiB and a byte', chunkHeader(4, 9, 8 * 1024 * 1024 + 1), /^RTMP_MESSAGE_LENGTH: /],
    [
      '64 messages of 64 KiB each, none of which ends',
      Buffer.concat(
        Array.from({ length: 60 }, (_, index) =>
          Buffer.concat([chunkHeader(4 + index, 9, 64 * 1024), Buffer.alloc(128)]),
        ),
      ),
      /^RTMP_UNFINISHED_BYTES: /,
    ],
    [
      '65 chunk streams',
      Buffer.concat(Array.from({ length: 65 }, (_, index) => message(9, 1, hex('00'), 4 + (index % 60)))),
      /^$/,
    ],
    [
      'more chunk streams than 64',
      Buffer.concat(
        Array.from({ length: 65 }, (_, index) => Buffer.concat([chunkHeader(4 + index, 9, 1), hex('00')])),
      ),
      /^RTMP_CHUNK_STREAMS: /,
    ],
    ['a chunk size of 0', message(1, 0, hex('00000000')), /^RTMP_CHUNK_SIZE: /],
    ['a chunk size without bytes', message(1, 0, Buffer.alloc(0)), /^RTMP_CHUNK_SIZE: /],
    ['an empty Abort', message(2, 0, Buffer.alloc(0)), /^RTMP_CONTROL: /],
    ['an empty Acknowledgement', message(3, 0, Buffer.alloc(0)), /^RTMP_CONTROL: /],
    ['an empty user control message', message(4, 0, Buffer.alloc(0)), /^RTMP_CONTROL: /],
    ['an aggregate that is cut', message(22, 1, hex('09 0000ff 000000 00 000000 00')), /^RTMP_AGGREGATE: /],
  ];
  const rssBefore = process.memoryUsage().rss;
  for (const [what, bytes, reason] of cases) {
    const { raw, port } = await connected();
    raw.send(bytes);
    if (reason.source === '^$') {
      raw.socket.destroy();
      continue;
    }
    await waitFor(`the end of: ${what}`, () => raw.isClosed);
    assert.match(reasonFor(port), reason, what);
  }
  const greedy = await Promise.all(Array.from({ length: 20 }, connected));
  for (const { raw } of greedy)
    raw.send(chunkHeader(4, 9, 8 * 1024 * 1024)).send(chunkHeader(5, 9, 8 * 1024 * 1024));
  await assertUnharmed();
  const grown = (process.memoryUsage().rss - rssBefore) / 2 ** 20;
  assert.ok(grown < 150, `${grown.toFixed()} MiB more: what is announced must cost nothing before it comes`);
  for (const { raw } of greedy) raw.socket.destroy();
});

test('every command with every wrong kind of argument', async () => {
  const names = [
    ...['connect', 'createStream', 'deleteStream', 'closeStream', '_checkbw', 'getStreamLength'],
    ...['releaseStream', 'FCPublish', 'FCUnpublish', 'publish', 'play', 'play2', 'pause', 'pauseRaw', 'seek'],
    ...['receiveAudio', 'receiveVideo', 'FCSubscribe', 'FCUnsubscribe', '_result', '_error', 'onStatus'],
    ...['unheard-of', '__proto__', 'constructor', ''],
  ];
  const values: AmfValue[] = [
    ...[true, false, null, undefined, NaN, -1, 1e300, '', '..', '../..', 'a/b/c/d', 'x'.repeat(70_000)],
    ...[new Date(NaN), AmfObject.of({}), AmfObject.of({ streamName: 5, start: '' }), [1, ['a']]],
  ];
  await Promise.all(
    names.map(async (name) => {
      for (const value of values) {
        const { raw } = await connected();
        for (const streamId of [0, 1, 7, 0xffffffff]) {
          raw.send(command(streamId, name, value));
          raw.send(command(streamId, name, 2, value, value, value));
          raw.send(command(streamId, name, 3, null, value));
          raw.send(command(streamId, name, 3, null, 'cam', value, value, value));
        }
        const before = raw.text.length;
        raw.send(pingRequest(77));
        await waitFor(`an answer or an end after ${name}`, () => raw.isClosed || raw.text.length > before);
        raw.socket.destroy();
      }
    }),
  );
  await assertUnharmed();
});

test('empty and broken media, with people watching', async () => {
  const bad = await publishTo(`${gateway.rtmp}/bad/media`);
  const show = new Show(bad);
  show.go(30);
  const viewer = new HttpFlvViewer(gateway.httpPort, '/bad/media.flv');
  await waitFor('the stream', () => viewer.tags.length > 3);
  for (const type of [8, 9, 15, 18, 22]) bad.raw(message(type, 1, Buffer.alloc(0), 7));
  for (let index = 0; index < 3000; index++) {
    const head = ['17 00 000000', '17 01 000000', '27 01 ffffff', 'af 00', 'af 01', '17', '17 02', 'af'][
      index % 8
    ]!;
    const body = Buffer.concat([hex(head), randomBytes(index % 97)]);
    bad.send(head.startsWith('af') ? 8 : 9, (index * 7919) >>> 0, body);
    if (index % 10 === 0) bad.send(18, 0, Buffer.concat([encodeAmf0('onMetaData'), randomBytes(20)]));
  }
  await bad.roundTrip();
  assert.equal(bad.isClosed, false, 'what cannot be used is dropped');
  await assertUnharmed();
  bad.kill();
  viewer.drop();
});

test('media before the verdict', async () => {
  const { raw } = await connected();
  for (let index = 0; index < 200; index++) raw.send(message(9, 1, randomBytes(1000), 6));
  raw.send(command(0, 'createStream', 2, null));
  for (let index = 0; index < 200; index++) raw.send(message(9, 1, randomBytes(1000), 6));
  raw.send(command(1, 'publish', 3, null, 'eager', 'live'));
  await waitFor('the verdict', () => raw.text.includes('NetStream.Publish.Start'));
  assert.equal((await streamReport(gateway, 'bad/eager'))?.bytesIn, 0);
  raw.socket.destroy();
  await assertUnharmed();
});

test('publish and unpublish 200 times leaves nothing behind', async () => {
  const { raw } = await connected();
  for (let index = 0; index < 100; index++) {
    raw.send(command(0, 'createStream', 2, null));
    raw.send(command(1, 'publish', 3, null, `again${index % 3}`, 'live'));
    raw.send(message(9, 1, Buffer.alloc(100, 0x17), 6));
    raw.send(
      index % 2 === 0
        ? command(0, 'deleteStream', 0, null, 1)
        : command(0, 'FCUnpublish', 4, null, `again${index % 3}`),
    );
  }
  await waitFor('100 verdicts', () => raw.text.match(/NetStream\.Publish\.Start\W/g)?.length === 100);
  for (let index = 0; index < 100; index++) {
    const peer = await publishTo(`${gateway.rtmp}/bad/brief${index % 3}`);
    if (index % 2 === 0) peer.kill();
    else await peer.leave();
  }
  raw.socket.destroy();
  const names = await waitFor('the others to be over', async () => {
    const { streams } = (await (await fetch(`${gateway.http}/api/v1/streams`)).json()) as {
      streams: { stream: string }[];
    };
    return streams.length === 1 && streams.map(({ stream }) => stream);
  });
  assert.deepEqual(names, ['good']);
  assert.equal((await streamReport(gateway, 'live/good'))?.viewers.total, 3);
  await assertUnharmed();
});

const UPGRADE =
  'GET /live/good.flv HTTP/1.1\r\nHost: g\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

/** A client's frame, masked with zeros unless said otherwise: RFC 6455 §5.2. */
function wsFrame(opcode: number, payload: Buffer, masked = true): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 2 : 4);
  head[0] = 0x80 | opcode;
  head[1] = (masked ? 0x80 : 0) | Math.min(payload.length, 126);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0), payload]);
}

async function upgraded(): Promise<RawHttp & { server: Socket }> {
  const before = accepted.length;
  const raw = new RawHttp(gateway.httpPort).send(UPGRADE);
  await waitFor('the upgrade', () => raw.statuses[0] === 101);
  return Object.assign(raw, {
    server: accepted.slice(before).find((one) => one.remotePort === raw.socket.localPort)!,
  });
}

test('WebSocket frames that nobody may send', async () => {
  const cases: readonly (readonly [string, Buffer])[] = [
    ['too large', wsFrame(2, Buffer.alloc(5000))],
    ['not masked', wsFrame(2, Buffer.alloc(5), false)],
    ['reserved opcode', wsFrame(11, Buffer.alloc(5))],
    ['reserved bits', Buffer.concat([hex('f2 80 00000000')])],
    ['a close frame of one byte', wsFrame(8, Buffer.alloc(1))],
    ['a length of 2^63', hex('82 ff 8000000000000000 00000000')],
    ['no frame at all', randomBytes(3000).fill(0xff, 0, 1)],
  ];
  for (const [what, bytes] of cases) {
    const raw = await upgraded();
    raw.send(bytes);
    await waitFor(`the end of: ${what}`, () => raw.isClosed);
  }
  const chatty = await upgraded();
  for (let index = 0; index < 1000; index++) chatty.send(wsFrame(1, Buffer.from('hello')));
  const before = chatty.text.length;
  await waitFor('the stream to go on', () => chatty.text.length > before + 2000);
  for (let index = 0; index < 2000; index++) chatty.send(wsFrame(1, Buffer.from('hello')));
  await waitFor('the end of who never stops talking', () => chatty.isClosed);
  assert.ok(chatty.text.endsWith('\x03\xf0too many messages'), 'close code 1008 with the reason');
  await waitFor(
    'them to be gone',
    async () => (await streamReport(gateway, 'live/good'))?.viewers.wsFlv === 1,
  );
  await assertUnharmed();
});

/** Sends until the other side has been given `bytes`, or has had enough. */
async function flood(socket: Socket, piece: Buffer, bytes: number): Promise<void> {
  const batch = Buffer.concat(Array.from({ length: Math.ceil(65_536 / piece.length) }, () => piece));
  for (let sent = 0; sent < bytes && socket.writable; sent += batch.length) {
    socket.write(batch);
    await waitFor('room', () => !socket.writable || socket.writableLength < 1_000_000);
  }
}

test('a flood of pings from someone who does not read their answers', async () => {
  const raw = await upgraded();
  raw.socket.pause();
  const watch = setInterval(() => (worst = Math.max(worst, raw.server.writableLength)), 5);
  let worst = 0;
  await flood(raw.socket, wsFrame(9, Buffer.alloc(125)), 40_000_000);
  clearInterval(watch);
  assert.ok(worst < 1_000_000, `${worst} bytes of answers wait for it`);
  raw.socket.destroy();
  await assertUnharmed();
});

test('an RTMP peer that asks and never reads, playing or not', async () => {
  for (const isPlayer of [false, true]) {
    const peer = isPlayer ? await playFrom(`${gateway.rtmp}/live/good`) : undefined;
    const bad = peer ? { socket: peer.socket } : { socket: (await connected()).raw.socket };
    const port = bad.socket.localPort!;
    const server = accepted.find((one) => one.remotePort === port && !one.destroyed)!;
    bad.socket.pause();
    let worst = 0;
    const watch = setInterval(() => (worst = Math.max(worst, server.writableLength)), 5);
    await flood(bad.socket, command(0, '_checkbw', 5, null), 40_000_000);
    await waitFor('its end', () => server.destroyed);
    clearInterval(watch);
    assert.ok(worst < 4_000_000, `${worst} bytes of answers wait for it`);
    assert.equal(reasonFor(port), 'the peer does not read');
    bad.socket.destroy();
  }
  await assertUnharmed();
});

test('a refused upgrade whose client never closes does not stay open', async () => {
  const raw = new RawHttp(gateway.httpPort, { keepsItsSideOpen: true }).send(UPGRADE.replace('good', 'none'));
  await waitFor('the refusal', () => raw.statuses[0] === 404);
  const server = accepted.find((one) => one.remotePort === raw.socket.localPort)!;
  await waitFor('the server to have let go', () => server.destroyed, 5_000);
  raw.socket.destroy();
});

test('an upgrade behind a request that waits is not served on the same socket', async () => {
  const get = 'GET /live/none.flv?wait=60 HTTP/1.1\r\nHost: g\r\n\r\n';
  const other = UPGRADE.replace('websocket', 'h2c');
  for (const upgrade of [UPGRADE, other, UPGRADE.replace('good', 'none')]) {
    const raw = new RawHttp(gateway.httpPort).send(get + upgrade);
    await waitFor('its end', () => raw.isClosed);
    assert.equal(raw.text, '', 'neither is answered');
  }
  const after = new RawHttp(gateway.httpPort).send('GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n');
  await waitFor('the answer', () => after.text.includes('ok\n'));
  after.send(UPGRADE);
  await waitFor('the upgrade behind an answer', () => after.statuses[1] === 101);
  after.socket.destroy();
  await assertUnharmed();
});

test('32 requests may be sent ahead of the first answer; who sends another is cut off', async () => {
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: g\r\n\r\n`;
  const ask = (others: number): RawHttp =>
    new RawHttp(gateway.httpPort).send(get('/live/none.flv?wait=0.5') + get('/healthz').repeat(others));
  const [fair, greedy] = [ask(31), ask(1_000)];
  await waitFor('all 32 answers', () => fair.statuses.length === 32);
  assert.deepEqual(fair.statuses, [404, ...Array<number>(31).fill(200)]);
  await waitFor('the end of the other', () => greedy.isClosed);
  assert.equal(greedy.text, '', 'without an answer');
  fair.socket.destroy();
  const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
  assert.match(metrics, /closed_total\{door="http",reason="too many requests at a time"\} 1\n/);
});

test('beyond the limits: a sentence over HTTP, the end over RTMP, a count for the operator, and room again after', async (context) => {
  const { log: ownLog, lines: ownLines } = recordingLog();
  const small = await startGateway({ limits: { connections: 6, connectionsPerAddress: 4 } }, ownLog);
  context.after(() => small.stop());
  const show = await publishTo(`${small.rtmp}/live/show`);
  new Show(show).go(30);
  const watching: HttpFlvViewer[] = [];
  for (let index = 0; index < 3; index++) {
    const viewer = new HttpFlvViewer(small.httpPort, '/live/show.flv');
    await waitFor('the answer', () => viewer.status === 200);
    watching.push(viewer);
  }
  const refused = async (): Promise<string> => {
    const raw = new RawHttp(small.httpPort).send('GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n');
    await waitFor('its end', () => raw.isClosed || raw.text.includes('ok\n'));
    raw.socket.destroy();
    return raw.text;
  };
  const text = await refused();
  assert.match(text, /^HTTP\/1\.1 503 Service Unavailable\r\n[^]*Retry-After: 5\r\n/);
  assert.ok(text.endsWith('\r\n\r\ntoo many connections from one address; try again later\n'), text);
  const player = new RawHttp(small.rtmpPort).send(HANDSHAKE);
  await waitFor('its end', () => player.isClosed);
  assert.equal(player.text, '', 'RTMP has no word for it');

  // Another address has what is left, and then nobody.
  const elsewhere = { localAddress: '127.0.0.2' };
  const second = await publishTo(`${small.rtmp}/live/second`, elsewhere);
  const third = await publishTo(`${small.rtmp}/live/third`, elsewhere);
  await assert.rejects(publishTo(`${small.rtmp}/live/fourth`, elsewhere), /the connection was closed/);

  watching[0]!.drop();
  const metrics = await waitFor('room', async () => {
    const response = await fetch(`${small.http}/metrics`).catch(() => undefined);
    return response?.status === 200 && (await response.text());
  });
  assert.match(metrics, /closed_total\{door="http",reason="too many connections from one address"\} [1-9]/);
  assert.match(metrics, /closed_total\{door="rtmp",reason="too many connections"\} 1\n/);
  const told = await waitFor('the line in the log', () =>
    ownLines.find((line) => line.text === 'connections turned away'),
  );
  assert.ok(Number(told.fields['too many connections from one address']) >= 2, 'counted in one line');
  for (const peer of [show, second, third]) assert.equal(peer.isClosed, false, 'who was in stays in');
  for (const peer of [show, second, third]) peer.kill();
  for (const viewer of watching) viewer.drop();
});

test('who never comes to the point is closed after 10 s or a little more', async () => {
  const unmoved = (): string[] =>
    idlers.filter(({ seconds }) => seconds === undefined).map(({ what }) => what);
  await waitFor(`all ${idlers.length} to be closed`, () => unmoved().length === 0).catch(() =>
    assert.deepEqual(unmoved(), []),
  );
  for (const { what, seconds = 0 } of idlers) assert.ok(seconds > 9 && seconds < 14, `${what}: ${seconds} s`);
  const tooLong = lines.filter(
    ({ text, fields }) => text === 'closing connection' && /^too long in step/.test(String(fields['reason'])),
  );
  assert.deepEqual(
    [...new Set(tooLong.map(({ fields }) => fields['reason']))].sort(),
    ['connected', 'handshake', 'opened'].map((step) => `too long in step "${step}"`),
  );
  await assertUnharmed();
});
