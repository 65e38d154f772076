import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createGateway } from '../../src/app/gateway.ts';
import type { SettingsInput } from '../../src/config/load.ts';
import { describeSettings } from '../../src/config/schema.ts';
import { runProgram, unlessThere } from '../support/programs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** For each setting a value that is not its default. */
const OTHERS: SettingsInput = {
  rtmp: {
    host: '127.0.0.1',
    port: 1,
    proxyProtocol: true,
    trustedProxies: ['192.0.2.1'],
    ...{ tlsPort: 2, tlsHost: '127.0.0.1' },
  },
  http: {
    ...{ host: '127.0.0.1', port: 1, trustedProxies: ['192.0.2.1'], proxyHeader: 'forwarded', gzip: false },
    ...{ tlsPort: 2, tlsHost: '127.0.0.1', redirectToTls: true },
  },
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
  api: { trustLoopback: false, token: 't'.repeat(32), metrics: 'token', playbackReports: false },
  tls: { cert: 'cert.pem', key: 'key.pem', selfSigned: true },
  publish: { graceSeconds: 1, idleSeconds: 1 },
  play: { waitSeconds: 1 },
  limits: { connections: 10, connectionsPerAddress: 5 },
  delivery: { batchMs: 1, viewerQueueBytes: 70_000, viewerLagSeconds: 1 },
  hls: {
    ...{ segmentSeconds: 1, windowSegments: 7, sessions: false, container: 'ts', lowLatency: false },
    ...{
      partSeconds: 0.5,
      dvrSeconds: 60,
      dvrBytes: 200_000_000,
      clipSeconds: 60,
      streams: [{ match: 'a/*' }],
    },
  },
  ladder: {
    ...{ groups: [{ match: 'live/*', suffixes: ['_720'] }], audioKbps: 128, app: 'show' },
    ...{ sounds: [{ match: 'live/*', track: 1, name: 'English' }], ingest: 'rtmp://192.0.2.1' },
    renditions: [{ height: 360, bitrateKbps: 500 }],
  },
  stop: { drainSeconds: 1, reconnectTo: 'rtmp://192.0.2.1' },
  log: { level: 'silent', format: 'json' },
  data: { dir: 'elsewhere' },
};

test(
  'the lists of what a reload changes and what a restart needs are right',
  { skip: unlessThere('openssl') },
  async (context) => {
    const folder = temporaryFolder('millrace-docs-');
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
    const tls = { cert: caFile, key: join(folder, 'key.pem'), selfSigned: true };
    const others = { ...OTHERS, relay: { ...OTHERS['relay'], caFile }, tls, data: { dir: own.data.dir } };
    const all = describeSettings().map(({ key }) => key);
    const missing = all.filter((key) => !(key.split('.')[1]! in (OTHERS[key.split('.')[0]!] ?? {})));
    assert.deepEqual(missing, [], 'settings that this test does not change');
    const gateway = createGateway({ settings: own, readSettings: () => others });
    await gateway.start();
    context.after(() => gateway.stop());
    const { applied, needsRestart } = await gateway.reload();
    const listed = (start: string): string[] => {
      const paragraph =
        readFileSync('docs/operating.md', 'utf8')
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
