import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Access } from '../../../src/app/access.ts';
import { createGateway } from '../../../src/app/gateway.ts';
import { isOperatorError } from '../../../src/cli/operator-error.ts';
import { welcome, type WelcomeFacts } from '../../../src/cli/welcome.ts';
import { loadSettings } from '../../../src/config/load.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { recordingLog, type LogLine } from '../../support/recording-log.ts';
import { folderFor } from './store-tools.ts';

async function start(
  folder: string,
  publish = 'keys',
): Promise<{ readonly access: Access; readonly lines: readonly LogLine[] }> {
  const settings = loadSettings({ flags: { data: { dir: folder }, access: { publish } } });
  const { log, lines } = recordingLog();
  const access = new Access({ settings, after: new FakeTime().after, log });
  access.open();
  await access.makeFirstKey();
  return { access, lines };
}

test('the first start makes one key, for live/cam, and tells it once', async () => {
  const folder = folderFor();
  const { access } = await start(folder);
  const secret = access.firstKey ?? '';
  assert.match(secret, /^pk_/);
  assert.deepEqual(
    access.keys.list().map(({ action, streams, label }) => [action, streams, label]),
    [['publish', 'live/cam', 'first key']],
  );
  assert.equal(statSync(join(folder, 'keys.json')).mode & 0o777, 0o600);
  const { access: later } = await start(folder);
  assert.equal(later.firstKey, undefined);
  assert.equal(later.keys.find(secret)?.record.streams, 'live/cam');
  assert.equal(later.keys.list().length, 1);
});

for (const publish of ['open', 'loopback'])
  test(`who lets in publishers otherwise (${publish}) is made no key`, async () => {
    const folder = folderFor();
    assert.equal((await start(folder, publish)).access.firstKey, undefined);
    assert.ok(!existsSync(join(folder, 'keys.json')), 'nor a file');
    assert.ok((await start(folder)).access.firstKey, 'until keys are asked for');
  });

test('a first key that cannot be written is an alarm in the log, not the end', async () => {
  const folder = folderFor();
  mkdirSync(join(folder, `keys.json.${process.pid}.new`, 'x'), { recursive: true });
  const { access, lines } = await start(folder);
  assert.equal(access.firstKey, undefined);
  const [line] = lines.filter(({ level }) => level === 'error');
  assert.match(
    line?.text ?? '',
    /no first stream key could be made: other machines cannot publish until one is/,
  );
  assert.match(String(line?.fields['reason']), /could not be written \(E[A-Z_]+\)/);
});

test('other rules hold from then on, and keys can be read again where there has never been a file', async () => {
  const { access } = await start(folderFor(), 'open');
  assert.equal(access.rules.playIsOpen, true);
  await access.keys.reload();
  access.apply(loadSettings({ flags: { access: { play: 'keys' } } }).access);
  assert.equal(access.rules.playIsOpen, false);
});

test('a gateway with a corrupt key file does not start, names it and leaves it as it is', async () => {
  const folder = folderFor();
  const path = join(folder, 'keys.json');
  writeFileSync(path, '{"version":1,"keys":[');
  const settings = {
    rtmp: { host: '127.0.0.1', port: 0 },
    http: { host: '127.0.0.1', port: 0 },
    data: { dir: folder },
    log: { level: 'silent' },
  };
  const gateway = createGateway({ settings });
  await assert.rejects(gateway.start(), (error) => {
    assert.ok(isOperatorError(error), 'one sentence, no stack');
    assert.ok(error.message.includes(path), error.message);
    return true;
  });
  await gateway.stop();
  assert.equal(readFileSync(path, 'utf8'), '{"version":1,"keys":[');
  rmSync(path);
  const repaired = createGateway({ settings });
  await repaired.start();
  assert.match(repaired.firstKey ?? '', /^pk_/);
  await repaired.stop();
});

const FACTS: WelcomeFacts = {
  rtmp: { host: '192.0.2.5', port: 1935 },
  http: { host: '192.0.2.5', port: 8080 },
  stream: 'cam',
  isOnAir: false,
  access: { publish: 'keys', trustLoopback: true },
  isApiOpenHere: true,
  tokenPlace: '/var/lib/millrace/api-token',
  color: false,
};

test('the welcome says where the operator works, and where the token is', () => {
  assert.match(
    welcome(FACTS),
    /All streams: .*\n {2}Operate it: {4}the same page; from other machines with the token in \/var\/lib\/millrace\/api-token\n/,
  );
  assert.match(welcome({ ...FACTS, isApiOpenHere: false }), /the same page, with the token in \/var/);
});

test('the first welcome shows the key, where it leads, and that it is shown only now', () => {
  const text = welcome({ ...FACTS, firstKey: 'pk_abc' });
  assert.match(text, /Server: {6}rtmp:\/\/192\.0\.2\.5:1935\/live\n {4}Stream Key: {2}pk_abc\n/);
  assert.match(text, /shown only now.* leads to live\/cam/);
  assert.match(text, /this machine need none/);
  assert.match(
    text,
    /Watch: +http:\/\/192\.0\.2\.5:8080\/watch\/live\/cam\n/,
    'the key is not in the viewers’ link',
  );
  assert.equal(text.match(/pk_abc/g)?.length, 1);
  assert.doesNotMatch(
    welcome({ ...FACTS, firstKey: 'pk_abc', access: { publish: 'keys', trustLoopback: false } }),
    /need none/,
  );
});

test('later welcomes say where keys are made', () => {
  const text = welcome(FACTS);
  assert.match(text, /Stream Key: {2}cam\n {4}That is for encoders on this machine/);
  assert.match(text, /keys are made, replaced and revoked at http:\/\/192\.0\.2\.5:8080\//);
  const strict = welcome({ ...FACTS, access: { publish: 'keys', trustLoopback: false } });
  assert.match(strict, /Every encoder enters its key/);
});

test('without keys the welcome says who may publish', () => {
  const loopback = welcome({ ...FACTS, access: { publish: 'loopback', trustLoopback: true } });
  assert.match(loopback, /Only encoders on this machine may publish\. MILLRACE_ACCESS_PUBLISH=keys/);
  assert.doesNotMatch(
    welcome({ ...FACTS, access: { publish: 'open', trustLoopback: true } }),
    /key \(pk|may publish/,
  );
});

test('the welcome tells of RTMPS and HTTPS, and what to make of a certificate that was made here', () => {
  const tls = { rtmps: { host: '192.0.2.5', port: 1936 }, https: { host: '192.0.2.5', port: 8443 } };
  const trusted = welcome({ ...FACTS, ...tls });
  assert.match(
    trusted,
    /rtmp:\/\/192\.0\.2\.5:1935\/live {2}\(encrypted: rtmps:\/\/192\.0\.2\.5:1936\/live\)/,
  );
  assert.match(trusted, /Watch: +https:\/\/192\.0\.2\.5:8443\/watch\/live\/cam/);
  assert.match(trusted, /By HTTP: +http:\/\/192\.0\.2\.5:8080\//);
  const trial = welcome({ ...FACTS, ...tls, selfSigned: 'AB:CD' });
  assert.match(trial, /Watch: +http:\/\/192\.0\.2\.5:8080/);
  assert.match(trial, /By HTTPS: +https:\/\/192\.0\.2\.5:8443\//);
  assert.match(trial, /made here, for trying out[^]*AB:CD/);
  const alone = welcome({ ...FACTS, ...tls, rtmp: { host: '', port: 0 }, http: { host: '', port: 0 } });
  assert.match(alone, /Server: +rtmps:\/\/192\.0\.2\.5:1936\/live\n/);
  assert.doesNotMatch(alone, /http:|rtmp:/);
});
