import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, test } from 'node:test';
import { isSignedBy } from '../../src/access/signed-url.ts';
import { loadSettings } from '../../src/config/load.ts';
import { describeSettings } from '../../src/config/schema.ts';
import { signBody } from '../../src/hooks/signature.ts';
import { startGateway } from '../support/gateway.ts';
import { runProgram, unlessThere } from '../support/programs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What the manual says, done. */

const read = (name: string): string => readFileSync(join('docs', name), 'utf8');
const manuals = readdirSync('docs').filter((name) => name.endsWith('.md'));

/** Fenced code of one language. */
const blocks = (markdown: string, language: string): string[] =>
  [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    (match) => match[1]!,
  );

const folderFor = (): string => temporaryFolder('millrace-docs-');

for (const name of manuals) {
  test(`every example of settings in docs/${name} is accepted, and every link leads somewhere`, () => {
    const file = join(folderFor(), 'millrace.yaml');
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

test('the commands for the API do what they say', { skip: unlessThere('bash', 'curl') }, async (context) => {
  const gateway = await startGateway({ api: { token: 'the-token-of-this-test' } });
  context.after(() => gateway.stop());
  const commands = blocks(read('operating.md'), 'sh');
  assert.equal(commands.length, 2);
  const [streams, key] = await Promise.all(
    commands.map(async (command) => {
      const here = command
        .replaceAll(/http:\/\/(HOST|127\.0\.0\.1):8080/g, gateway.http)
        .replace('curl', 'curl --silent --show-error --fail');
      const { code, stdout, stderr } = await runProgram('bash', [
        '-c',
        `TOKEN=the-token-of-this-test; ${here}`,
      ]);
      assert.deepEqual([code, stderr], [0, ''], command);
      return JSON.parse(stdout) as Record<string, unknown>;
    }),
  );
  assert.ok(Array.isArray(streams?.['streams']), 'the streams');
  assert.match(String(key?.['secret']), /^pk_/);
});

test('the check of signatures takes what we send and nothing else', async () => {
  const file = join(folderFor(), 'check.mjs');
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

test(
  'systemd accepts the unit, which stops later than the gateway drains',
  { skip: unlessThere('systemd-analyze') },
  async () => {
    const unit = read('millrace.service');
    const file = join(folderFor(), 'millrace.service');
    writeFileSync(file, unit.replace('/usr/bin/node', process.execPath)); // systemd looks for it
    const { code, stderr, stdout } = await runProgram('systemd-analyze', ['verify', file]);
    assert.deepEqual([code, stdout + stderr], [0, '']);
    const number = (pattern: RegExp): number => Number(pattern.exec(unit)?.[1]);
    assert.ok(number(/^TimeoutStopSec=(\d+)$/m) > number(/DRAIN_SECONDS=(\d+)$/m) + 15);
    const environment: Record<string, string> = {};
    for (const [, name = '', value = ''] of unit.matchAll(/^Environment=(MILLRACE_\w+)=(.*)$/gm))
      environment[name] = value;
    assert.equal(loadSettings({ environment }).data.dir, '/var/lib/millrace');
  },
);
