import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { encodeAmf0 } from '../../src/amf/amf0-writer.ts';
import { AmfObject, type AmfValue } from '../../src/amf/value.ts';
import { encodeMessage } from '../../src/protocols/rtmp/chunk-writer.ts';
import { setChunkSize } from '../../src/protocols/rtmp/control.ts';

/** What peers do that mean harm, for as long as it is asked for; each begins at once and goes on until it is stopped. */

/** Two ports of one host. */
export interface Target {
  readonly rtmpPort: number;
  readonly httpPort: number;
}

/** Stops an attack and drops its sockets. */
export type Stop = () => void;

const HANDSHAKE = Buffer.concat([Buffer.from([3]), Buffer.alloc(1536, 1), Buffer.alloc(1536, 2)]);

const message = (type: number, streamId: number, body: Uint8Array, chunkStreamId = 3): Buffer =>
  encodeMessage({ chunkStreamId, type, streamId, timestamp: 0 }, body, 128);
const command = (streamId: number, ...values: AmfValue[]): Buffer =>
  message(20, streamId, encodeAmf0(...values));
const connectTo = (app: string): Buffer =>
  Buffer.concat([HANDSHAKE, command(0, 'connect', 1, AmfObject.of({ app, tcUrl: `rtmp://h/${app}` }))]);

/** All that a publisher says before its first frame; it does not wait for answers. */
export const publishTo = (name: string): Buffer =>
  Buffer.concat([
    connectTo('bad'),
    command(0, 'createStream', 2, null),
    command(1, 'publish', 3, null, name, 'live'),
  ]);
const play = (app: string, name: string): Buffer =>
  Buffer.concat([connectTo(app), command(0, 'createStream', 2, null), command(1, 'play', 3, null, name)]);

/** The first chunk header of a message of `length` bytes: format 0, on message stream 1. */
function chunkHeader(chunkStreamId: number, type: number, length: number): Buffer {
  const basic = chunkStreamId < 64 ? [chunkStreamId] : [0, chunkStreamId - 64];
  const header = Buffer.alloc(11);
  header.writeUIntBE(length, 3, 3);
  header[6] = type;
  header.writeUInt32LE(1, 7);
  return Buffer.concat([Buffer.from(basic), header]);
}

/** The sockets and timers of one attack. */
export class Mob {
  readonly sockets = new Set<Socket>();
  readonly #timers: NodeJS.Timeout[] = [];
  isOver = false;

  open(port: number, bytes: Buffer | string = ''): Socket {
    const socket = connect(port, '127.0.0.1');
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.sockets.delete(socket));
    socket.resume();
    if (bytes.length > 0) socket.write(bytes);
    return socket;
  }

  /** The same by TLS; what was agreed on is not looked at. */
  openTls(port: number, bytes: Buffer | string = '', options: ConnectionOptions = {}): TLSSocket {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.sockets.delete(socket));
    socket.resume();
    if (bytes.length > 0) socket.write(bytes);
    return socket;
  }

  every(ms: number, act: () => void): void {
    this.#timers.push(setInterval(act, ms));
  }

  /** Each socket sends this again and again, as fast as it is taken, `burst` bytes at a time. */
  pour(socket: Socket, piece: Buffer, burst = 65_536): void {
    const batch = Buffer.concat(Array.from({ length: Math.ceil(burst / piece.length) }, () => piece));
    const more = (): void => {
      if (!this.isOver && socket.writable && socket.write(batch)) setTimeout(more, 5);
    };
    socket.on('drain', () => setTimeout(more, 5));
    more();
  }

  readonly stop = (): void => {
    this.isOver = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.sockets) socket.destroy();
  };
}

export type Attack<At = Target> = (mob: Mob, target: At) => void;

export const times = (count: number, act: (index: number) => void): void => {
  for (let index = 0; index < count; index++) act(index);
};

function announce(mob: Mob, { rtmpPort }: Target): void {
  const ids = Array.from({ length: 62 }, (_, index) => 3 + index);
  const begun = (length: number): Buffer =>
    Buffer.concat(
      ids.map((id) => Buffer.concat([chunkHeader(id, 9, length), Buffer.alloc(Math.min(128, length))])),
    );
  const peers = (count: number, before: (index: number) => Buffer, bytes: Buffer): void =>
    times(count, (index) => mob.open(rtmpPort, Buffer.concat([before(index), bytes])));
  const max = 0xffffff;
  peers(50, () => connectTo('bad'), begun(max));
  peers(50, (index) => publishTo(`huge${index}`), begun(max));
  peers(50, () => connectTo('bad'), begun(4_000));
  peers(50, (index) => publishTo(`large${index}`), begun((16 * 1024 * 1024) / 64));
  // Two of the largest that a publisher may begin.
  peers(50, (index) => publishTo(`two${index}`), begun(8 * 1024 * 1024).subarray(0, 2 * 140));
}

function tinyChunks(mob: Mob, { rtmpPort }: Target): void {
  const body = Buffer.alloc(20_000, 0x27);
  const tiny = encodeMessage({ chunkStreamId: 6, type: 9, streamId: 1, timestamp: 0 }, body, 1);
  times(5, (index) => {
    const socket = mob.open(rtmpPort, Buffer.concat([publishTo(`tiny${index}`), setChunkSize(1)]));
    mob.every(40, () => socket.writable && socket.write(tiny)); // 8 Mb/s
  });
}

function noise(mob: Mob, { rtmpPort, httpPort }: Target): void {
  const befores = [Buffer.alloc(0), HANDSHAKE, connectTo('bad'), publishTo('noise')];
  mob.every(10, () => {
    if (mob.sockets.size > 300) for (const socket of [...mob.sockets].slice(0, 100)) socket.destroy();
    for (const before of befores) mob.open(rtmpPort, Buffer.concat([before, randomBytes(2_000)]));
    mob.open(httpPort, randomBytes(2_000));
    mob.open(httpPort, Buffer.concat([Buffer.from('GET / HTTP/1.1\r\n'), randomBytes(2_000)]));
  });
}

function restlessPlayers(mob: Mob, { rtmpPort }: Target): void {
  const toggles = Buffer.concat([
    ...[command(1, 'receiveAudio', 0, null, false), command(1, 'receiveVideo', 0, null, false)],
    ...[command(1, 'receiveAudio', 0, null, true), command(1, 'receiveVideo', 0, null, true)],
    ...[command(1, 'pause', 0, null, true, 0), command(1, 'pause', 0, null, false, 0)],
  ]);
  times(10, () => {
    const socket = mob.open(rtmpPort, play('live', 'show'));
    mob.every(20, () => socket.writable && socket.write(toggles));
  });
  times(5, () => mob.pour(mob.open(rtmpPort, play('live', 'show')), toggles, 4_000));
  times(15, () => mob.open(rtmpPort, play('live', 'show')).pause());
  times(15, () => {
    const socket = mob.open(rtmpPort, play('live', 'show')).pause();
    mob.pour(socket, command(0, '_checkbw', 5, null), 16_384);
  });
}

const UPGRADE =
  'GET /live/show.flv HTTP/1.1\r\nHost: g\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';
/** Client's frames, masked with zeros (RFC 6455 §5.2): a ping and a text of 125 bytes, and the start of 2^62. */
const wsFrame = (opcode: number): Buffer =>
  Buffer.concat([Buffer.from([0x80 | opcode, 0xfd]), Buffer.alloc(4), Buffer.alloc(125, 0x61)]);
const WS_ENDLESS = Buffer.from('82ff400000000000000000000000', 'hex');

function webSocketFlood(mob: Mob, { httpPort }: Target): void {
  times(10, () => mob.pour(mob.open(httpPort, UPGRADE), wsFrame(9), 16_384));
  times(10, () => mob.pour(mob.open(httpPort, UPGRADE).pause(), wsFrame(9), 16_384));
  times(5, () => mob.pour(mob.open(httpPort, UPGRADE), wsFrame(1), 16_384));
  mob.every(50, () => mob.open(httpPort, UPGRADE + WS_ENDLESS.toString('latin1')));
}

function headerFlood(mob: Mob, { httpPort }: Target): void {
  const lines = Array.from({ length: 3_000 }, (_, index) => `X-${index}: ${'y'.repeat(20)}\r\n`).join('');
  mob.every(20, () => {
    mob.open(httpPort, `GET / HTTP/1.1\r\nHost: g\r\n${lines}`);
    mob.open(httpPort, `GET /${'a'.repeat(60_000)} HTTP/1.1\r\n\r\n`);
  });
  times(500, () => mob.open(httpPort, 'GET / HTTP/1.1\r\nHost: g\r\n'));
  mob.every(250, () => {
    for (const socket of mob.sockets) if (socket.writable) socket.write('X-Slow: y\r\n');
  });
}

function heldPlaylists(mob: Mob, { httpPort }: Target): void {
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: g\r\n\r\n`;
  times(2_000, (index) => mob.open(httpPort, get(`/live/later${index % 500}.m3u8?wait=60`)));
  const ahead = Array.from({ length: 500 }, () => get('/live/later.m3u8?wait=60') + get('/')).join('');
  times(20, () => mob.open(httpPort, ahead));
  // An upgrade behind a request that is still waiting: two answers on one socket.
  times(100, () => mob.open(httpPort, get('/live/later.flv?wait=60') + UPGRADE));
}

function comeAndGo(mob: Mob, { rtmpPort, httpPort }: Target): void {
  mob.every(5, () => {
    times(10, (index) => {
      const socket = mob.open(index % 2 === 0 ? rtmpPort : httpPort);
      socket.once('connect', () => (index % 3 === 0 ? socket.resetAndDestroy() : socket.destroy()));
    });
  });
}

/** By name, in the order in which they are tried. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  '3,000 silent sockets that come again': (mob, { rtmpPort, httpPort }) => {
    let count = 0;
    const more = (): Socket => mob.open(count++ % 2 === 0 ? rtmpPort : httpPort);
    times(3_000, more);
    // More come all the time: only then has anybody to make room.
    mob.every(20, () => times(Math.min(20, 5_000 - mob.sockets.size), more));
  },
  '400 handshakes, a byte at a time': (mob, { rtmpPort }) => {
    const sent = new Map<Socket, number>();
    times(400, () => sent.set(mob.open(rtmpPort), 0));
    mob.every(50, () => {
      for (const [socket, at] of sent) {
        if (socket.writable) socket.write(HANDSHAKE.subarray(at, at + 1));
        sent.set(socket, at + 1);
      }
    });
  },
  '16 MB announced on each of 64 chunk streams, by 250 peers': announce,
  'chunks of 1 byte': tinyChunks,
  'random bytes at both ports': noise,
  'players that toggle, pause, ask and never read': restlessPlayers,
  'WebSocket floods': webSocketFlood,
  'header floods and slow headers': headerFlood,
  'thousands of held playlist requests': heldPlaylists,
  'connections that come and go as fast as they can': comeAndGo,
};

export function begin<At>(
  attack: Attack<At>,
  target: At,
): { readonly stop: Stop; readonly open: () => number } {
  const mob = new Mob();
  attack(mob, target);
  return { stop: mob.stop, open: () => mob.sockets.size };
}
