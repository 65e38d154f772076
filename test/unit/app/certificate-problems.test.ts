import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { certificateProblems } from '../../../src/app/certificate-problems.ts';
import { hostToTell, isFor } from '../../../src/app/tls-names.ts';
import { loadSettings, type SettingsInput } from '../../../src/config/load.ts';
import {
  authorities,
  certificate,
  writeCertificates,
  type CertificateFiles,
} from '../../support/certificates.ts';

let folder: string;
let files: CertificateFiles;
let stranger: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-certificate-'));
  const all = await authorities('', ['media.example.org', '*.live.example.org']);
  files = writeCertificates(folder, all);
  writeFileSync(join(folder, 'alone.pem'), all.server.cert);
  const old = await certificate({ name: 'Old', for: ['old.example.org'], from: -20, until: -2 });
  writeFileSync(join(folder, 'old.pem'), old.cert + old.key, { mode: 0o600 });
  stranger = join(folder, 'old.pem');
});

after(() => rmSync(folder, { recursive: true, force: true }));

const problems = (tls: object, more: SettingsInput = {}): Promise<string[]> =>
  certificateProblems(loadSettings({ flags: { tls: { ...tls }, ...more } }), Date.now());

test('what a start would warn of is said beforehand', async () => {
  assert.deepEqual(await problems({}), [], 'no TLS, nothing to say');
  const { cert, key } = files;
  assert.match(String(await problems({ cert: stranger })), /expired on/);
  assert.match(String(await problems({ cert: join(folder, 'alone.pem'), key })), /fullchain\.pem/);
  const whole = await problems({ cert, key });
  assert.ok(
    whole.every((text) => /well-known/.test(text)),
    whole.join(),
  );
});

test('what would keep it from starting is an error that names file and setting', async () => {
  const { cert, key } = files;
  await assert.rejects(problems({ cert, key: stranger }), /tls\.key .*does not belong/);
  await assert.rejects(
    problems({ cert: join(folder, 'none.pem'), key }),
    /cannot read tls\.cert .*no such file/,
  );
  await assert.rejects(problems({}, { http: { tlsPort: 8443 } }), /there is no certificate/);
});

test('hosts that the settings send encoders to by RTMPS are looked for in the certificate', async () => {
  const { cert, key } = files;
  const to = (host: string): SettingsInput => ({ stop: { reconnectTo: `rtmps://${host}:1936` } });
  assert.match(String(await problems({ cert, key }, to('other.example.org'))), /not for other\.example\.org/);
  assert.doesNotMatch(String(await problems({ cert, key }, to('media.example.org'))), /not for/);
  assert.ok(isFor(['*.live.example.org'], 'a.LIVE.example.org'), 'one label');
  assert.ok(!isFor(['*.live.example.org'], 'a.b.live.example.org'), 'two labels');
  assert.ok(!isFor(['*.example.org'], 'example.org'), 'none');
});

test('a certificate that is to be made is not made', async () => {
  assert.deepEqual(await problems({ selfSigned: true }, { data: { dir: join(folder, 'nowhere') } }), []);
});

test('people are sent to a name that the certificate is for', () => {
  const here = '192.0.2.2';
  assert.equal(
    hostToTell(['localhost', '192.0.2.2', 'media.example.org'], here),
    here,
    'it is for the address',
  );
  assert.equal(hostToTell(['media.example.org', 'www.example.org'], here), 'media.example.org');
  assert.equal(hostToTell(['localhost', '127.0.0.1', '203.0.113.5'], here), '203.0.113.5');
  assert.equal(hostToTell(['*.example.org'], here), here, 'nobody knows which');
  assert.equal(hostToTell(['*.example.org'], 'tv.example.org'), 'tv.example.org');
  assert.equal(hostToTell(['localhost', '127.0.0.1', '::1'], here), here);
  assert.equal(hostToTell([], here), here, 'no TLS');
});
