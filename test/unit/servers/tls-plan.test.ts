import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingNames } from '../../../src/app/tls-names.ts';
import { tlsPlan } from '../../../src/app/tls-plan.ts';
import { ConfigError, loadSettings, type SettingsInput } from '../../../src/config/load.ts';
import { spokenIn } from '../../../src/servers/tls/first-bytes.ts';
import { Allowance } from '../../../src/servers/http/http2/allowance.ts';
import { Seldom } from '../../../src/servers/seldom.ts';

const planOf = (flags: SettingsInput) => tlsPlan(loadSettings({ flags }));
const refusalOf = (flags: SettingsInput): string => {
  try {
    planOf(flags);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message;
  }
  return assert.fail('it was taken');
};

test('without a certificate only the plain ports are opened', () => {
  const { rtmp, http, rtmps, https, certificate } = planOf({});
  assert.deepEqual([rtmp, http, rtmps, https, certificate], [1935, 8080, undefined, undefined, undefined]);
});

test('a certificate is enough to be reached by TLS; each port can be moved or switched off', () => {
  const usual = planOf({ tls: { cert: 'c.pem', key: 'k.pem' } });
  assert.deepEqual([usual.rtmps, usual.https], [1936, 8443]);
  const moved = planOf({
    tls: { selfSigned: true },
    http: { tlsPort: 443, port: 'off' },
    rtmp: { tlsPort: 'off' },
  });
  assert.deepEqual([moved.http, moved.https, moved.rtmp, moved.rtmps], [undefined, 443, 1935, undefined]);
});

test('settings that do not go together are refused by name', () => {
  assert.match(refusalOf({ http: { tlsPort: 443 } }), /http\.tlsPort is set, but there is no certificate/);
  assert.match(refusalOf({ rtmp: { tlsPort: 0 } }), /rtmp\.tlsPort is set, but there is no certificate/);
  assert.match(refusalOf({ tls: { key: 'k.pem' } }), /tls\.key is set and tls\.cert is not/);
  assert.match(refusalOf({ tls: { cert: 'c.pem', selfSigned: true } }), /both set/);
  assert.match(refusalOf({ http: { redirectToTls: true } }), /redirectToTls/);
  assert.match(refusalOf({ http: { port: 'off' } }), /could not be reached/);
  assert.match(
    refusalOf({ rtmp: { port: 'off' }, hooks: { exec: [{ streams: 'live/*', command: 'x', args: [] }] } }),
    /hooks\.exec/,
  );
});

test('ports from the environment are numbers or "off"; files may be named with _FILE', () => {
  const load = (environment: Record<string, string>) => loadSettings({ environment });
  const settings = load({
    MILLRACE_HTTP_TLS_PORT: '443',
    MILLRACE_HTTP_PORT: 'off',
    MILLRACE_TLS_CERT: '/c.pem',
    MILLRACE_TLS_KEY_FILE: '/k.pem',
  });
  assert.equal(settings.http.tlsPort, 443);
  assert.equal(settings.http.port, 'off');
  assert.deepEqual([settings.tls.cert, settings.tls.key], ['/c.pem', '/k.pem']);
  assert.throws(
    () => load({ MILLRACE_RTMP_TLS_PORT: 'none' }),
    /rtmp\.tlsPort is "none" .*; allowed: a whole number, 0 to 65535, off, or auto/,
  );
});

test('an address is among the names of a certificate however it is written', () => {
  assert.deepEqual(missingNames(['LocalHost', 'fd00::2', '192.0.2.1'], ['localhost', 'FD00:0:0:0:0:0:0:2']), [
    '192.0.2.1',
  ]);
});

test('what a peer speaks is told by its first bytes, also by one of them', () => {
  assert.equal(spokenIn(Buffer.from([22, 3, 1, 2, 0])), 'TLS');
  assert.equal(spokenIn(Buffer.from([22])), 'TLS');
  assert.equal(spokenIn(Buffer.from([22, 9])), 'something else');
  assert.equal(spokenIn(Buffer.from([3, 0, 0])), 'RTMP');
  assert.equal(spokenIn(Buffer.from('GET / HTTP/1.1\r\n')), 'HTTP');
  assert.equal(spokenIn(Buffer.from('G')), 'HTTP');
  assert.equal(spokenIn(Buffer.from('hello')), 'something else');
});

test('an allowance is used up at once and comes back with time', () => {
  const allowance = new Allowance({ atOnce: 3, perSecond: 2 }, 0);
  assert.deepEqual(
    [1, 1, 1, 1].map((now) => allowance.take(now)),
    [true, true, true, false],
  );
  assert.equal(allowance.take(501), true, 'half a second is one');
  assert.equal(allowance.take(502), false);
  assert.deepEqual(
    [60_000, 60_000, 60_000, 60_000].map((now) => allowance.take(now)),
    [true, true, true, false],
  );
});

test('one of many is told', () => {
  let now = 0;
  let told = 0;
  const seldom = new Seldom(1_000, () => now);
  for (now = 0; now <= 2_500; now += 100) seldom.tell(() => told++);
  assert.equal(told, 3);
});
