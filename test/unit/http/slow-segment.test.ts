import assert from 'node:assert/strict';
import { subscribe } from 'node:diagnostics_channel';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { loadSettings } from '../../../src/config/load.ts';
import { Admission } from '../../../src/servers/admission.ts';
import { HlsRoute } from '../../../src/servers/http/hls-route.ts';
import { HttpServer } from '../../../src/servers/http/http-server.ts';
import { Watching } from '../../../src/servers/watching.ts';
import { StreamRegistry } from '../../../src/stream/registry.ts';
import { VIEWER_LIMITS } from '../../../src/stream/viewer.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { waitFor } from '../../support/wait.ts';

/** HLS players whose connections are slow: an answer may take its time, but it must move. */

const STALLED_MS = 500;
/** More than the system's own buffers take for a client that does not read. */
const ANSWER_BYTES = 40_000_000;

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
    hls: new HlsRoute({
      ...{ find: nothing, whenPublished: () => nothing, seen: nothing, gzip: false },
    } as ConstructorParameters<typeof HlsRoute>[0]),
    pages: (_request, response) => void response.end(answer),
    admission: new Admission(loadSettings({ flags: {} }).limits, log),
  });
  ({ port } = await server.start());
});

after(async () => {
  server.destroy();
  await server.stop();
});

interface Asked {
  readonly client: Socket;
  readonly server: () => Socket | undefined;
  received: number;
}

function ask(): Asked {
  const client = connect(port, '127.0.0.1');
  client.on('error', () => undefined);
  client.write('GET /answer HTTP/1.1\r\nHost: g\r\n\r\n');
  const asked: Asked = {
    client,
    server: () => accepted.find(({ remotePort }) => remotePort === client.localPort),
    received: 0,
  };
  client.on('data', (bytes) => (asked.received += bytes.length));
  return asked;
}

test('an HLS player that stops reading an answer is closed when nothing has moved for the time allowed', async () => {
  const asked = ask();
  await waitFor('the beginning', () => asked.received > 0);
  asked.client.pause();
  const since = performance.now();
  await waitFor('the end', () => asked.server()?.destroyed);
  assert.ok(performance.now() - since >= STALLED_MS * 0.8, 'not before its time');
  assert.ok(asked.received < ANSWER_BYTES);
  asked.client.destroy();
});

test('an HLS player that reads an answer slowly, for much longer than that, gets all of it', async () => {
  const asked = ask();
  await waitFor('the beginning', () => asked.received > 0);
  const since = performance.now();
  const timer = setInterval(() => {
    const allowed = ((performance.now() - since) / (STALLED_MS * 5)) * ANSWER_BYTES;
    if (asked.received < allowed) asked.client.resume();
    else asked.client.pause();
  }, 5);
  await waitFor('all of it', () => asked.received > ANSWER_BYTES);
  clearInterval(timer);
  assert.ok(performance.now() - since > STALLED_MS * 4, 'it was slow');
  assert.equal(asked.server()?.destroyed, false, 'and the connection can be used again');
  asked.client.destroy();
});
