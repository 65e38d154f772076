import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import {
  connect as connectHttp2,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
} from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import {
  authorities,
  certificate,
  writeCertificates,
  type Authorities,
  type CertificateFiles,
} from '../support/certificates.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { runProgram, unlessThere } from '../support/programs.ts';
import { recordingLog } from '../support/recording-log.ts';
import { publishTo } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** The ports that speak TLS, with whoever comes to them. */

const QUEUE_BYTES = 256 * 1024;
const { log, lines } = recordingLog();

let folder: string;
let live: string;
let first: Authorities;
let second: Authorities;
let files: CertificateFiles;
let gateway: TestGateway;
let stopShow = (): void => undefined;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'));
  [first, second] = await Promise.all([authorities(' 1'), authorities(' 2')]);
  // As certbot has it: `live` has links to the files of the newest certificate.
  files = writeCertificates(folder, first);
  live = mkdtempSync(join(folder, 'live-'));
  symlinkSync(files.cert, join(live, 'cert'));
  symlinkSync(files.key, join(live, 'key'));
  gateway = await startGateway(
    {
      tls: { cert: join(live, 'cert'), key: join(live, 'key') },
      http: { tlsPort: 0 },
      rtmp: { tlsPort: 0 },
      delivery: { viewerQueueBytes: QUEUE_BYTES, viewerLagSeconds: 1 },
    },
    log,
  );
  const peer = await publishTo(`${gateway.rtmp}/live/cam`);
  const show = new Show(peer, { gop: 10, bytes: 20_000 });
  stopShow = show.live();
  show.go(30);
});

after(async () => {
  stopShow();
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ca = (): string[] => [first.root.cert, second.root.cert];

async function http2(): Promise<ClientHttp2Session> {
  const session = connectHttp2(`https://localhost:${gateway.httpsPort}`, { ca: ca() });
  session.on('error', () => undefined);
  await once(session, 'connect');
  return session;
}

const ask = (session: ClientHttp2Session, path: string, method = 'GET'): ClientHttp2Stream => {
  const stream = session.request({ ':path': path, ':method': method });
  stream.on('error', () => undefined);
  return stream;
};

const statusOf = async (stream: ClientHttp2Stream): Promise<number> => {
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  return Number(headers[':status']);
};

/** The server's ends of all connections. */
const accepted: Socket[] = [];
subscribe('net.server.socket', (message) => accepted.push((message as { socket: Socket }).socket));

const openTo = (port: number): number =>
  accepted.filter(({ localPort, destroyed }) => localPort === port && !destroyed).length;

const viewersOf = async (): Promise<number> =>
  (await streamReport(gateway, 'live/cam'))?.viewers.httpFlv ?? -1;

/** Everything until the end. */
async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => chunks.push(bytes));
  socket.on('error', () => undefined);
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks).toString('latin1');
}

test('many viewers on one connection get the same stream, and each leaves by itself', async () => {
  const session = await http2();
  const streams = Array.from({ length: 12 }, () => ask(session, '/live/cam.flv'));
  const bytes = streams.map(() => 0);
  streams.forEach((stream, index) => stream.on('data', (piece: Buffer) => (bytes[index]! += piece.length)));
  await waitFor('all to be viewers', async () => ((await viewersOf()) === 12 ? true : undefined));
  await waitFor('all to be given something', () =>
    bytes.every((count) => count > 100_000) ? true : undefined,
  );
  streams[0]!.close(constants.NGHTTP2_CANCEL);
  await waitFor('one to be gone', async () => ((await viewersOf()) === 11 ? true : undefined));
  session.destroy();
  await waitFor('all to be gone', async () => ((await viewersOf()) === 0 ? true : undefined));
});

test('a viewer that does not read its stream is closed; another one on the same connection goes on', async () => {
  const session = await http2();
  const slow = ask(session, '/live/cam.flv?session=slow');
  const brisk = ask(session, '/live/cam.flv');
  let bytes = 0;
  brisk.on('data', (piece: Buffer) => (bytes += piece.length));
  await statusOf(slow);
  slow.pause();
  await waitFor(
    'the slow one to be closed',
    async () => ((await viewersOf()) === 1 ? true : undefined),
    15_000,
  );
  const before = bytes;
  await waitFor('the other one to go on', () => (bytes > before + 100_000 ? true : undefined));
  const report = await streamReport(gateway, 'live/cam');
  assert.ok((report?.delivery.maxQueuedBytes ?? 0) < QUEUE_BYTES, 'nothing waits any more');
  session.destroy();
});

test('WebSocket-FLV by TLS: announced for HTTP/1.1 only, on the same port', async () => {
  const session = await http2();
  assert.notEqual(session.remoteSettings.enableConnectProtocol, true);
  session.destroy();
  const socket = new WebSocket(`wss://localhost:${gateway.httpsPort}/live/cam.flv`, { ca: ca() });
  const [bytes] = (await once(socket, 'message')) as [Buffer];
  assert.equal(bytes.toString('latin1', 0, 3), 'FLV');
  socket.terminate();
});

test('cookies are Secure by HTTPS, and pages of the same site are not foreign', async () => {
  const session = await http2();
  const stream = session.request({
    ':path': '/api/v1/session',
    ':method': 'DELETE',
    origin: `https://localhost:${gateway.httpsPort}`,
  });
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  assert.ok(Number(headers[':status']) < 300, String(headers[':status']));
  assert.match(String(headers['set-cookie']), /; Secure/);
  const foreign = session.request({
    ':path': '/api/v1/session',
    ':method': 'DELETE',
    origin: 'https://evil.example',
  });
  assert.equal(await statusOf(foreign), 403);
  session.destroy();
});

test('plain HTTP on the port of HTTPS is told the right address', async () => {
  const socket = connectTcp(gateway.httpsPort, '127.0.0.1');
  socket.write('GET /watch/live/cam HTTP/1.1\r\nHost: localhost:1\r\n\r\n');
  const answer = await readAll(socket);
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.ok(answer.endsWith(`use https://localhost:${gateway.httpsPort}/watch/live/cam\n`), answer);
});

test('TLS on a plain port, and plain RTMP on that of RTMPS, are told to the operator', async () => {
  for (const port of [gateway.httpPort, gateway.rtmpPort]) {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await readAll(socket);
  }
  const plain = connectTcp(gateway.rtmpsPort, '127.0.0.1');
  plain.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(1536)]));
  await readAll(plain);
  const texts = lines.map(({ text, fields }) => `${text} ${String(fields['reason'])}`).join('\n');
  assert.match(texts, new RegExp(`this is TLS, .*HTTPS is on port ${gateway.httpsPort}`));
  assert.match(texts, /TLS: use rtmp:\/\/ here, not rtmps:\/\//);
  assert.match(texts, /plain RTMP came to the port for RTMPS/);
});

test(
  'a client that does not trust the certificate is told to the operator',
  { skip: unlessThere('curl') },
  async () => {
    const stranger = await certificate({ name: 'Somebody else' });
    const file = join(folder, 'stranger.pem');
    writeFileSync(file, stranger.cert);
    for (const [port, max] of [
      [gateway.httpsPort, '1.2'],
      [gateway.httpsPort, '1.3'],
      [gateway.rtmpsPort, '1.3'],
    ] as const) {
      lines.length = 0;
      await waitFor(`a line for TLS ${max} on ${port}`, async () => {
        const url = `https://localhost:${port}/`;
        const { code } = await runProgram('curl', ['-s', '--cacert', file, '--tls-max', max, url]);
        assert.equal(code, 60, 'curl does not trust it');
        return lines.some(({ text, fields }) =>
          /does not trust our certificate/.test(`${text} ${String(fields['reason'])}`),
        );
      });
    }
  },
);

test('versions before TLS 1.2 are refused', async () => {
  const socket = connectTls({
    ...{ port: gateway.rtmpsPort, host: 'localhost', ca: ca(), ciphers: 'DEFAULT@SECLEVEL=0' },
    ...{ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' },
  } as const);
  let isSecured = false;
  socket.once('secureConnect', () => (isSecured = true));
  await readAll(socket);
  assert.equal(isSecured, false);
});

test('behind a proxy that says where its client is, TLS comes after that', async () => {
  const proxied = await startGateway({
    tls: { cert: files.cert, key: files.key },
    rtmp: { tlsPort: 0, port: 'off', proxyProtocol: true, trustedProxies: ['127.0.0.0/8'] },
    http: { tlsPort: 0 },
  });
  assert.equal(proxied.rtmpPort, 0, 'plain RTMP is off');
  const raw = connectTcp(proxied.rtmpsPort, '127.0.0.1');
  raw.write('PROXY TCP4 192.0.2.77 127.0.0.1 4711 1936\r\n');
  const socket = connectTls({ socket: raw, servername: 'localhost', ca: ca() });
  await once(socket, 'secureConnect');
  socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(1536)]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.equal(answer[0], 3, 'RTMP');
  socket.destroy();
  await proxied.stop();
});

const closedFor = async (reason: string): Promise<number> => {
  const text = await (await fetch(`${gateway.http}/metrics`)).text();
  const [, count] = new RegExp(`door="http",reason="${reason}"} (\\d+)`).exec(text) ?? [];
  return Number(count ?? 0);
};

test('requests that are given up by the thousand end the connection', async () => {
  // Asked for and given up in one go, so that nothing waits for an answer (CVE-2023-44487). Node's client, with frames of its own
  // still to send, does not hear of the end; so it is the server that is asked.
  const session = await http2();
  for (let count = 0; count < 3_000 && !session.destroyed; count++) {
    ask(session, '/live/cam.flv').close(constants.NGHTTP2_CANCEL);
    if (count % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
  }
  await waitFor('it to be counted', async () => (await closedFor('too many requests given up')) === 1);
  await waitFor('its connection to be gone', () => openTo(gateway.httpsPort) === 0);
  await waitFor('no viewer to be left', async () => (await viewersOf()) === 0);
  session.destroy();
});

test('a few dozen requests that are given up, as by a page that is left, do not', async () => {
  const session = await http2();
  for (let count = 0; count < 90; count++) ask(session, '/live/cam.flv').close(constants.NGHTTP2_CANCEL);
  assert.equal(await statusOf(ask(session, '/api/v1/server')), 200);
  assert.equal(session.destroyed, false);
  session.destroy();
});

test('pings by the thousand end the connection', async () => {
  const session = await http2();
  const goOn = (): void => {
    if (!session.destroyed) session.ping(() => goOn());
  };
  goOn();
  await waitFor('it to be counted', async () => (await closedFor('too many pings or settings')) === 1);
  await waitFor('its connection to be gone', () => openTo(gateway.httpsPort) === 0);
});

test('so many requests at a time are announced, and so many are served', async () => {
  const session = await http2();
  await waitFor('its settings', () => session.remoteSettings.maxConcurrentStreams === 100);
  const streams = Array.from({ length: 100 }, () => ask(session, '/live/cam.flv', 'HEAD'));
  for (const stream of streams) stream.resume();
  const statuses = await Promise.all(streams.map(statusOf));
  assert.ok(
    statuses.every((status) => status === 200),
    statuses.join(),
  );
  session.destroy();
});

const certificateOf = async (
  port: number,
): Promise<{ socket: TLSSocket; subject: string; fingerprint: string }> => {
  const socket = connectTls({ port, host: 'localhost', ca: ca() });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate() ?? assert.fail('no certificate');
  return { socket, subject: certificate.subject, fingerprint: certificate.fingerprint256 };
};

/** Puts another file in the place of a link, as certbot does. */
function relink(name: string, text: string): void {
  const path = join(folder, `${name}-${Math.random()}.pem`);
  writeFileSync(path, text, { mode: 0o600 });
  symlinkSync(path, join(live, 'new'));
  renameSync(join(live, 'new'), join(live, name));
}

test(
  'another certificate is taken while viewers watch, as a pair or not at all',
  { timeout: 30_000 },
  async () => {
    const was = new X509Certificate(first.server.cert).fingerprint256;
    const is = new X509Certificate(second.server.cert).fingerprint256;
    const session = await http2();
    const viewer = ask(session, '/live/cam.flv');
    let bytes = 0;
    viewer.on('data', (piece: Buffer) => (bytes += piece.length));

    relink('cert', second.chain);
    await waitFor(
      'half a pair to be seen',
      () => lines.find(({ text }) => /certificate in force stays: .*does not belong/.test(text)),
      10_000,
    );
    const meanwhile = await certificateOf(gateway.httpsPort);
    assert.equal(meanwhile.fingerprint, was);
    relink('key', second.server.key);
    for (const port of [gateway.httpsPort, gateway.rtmpsPort])
      await waitFor(
        'the new certificate',
        async () => {
          const { socket, fingerprint } = await certificateOf(port);
          socket.destroy();
          return fingerprint === is ? true : undefined;
        },
        10_000,
      );

    const before = bytes;
    await waitFor('the viewer to go on', () => (bytes > before + 100_000 ? true : undefined));
    assert.equal(meanwhile.socket.destroyed, false, 'who was there stays');
    meanwhile.socket.destroy();
    session.destroy();

    relink('key', 'rubbish');
    await assert.rejects(gateway.gateway.reload(), /tls\.key .* holds no private key/);
    relink('key', second.server.key);
    await gateway.gateway.reload();
  },
);

test('requests beside others on one connection count as connections: per address, over all its connections', async (context) => {
  const limits = { connectionsPerAddress: 40 };
  const small = await startGateway({
    tls: { cert: files.cert, key: files.key },
    http: { tlsPort: 0 },
    rtmp: { tlsPort: 'off' },
    limits,
  });
  context.after(() => small.stop());
  const sessions = [1, 2].map(() => connectHttp2(`https://localhost:${small.httpsPort}`, { ca: ca() }));
  for (const session of sessions) session.on('error', () => undefined);
  await Promise.all(sessions.map((session) => once(session, 'connect')));
  let refused = 0;
  const waiting = sessions.flatMap((session) =>
    Array.from({ length: 30 }, () => {
      const stream = ask(session, '/live/later.flv?wait=60');
      stream.on('response', (headers) => (refused += headers[':status'] === 503 ? 1 : 0)).resume();
      return stream;
    }),
  );
  await waitFor('what is too much to be refused', () => refused >= 20);
  assert.equal(refused, 20, 'two connections with one request each, and 38 beside them');
  for (const stream of waiting) stream.close(constants.NGHTTP2_CANCEL);
  await waitFor('room', async () => (await statusOf(ask(sessions[0]!, '/healthz'))) === 200);
  const again = Array.from({ length: 20 }, () => statusOf(ask(sessions[0]!, '/healthz')));
  assert.deepEqual([...new Set(await Promise.all(again))], [200], 'what was given up does not count');
  for (const session of sessions) session.destroy();
});

test('a large answer over HTTP/2 comes whole, beside others and alone', async () => {
  const session = await http2();
  const all = Array.from({ length: 30 }, async () => {
    let bytes = 0;
    const stream = ask(session, '/api/v1/openapi.json');
    const [headers] = (await once(stream, 'response')) as [Record<string, string | undefined>];
    for await (const piece of stream) bytes += (piece as Buffer).length;
    return [bytes, Number(headers['content-length'] ?? bytes)] as const;
  });
  for (const [bytes, announced] of await Promise.all(all)) {
    assert.equal(bytes, announced, 'all that was announced');
    assert.ok(bytes > 32 * 1024, `${bytes} bytes are more than a piece`);
  }
  session.destroy();
});
