import assert from 'node:assert/strict';
import { subscribe } from 'node:diagnostics_channel';
import { connect, type Socket } from 'node:net';
import { after, before, test, type TestContext } from 'node:test';
import { loadSettings } from '../../../src/config/load.ts';
import { Admission } from '../../../src/servers/admission.ts';
import { ClientAddresses } from '../../../src/servers/http/client-address.ts';
import { HlsRoute } from '../../../src/servers/http/hls-route.ts';
import { HttpServer } from '../../../src/servers/http/http-server.ts';
import { Watching } from '../../../src/servers/watching.ts';
import { StreamRegistry } from '../../../src/stream/registry.ts';
import { VIEWER_LIMITS } from '../../../src/stream/viewer.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { TestGate } from '../../support/test-gate.ts';
import { waitFor } from '../../support/wait.ts';

/** HLS players whose connections are slow: an answer may take its time, but it must move. */

const STALLED_MS = 500;
/** More than the system's own buffers take for a client that does not read. */
const ANSWER_BYTES = 16_000_000;

const accepted: Socket[] = [];
subscribe('net.server.socket', (message) => accepted.push((message as { socket: Socket }).socket));
let server: HttpServer;
let port: number;

before(async () => {
  const { now, after: later } = new FakeTime();
  const { log } = recordingLog();
  const nothing = (): void => undefined;
  const streams = new StreamRegistry({
    ...{ now, clock: now, batchMs: 0, graceSeconds: 0, after: later },
    opened: nothing,
    ended: nothing,
  });
  const answer = Buffer.alloc(ANSWER_BYTES);
  server = new HttpServer({
    ...{ host: '127.0.0.1', port: 0, log, closed: nothing, stalledMs: STALLED_MS },
    watching: new Watching(streams, VIEWER_LIMITS, log),
    gate: new TestGate(),
    clients: new ClientAddresses(),
    hls: new HlsRoute({
      ...{ find: nothing, whenPublished: () => nothing, seen: nothing, gzip: false },
    } as unknown as ConstructorParameters<typeof HlsRoute>[0]),
    pages: (_request, response) => void response.end(answer),
    admission: new Admission(loadSettings({ flags: {} }).limits, log),
  });
  ({ port } = await server.start());
});

after(async () => {
  const stopped = server.stop();
  server.destroy();
  await stopped;
});

interface Asked {
  readonly client: Socket;
  readonly server: () => Socket | undefined;
  received: number;
}

/** Asks, and reads only what {@link read} reads: Node takes a little ahead, the system the rest of what it has room for. */
function ask(context: TestContext): Asked {
  const client = connect(port, '127.0.0.1');
  context.after(() => void client.destroy());
  client.on('error', () => undefined);
  client.write('GET /answer HTTP/1.1\r\nHost: g\r\n\r\n');
  return {
    client,
    server: () => accepted.find(({ remotePort }) => remotePort === client.localPort),
    received: 0,
  };
}

function read(asked: Asked): boolean {
  const bytes = asked.client.read() as Buffer | null;
  asked.received += bytes?.length ?? 0;
  return bytes !== null;
}

test('an HLS player that stops reading an answer is closed when nothing has moved for the time allowed', async (context) => {
  const asked = ask(context);
  await waitFor('the beginning', () => read(asked));
  const since = performance.now();
  await waitFor('the end', () => asked.server()?.destroyed);
  assert.ok(performance.now() - since >= STALLED_MS * 0.8, 'not before its time');
  assert.ok(asked.received < ANSWER_BYTES, 'it was in the middle of the answer');
});

test('an HLS player that reads an answer slowly, for much longer than that, gets all of it', async (context) => {
  const asked = ask(context);
  const since = performance.now();
  const timer = setInterval(() => read(asked), 8);
  context.after(() => clearInterval(timer));
  await waitFor('all of it', () => asked.received > ANSWER_BYTES);
  assert.ok(performance.now() - since > STALLED_MS * 2, 'it was slow');
  assert.equal(asked.server()?.destroyed, false, 'and the connection can be used again');
});
