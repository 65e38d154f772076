import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { Background, runProgram, unlessThere, type Finished } from '../support/programs.ts';
import { playFrom, publishTo } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** The built command: what it prints, what it refuses, and how it ends. */

const MAIN = 'dist/src/main.js';
let folder: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-command-'));
  if (!existsSync(MAIN)) assert.equal((await runProgram('node', ['scripts/build.mjs'])).code, 0);
});

after(() => rmSync(folder, { recursive: true, force: true }));

const PLAIN_ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_')),
);

type Environment = Readonly<Record<string, string>>;

async function millrace(args: readonly string[], environment: Environment = {}): Promise<Finished> {
  const child = new Background('node', [MAIN, ...args], { ...PLAIN_ENVIRONMENT, ...environment });
  const parts = { stdout: '', stderr: '' };
  child.child.stdout?.on('data', (bytes: Buffer) => (parts.stdout += bytes.toString()));
  child.child.stderr?.on('data', (bytes: Buffer) => (parts.stderr += bytes.toString()));
  const timer = setTimeout(() => void child.stop('SIGKILL'), 15_000);
  const code = await child.exited;
  clearTimeout(timer);
  return { code, ...parts };
}

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

interface Served {
  readonly process: Background;
  readonly rtmp: number;
  readonly http: number;
}

async function serve(
  context: TestContext,
  args: readonly string[] = [],
  environment: Environment = {},
): Promise<Served> {
  const process = new Background(
    'node',
    [
      MAIN,
      'serve',
      '--rtmp-port',
      '0',
      '--http-port',
      '0',
      '--host',
      '127.0.0.1',
      '--data-dir',
      join(folder, 'data'),
      ...args,
    ],
    { ...PLAIN_ENVIRONMENT, ...environment },
  );
  context.after(() => process.stop('SIGKILL'));
  await waitFor('what it prints', () => process.output.includes('Watch:') && process.output.includes('▀'));
  const port = (pattern: RegExp): number => Number(pattern.exec(process.output)?.[1]);
  return {
    process,
    rtmp: port(/Server:\s+rtmp:\/\/127\.0\.0\.1:(\d+)\/live/),
    http: port(/Watch:\s+http:\/\/127\.0\.0\.1:(\d+)\/watch\/live\/\w+/),
  };
}

/** JSON lines among what was printed. */
const logged = ({ output }: Background): Record<string, unknown>[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('serve prints what a person needs, and logs JSON lines where there is no terminal', async (context) => {
  const { process, rtmp, http } = await serve(context);
  assert.match(
    process.output,
    /Server:\s+rtmp:\/\/127\.0\.0\.1:\d+\/live\n\s+Stream Key:\s+(pk_[2-9a-z]{26}|cam)\n/,
  );
  assert.match(process.output, new RegExp(`http://127\\.0\\.0\\.1:${http}/watch/live/cam`));
  assert.doesNotMatch(process.output, /\u001b\[/, 'no colours where there is no terminal');
  assert.equal((await fetch(`http://127.0.0.1:${http}/healthz`)).status, 200);
  const publisher = await publishTo(`rtmp://127.0.0.1:${rtmp}/live/cam?token=hunter2&x=hunter3`);
  new Show(publisher).go(5);
  const line = await waitFor('the log line', () => logged(process).find(({ msg }) => msg === 'publishing'));
  assert.deepEqual([line['level'], line['stream']], ['info', 'live/cam']);
  assert.ok(!Number.isNaN(Date.parse(String(line['time']))));
  publisher.kill();
  await waitFor('its end', () => logged(process).some(({ msg }) => msg === 'publisher gone'));
  assert.doesNotMatch(process.output, /hunter/, 'no token in the log');
  assert.equal(await process.stop('SIGTERM'), 0);
});

test('the key of the first start is printed once, leads to live/cam, and is in no log line and no list', async (context) => {
  const first = await serve(context, ['--data-dir', join(folder, 'first')]);
  const key = /Stream Key:\s+(pk_[2-9a-z]{26})\n/.exec(first.process.output)?.[1] ?? '';
  assert.ok(key, 'it is printed');
  const publisher = await publishTo(`rtmp://127.0.0.1:${first.rtmp}/live/${key}`);
  new Show(publisher).go(5);
  const line = await waitFor('the log line', () =>
    logged(first.process).find(({ msg }) => msg === 'publishing'),
  );
  assert.equal(line['stream'], 'live/cam');
  const list = await (await fetch(`http://127.0.0.1:${first.http}/api/v1/streams`)).text();
  assert.ok(list.includes('"cam"') && !list.includes(key), 'the list has the name, not the key');
  const played = await fetch(`http://127.0.0.1:${first.http}/live/${key}.flv`);
  assert.ok([403, 404].includes(played.status), `the key cannot be watched: ${played.status}`);
  publisher.kill();
  await waitFor('its end', () => logged(first.process).some(({ msg }) => msg === 'publisher gone'));
  assert.equal(first.process.output.split(key).length, 2, 'printed once, and nothing more');
  assert.equal(await first.process.stop('SIGTERM'), 0);
  const second = await serve(context, ['--data-dir', join(folder, 'first')]);
  assert.doesNotMatch(second.process.output, /pk_[2-9a-z]{26}/);
  assert.match(second.process.output, /keys are made, replaced and revoked at http:/);
  await second.process.stop('SIGTERM');
  writeFileSync(join(folder, 'first', 'keys.json'), '{"version":1');
  const broken = await millrace([
    'serve',
    '--rtmp-port',
    '0',
    '--http-port',
    '0',
    '--data-dir',
    join(folder, 'first'),
  ]);
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /^millrace: cannot use the key file .*keys\.json: it is not valid JSON/m);
  assert.equal(broken.stderr.includes('    at '), false, 'no stack');
});

const HELP = [[], ['serve'], ['demo'], ['inspect'], ['check-config']];

test('--help on each command', async () => {
  for (const command of HELP) {
    const { code, stdout, stderr } = await millrace([...command, '--help']);
    assert.deepEqual([code, stderr], [0, ''], command.join(' '));
    assert.match(stdout, /^Usage: millrace/);
  }
  const { stdout } = await millrace(['serve', '--help']);
  for (const flag of [
    '--config',
    '--host',
    '--rtmp-port',
    '--http-port',
    '--data-dir',
    '--log-level',
    '--demo',
  ])
    assert.ok(stdout.includes(flag), flag);
  assert.match((await millrace(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('mistakes of the operator are one sentence and an exit code', async (context) => {
  const taken = createServer().listen(0, '127.0.0.1');
  context.after(() => taken.close());
  await waitFor('a port', () => taken.listening);
  const port = String((taken.address() as AddressInfo).port);
  const free = ['--rtmp-port', '0', '--http-port', '0', '--host', '127.0.0.1'];
  const data = ['--data-dir', join(folder, 'data')];
  const cases: readonly (readonly [
    what: string,
    args: string[],
    environment: Environment,
    code: number,
    says: RegExp,
  ])[] = [
    [
      'RTMP port in use',
      [...free, ...data, '--rtmp-port', port],
      {},
      1,
      new RegExp(`RTMP.*:${port}.*in use`),
    ],
    [
      'HTTP port in use',
      [...free, ...data, '--http-port', port],
      {},
      1,
      new RegExp(`HTTP.*:${port}.*in use`),
    ],
    ['no such address', [...free, ...data, '--host', '192.0.2.77'], {}, 1, /192\.0\.2\.77.*no such address/],
    [
      'data directory is a file',
      [...free, '--data-dir', file('a-file', '')],
      {},
      1,
      /a-file.*not a directory/,
    ],
    [
      'data directory in a file',
      [...free, '--data-dir', join(file('b-file', ''), 'x')],
      {},
      1,
      /b-file.*not a directory/,
    ],
    ['no command', ['bogus'], {}, 2, /unknown command 'bogus': it is serve, demo, inspect, /],
    ['a file instead of a command', ['./millrace.yaml'], {}, 2, /unknown command '\.\/millrace\.yaml'/],
    ['bad value on the command line', ['--rtmp-port', '70000'], {}, 2, /rtmp\.port is 70000.*0 to 65535/],
    ['no number', ['--rtmp-port', 'many'], {}, 2, /--rtmp-port.*many.*whole number/],
    ['bad log level', ['--log-level', 'loud'], {}, 2, /log\.level is "loud".*trace, debug/],
    [
      'bad value in the environment',
      [],
      { MILLRACE_HLS_SEGMENT_SECONDS: 'two' },
      2,
      /hls\.segmentSeconds is "two".*1 to 30/,
    ],
    [
      'unknown variable',
      [],
      { MILLRACE_HLS_SEGMENTS: '2' },
      2,
      /MILLRACE_HLS_SEGMENTS.*MILLRACE_HLS_SEGMENT_SECONDS/,
    ],
    [
      'bad value in the file',
      ['--config', file('bad.yaml', 'rtmp: { port: -1 }')],
      {},
      2,
      /rtmp\.port is -1.*bad\.yaml.*0 to 65535/,
    ],
    [
      'unknown key',
      ['--config', file('key.yaml', 'rtmp: { prot: 1935 }')],
      {},
      2,
      /"rtmp\.prot".*key\.yaml.*rtmp\.port/,
    ],
    ['unknown section', ['--config', file('section.yaml', 'rtpm: 5')], {}, 2, /"rtpm".*section\.yaml/],
    ['not YAML', ['--config', file('not.yaml', 'rtmp: {port: [')], {}, 2, /not\.yaml.*not valid YAML/],
    ['no settings', ['--config', file('list.yaml', '- 1')], {}, 2, /list\.yaml/],
    ['no such file', ['--config', join(folder, 'none.yaml')], {}, 2, /none\.yaml/],
    ['a directory for a file', ['--config', folder], {}, 2, /cannot read the settings file/],
    ['unknown flag', ['--loud'], {}, 2, /unknown option '--loud'/],
    ['unknown command', ['sreve'], {}, 2, /error: /],
  ];
  for (const [what, args, environment, code, says] of cases) {
    const got = await millrace(args, environment);
    const told = got.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
    assert.equal(got.code, code, `${what}: ${got.stderr}`);
    assert.equal(told.length, 1, `${what}: ${got.stderr}`);
    assert.match(told[0]!, says, what);
    assert.equal(got.stdout, '', what);
  }
});

test('output that nobody reads to its end is no mistake', async () => {
  // The reader is gone before the command has begun to write.
  const script = `{ sleep 1; '${process.execPath}' ${MAIN} check-config; echo "code $?" >&2; } | true`;
  const { stderr } = await runProgram('bash', ['-c', script]);
  assert.equal(stderr.trim(), 'code 0', stderr);
});

test('flags beat the environment, which beats the file, which beats the default', async () => {
  const config = file('order.yaml', 'rtmp: { port: 1 }\nhttp: { port: 2 }\nhls: { segmentSeconds: 3 }\n');
  const environment = { MILLRACE_RTMP_PORT: '11', MILLRACE_HTTP_PORT: '12' };
  for (const args of [
    ['check-config', '--config', config],
    ['check-config', config],
  ]) {
    const { code, stdout, stderr } = await millrace([...args, '--rtmp-port', '21'], environment);
    assert.deepEqual([code, stderr], [0, '']);
    const settings = parse(stdout) as Record<string, Record<string, unknown>>;
    assert.deepEqual(
      [
        settings['rtmp']!['port'],
        settings['http']!['port'],
        settings['hls']!['segmentSeconds'],
        settings['hls']!['windowSegments'],
      ],
      [21, 12, 3, 6],
    );
  }
  assert.equal((await millrace(['check-config', file('wrong.yaml', 'hls: { segmentSeconds: 0 }')])).code, 2);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} in the middle of a stream ends it properly`, async (context) => {
    const { process, rtmp, http } = await serve(context, [], { MILLRACE_HLS_SEGMENT_SECONDS: '1' });
    const publisher = await publishTo(`rtmp://127.0.0.1:${rtmp}/live/cam`);
    const show = new Show(publisher);
    show.go(80);
    context.after(show.live());
    const flv = new HttpFlvViewer(http, '/live/cam.flv');
    const ws = new WsFlvViewer(`ws://127.0.0.1:${http}/live/cam.flv`);
    const player = await playFrom(`rtmp://127.0.0.1:${rtmp}/live/cam`);
    await waitFor('viewers', () => [flv, ws].every(({ tags }) => tags.length > 3) && player.of(9).length > 1);
    const playlist = async (): Promise<string> =>
      (await fetch(`http://127.0.0.1:${http}/live/cam/media.m3u8`)).text();
    assert.doesNotMatch(await playlist(), /ENDLIST/);

    const toldAt = performance.now();
    process.child.kill(signal);
    await waitFor('the end mark in the playlist', async () => (await playlist()).includes('#EXT-X-ENDLIST'));
    await Promise.all([flv.closed, ws.closed, player.closed, publisher.closed]);
    assert.deepEqual(ws.close, { code: 1001, reason: 'shutting down' });
    assert.equal(player.end?.code, 'NetStream.Play.UnpublishNotify');
    assert.equal(flv.bytes.length, flv.file.length, 'HTTP-FLV ends behind a whole tag');
    assert.equal(await process.exited, 0);
    assert.ok(performance.now() - toldAt < 5_000, `${performance.now() - toldAt} ms`);
    assert.ok(logged(process).some(({ msg }) => msg === 'stopped'));
  });
}

test('SIGHUP in the middle of a stream has the settings read again; a faulty file is told of and changes nothing', async (context) => {
  const path = file('sighup.yaml', 'publish: { graceSeconds: 5 }');
  const { process, rtmp, http } = await serve(context, ['--config', path]);
  const publisher = await publishTo(`rtmp://127.0.0.1:${rtmp}/live/cam`);
  const show = new Show(publisher);
  show.go(30);
  const flv = new HttpFlvViewer(http, '/live/cam.flv');
  await waitFor('the viewer', () => flv.tags.length > 3);
  const said = (text: string): boolean => logged(process).some((line) => JSON.stringify(line).includes(text));
  file('sighup.yaml', 'publish: { graceSeconds: long }');
  process.child.kill('SIGHUP');
  await waitFor('a complaint', () => said('settings stay as they were: publish.graceSeconds is'));
  file('sighup.yaml', 'publish: { graceSeconds: 6 }');
  process.child.kill('SIGHUP');
  await waitFor('the change', () => said('"applied":["publish.graceSeconds"]'));
  const before = flv.tags.length;
  show.go(30);
  await waitFor('more of the stream', () => flv.tags.length > before + 20);
  assert.deepEqual([process.child.exitCode, publisher.isClosed, flv.isClosed], [null, false, false]);
  assert.equal(await process.stop('SIGTERM'), 0);
});

test('where streams may go on for a while, a second signal ends that while, with all goodbyes', async (context) => {
  const { process, rtmp } = await serve(context, [], { MILLRACE_STOP_DRAIN_SECONDS: '600' });
  const publisher = await publishTo(`rtmp://127.0.0.1:${rtmp}/live/cam`);
  new Show(publisher).go(30);
  const player = await playFrom(`rtmp://127.0.0.1:${rtmp}/live/cam`);
  process.child.kill('SIGTERM');
  await waitFor('it to drain', () => logged(process).some(({ msg }) => String(msg).startsWith('draining')));
  process.child.kill('SIGTERM');
  await player.closed;
  assert.equal(player.end?.code, 'NetStream.Play.UnpublishNotify');
  assert.equal(await process.exited, 0);
});

test('a second signal ends it at once', async (context) => {
  const { process, rtmp, http } = await serve(context);
  const publisher = await publishTo(`rtmp://127.0.0.1:${rtmp}/live/cam`);
  new Show(publisher).go(120);
  await waitFor('a playlist', async () => (await fetch(`http://127.0.0.1:${http}/live/cam/media.m3u8`)).ok);
  process.child.kill('SIGTERM');
  await waitFor('it to be stopping', () => logged(process).some(({ msg }) => msg === 'stopping'));
  const toldAt = performance.now();
  process.child.kill('SIGTERM');
  assert.equal(await process.exited, 143);
  assert.ok(performance.now() - toldAt < 1_000);
});

test(
  '--demo puts a clip on the air that can be decoded',
  { skip: unlessThere('ffmpeg') },
  async (context) => {
    const { process, http } = await serve(context, ['--demo']);
    assert.match(process.output, /Watch:\s+http:\/\/127\.0\.0\.1:\d+\/watch\/live\/demo/);
    const flv = new HttpFlvViewer(http, '/live/demo.flv?wait=10');
    await waitFor(
      'three seconds of the clip',
      () => (flv.tags.at(-1)?.timestamp ?? 0) - (flv.tags[1]?.timestamp ?? 0) > 3_000,
    );
    const clip = join(folder, 'demo.flv');
    writeFileSync(clip, flv.file);
    const { code, stderr } = await runProgram('ffmpeg', [
      '-v',
      'warning',
      '-xerror',
      '-i',
      clip,
      '-f',
      'null',
      '-',
    ]);
    assert.deepEqual([code, stderr], [0, '']);
    flv.drop();
    assert.equal(await process.stop('SIGINT'), 0);
  },
);

test('the demo command publishes to a gateway that runs, and waits for one that does not', async (context) => {
  const { process, rtmp, http } = await serve(context);
  const demo = new Background(
    'node',
    [MAIN, 'demo', `rtmp://127.0.0.1:${rtmp}/live/clip`],
    PLAIN_ENVIRONMENT,
  );
  context.after(() => demo.stop('SIGKILL'));
  await waitFor(
    'the clip',
    async () => (await fetch(`http://127.0.0.1:${http}/api/v1/streams/live/clip`)).ok,
  );
  assert.equal(await process.stop('SIGTERM'), 0);
  await waitFor('it to notice', () => demo.output.includes('connection lost'));
  assert.equal(demo.child.exitCode, null, 'it tries again');
  assert.equal(await demo.stop('SIGTERM'), 0);
  const wrong = await millrace(['demo', 'http://127.0.0.1/live/clip']);
  assert.deepEqual([wrong.code, wrong.stderr.split('\n').length], [2, 2]);
  assert.match(wrong.stderr, /not an RTMP URL/);
});
