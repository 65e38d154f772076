import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RelayInfo } from '../../src/servers/http/api/parts.ts';
import { streamReport } from '../support/gateway.ts';
import {
  api,
  gatewayWith,
  relays,
  running,
  showOn,
  standWith,
  whenProblem,
  whenRunning,
} from '../support/relays.ts';
import { RtmpStand } from '../support/rtmp-stand.ts';
import { frameNumber } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

test('a push by settings: every frame from a key frame on, and a goodbye when the stream ends', async () => {
  const target = await standWith();
  const gateway = await gatewayWith({
    relay: { push: [{ streams: 'live/*', to: `rtmp://127.0.0.1:${target.port}/in/{stream}-KEY?t=s3cret` }] },
  });
  const show = await showOn(gateway);
  const publisher = await waitFor('the push', () => target.last);
  await waitFor('three seconds of it', () => publisher.messages.filter(({ type }) => type === 9).length > 75);
  assert.equal(publisher.app, 'in');
  assert.equal(publisher.key, 'cam-KEY?t=s3cret');
  const [first, ...rest] = publisher.messages;
  assert.equal(first?.type, 18, 'metadata first');
  const [video, audio] = [9, 8].map((type) => rest.find((message) => message.type === type));
  assert.equal(video?.body[1], 0, 'the configuration before any picture');
  assert.equal(audio?.body[1], 0);
  const pictures = rest.filter(({ type, body }) => type === 9 && body[1] === 1);
  assert.equal(pictures[0]?.body[0], 0x17, 'a key frame first');
  const numbers = pictures.map(({ body }) => frameNumber(body));
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => numbers[0]! + index),
    'without a gap',
  );
  const [rule, stream] = await relays(gateway);
  assert.deepEqual([rule?.id, rule?.stream, rule?.state], ['push-1', 'live/*', 'running']);
  assert.deepEqual([stream?.id, stream?.stream], ['push-1:live/cam', 'live/cam']);
  assert.ok((stream?.bytes ?? 0) > 10_000, 'bytes are counted');
  assert.equal(stream?.url, `rtmp://127.0.0.1:${target.port}/in/***?t=***`);
  await show.peer.leave();
  await waitFor('the goodbye', () => publisher.gone);
  assert.equal(publisher.gone, 'FCUnpublish');
  const report = await streamReport(gateway, 'live/cam');
  assert.equal(report, undefined, 'the stream is over');
});

test('a push goes on over the publisher’s reconnect on one connection, and over the target’s restart on one clock', async () => {
  let target = await new RtmpStand().start();
  running.push(() => target.stop());
  const { port } = target;
  const gateway = await gatewayWith({
    publish: { graceSeconds: 10 },
    relay: { push: [{ streams: 'live/cam', to: `rtmp://127.0.0.1:${port}/in/KEY` }] },
  });
  const show = await showOn(gateway);
  const publisher = await waitFor('the push', () => target.last);
  await waitFor('some of it', () => publisher.messages.length > 60);
  show.peer.kill();
  const before = publisher.messages.length;
  await showOn(gateway);
  await waitFor('the second publisher’s frames', () => publisher.messages.length > before + 60);
  assert.equal(target.connections, 1, 'the target does not notice');
  const times = publisher.messages.filter(({ type }) => type === 9).map(({ timestamp }) => timestamp);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
    'one clock',
  );

  await target.stop();
  await whenProblem(gateway, 'push-1', /nothing listens|closed the connection/);
  target = await new RtmpStand().start(port);
  const again = await waitFor('the push again', () => target.last);
  await waitFor('some more', () => again.messages.length > 30);
  const types = again.messages.slice(0, 3).map(({ type }) => type);
  assert.deepEqual(types.toSorted(), [18, 8, 9].toSorted(), 'headers');
  const picture = again.messages.find(({ type, body }) => type === 9 && body[1] === 1);
  assert.equal(picture?.body[0], 0x17, 'a key frame');
  assert.ok(picture.timestamp > times.at(-1)! - 1_000, 'on the same clock, from the newest key frame');
});

test('relays by API: made, shown without secrets, kept over a restart, removed', async () => {
  const target = await standWith();
  const gateway = await gatewayWith();
  await showOn(gateway);
  const url = `rtmp://me:pa55word@127.0.0.1:${target.port}/in/KEY-123?token=t0k`;
  const made = await api(gateway, 'POST', { direction: 'push', stream: 'live/cam', url });
  assert.equal(made.status, 201);
  const info = (await made.json()) as RelayInfo;
  assert.equal(info.url, `rtmp://***@127.0.0.1:${target.port}/in/***?token=***`);
  assert.equal(info.origin, 'api');
  assert.equal((await whenRunning(gateway, info.id)).problem, null);
  assert.equal((await api(gateway, 'POST', { direction: 'push', stream: 'live/cam', url })).status, 409);
  for (const bad of [
    { direction: 'push', stream: 'live/cam', url: 'http://x/y/z' },
    { direction: 'push', stream: 'live', url },
    { direction: 'pull', stream: 'live/*', url, when: 'always' },
  ])
    assert.equal((await api(gateway, 'POST', bad)).status, 400, JSON.stringify(bad));

  const file = join(gateway.folder, 'data', 'relays.json');
  assert.equal(statSync(file).mode & 0o777, 0o600, 'nobody else may read it');
  assert.match(readFileSync(file, 'utf8'), /pa55word/);
  const everything = JSON.stringify([await relays(gateway), gateway.lines]);
  for (const secret of ['pa55word', 'KEY-123', 't0k"'])
    assert.equal(everything.includes(secret), false, `${secret} is shown`);

  assert.equal((await api(gateway, 'DELETE', undefined, info.id)).status, 204);
  await waitFor('the goodbye', () => target.last?.gone);
  assert.equal((await api(gateway, 'DELETE', undefined, info.id)).status, 404);
  assert.deepEqual(await relays(gateway), []);
  assert.doesNotMatch(readFileSync(file, 'utf8'), /pa55word/);
});

test('relays that cannot be read are left alone, and the gateway does not start', async () => {
  const gateway = await gatewayWith();
  await gateway.gateway.stop();
  const file = join(gateway.folder, 'data', 'relays.json');
  writeFileSync(file, '{"relays": [{"id"');
  const { createGateway } = await import('../../src/app/gateway.ts');
  const second = createGateway({
    settings: {
      rtmp: { port: 0 },
      http: { port: 0 },
      data: { dir: join(gateway.folder, 'data') },
      log: { level: 'silent' },
    },
  });
  await assert.rejects(second.start(), /relays\.json does not hold relays/);
  await second.stop();
  assert.equal(readFileSync(file, 'utf8'), '{"relays": [{"id"');
});
