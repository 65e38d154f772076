import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError, loadSettings, type SettingSources } from '../../../src/config/load.ts';
import { maskedSettings } from '../../../src/config/masked.ts';
import { describeSettings } from '../../../src/config/schema.ts';

const folder = mkdtempSync(join(tmpdir(), 'settings-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
function file(text: string): string {
  const path = join(folder, `${files++}.yaml`);
  writeFileSync(path, text);
  return path;
}

/** The error's sentence; it must be one sentence for the operator, on one line. */
function complaint(sources: SettingSources): string {
  try {
    loadSettings(sources);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.ok(!error.message.includes('\n') && !error.message.includes('undefined'), error.message);
    return error.message;
  }
  return assert.fail('accepted');
}

test('the settings that are part of the interface, with their defaults', () => {
  const settings = loadSettings({});
  assert.deepEqual(
    [settings.rtmp.port, settings.http.port, settings.access.publish, settings.publish.graceSeconds],
    [1935, 8080, 'keys', 10],
  );
  assert.deepEqual(
    [settings.delivery.batchMs, settings.hls.segmentSeconds, settings.hls.windowSegments],
    [0, 2, 6],
  );
});

test('flags beat environment beats file beats default, setting by setting', () => {
  const path = file('rtmp: { port: 1 }\nhttp: { port: 1 }\nhls: { segmentSeconds: 4 }\n');
  const settings = loadSettings({
    file: path,
    environment: {
      MILLRACE_RTMP_PORT: '2',
      MILLRACE_HTTP_PORT: '2',
      PATH: '/bin',
      MILLRACE_LOG_LEVEL: undefined,
    },
    flags: { rtmp: { port: 3, host: undefined } },
  });
  assert.deepEqual(
    [settings.rtmp.port, settings.http.port, settings.hls.segmentSeconds, settings.rtmp.host],
    [3, 2, 4, '*'],
  );
});

test('every setting can be set in the environment, by its documented name, and described', () => {
  const infos = describeSettings();
  assert.ok(infos.length >= 15);
  for (const { key, variable, fallback, allowed, help } of infos) {
    const [section = '', name = ''] = key.split('.');
    assert.match(variable, /^MILLRACE_[A-Z]+(_[A-Z]+)+$/);
    const given = Array.isArray(fallback) ? JSON.stringify(fallback) : String(fallback);
    const settings = loadSettings({ environment: { [variable]: given } });
    const group = settings[section as keyof typeof settings] as Record<string, unknown>;
    assert.deepEqual(group[name], fallback, key);
    assert.ok(allowed !== '' && help.endsWith('.'), key);
  }
  assert.equal(new Set(infos.map(({ variable }) => variable)).size, infos.length);
});

test('the environment’s examples of the interface', () => {
  const settings = loadSettings({
    environment: {
      MILLRACE_DELIVERY_BATCH_MS: '350',
      MILLRACE_HLS_SEGMENT_SECONDS: ' 2.5 ',
      MILLRACE_HTTP_GZIP: 'false',
      MILLRACE_ACCESS_PUBLISH: 'open',
    },
  });
  assert.deepEqual(
    [settings.delivery.batchMs, settings.hls.segmentSeconds, settings.http.gzip, settings.access.publish],
    [350, 2.5, false, 'open'],
  );
});

test('empty files and empty sections change nothing', () => {
  for (const text of ['', '# nothing\n', 'rtmp:\n', 'rtmp: {}\n', '---\n'])
    assert.deepEqual(loadSettings({ file: file(text) }), loadSettings({}), text);
});

test('a bad value names the key, the value, the place and what is allowed', () => {
  const cases = [
    [
      'rtmp: { port: 65536 }',
      /^rtmp\.port is 65536 in .*\.yaml; allowed: a whole number, 0 to 65535, or off$/,
    ],
    ['rtmp: { port: -1 }', /rtmp\.port is -1/],
    ['rtmp: { port: 1.5 }', /rtmp\.port is 1\.5/],
    ['rtmp: { port: "1935" }', /rtmp\.port is "1935"/],
    ['rtmp: { port: }', /rtmp\.port is null/],
    ['rtmp: { port: [1] }', /rtmp\.port is \[1\]/],
    ['access: { publish: all }', /access\.publish is "all" .*; allowed: keys, loopback, open$/],
    ['http: { gzip: "yes" }', /http\.gzip is "yes" .*; allowed: true, false$/],
    ['hls: { windowSegments: 5 }', /hls\.windowSegments is 5 .*; allowed: a whole number, 6 to 1000$/],
    ['publish: { graceSeconds: 601 }', /publish\.graceSeconds is 601 .*; allowed: 0 to 600$/],
    ['data: { dir: "" }', /data\.dir is ""/],
    ['record: { keepDays: -1 }', /record\.keepDays is -1 .*; allowed: a number, 0 or more$/],
    ['record: { name: "../x" }', /record\.name is "\.\.\/x" in .*\.yaml: .+; allowed: text, not empty$/],
    ['ladder: { app: a/b }', /ladder\.app is "a\/b" .*: it may use A-Z a-z 0-9/],
    ['ladder: { ingest: http://x }', /ladder\.ingest is .*; allowed: rtmp:\/\/HOST\[:PORT\], /],
    ['stop: { reconnectTo: x }', /stop\.reconnectTo is "x" .*; allowed: rtmp:\/\/HOST\[:PORT\], /],
  ] as const;
  for (const [text, message] of cases) assert.match(complaint({ file: file(text) }), message);
  assert.match(
    complaint({ environment: { MILLRACE_RTMP_PORT: 'many' } }),
    /^rtmp\.port is "many" in the environment \(MILLRACE_RTMP_PORT\); allowed: /,
  );
  for (const value of ['', ' ', '0x', 'NaN', 'Infinity', '1,5'])
    assert.match(complaint({ environment: { MILLRACE_RTMP_PORT: value } }), /rtmp\.port/, value);
  for (const value of ['1', 'yes', 'TRUE', ''])
    assert.match(complaint({ environment: { MILLRACE_HTTP_GZIP: value } }), /http\.gzip/, value);
  assert.match(
    complaint({ flags: { log: { level: 'loud' } } }),
    /^log\.level is "loud" in the command line; allowed: trace, debug,/,
  );
});

test('a token that is a word, or cannot stand in a header, is refused without being told', () => {
  for (const bad of ['short', 'fifteen-letters', 'has spaces in the middle', 'line\nbreak-in-the-middle']) {
    const said = complaint({ environment: { MILLRACE_API_TOKEN: bad } });
    assert.match(said, /^api\.token is not allowed in .*; allowed: text of at least 16 characters/);
    assert.ok(!said.includes(bad), said);
  }
});

test('an unknown key is named, with those that are known', () => {
  const cases = [
    ['rtmp: { prot: 1 }', /^unknown setting "rtmp\.prot" in .*\.yaml; allowed: rtmp\.host, rtmp\.port, /],
    ['rtpm: { port: 1 }', /^unknown setting "rtpm\.?[a-z]*" .*; allowed: rtmp\.host, .*http\.port/],
    ['rtmp: 1935', /^unknown setting "rtmp" .*; allowed: rtmp\.host, rtmp\.port, /],
    ['rtmp: [1935]', /^unknown setting "rtmp"/],
    ['port: 1935', /^unknown setting "port"/],
    ['rtpm:', /^unknown setting "rtpm"/],
    ['rtpm: {}', /^unknown setting "rtpm"/],
    ['1: { 2: 3 }', /^unknown setting "1/],
    ['constructor: { name: x }', /^unknown setting "constructor/],
    ['__proto__: { port: 1 }', /^unknown setting "__proto__/],
    ['rtmp: { __proto__: 1 }', /^unknown setting "rtmp\.__proto__"/],
  ] as const;
  for (const [text, message] of cases) assert.match(complaint({ file: file(text) }), message, text);
  assert.match(
    complaint({ environment: { MILLRACE_RTMP_PROT: '1' } }),
    /^unknown setting MILLRACE_RTMP_PROT=1 in the environment; allowed: MILLRACE_RTMP_HOST, MILLRACE_RTMP_PORT, /,
  );
  const mistyped = complaint({ environment: { MILLRACE_ACCESS_PLAYSECRET: 'hunter2' } });
  assert.match(mistyped, /^unknown setting MILLRACE_ACCESS_PLAYSECRET in the environment/);
  assert.match(
    complaint({ flags: { rtmp: { prot: 1 } } }),
    /^unknown setting "rtmp\.prot" in the command line/,
  );
  assert.match(complaint({ flags: { rtpm: { port: 1 } } }), /^unknown setting "rtpm\.port"/);
});

test('a file that cannot be read or understood is one sentence', () => {
  assert.match(complaint({ file: join(folder, 'missing.yaml') }), /^cannot read the settings file .*ENOENT/);
  assert.match(complaint({ file: folder }), /^cannot read the settings file .*EISDIR/);
  assert.match(complaint({ file: file('rtmp: {\n  port: 1\nhttp: ]') }), /line \d+ is not valid YAML: /);
  assert.match(complaint({ file: file('rtmp: {port: 1}\nrtmp: {port: 2}') }), /not valid YAML: .*unique/i);
  for (const text of ['- 1', 'just text', '42', 'true'])
    assert.match(complaint({ file: file(text) }), /must hold sections/, text);
});

test('variables that Kubernetes sets for services named millrace… are passed over; mistakes are not', () => {
  const environment = {
    MILLRACE_PORT: 'tcp://10.0.0.1:1935',
    MILLRACE_SERVICE_HOST: '10.0.0.1',
    MILLRACE_RTMP_PORT: 'tcp://10.0.0.1:1935',
    MILLRACE_RTMP_PORT_1935_TCP_ADDR: '10.0.0.1',
  };
  assert.equal(loadSettings({ environment }).rtmp.port, 1935);
  assert.throws(() => loadSettings({ environment: { MILLRACE_RTMP_PROT: '1' } }), /MILLRACE_RTMP_PROT/);
});

test('lists come from the file, or as YAML or JSON from the environment', () => {
  const rules = [{ streams: 'live/*', formats: ['flv'] }];
  const sources: SettingSources[] = [
    { file: file('record: { rules: [{ streams: live/*, formats: [flv] }] }') },
    { environment: { MILLRACE_RECORD_RULES: JSON.stringify(rules) } },
    { environment: { MILLRACE_RECORD_RULES: '[{ streams: live/*, formats: [flv] }]' } },
  ];
  for (const source of sources) {
    const read = loadSettings(source).record.rules.map(({ streams, formats }) => ({ streams, formats }));
    assert.deepEqual(read, rules);
  }
  assert.deepEqual(loadSettings({ environment: { MILLRACE_ACCESS_ALLOW_PLAY: '' } }).access.allowPlay, []);
});

test('a bad entry of a list is named by its place', () => {
  assert.match(
    complaint({ file: file('record: { rules: [{ streams: live/* }, { formats: [flv] }] }') }),
    /^record\.rules\[1\]\.streams in .*\.yaml is missing; allowed: a list, each with streams, formats,/,
  );
  assert.match(
    complaint({ environment: { MILLRACE_RECORD_RULES: 'live/*' } }),
    /^record\.rules is "live\/\*"/,
  );
});

test('a program that no system can start is found before anything is published', () => {
  const withCommand = (command: string): string =>
    complaint({ file: file(`hooks: { exec: [{ command: ${command} }] }`) });
  assert.match(withCommand('[""]'), /^hooks\.exec\[0\]\.command in .*the program has no name/);
  assert.match(withCommand('["ffmpeg", "a\\0b"]'), /^hooks\.exec\[0\]\.command\.1 in .*zero character/);
});

test('a secret may stand in a file, as container engines have it, and is not shown', () => {
  const path = file('s3cret-of-players\n');
  const settings = loadSettings({
    environment: { MILLRACE_ACCESS_PLAY_SECRET_FILE: path },
    flags: {
      hooks: { targets: [{ url: 'http://user:pass@hooks.example/x?token=abc', secret: 's3cret-of-hooks' }] },
      relay: { push: [{ streams: 'live/*', to: 'rtmp://a.example/live2/s3cret-key' }] },
    },
  });
  assert.equal(settings.access.playSecret, 's3cret-of-players');
  const shown = JSON.stringify(maskedSettings(settings));
  for (const hidden of ['s3cret', 'abc', 'pass']) assert.ok(!shown.includes(hidden), `${hidden} in ${shown}`);
  for (const seen of ['hooks.example/x', 'rtmp://a.example/live2/***', '"publishSecret":""'])
    assert.ok(shown.includes(seen), `${seen} not in ${shown}`);
  assert.match(
    complaint({ environment: { MILLRACE_ACCESS_PLAY_SECRET_FILE: `${path}.gone` } }),
    /^cannot read the file that MILLRACE_ACCESS_PLAY_SECRET_FILE names: /,
  );
  const wrong = complaint({ file: file('access: { playSecret: 12345678 }') });
  assert.ok(!wrong.includes('12345678'), wrong);
});
