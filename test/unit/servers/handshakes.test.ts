import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { Handshakes, type HandshakeFailure } from '../../../src/servers/tls/handshakes.ts';
import { makeSelfSigned } from '../../../src/servers/tls/self-signed.ts';
import { waitFor } from '../../support/wait.ts';

interface Stand {
  readonly port: number;
  readonly handshakes: Handshakes;
  readonly failures: HandshakeFailure[];
  readonly secured: Socket[];
}

async function stand(context: TestContext, limitMs = 10_000): Promise<Stand> {
  const current = await makeSelfSigned(['localhost'], Date.now());
  const handshakes = new Handshakes({ certificate: { current, onChange: () => undefined }, limitMs });
  const failures: HandshakeFailure[] = [];
  const secured: Socket[] = [];
  const sockets: Socket[] = [];
  const server = createServer((raw) => {
    sockets.push(raw);
    handshakes.begin(raw, {
      secured: (socket) => {
        secured.push(socket);
        socket.on('data', (bytes: Buffer) => socket.write(bytes));
      },
      failed: (failure) => {
        failures.push(failure);
        raw.destroy();
      },
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, handshakes, failures, secured };
}

const closed = (socket: Socket): Promise<unknown> => {
  socket.on('error', () => undefined).resume();
  return new Promise((resolve) => socket.once('close', resolve));
};

test('a peer that says hello byte by byte is understood', async (context) => {
  const { port, handshakes, secured } = await stand(context);
  const raw = connect(port, '127.0.0.1');
  const between = connect(port, '127.0.0.1'); // beside it, and silent
  const pieces: Buffer[] = [];
  const relay = createServer((client) => {
    const far = connect(port, '127.0.0.1');
    client.on('data', (bytes) => pieces.push(bytes));
    const timer = setInterval(() => {
      const [piece] = pieces;
      if (!piece) return;
      far.write(piece.subarray(0, 1));
      pieces.splice(0, 1, ...(piece.length > 1 ? [piece.subarray(1)] : []));
    }, 1);
    far.pipe(client);
    far.on('error', () => undefined);
    client.on('error', () => undefined);
    client.on('close', () => {
      clearInterval(timer);
      far.destroy();
    });
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const socket = connectTls({ port: (relay.address() as AddressInfo).port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.write('hello');
  const [echo] = (await once(socket, 'data')) as [Buffer];
  assert.equal(echo.toString()[0], 'h');
  assert.equal(secured.length, 1);
  assert.equal(handshakes.size, 2, 'those who have said nothing are still waited for');
  for (const one of [socket, raw, between]) one.destroy();
  relay.close();
});

test('a peer that says nothing, or stops in the middle, is given up after the time limit', async (context) => {
  const { port, handshakes, failures } = await stand(context, 60);
  const silent = connect(port, '127.0.0.1');
  const stuck = connect(port, '127.0.0.1');
  stuck.write(Buffer.from([22, 3, 1, 2, 0, 1]));
  await Promise.all([closed(silent), closed(stuck)]);
  assert.deepEqual(
    failures.map(({ kind }) => kind),
    ['too slow', 'too slow'],
  );
  assert.equal(handshakes.size, 0, 'nothing is left behind');
});

test('what is no TLS is told with what it is; rubbish after a right beginning is a failure', async (context) => {
  const { port, handshakes, failures } = await stand(context);
  for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\u0003\0\0', '\u0016\u0003\u0001\0\u0005rubbish']) {
    const socket = connect(port, '127.0.0.1');
    socket.write(Buffer.from(bytes, 'latin1'));
    await closed(socket);
  }
  assert.deepEqual(
    failures.map((one) => (one.kind === 'no TLS' ? one.spoken : one.kind)),
    ['HTTP', 'RTMP', 'failed'],
  );
  assert.equal(handshakes.size, 0, 'nothing is left behind');
});

test('peers that hang up in between leave nothing behind, and all are ended on demand', async (context) => {
  const { port, handshakes, failures } = await stand(context);
  const gone = connect(port, '127.0.0.1');
  await once(gone, 'connect');
  gone.destroy();
  const staying = connect(port, '127.0.0.1');
  await once(staying, 'connect');
  while (handshakes.size !== 1) await new Promise((resolve) => setImmediate(resolve));
  handshakes.giveUp();
  await closed(staying);
  assert.equal(handshakes.size, 0);
  assert.deepEqual(failures, []);
});

test('a handshake anew on a connection that is open is refused, and what is sent arrives whole', async (context) => {
  const { port } = await stand(context);
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
  await once(socket, 'secureConnect');
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index & 0xff));
  const pieces: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => pieces.push(bytes));
  socket.write(sent); // comes back, in pieces
  await waitFor('all of it', () => Buffer.concat(pieces).length >= sent.length);
  assert.ok(Buffer.concat(pieces).equals(sent), 'the same bytes');
  const refused = new Promise<Error | null>((resolve) => {
    socket.on('error', resolve);
    socket.renegotiate({}, resolve);
  });
  assert.match(String(await refused), /renegotiation/i);
  socket.destroy();
});
