import assert from 'node:assert/strict';
import type { FileHandle } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import { ClientAddresses } from '../../../src/servers/http/client-address.ts';
import { HlsSessions } from '../../../src/servers/http/hls-sessions.ts';
import { RecordingsDoor } from '../../../src/servers/http/recordings/recordings-door.ts';
import {
  RecordingsRoute,
  type RecordingsRouteOptions,
} from '../../../src/servers/http/recordings/recordings-route.ts';
import { ApiStand, TOKEN } from '../../support/api-stand.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { waitFor } from '../../support/wait.ts';

const SIZE = 1_000_000;
const PATH = '/recordings/live/cam/a.flv';

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: said the disk`), { code });
}

/** A file of which so many pieces can be read. */
function fileWith(pieces: number, closed: () => void): FileHandle {
  let left = pieces;
  return {
    stat: () => Promise.resolve({ size: SIZE, mtimeMs: 0 }),
    read: (_: Buffer, __: number, length: number) =>
      left-- > 0 ? Promise.resolve({ bytesRead: length }) : Promise.reject(failure('EIO')),
    close: () => {
      closed();
      return Promise.resolve();
    },
  } as unknown as FileHandle;
}

async function stand(context: TestContext, read: RecordingsRouteOptions['read']) {
  const { log, lines } = recordingLog();
  const now = (): number => 0;
  const door = new RecordingsDoor({
    watch: () => 'operator',
    gate: { ask: () => assert.fail('nobody is asked'), connect: () => assert.fail(), isOpen: () => false },
    clients: new ClientAddresses(),
    sessions: new HlsSessions({ now, goneMs: () => 1, maxPerAddress: 1 }),
  });
  const route = new RecordingsRoute({ read, door, now, log });
  const api = await new ApiStand({ sendRecording: (wanted) => route.send(wanted) }).start();
  context.after(() => api.stop());
  return { route, api, lines };
}

const recording = {
  id: 'live/cam/a.flv',
  stream: 'live/cam',
  file: 'a.flv',
  format: 'flv' as const,
  startedAt: '2026-11-22T12:00:00.000Z',
  seconds: 1,
  bytes: SIZE,
  active: false,
};

test('a disk that fails before the first byte is a 500 with a line in the log, and the file is closed', async (context) => {
  let closed = 0;
  const { api, route } = await stand(context, () =>
    Promise.resolve({ recording, file: fileWith(0, () => closed++) }),
  );
  for (const path of [PATH, `${PATH}/index.m3u8`, `${PATH}?start=1`]) {
    const answer = await api.operate(path);
    assert.equal(answer.status, 500, path);
    assert.ok(!answer.text.includes('EIO'), 'what the disk said is for the log');
  }
  assert.equal(api.lines.filter(({ text }) => text === 'request failed').length, 3);
  assert.deepEqual([closed, route.open], [3, 0]);
});

test('a disk that fails in the middle ends the connection, so that nobody takes the half for the whole', async (context) => {
  let closed = 0;
  const { api, lines, route } = await stand(context, () =>
    Promise.resolve({ recording, file: fileWith(2, () => closed++) }),
  );
  const headers = { Authorization: `Bearer ${TOKEN}` };
  const answer = await fetch(`http://127.0.0.1:${api.port}/api/v1${PATH}`, { headers });
  assert.equal(answer.headers.get('content-length'), String(SIZE));
  await assert.rejects(answer.arrayBuffer(), 'the half is no answer');
  await waitFor('the file to be closed', () => closed === 1);
  assert.equal(route.open, 0);
  assert.ok(
    lines.some(({ text }) => text === 'a recording could not be sent to its end'),
    JSON.stringify(lines),
  );
});

test('a file that is gone, or may not be read', async (context) => {
  const gone = await stand(context, () => Promise.reject(failure('ENOENT')));
  assert.equal((await gone.api.operate(PATH)).status, 404);
  const shut = await stand(context, () => Promise.reject(failure('EACCES')));
  assert.equal((await shut.api.operate(PATH)).status, 500);
  const never = await stand(context, () => assert.fail('a stranger makes nobody look'));
  assert.equal((await never.api.call(PATH)).status, 401);
});

test('more than two hundred at a time are told to come back', async (context) => {
  const waiting: (() => void)[] = [];
  const { api, route } = await stand(
    context,
    () => new Promise((resolve) => waiting.push(() => resolve(undefined))),
  );
  const answers = Array.from({ length: 200 }, () => api.operate(PATH));
  await waitFor('all of them to be there', () => route.open === 200);
  assert.equal((await api.operate(PATH)).status, 503);
  for (const go of waiting) go();
  assert.deepEqual(new Set((await Promise.all(answers)).map(({ status }) => status)), new Set([404]));
  assert.equal(route.open, 0);
});
