import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, test, type TestContext } from 'node:test';
import { isSignedBy } from '../../src/access/signed-url.ts';
import { createGateway } from '../../src/app/gateway.ts';
import { loadSettings, type SettingsInput } from '../../src/config/load.ts';
import { describeSettings } from '../../src/config/schema.ts';
import { signBody } from '../../src/hooks/signature.ts';
import { runProgram, unlessThere } from '../support/programs.ts';

/** What the manual says, done. */

const read = (name: string): string => readFileSync(join('docs', name), 'utf8');
const manuals = readdirSync('docs').filter((name) => name.endsWith('.md'));

/** Fenced code of one language. */
const blocks = (markdown: string, language: string): string[] =>
  [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    (match) => match[1]!,
  );

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-docs-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

for (const name of manuals) {
  test(`every example of settings in docs/${name} is accepted, and every link leads somewhere`, (context) => {
    const file = join(folderFor(context), 'millrace.yaml');
    const examples = blocks(read(name), 'yaml');
    assert.ok(examples.length > 0, 'examples');
    for (const example of examples) {
      writeFileSync(file, example);
      assert.doesNotThrow(() => loadSettings({ file }), example);
    }
    const links = [...read(name).matchAll(/\]\(([^)#\s]+)(?:#([\w-]+))?\)/g)].filter(
      ([, to]) => !/^https?:/.test(to!),
    );
    for (const [, to = '', anchor] of links) {
      const target = join(dirname(join('docs', name)), to);
      assert.ok(existsSync(target), `${name}: ${to}`);
      const headings = anchor === undefined ? [] : readFileSync(target, 'utf8').match(/^#+ .*$/gm)!;
      const anchors = headings.map((one) =>
        one
          .replace(/^#+ /, '')
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      );
      assert.ok(anchor === undefined || anchors.includes(anchor), `${name}: ${to}#${anchor}`);
    }
  });
}

test('settings that the tables name are there', () => {
  const keys = new Set(describeSettings().map(({ key }) => key));
  const sections = new Set([...keys].map((key) => key.split('.')[0]!));
  for (const name of manuals) {
    const ours = read(name).replaceAll(/^\|[^|]*\|/gm, '|'); // the first column names theirs
    for (const [, key = ''] of ours.matchAll(/`([a-z]+\.[A-Za-z]+)(?=[`:])/g))
      if (sections.has(key.split('.')[0]!)) assert.ok(keys.has(key), `${name}: ${key}`);
    for (const [variable] of read(name).matchAll(/MILLRACE_[A-Z_]+(?=_FILE)/g)) {
      const info = describeSettings().find((one) => one.variable === variable);
      assert.equal(info?.isSecret, true, variable);
    }
  }
});

test('the directives of nginx-rtmp that people use are all in the table', () => {
  const known = new Set(
    [...read('from-nginx-rtmp.md').matchAll(/`([a-z_]+)(?: [a-z]+)?`/g)].map((match) => match[1]),
  );
  const used = (
    'listen application live allow deny on_connect on_disconnect on_publish on_play on_publish_done on_play_done on_done ' +
    'on_record_done on_update notify_method exec exec_push exec_publish exec_pull exec_static exec_play exec_record_done ' +
    'record record_path record_suffix record_unique record_append record_max_size record_interval record_notify recorder ' +
    'push pull push_reconnect pull_reconnect hls hls_path hls_fragment hls_playlist_length hls_sync hls_continuous ' +
    'hls_nested hls_cleanup hls_type hls_variant hls_keys dash dash_path drop_idle_publisher wait_key wait_video ' +
    'idle_streams max_connections ping ping_timeout timeout chunk_size access_log log_format rtmp_stat rtmp_control ' +
    'sync interleave meta play'
  ).split(' ');
  assert.deepEqual(
    used.filter((name) => !known.has(name)),
    [],
  );
});

describe('signed links', () => {
  const secret = 'sixteen characters and more';
  const expires = 1_893_456_000;
  const check = (printed: string): void => {
    const sign = new URLSearchParams(printed.trim()).get('sign') ?? '';
    const what = { action: 'play', path: 'live/cam', expires } as const;
    assert.ok(printed.includes(`expires=${expires}`) && isSignedBy(secret, what, sign), printed);
  };
  const code = (language: string): string => {
    const [one, ...more] = blocks(read('operating.md'), language);
    assert.ok(one !== undefined && more.length === 0, language);
    return one;
  };

  test('the line of PHP signs', { skip: unlessThere('php') }, async () => {
    const text = code('php').replace('<?php', '');
    check((await runProgram('php', ['-r', `$expires = ${expires}; $secret = '${secret}'; ${text}`])).stdout);
  });

  test('the line of Python signs', { skip: unlessThere('python3') }, async () => {
    const text = `expires = ${expires}\nsecret = '${secret}'\n${code('python')}`;
    check((await runProgram('python3', ['-c', text])).stdout);
  });

  test('the line of shell signs', { skip: unlessThere('bash', 'openssl') }, async () => {
    const text = `expires=${expires}; secret='${secret}'; ${code('bash')}`;
    check((await runProgram('bash', ['-c', text])).stdout);
  });
});

test('the check of signatures takes what we send and nothing else', async (context) => {
  const file = join(folderFor(context), 'check.mjs');
  writeFileSync(file, blocks(read('operating.md'), 'js')[0]!);
  const { isGenuine } = (await import(pathToFileURL(file).href)) as {
    readonly isGenuine: (header: string, body: string, secret: string) => boolean;
  };
  const now = Math.floor(Date.now() / 1000);
  const good = signBody('a secret', now, '{"a":1}');
  assert.equal(isGenuine(good, '{"a":1}', 'a secret'), true);
  const wrong: readonly [string, string, string][] = [
    [good, '{"a":2}', 'a secret'],
    [good, '{"a":1}', 'another'],
    [signBody('a secret', now - 3_600, '{"a":1}'), '{"a":1}', 'a secret'],
    ['', '{"a":1}', 'a secret'],
  ];
  for (const one of wrong) assert.equal(isGenuine(...one), false, one.join(' '));
});

test('every verdict of the doctor is in the table, and no other', () => {
  const codes = readFileSync('src/outputs/doctor/rules.ts', 'utf8').matchAll(/code: '([\w-]+)'/g);
  const section = read('operating.md').split('## The doctor')[1]!.split('\n## ')[0]!;
  const told = section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...line.split('|')[1]!.matchAll(/`([\w-]+)`/g)].map((match) => match[1]!));
  assert.deepEqual(told.sort(), [...new Set([...codes].map((match) => match[1]!))].sort());
});

/** For each setting a value that is not its default. */
const OTHERS: SettingsInput = {
  rtmp: { host: '127.0.0.1', port: 1, proxyProtocol: true, trustedProxies: ['192.0.2.1'] },
  http: { host: '127.0.0.1', port: 1, trustedProxies: ['192.0.2.1'], proxyHeader: 'forwarded', gzip: false },
  access: {
    ...{
      publish: 'open',
      play: 'keys',
      trustLoopback: false,
      publishSecret: 'p'.repeat(32),
      playSecret: 'q'.repeat(32),
    },
    ...{ jwtSecret: 'r'.repeat(32), jwtJwks: 'http://127.0.0.1/keys', jwtIssuer: 'i', jwtAudience: 'a' },
    ...{
      allowPublish: ['::1'],
      denyPublish: ['::2'],
      allowPlay: ['::1'],
      denyPlay: ['::2'],
      origins: ['a.example'],
    },
  },
  hooks: {
    targets: [{ url: 'http://127.0.0.1:1/' }],
    queueBytes: 70_000,
    queueHours: 1,
    exec: [{ command: ['true'] }],
  },
  record: {
    ...{
      rules: [{ streams: 'live/*' }],
      dir: 'elsewhere',
      name: '{stream}-{unix}',
      preSeconds: 1,
      keepDays: 1,
      keepBytes: 1e9,
    },
    watch: 'viewers',
  },
  relay: {
    push: [{ streams: 'live/*', to: 'rtmp://127.0.0.1:1/a/b' }],
    pull: [{ stream: 'a/b', from: 'rtmp://127.0.0.1:1/a/b' }],
    ...{ holdSeconds: 1, lingerSeconds: 1, caFile: 'ca.pem' },
  },
  api: { trustLoopback: false, token: 't'.repeat(32), metrics: 'token' },
  publish: { graceSeconds: 1, idleSeconds: 1 },
  play: { waitSeconds: 1 },
  limits: { connections: 10, connectionsPerAddress: 5 },
  delivery: { batchMs: 1, viewerQueueBytes: 70_000, viewerLagSeconds: 1 },
  hls: { segmentSeconds: 1, windowSegments: 7, sessions: false },
  stop: { drainSeconds: 1 },
  log: { level: 'silent', format: 'json' },
  data: { dir: 'elsewhere' },
};

test(
  'the lists of what a reload changes and what a restart needs are right',
  { skip: unlessThere('openssl') },
  async (context) => {
    const folder = folderFor(context);
    const caFile = join(folder, 'ca.pem');
    const args = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      '/CN=a',
    ];
    const { code, stderr } = await runProgram('openssl', [
      ...args,
      '-keyout',
      join(folder, 'key.pem'),
      '-out',
      caFile,
    ]);
    assert.equal(code, 0, stderr);
    const own = {
      ...{ rtmp: { host: '127.0.0.2', port: 0 }, http: { host: '127.0.0.2', port: 0 } },
      ...{ data: { dir: join(folder, 'data') }, log: { level: 'error' } },
    };
    const others = { ...OTHERS, relay: { ...OTHERS['relay'], caFile }, data: { dir: own.data.dir } };
    const all = describeSettings().map(({ key }) => key);
    const missing = all.filter((key) => !(key.split('.')[1]! in (OTHERS[key.split('.')[0]!] ?? {})));
    assert.deepEqual(missing, [], 'settings that this test does not change');
    const gateway = createGateway({ settings: own, readSettings: () => others });
    await gateway.start();
    context.after(() => gateway.stop());
    const { applied, needsRestart } = await gateway.reload();
    const listed = (start: string): string[] => {
      const paragraph =
        read('operating.md')
          .split('\n\n')
          .find((one) => one.startsWith(start)) ?? '';
      const names = [...paragraph.matchAll(/`([a-z]+\.[A-Za-z*]+)`/g)].map((match) => match[1]!);
      return names.flatMap((name) =>
        name.endsWith('*') ? all.filter((key) => key.startsWith(name.slice(0, -1))) : [name],
      );
    };
    assert.deepEqual([...applied].sort(), listed('In force at once').sort());
    assert.deepEqual([...needsRestart, 'data.dir'].sort(), listed('After a restart only').sort());
  },
);

test(
  'systemd accepts the unit, which stops later than the gateway drains',
  { skip: unlessThere('systemd-analyze') },
  async (context) => {
    const unit = read('millrace.service');
    const file = join(folderFor(context), 'millrace.service');
    writeFileSync(file, unit.replace('/usr/bin/node', process.execPath)); // systemd looks for it
    const { code, stderr, stdout } = await runProgram('systemd-analyze', ['verify', file]);
    assert.deepEqual([code, stdout + stderr], [0, '']);
    const number = (pattern: RegExp): number => Number(pattern.exec(unit)?.[1]);
    assert.ok(number(/^TimeoutStopSec=(\d+)$/m) > number(/DRAIN_SECONDS=(\d+)$/m) + 15);
    const environment = Object.fromEntries(
      [...unit.matchAll(/^Environment=(MILLRACE_\w+)=(.*)$/gm)].map((match) => [match[1], match[2]]),
    );
    assert.equal(loadSettings({ environment }).data.dir, '/var/lib/millrace');
  },
);
