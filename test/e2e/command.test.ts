import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from '../../scripts/build.mjs';
import { Background, runProgram, unlessThere, type Finished } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/** The command line as an operator meets it: the built program, its words and its exit codes. */
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const main = join(root, 'dist/src/main.js');

let folder: string;
const running = new Set<Background>();

before(async () => {
  await build();
  folder = mkdtempSync(join(tmpdir(), 'millrace-command-'));
});

after(async () => {
  await Promise.all([...running].map((one) => one.stop('SIGKILL')));
  rmSync(folder, { recursive: true, force: true });
});

function millrace(...args: string[]): Promise<Finished> {
  return runProgram(process.execPath, [main, ...args], 15_000);
}

interface Served {
  readonly program: Background;
  readonly rtmp: string;
  readonly http: string;
}

let served = 0;

/** Starts `serve` on free ports and waits until it has told them. */
async function serve(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Served> {
  const dataDir = join(folder, `data-${served++}`);
  const ports = ['--host', '127.0.0.1', '--rtmp-port', '0', '--http-port', '0', '--data-dir', dataDir];
  const program = new Background(process.execPath, [main, 'serve', ...ports, ...args], {
    ...process.env,
    ...env,
  });
  running.add(program);
  const find = (pattern: RegExp): Promise<string> =>
    waitFor(`${String(pattern)} in the greeting`, () => pattern.exec(program.output)?.[1]);
  const rtmp = await find(/Server:\s+(rtmp:\/\/127\.0\.0\.1:\d+)\/live/);
  const http = await find(/Watch:\s+(http:\/\/127\.0\.0\.1:\d+)\/watch\/live\//);
  await waitFor('health', () =>
    fetch(`${http}/healthz`).then(
      (response) => response.ok,
      () => false,
    ),
  );
  return { program, rtmp, http };
}

/** One sentence for the operator, no stack trace. */
function assertSentence({ stderr, code }: Finished, exitCode: number, words: RegExp): void {
  assert.match(stderr, words);
  assert.equal(code, exitCode, stderr);
  assert.doesNotMatch(stderr, /^\s+at /m, 'a stack trace');
  assert.equal(stderr.trim().split('\n').length, 1, stderr);
}

test('serve greets with server, key, link and QR code', async () => {
  const { program } = await serve();
  assert.match(program.output, /Stream Key:\s+cam/);
  assert.match(program.output, /[▀▄█]{7}/, 'a QR code');
  assert.match(program.output, /Only encoders on this machine may publish/);
  assert.equal(await program.stop(), 0);
});

test('a port in use, a bad data directory: one sentence, exit code 1', async () => {
  const busy = createServer();
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
  const port = String((busy.address() as AddressInfo).port);
  const data = ['--data-dir', join(folder, 'data-busy')];
  const free = ['--host', '127.0.0.1', ...data];
  assertSentence(
    await millrace('serve', ...free, '--rtmp-port', port, '--http-port', '0'),
    1,
    /port is in use/,
  );
  assertSentence(
    await millrace('serve', ...free, '--rtmp-port', '0', '--http-port', port),
    1,
    /port is in use/,
  );
  busy.close();
  writeFileSync(join(folder, 'file'), '');
  const bad = await millrace(
    'serve',
    '--rtmp-port',
    '0',
    '--http-port',
    '0',
    '--data-dir',
    join(folder, 'file'),
  );
  assertSentence(bad, 1, /data directory .* not a directory/);
});

const badFiles: readonly (readonly [string, string, RegExp])[] = [
  ['an unknown section', 'rtpm: { port: 1 }', /unknown setting "rtpm/],
  ['an unknown name', 'rtmp: { prot: 1 }', /unknown setting "rtmp\.prot".*rtmp\.port/],
  ['a value out of range', 'hls: { segmentSeconds: 0 }', /hls\.segmentSeconds is 0 .*1 to 30/],
  ['a value of the wrong kind', 'rtmp: { port: many }', /rtmp\.port is "many" .*0 to 65535/],
  ['a word that is not on the list', 'access: { publish: all }', /access\.publish is "all".*loopback, open/],
  ['no YAML', 'rtmp: [', /not valid YAML/],
  ['a list', '- rtmp', /sections/],
];
for (const [name, text, words] of badFiles) {
  test(`a settings file with ${name}: exit code 2, and what is allowed`, async () => {
    const file = join(folder, `bad-${badFiles.findIndex((one) => one[0] === name)}.yaml`);
    writeFileSync(file, text);
    assertSentence(await millrace('check-config', file), 2, words);
    assertSentence(await millrace('serve', '--config', file), 2, words);
  });
}

test('a settings file that is not there, an unknown flag, a flag that is no number: exit code 2', async () => {
  assertSentence(
    await millrace('serve', '--config', join(folder, 'none.yaml')),
    2,
    /cannot read the settings file/,
  );
  const flag = await millrace('serve', '--prot', '1');
  assert.equal(flag.code, 2);
  assert.match(flag.stderr, /unknown option '--prot'/);
  assert.equal((await millrace('serve', '--rtmp-port', 'x')).code, 2);
  assertSentence(await millrace('serve', '--rtmp-port', '70000'), 2, /rtmp\.port is 70000 .*0 to 65535/);
});

test('flags beat environment beats file beats default', async () => {
  const file = join(folder, 'good.yaml');
  writeFileSync(
    file,
    'hls: { segmentSeconds: 3, windowSegments: 7 }\nrtmp: { port: 1111 }\nlog: { level: warn }\n',
  );
  const env = { ...process.env, MILLRACE_HLS_SEGMENT_SECONDS: '4', MILLRACE_RTMP_PORT: '2222' };
  const program = new Background(
    process.execPath,
    [main, 'check-config', '--config', file, '--rtmp-port', '3333'],
    env,
  );
  assert.equal(await program.exited, 0);
  assert.match(program.output, /segmentSeconds: 4\n/);
  assert.match(program.output, /windowSegments: 7\n/);
  assert.match(program.output, /port: 3333\n/);
  assert.match(program.output, /graceSeconds: 10\n/);
});

for (const command of [[], ['serve'], ['demo'], ['inspect'], ['check-config']]) {
  test(`--help of ${command.join(' ') || 'the program'}`, async () => {
    const { code, stdout, stderr } = await millrace(...command, '--help');
    assert.equal(code, 0);
    assert.match(stdout, /Usage: millrace/);
    assert.equal(stderr, '');
  });
}

const skip = unlessThere('ffmpeg', 'ffprobe');

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends streams properly: ENDLIST, viewers closed, exit 0 within 5 s`, { skip }, async () => {
    const { program, http } = await serve(['--demo']);
    const media = `${http}/live/demo/media.m3u8`;
    await waitFor('a playlist', async () => (await fetch(`${media}?wait=10`)).ok);
    const flv = await fetch(`${http}/live/demo.flv`);
    const flvEnded = (async () => {
      let bytes = 0;
      for await (const chunk of flv.body as unknown as AsyncIterable<Uint8Array>) bytes += chunk.length;
      return bytes;
    })();
    const told = Date.now();
    process.kill(program.child.pid ?? 0, signal);
    const last = await waitFor('the end mark in the playlist', async () => {
      const text = await (await fetch(media)).text();
      return text.includes('#EXT-X-ENDLIST') && text;
    });
    assert.match(last, /\.ts\n#EXT-X-ENDLIST\n$/);
    assert.ok((await flvEnded) > 1000, 'the FLV viewer got its stream and then its end');
    assert.equal(await program.exited, 0, program.output);
    assert.ok(Date.now() - told < 5000, `${Date.now() - told} ms`);
  });
}

test('a second signal ends the program at once', { skip }, async () => {
  const { program, http } = await serve(['--demo']);
  await waitFor('a playlist', async () => (await fetch(`${http}/live/demo/media.m3u8?wait=10`)).ok);
  process.kill(program.child.pid ?? 0, 'SIGTERM');
  await waitFor('the gateway to begin to stop', () => program.output.includes('stopping'));
  process.kill(program.child.pid ?? 0, 'SIGTERM');
  assert.equal(await program.exited, 143);
});

test('--demo and `millrace demo` put a clip on the air that can be decoded', { skip }, async () => {
  const { program, rtmp, http } = await serve(['--demo']);
  assert.match(program.output, /test clip is on the air as live\/demo/);
  const demo = new Background(process.execPath, [main, 'demo', `${rtmp}/live/again`]);
  running.add(demo);
  for (const stream of ['demo', 'again']) {
    await waitFor(`live/${stream}`, async () => (await fetch(`${http}/api/v1/streams/live/${stream}`)).ok);
    const url = `${http}/live/${stream}.flv`;
    const { stderr, code } = await runProgram('ffmpeg', [
      '-v',
      'warning',
      '-xerror',
      '-t',
      '2',
      '-i',
      url,
      '-f',
      'null',
      '-',
    ]);
    assert.equal(stderr, '');
    assert.equal(code, 0);
  }
  assert.equal(await demo.stop(), 0);
  assert.equal(await program.stop(), 0);
});

test('log lines are JSON when nobody watches, and hold no token', { skip }, async () => {
  const { program, rtmp } = await serve(['--log-level', 'trace']);
  const clip = join(root, 'assets/demo.flv');
  const { code } = await runProgram('ffmpeg', [
    ...[
      '-v',
      'error',
      '-re',
      '-t',
      '1',
      '-i',
      clip,
      '-c',
      'copy',
      '-f',
      'flv',
      `${rtmp}/live/cam?token=s3cret`,
    ],
  ]);
  assert.equal(code, 0);
  await fetch(`${rtmp.replace('rtmp', 'http')}/`).catch(() => undefined); // not HTTP's port: rubbish for the RTMP door
  await waitFor('the publisher in the log', () => program.output.includes('"publishing"'));
  await program.stop();
  const lines = program.output.split('\n').filter((line) => line.startsWith('{'));
  assert.ok(lines.length >= 3);
  for (const line of lines) assert.ok(typeof (JSON.parse(line) as { msg?: unknown }).msg === 'string', line);
  assert.ok(!program.output.includes('s3cret'), 'a token in the log');
});
