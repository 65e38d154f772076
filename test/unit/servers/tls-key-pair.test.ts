import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { before, test } from 'node:test';
import { CertificateError } from '../../../src/servers/tls/certificate-error.ts';
import { keyPair } from '../../../src/servers/tls/key-pair.ts';
import { makeSelfSigned } from '../../../src/servers/tls/self-signed.ts';
import { timeProblem } from '../../../src/servers/tls/validity.ts';
import { authorities, certificate, type Authorities } from '../../support/certificates.ts';

let all: Authorities;
before(async () => {
  all = await authorities();
});

const pairOf = (cert: string, key: string) =>
  keyPair({ text: cert, what: 'tls.cert (/c.pem)' }, { text: key, what: 'tls.key (/k.pem)' });

const refusalOf = (cert: string, key: string): string => {
  try {
    pairOf(cert, key);
  } catch (error) {
    assert.ok(error instanceof CertificateError, String(error));
    return error.message;
  }
  return assert.fail('it was taken');
};

const subjectsIn = (pem: string): string[] =>
  pem
    .split(/(?=-----BEGIN)/)
    .filter((block) => block.trim() !== '')
    .map((block) => new X509Certificate(block).subject);

test('a whole chain is taken with its names, and only said to end at an authority that is not well known', () => {
  const pair = pairOf(all.chain, all.server.key);
  assert.deepEqual(pair.names, ['localhost', '127.0.0.1']);
  assert.deepEqual(subjectsIn(pair.cert), ['CN=Test Server', 'CN=Test Middle']);
  assert.match(pair.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  assert.equal(pair.warnings.length, 1);
  assert.match(pair.warnings[0] ?? '', /ends with a certificate of "Test Root", which is no well-known/);
});

test('a chain up to the root itself is complete', () => {
  assert.deepEqual(pairOf(all.chain + all.root.cert, all.server.key).warnings, []);
});

test('a missing intermediate certificate is named, and what to do about it', () => {
  const [warning = ''] = pairOf(all.server.cert, all.server.key).warnings;
  assert.match(warning, /issuer, "Test Middle", is missing in tls\.cert \(\/c\.pem\)/);
  assert.match(warning, /fullchain\.pem/);
});

test('certificates in the wrong order are sent in the right one', () => {
  const pair = pairOf(all.root.cert + all.middle.cert + all.server.cert, all.server.key);
  assert.deepEqual(subjectsIn(pair.cert), ['CN=Test Server', 'CN=Test Middle', 'CN=Test Root']);
  assert.match(pair.warnings.join(), /not in the order/);
});

test('a certificate that does not belong to the chain is not sent', async () => {
  const stranger = await certificate({ name: 'Stranger' });
  const pair = pairOf(all.chain + stranger.cert, all.server.key);
  assert.deepEqual(subjectsIn(pair.cert), ['CN=Test Server', 'CN=Test Middle']);
  assert.match(pair.warnings.join(), /do not belong to "Test Server"/);
});

test('an authority of the same name as the issuer, but with another key, is not taken for it', async () => {
  const impostor = await certificate({ name: 'Test Middle' });
  const pair = pairOf(all.server.cert + impostor.cert, all.server.key);
  assert.deepEqual(subjectsIn(pair.cert), ['CN=Test Server']);
});

test('the key may be in the file of the certificate', () => {
  const text = all.chain + all.server.key;
  assert.deepEqual(pairOf(text, text).names, ['localhost', '127.0.0.1']);
});

test('what cannot be used is refused with the file, the setting and the reason', async () => {
  const other = await certificate({ name: 'Other', for: ['localhost'] });
  const { chain } = all;
  const { key } = all.server;
  assert.match(
    refusalOf(chain, other.key),
    /key in tls\.key \(\/k\.pem\) does not belong .*"Test Server" in tls\.cert/,
  );
  assert.match(refusalOf(key, chain), /tls\.cert \(\/c\.pem\) holds no certificate: .*mixed up/);
  assert.match(refusalOf(chain, chain), /tls\.key \(\/k\.pem\) holds no private key: .*mixed up/);
  assert.match(refusalOf('', key), /tls\.cert .* it is empty/);
  assert.match(refusalOf('0\u0082\u0003', key), /not PEM but DER/);
  assert.match(refusalOf('hello', key), /not PEM \(/);
  assert.match(refusalOf(chain.slice(0, 300), key), /not whole/);
  assert.match(
    refusalOf(chain.replace(/\n[A-Za-z0-9+/]{10}/, '\nAAAAAAAAAA'), key),
    /certificate 1 in .* is damaged/,
  );
  assert.match(refusalOf(chain, key.replace(/\n[A-Za-z0-9+/]{10}/, '\nAAAAAAAAAA')), /key in .* is damaged/);
  assert.match(refusalOf(chain.repeat(10), key), /holds 20 certificates/);
});

test('an encrypted key is refused with the command that decrypts it', () => {
  const encrypted = createPrivateKey(all.server.key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
    .toString();
  assert.match(refusalOf(all.chain, encrypted), /encrypted with a passphrase.*openssl pkey/);
});

test('a certificate that was made here is for the names that were asked for, and fits its key', async () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  const { key, cert } = await makeSelfSigned(['localhost', 'box.example', '192.0.2.7', '2001:db8::7'], now);
  const pair = pairOf(cert, key);
  assert.deepEqual(pair.names.slice(0, 3), ['localhost', 'box.example', '192.0.2.7']);
  assert.equal(pair.names.length, 4);
  assert.deepEqual(pair.warnings, [], 'it is its own issuer');
  assert.equal(timeProblem(pair, now), undefined);
  assert.ok(pair.expiresAt - pair.validFrom < 398 * 86_400_000, 'no longer than browsers accept');
});

test('the time of a certificate: expired, soon, not yet, and good', () => {
  const day = 86_400_000;
  const pair = { validFrom: 100 * day, expiresAt: 200 * day, issuers: [] };
  assert.match(timeProblem(pair, 200 * day) ?? '', /expired on 1970-07-20/);
  assert.match(timeProblem(pair, 186 * day + 1) ?? '', /expires on 1970-07-20, in 13 days/);
  assert.match(timeProblem(pair, 199 * day) ?? '', /in 1 day:/);
  assert.equal(timeProblem(pair, 186 * day), undefined);
  assert.match(timeProblem(pair, 99 * day) ?? '', /valid only from 1970-04-11T00:00:00/);
});

test('an issuer whose certificate has expired, or soon will, is said too: the own one does not help then', async () => {
  const day = 86_400_000;
  const root = await certificate({ name: 'Root' });
  const middle = await certificate({ name: 'Middle', by: root, from: -20, until: 20 });
  const server = await certificate({ name: 'Server', by: middle, for: ['localhost'] });
  const pair = pairOf(server.cert + middle.cert + root.cert, server.key);
  assert.deepEqual(
    pair.issuers.map(({ name }) => name),
    ['"Middle"'],
    'everybody has a root of their own',
  );
  const now = Date.now();
  assert.equal(timeProblem(pair, now), undefined);
  assert.match(timeProblem(pair, now + 10 * day) ?? '', /of an issuer in the chain expires on .*, in 9 days/);
  assert.match(timeProblem(pair, now + 21 * day) ?? '', /the issuer "Middle" expired on .*newer one/);
  assert.match(
    timeProblem(pair, now + 91 * day) ?? '',
    /^the certificate expired on/,
    'its own time comes first',
  );
});
