import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { HookReceiver } from '../support/hook-receiver.ts';
import { Background, makeWithFfmpeg, runProgram, unlessThere } from '../support/programs.ts';
import { publishTo, RtmpPeer } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'hooks-e2e-'));
const clip = join(folder, 'clip.flv');
const skip = unlessThere('ffmpeg', 'rtmpdump');
before(() => {
  if (skip !== false) return;
  makeWithFfmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc=s=160x120:r=10', '-f', 'lavfi', '-i', 'sine'],
    ...['-t', '10', '-c:v', 'libx264', '-g', '10', '-c:a', 'aac', clip],
  ]);
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function receiver(context: TestContext): Promise<HookReceiver> {
  const made = await HookReceiver.start();
  context.after(() => made.down());
  return made;
}

async function gatewayWith(context: TestContext, ...targets: readonly object[]): Promise<TestGateway> {
  const gateway = await startGateway({ hooks: { targets }, publish: { graceSeconds: 0 } });
  context.after(() => gateway.stop());
  return gateway;
}

const ffmpeg = (url: string): string[] => [
  ...['-loglevel', 'error', '-re', '-i', clip, '-c', 'copy', '-f', 'flv', url],
];

const isLive = (gateway: TestGateway, path: string): Promise<true> =>
  waitFor(`${path} to be live`, async () =>
    (await streamReport(gateway, path))?.state === 'live' ? true : undefined,
  );

describe('real programs, and a back end made for nginx-rtmp', { skip }, () => {
  test('it lets in who has the right key, and the others are told why not', async (context) => {
    const server = await receiver(context);
    server.answer = ({ path, body }) => {
      const form = new URLSearchParams(body);
      if (path !== '/on_publish' && path !== '/on_play') return { status: 200 };
      return form.get('psk') === 'right'
        ? { status: 200 }
        : { status: 403, body: 'No show without a ticket' };
    };
    const target = { url: `${server.url}/on_{event}`, format: 'nginx-rtmp', decides: true };
    const gateway = await gatewayWith(context, target);
    const refused = await runProgram('ffmpeg', ffmpeg(`${gateway.rtmp}/live/cam?psk=wrong`));
    assert.match(refused.stderr, /No show without a ticket/, 'what ffmpeg shows');
    assert.notEqual(refused.code, 0, 'ffmpeg ends with an error');
    assert.equal(await streamReport(gateway, 'live/cam'), undefined, 'there is no stream');

    const publisher = new Background('ffmpeg', ffmpeg(`${gateway.rtmp}/live/cam?psk=right`));
    context.after(() => publisher.stop());
    await isLive(gateway, 'live/cam');
    const flv = (key: string): string[] => [
      '-V',
      '-r',
      `${gateway.rtmp}/live`,
      '-y',
      `cam?psk=${key}`,
      '-o',
      '/dev/null',
    ];
    const denied = await runProgram('rtmpdump', ['-v', ...flv('wrong')]);
    assert.match(denied.stderr, /No show without a ticket/, 'what librtmp is told');
    const viewer = new Background('rtmpdump', ['-v', ...flv('right')]);
    await waitFor('who may play does', () => viewer.output.includes('NetStream.Play.Start'));
    await viewer.stop('SIGKILL');
    await publisher.stop();
    const calls = server.received.map(({ path, body }) => [path, new URLSearchParams(body).get('psk')]);
    assert.ok(
      calls.some(([path, key]) => path === '/on_play' && key === 'wrong'),
      'asked about the player with what it had sent',
    );
  });

  test('a back end renames: the key that is published is not the name that is played', async (context) => {
    const server = await receiver(context);
    server.answer = ({ path }) =>
      path === '/on_publish' ? { status: 302, headers: { Location: 'stage' } } : { status: 200 };
    const target = { url: `${server.url}/on_{event}`, format: 'nginx-rtmp', decides: true };
    const gateway = await gatewayWith(context, { ...target, events: ['publish', 'unpublish'] });
    const publisher = new Background('ffmpeg', ffmpeg(`${gateway.rtmp}/live/geheim-123`));
    await isLive(gateway, 'live/stage');
    assert.equal(await streamReport(gateway, 'live/geheim-123'), undefined, 'nothing under the key');
    await publisher.stop();
    const done = await waitFor('the end', () =>
      server.received.find(({ path }) => path === '/on_publish_done'),
    );
    assert.equal(
      new URLSearchParams(done.body).get('name'),
      'geheim-123',
      'as nginx-rtmp: by the name it came with',
    );
  });
});

test('nothing begins before the answer is there: neither Publish.Start nor a stream', async (context) => {
  const server = await receiver(context);
  server.answer = () => undefined;
  const target = { url: server.url, decides: true, events: ['publish'], timeoutMs: 1_500 };
  const gateway = await gatewayWith(context, target);
  const peer = new RtmpPeer('publish', `${gateway.rtmp}/live/cam`);
  await waitFor('the question', () => server.received.length === 1);
  assert.equal(peer.isStarted, false, 'not started');
  assert.equal(await streamReport(gateway, 'live/cam'), undefined, 'no stream');
  await assert.rejects(
    peer.started,
    /does not answer within 1\.5 s; try again later/,
    'fail closed, in words',
  );
  await peer.closed;
});

test('a hook that is down or talks rubbish: closed by default, open where the setting says so', async (context) => {
  const server = await receiver(context);
  server.answer = () => ({ status: 200, body: '<html>It works!</html>' });
  const gone = await receiver(context);
  await gone.down();
  for (const [url, words] of [
    [server.url, /something that is no JSON object/],
    [gone.url, /refuses the connection/],
  ] as const) {
    const target = { url, decides: true, events: ['publish'] };
    const closed = await gatewayWith(context, target);
    await assert.rejects(new RtmpPeer('publish', `${closed.rtmp}/live/cam`).started, words, 'closed');
    const open = await gatewayWith(context, { ...target, onFailure: 'allow' });
    const peer = await publishTo(`${open.rtmp}/live/cam`);
    assert.equal(peer.isStarted, true, 'open');
    peer.kill();
  }
});

/** A process that can be killed, with a data directory that stays. */
async function killable(dir: string, url: string): Promise<{ program: Background; rtmp: string }> {
  const program = new Background(
    process.execPath,
    [
      ...['--import', 'tsx', 'src/main.ts', 'serve', '--host', '127.0.0.1'],
      ...['--rtmp-port', '0', '--http-port', '0', '--data-dir', dir],
    ],
    {
      ...process.env,
      MILLRACE_HOOKS_TARGETS: JSON.stringify([{ url, events: ['publish', 'unpublish'], secret: 'geheim' }]),
      MILLRACE_PUBLISH_GRACE_SECONDS: '0',
    },
  );
  const port = await waitFor('the gateway', () => /"rtmp":(\d+).*gateway ready/.exec(program.output)?.[1]);
  return { program, rtmp: `rtmp://127.0.0.1:${port}` };
}

test('through an outage and kill -9 a receiver gets every event, in order', async (context) => {
  const server = await receiver(context);
  const dir = join(folder, 'killed');
  const first = await killable(dir, server.url);
  const stay = async (rtmp: string, name: string): Promise<void> => {
    const peer = await publishTo(`${rtmp}/live/${name}`);
    new Show(peer).go(5);
    await peer.leave();
  };
  await stay(first.rtmp, 'cam');
  await waitFor('the first two', () => server.received.length === 2);
  await server.down();
  for (const name of ['cam', 'cam', 'other']) await stay(first.rtmp, name);
  await waitFor('the gateway to notice', () => first.program.output.includes('refuses the connection'));
  assert.equal(await first.program.stop('SIGKILL'), null, 'killed');
  await server.up();
  const second = await killable(dir, server.url);
  context.after(() => second.program.stop('SIGKILL'));
  await waitFor('all eight', () => server.received.length >= 8);
  const told = server.events.filter(({ stream }) => stream === 'live/cam');
  assert.deepEqual(
    told.map(({ type }) => type),
    ['publish', 'unpublish', 'publish', 'unpublish', 'publish', 'unpublish'],
    'order',
  );
  assert.equal(new Set(server.events.map(({ id }) => id)).size, 8, 'each its own id');
});
