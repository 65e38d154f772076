import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AmfObject } from '../../src/amf/value.ts';
import type { CommandTable } from '../../src/protocols/rtmp/session/command-context.ts';
import type { RelayInfo } from '../../src/servers/http/api/parts.ts';
import { adobeLogin } from '../support/authmod.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { unlessThere } from '../support/programs.ts';
import { api, gatewayWith, showOn, standWith, whenProblem, whenRunning } from '../support/relays.ts';
import { waitFor } from '../support/wait.ts';

const skip = unlessThere('openssl');

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-certificates-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A certificate that signs itself. */
function certificate(name: string, alternative: string): { key: string; cert: string; file: string } {
  const file = join(folder, `${name}.pem`);
  const keyFile = join(folder, `${name}.key`);
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...[
        '-subj',
        `/CN=${name}`,
        '-addext',
        `subjectAltName=${alternative}`,
        '-keyout',
        keyFile,
        '-out',
        file,
      ],
    ],
    { stdio: 'ignore' },
  );
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(file, 'utf8'), file };
}

async function push(gateway: TestGateway, url: string): Promise<string> {
  const made = await api(gateway, 'POST', { direction: 'push', stream: 'live/cam', url });
  assert.equal(made.status, 201, url);
  return ((await made.json()) as RelayInfo).id;
}

test('a push over TLS, with the chain and the name verified', { skip }, async () => {
  const [right, other] = [certificate('right', 'IP:127.0.0.1'), certificate('other', 'DNS:other.example')];
  const target = await standWith({ tls: right });
  const elsewhere = await standWith({ tls: other });
  const plain = await standWith();
  const trusting = await gatewayWith({ relay: { caFile: right.file } });
  const naming = await gatewayWith({ relay: { caFile: other.file } });
  const doubting = await gatewayWith();
  for (const gateway of [trusting, naming, doubting]) await showOn(gateway);
  const url = `rtmps://127.0.0.1:${target.port}/rtmp/KEY`;
  await whenRunning(trusting, await push(trusting, url));
  await waitFor('frames', () => (target.last?.messages.length ?? 0) > 30);
  assert.equal(target.last?.tcUrl, `rtmps://127.0.0.1:${target.port}/rtmp`);

  await whenProblem(doubting, await push(doubting, url), /certificate is self-signed; see relay\.caFile/);
  const wrongName = await push(naming, `rtmps://127.0.0.1:${elsewhere.port}/rtmp/KEY`);
  await whenProblem(naming, wrongName, /certificate is for another host/);
  const noTls = await push(doubting, `rtmps://127.0.0.1:${plain.port}/rtmp/KEY`);
  await whenProblem(doubting, noTls, /does not speak TLS|closed the connection/);
  assert.equal(elsewhere.publishers.length, 0);
});

test('a file of certificates that holds none is a mistake in the settings', { skip }, async () => {
  const { key } = certificate('keyed', 'IP:127.0.0.1');
  const keyFile = join(folder, 'keyed.key');
  assert.ok(key.includes('PRIVATE'), 'a key, not a certificate');
  await assert.rejects(
    startGateway({ relay: { caFile: keyFile } }),
    /relay\.caFile: cannot use .*no certificate/,
  );
  await assert.rejects(
    startGateway({ relay: { caFile: join(folder, 'none.pem') } }),
    /relay\.caFile.*ENOENT/,
  );
});

test('name and password in Adobe’s way: three connections, then it runs; a wrong one is told in words', async () => {
  const login = adobeLogin('me', 'pa55/word');
  const target = await standWith({ commands: login.commands });
  const gateway = await gatewayWith();
  await showOn(gateway);
  const at = `127.0.0.1:${target.port}/in/KEY`;
  await whenRunning(gateway, await push(gateway, `rtmp://me:pa55%2Fword@${at}`));
  assert.equal(target.connections, 3);
  assert.equal(login.asked[0], 'in');
  assert.equal(login.asked[1], 'in?authmod=adobe&user=me');
  assert.match(
    login.asked[2] ?? '',
    /^in\?authmod=adobe&user=me&challenge=[0-9a-f]{8}&response=.+&opaque=0paque==$/,
  );
  await waitFor('frames', () => (target.last?.messages.length ?? 0) > 30);

  await whenProblem(
    gateway,
    await push(gateway, `rtmp://me:wrong@${at}`),
    /refused this user name and password/,
  );
  await whenProblem(gateway, await push(gateway, `rtmp://you:wrong@${at}`), /does not know this user name/);
  await whenProblem(gateway, await push(gateway, `rtmp://${at}`), /wants a user name and a password/);
  const shown = JSON.stringify([await (await api(gateway)).json(), gateway.lines]);
  for (const secret of ['pa55', 'KEY', 's4lt', 'authmod'])
    assert.equal(shown.includes(secret), false, secret);
});

/** Sends everybody to another place. */
const sendsTo = (url: () => string): CommandTable => [
  [
    'connect',
    (context, command) =>
      context.out.call(
        '_error',
        command.transactionId,
        null,
        AmfObject.of({
          level: 'error',
          code: 'NetConnection.Connect.Rejected',
          description: 'not here',
          ex: AmfObject.of({ code: 302, redirect: url() }),
        }),
      ),
  ],
];

test('a redirect is followed, but not round in a circle', async () => {
  const target = await standWith();
  const first = await standWith({ commands: sendsTo(() => `rtmp://127.0.0.1:${target.port}/there`) });
  const circle = await standWith({ commands: sendsTo((): string => `rtmp://127.0.0.1:${circle.port}/in`) });
  const gateway = await gatewayWith();
  await showOn(gateway);
  await whenRunning(gateway, await push(gateway, `rtmp://127.0.0.1:${first.port}/in/KEY?t=1`));
  assert.deepEqual([target.last?.app, target.last?.key], ['there', 'KEY?t=1']);
  const round = await push(gateway, `rtmp://127.0.0.1:${circle.port}/in/KEY`);
  await whenProblem(gateway, round, /redirects more than 3 times/);
  assert.equal(circle.connections % 4, 0, 'four connections an attempt');
});

test('a server that refuses is quoted, without the key', async () => {
  const origin = await gatewayWith({ access: { publish: 'keys', trustLoopback: false } });
  const gateway = await gatewayWith();
  await showOn(gateway);
  const info = await whenProblem(
    gateway,
    await push(gateway, `${origin.rtmp}/live/not-a-key`),
    /Unauthorized/,
  );
  assert.doesNotMatch(info.problem ?? '', /not-a-key/);
});
