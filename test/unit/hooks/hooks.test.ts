import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Hooks, type HooksSettings } from '../../../src/hooks/hooks.ts';
import type { TargetSettings } from '../../../src/hooks/target.ts';
import { EventFeed, type AsSent, type GatewayEvent } from '../../../src/observe/events.ts';
import { HookReceiver, isSignedBy } from '../../support/hook-receiver.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { waitFor } from '../../support/wait.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const target = (url: string, more: Partial<TargetSettings> = {}): TargetSettings => ({
  url,
  events: ['connect', 'publish', 'unpublish', 'play', 'stop', 'recordDone', 'health'],
  streams: '*',
  format: 'json',
  decides: false,
  secret: '',
  timeoutMs: 1_000,
  onFailure: 'deny',
  ...more,
});

const settingsFor = (...targets: readonly TargetSettings[]): HooksSettings => ({
  targets,
  queueBytes: 1_000_000,
  queueHours: 24,
});

async function receiver(context: TestContext): Promise<HookReceiver> {
  const made = await HookReceiver.start();
  context.after(() => made.down());
  return made;
}

const folder = (): string => join(temporaryFolder('hooks-'), 'hooks');

let runs = 0;
/** Hooks in real time, but with pauses a hundredth as long. */
function bench(context: TestContext, dir: string, settings: HooksSettings) {
  const feed = new EventFeed(`run${++runs}`, Date.now);
  const alarms: GatewayEvent[] = [];
  feed.listen((event) => {
    if (event.type === 'alarm') alarms.push(event);
  });
  const { log, lines } = recordingLog();
  const hooks = new Hooks({
    settings,
    dir,
    feed,
    run: feed.run,
    clock: Date.now,
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms / 100);
      return () => clearTimeout(timer);
    },
    random: () => 0,
    ownPort: () => 1935,
    recordingPath: (recording) => `/rec/${recording}`,
    log,
  });
  hooks.start();
  context.after(() => hooks.stop());
  return { hooks, feed, lines, alarms };
}

const visit = (stream: string, id = 'v-1') => ({
  ...{ stream, visit: id, protocol: 'rtmp', address: '10.0.0.9', program: 'obs', query: 'key=***' },
});
const over = { reason: 'gone', seconds: 3, bytesIn: 10, bytesOut: 0 };
const sent: AsSent & { address: string } = {
  name: { app: 'live', stream: 'asked' },
  query: 'key=s3cret',
  tcUrl: 'rtmp://x/live',
  program: 'obs',
  address: '10.0.0.9',
  connection: 5,
};

test('events arrive signed, in order, and each with its id', async (context) => {
  const server = await receiver(context);
  const { feed } = bench(context, folder(), settingsFor(target(server.url, { secret: 'geheim' })));
  feed.tell({ type: 'publish', ...visit('live/cam') }, sent);
  feed.tell({ type: 'recordStarted', stream: 'live/cam', recording: 'r', seconds: 0, bytes: 0, reason: '' });
  feed.tell({ type: 'unpublish', ...visit('live/cam'), ...over }, sent);
  await waitFor('both', () => server.received.length === 2);
  assert.deepEqual(
    server.events.map(({ type, stream }) => [type, stream]),
    [
      ['publish', 'live/cam'],
      ['unpublish', 'live/cam'],
    ],
    'events that are wanted',
  );
  for (const { headers, body } of server.received) {
    assert.ok(isSignedBy('geheim', String(headers['x-millrace-signature']), body), 'signed');
    assert.equal(headers['x-millrace-id'], (JSON.parse(body) as { id: string }).id, 'id');
    assert.ok(!body.includes('s3cret'), 'no secret in it');
  }
  assert.equal(new Set(server.events.map(({ id }) => id)).size, 2, 'ids differ');
});

test('a receiver in trouble gets everything in order, and nothing twice but what it may have lost', async (context) => {
  const server = await receiver(context);
  const { feed, hooks, lines } = bench(context, folder(), settingsFor(target(server.url)));
  const streams = ['live/a', 'live/b'];
  const tell = (from: number, to: number): void => {
    for (let number = from; number < to; number++)
      for (const stream of streams) feed.tell({ type: 'publish', ...visit(stream, `v-${number}`) });
  };
  const taken: Record<string, unknown>[] = [];
  let failures = 0;
  server.answer = ({ body }) => {
    if (++failures % 3 === 0) return { status: 503 };
    taken.push(JSON.parse(body) as Record<string, unknown>);
    return { status: 200 };
  };
  tell(0, 20);
  await waitFor('the first', () => taken.length === 40);
  await server.down();
  tell(20, 40);
  await waitFor('the operator to be told', () =>
    lines.some(({ text }) => /refuses the connection/.test(text)),
  );
  await server.up();
  await waitFor('the rest', () => taken.length >= 80);
  await waitFor('nothing to be left', () => hooks.reports()[0]?.queue.waiting === 0);
  for (const stream of streams) {
    const visits = taken.filter((event) => event['stream'] === stream).map((event) => event['visit']);
    assert.deepEqual(
      visits,
      Array.from({ length: 40 }, (_, number) => `v-${number}`),
      stream,
    );
  }
  assert.ok(
    server.received.some(({ headers }) => headers['x-millrace-repetition'] === '1'),
    'repetitions say so',
  );
  const [report] = hooks.reports();
  assert.deepEqual(
    [report?.queue.delivered, report?.queue.dropped],
    [80, { full: 0, old: 0, refused: 0 }],
    'counts',
  );
});

test('what was not delivered is delivered after a restart, and before what is new', async (context) => {
  const server = await receiver(context);
  const dir = folder();
  const settings = settingsFor(target(server.url));
  await server.down();
  const before = bench(context, dir, settings);
  before.feed.tell({ type: 'publish', ...visit('live/cam') });
  before.feed.tell({ type: 'unpublish', ...visit('live/cam'), ...over });
  await before.hooks.stop();
  const open = readdirSync('/proc/self/fd').map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      return ''; // it was the one that read the directory
    }
  });
  assert.deepEqual(
    open.filter((path) => path.startsWith(dir)),
    [],
    'files left open',
  );
  await server.up();
  const again = bench(context, dir, settings);
  again.feed.tell({ type: 'publish', ...visit('live/cam', 'v-2') });
  await waitFor('all three', () => server.received.length === 3);
  assert.deepEqual(
    server.events.map(({ type, visit: id }) => [type, id]),
    [
      ['publish', 'v-1'],
      ['unpublish', 'v-1'],
      ['publish', 'v-2'],
    ],
    'order',
  );
});

test('a damaged queue is told of, and what is readable of it is delivered', async (context) => {
  const server = await receiver(context);
  const dir = folder();
  const settings = settingsFor(target(server.url));
  await server.down();
  const before = bench(context, dir, settings);
  for (const id of ['v-1', 'v-2', 'v-3']) before.feed.tell({ type: 'publish', ...visit('live/cam', id) });
  await before.hooks.stop();
  const [queue = ''] = readdirSync(dir);
  const [file = ''] = readdirSync(join(dir, queue));
  const path = join(dir, queue, file);
  writeFileSync(path, readFileSync(path, 'utf8').replace('v-2', 'v-X'));
  await server.up();
  const { lines } = bench(context, dir, settings);
  await waitFor('the others', () => server.received.length === 2);
  assert.deepEqual(
    server.events.map(({ visit: id }) => id),
    ['v-1', 'v-3'],
    'readable',
  );
  const errors = lines.filter(({ level }) => level === 'error').map(({ text }) => text);
  assert.equal(errors.length, 1, 'one line');
  assert.match(errors[0] ?? '', /1 of 3 lines cannot be read/, 'its words');
});

test('when a queue is full the oldest are dropped, counted, and an alarm says so', async (context) => {
  const server = await receiver(context);
  await server.down();
  const settings = { ...settingsFor(target(server.url), target(`${server.url}/2?t=x`)), queueBytes: 65_536 };
  const { feed, hooks, alarms } = bench(context, folder(), settings);
  for (let number = 0; number < 400; number++)
    feed.tell({ type: 'publish', ...visit('live/cam', `v-${number}`) });
  await waitFor('the alarms', () => alarms.length === 2);
  const text = alarms.map((alarm) => (alarm.type === 'alarm' ? alarm.text : ''));
  assert.match(
    text[0] ?? '',
    /^http:\/\/127\.0\.0\.1:\d+ is not told of 1 events: its queue is full/,
    'alarm',
  );
  assert.match(text[1] ?? '', /\/2\?t=\*\*\* is not told/, 'masked');
  for (const { queue } of hooks.reports()) {
    assert.ok(queue.waitingBytes <= 65_536, `${queue.waitingBytes} bytes`);
    assert.equal(queue.dropped.full + queue.waiting, 400, 'all are accounted for');
  }
});

test('a target that decides is asked and not told; of what it does not decide it is told', async (context) => {
  const server = await receiver(context);
  const { feed, hooks } = bench(context, folder(), settingsFor(target(server.url, { decides: true })));
  feed.tell({ type: 'publish', ...visit('live/cam') });
  feed.tell({ type: 'unpublish', ...visit('live/cam'), ...over });
  await waitFor('the end', () => hooks.reports()[0]?.queue.delivered === 1);
  assert.deepEqual(
    server.events.map(({ type }) => type),
    ['unpublish'],
    'told',
  );
});

test('a back end of nginx-rtmp is told what nginx would tell it, with what the publisher had sent', async (context) => {
  const server = await receiver(context);
  server.answer = () => ({ status: 404 }); // nginx does not mind
  const all = ['connect', 'publish', 'unpublish', 'done', 'recordDone', 'disconnect', 'health'] as const;
  const url = `${server.url}/on_{event}`;
  const settings = settingsFor(target(url, { format: 'nginx-rtmp', events: all, streams: 'live/*' }));
  const { feed, hooks } = bench(context, folder(), settings);
  const caller = { address: '10.0.0.9', app: 'live', program: 'obs' };
  feed.tell({ type: 'connect', ...caller }, sent);
  feed.tell({ type: 'publish', ...visit('live/cam') }, sent);
  feed.tell({ type: 'health', stream: 'live/cam', verdicts: [] });
  feed.tell({ type: 'unpublish', ...visit('live/cam'), ...over }, sent);
  const recording = { recording: 'live/cam/1.flv', seconds: 3, bytes: 10, reason: 'gone' };
  feed.tell({ type: 'recordDone', stream: 'live/cam', ...recording });
  feed.tell({ type: 'disconnect', ...caller }, sent);
  feed.tell({ type: 'publish', ...visit('other/cam') }, sent);
  await waitFor('all', () => hooks.reports()[0]?.queue.delivered === 6);
  const got = new Map(server.received.map(({ path, body }) => [path, new URLSearchParams(body)]));
  assert.deepEqual(
    [...got.keys()].sort(),
    ['/on_connect', '/on_disconnect', '/on_done', '/on_publish', '/on_publish_done', '/on_record_done'],
    'calls',
  );
  const done = got.get('/on_publish_done');
  assert.deepEqual(
    ['call', 'app', 'name', 'key', 'clientid', 'addr', 'tcurl'].map((field) => done?.get(field)),
    ['publish_done', 'live', 'asked', 's3cret', '5', '10.0.0.9', 'rtmp://x/live'],
    'publish_done',
  );
  assert.equal(got.get('/on_record_done')?.get('path'), '/rec/live/cam/1.flv', 'path');
  const order = server.received.map(({ path }) => path).filter((path) => !path.includes('connect'));
  assert.deepEqual(order, ['/on_publish', '/on_publish_done', '/on_done', '/on_record_done'], 'order');
});

test('other settings while it runs: new targets are told, old ones no more, and queues stay', async (context) => {
  const [one, two] = [await receiver(context), await receiver(context)];
  const dir = folder();
  const { feed, hooks } = bench(context, dir, settingsFor(target(one.url)));
  feed.tell({ type: 'publish', ...visit('live/cam', 'v-1') });
  await waitFor('the first', () => one.received.length === 1);
  await one.down();
  feed.tell({ type: 'publish', ...visit('live/cam', 'v-2') });
  await hooks.update(settingsFor(target(two.url), target(one.url, { secret: 'new' })));
  feed.tell({ type: 'publish', ...visit('live/cam', 'v-3') });
  await waitFor('the new one', () => two.received.length === 1);
  await one.up();
  await waitFor('the old one', () => one.received.length === 3);
  assert.deepEqual(
    one.events.map(({ visit: id }) => id),
    ['v-1', 'v-2', 'v-3'],
    'nothing is lost',
  );
  assert.ok(one.received[2]?.headers['x-millrace-signature'], 'with the new secret');
  await hooks.update(settingsFor(target(two.url)));
  feed.tell({ type: 'publish', ...visit('live/cam', 'v-4') });
  await waitFor('the one that is left', () => two.received.length === 2);
  assert.equal(one.received.length, 3, 'the other is not told');
});
