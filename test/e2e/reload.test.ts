import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { stringify } from 'yaml';
import { createGateway } from '../../src/app/gateway.ts';
import { loadSettings, type SettingsInput } from '../../src/config/load.ts';
import type { ReloadReport, RelayInfo } from '../../src/servers/http/api/parts.ts';
import { call, type Called } from '../support/api-stand.ts';
import { HttpFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, whenLive } from '../support/gateway.ts';
import { HookReceiver } from '../support/hook-receiver.ts';
import { recordingLog } from '../support/recording-log.ts';
import { publishTo } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** A gateway whose settings stand in a file that the test writes. */
async function gatewayOf(context: TestContext, first: SettingsInput) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-reload-'));
  const file = join(folder, 'millrace.yaml');
  const say = (settings: SettingsInput): void =>
    writeFileSync(
      file,
      stringify({
        data: { dir: join(folder, 'data') },
        ...settings,
        rtmp: { host: '127.0.0.1', port: 0, ...settings['rtmp'] },
        http: { host: '127.0.0.1', port: 0 },
      }),
    );
  say(first);
  const { log, lines } = recordingLog();
  const read = () => loadSettings({ file });
  const gateway = createGateway({ settings: read(), readSettings: read, log });
  const { rtmp, http } = await gateway.start();
  context.after(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    ...{ gateway, lines, say, file },
    data: join(folder, 'data'),
    rtmp: `rtmp://127.0.0.1:${rtmp}`,
    httpPort: http,
    api: (path: string, method = 'GET', token?: string): Promise<Called> =>
      call(http, `/api/v1${path}`, { method, ...(token !== undefined && { token }) }),
  };
}

const relaysOf = ({ json }: Called): readonly RelayInfo[] =>
  (json as { readonly relays: readonly RelayInfo[] }).relays;

test('a reload by the API puts rules, hooks and relays in force, names what needs a restart, and disturbs nobody', async (context) => {
  const far = await startGateway({ access: { publish: 'open' } });
  const receiver = await HookReceiver.start();
  context.after(() => Promise.all([far.stop(), receiver.down()]));
  const first = { streams: 'live/*', to: `${far.rtmp}/far/{stream}` };
  const second = { streams: 'live/*', to: `${far.rtmp}/more/{stream}` };
  const { rtmp, httpPort, say, api, gateway } = await gatewayOf(context, { relay: { push: [first] } });
  const publisher = await publishTo(`${rtmp}/live/cam`);
  context.after(() => publisher.kill());
  const show = new Show(publisher);
  context.after(show.live());
  const viewer = new HttpFlvViewer(httpPort, '/live/cam.flv');
  context.after(() => viewer.drop());
  await whenLive(far, 'far/cam');
  const [before] = relaysOf(await api('/relays'));
  assert.equal(before?.id, 'push-1');

  say({
    access: { play: 'keys', trustLoopback: false },
    hooks: { targets: [{ url: receiver.url, events: ['unpublish'] }] },
    relay: { push: [second, first] },
    publish: { graceSeconds: 1 },
    rtmp: { port: 1 },
  });
  const { status, json } = await api('/reload', 'POST');
  assert.equal(status, 200);
  assert.deepEqual(json, {
    applied: ['access.play', 'access.trustLoopback', 'hooks.targets', 'relay.push', 'publish.graceSeconds'],
    needsRestart: ['rtmp.port'],
  } satisfies ReloadReport);

  await whenLive(far, 'more/cam');
  const relays = relaysOf(await api('/relays'));
  const kept = relays.find(({ id }) => id === 'push-1');
  assert.deepEqual(
    [kept?.url, kept?.state, kept?.runningSince],
    [before.url, 'running', before.runningSince],
    'the relay that stays was not interrupted',
  );
  const tags = viewer.tags.length;
  await waitFor('more of the stream', () => viewer.tags.length > tags + 10);
  assert.deepEqual([viewer.isClosed, publisher.isClosed], [false, false], 'who is here stays');
  const late = await fetch(`http://127.0.0.1:${httpPort}/live/cam.flv`);
  assert.equal(late.status, 401, 'who comes now meets the new rule');
  assert.equal(gateway.settings.rtmp.port, 0);

  say({ relay: { push: [second] }, access: { play: 'keys' } });
  assert.equal((await api('/reload', 'POST')).status, 200);
  assert.deepEqual(
    relaysOf(await api('/relays')).filter(({ id }) => id === 'push-1'),
    [],
    'and the one that goes is gone',
  );
});

test('a hook that a reload adds is told of what happens from then on', async (context) => {
  const receiver = await HookReceiver.start();
  context.after(() => receiver.down());
  const { rtmp, say, gateway } = await gatewayOf(context, {});
  say({ hooks: { targets: [{ url: receiver.url, events: ['publish'] }] } });
  assert.deepEqual(await gateway.reload(), { applied: ['hooks.targets'], needsRestart: [] });
  const publisher = await publishTo(`${rtmp}/live/cam`);
  new Show(publisher).go(5);
  await waitFor('the hook', () => receiver.events.some(({ type }) => type === 'publish'));
  publisher.kill();
});

test('a faulty file changes nothing: the API and the log say what is wrong', async (context) => {
  const { say, api, gateway, lines } = await gatewayOf(context, {});
  say({ access: { play: 'keys' }, publish: { graceSeconds: -1 } });
  const { status, json } = await api('/reload', 'POST');
  assert.equal(status, 409);
  const { error } = json as { readonly error: string };
  assert.match(error, /^settings stay as they were: publish\.graceSeconds is -1 in .*; allowed: 0 to 600$/);
  assert.equal(gateway.settings.access.play, 'open');
  assert.ok(
    lines.some(({ level, text }) => level === 'error' && text === error),
    'in the log, too',
  );
});

test('a corrupt key file, a token that is none and a lost certificate change nothing either', async (context) => {
  const { say, gateway, data } = await gatewayOf(context, {});
  const keys = join(data, 'keys.json');
  const good = readFileSync(keys);
  writeFileSync(keys, '{');
  say({ access: { play: 'keys' } });
  await assert.rejects(gateway.reload(), { name: 'KeyFileError' });
  writeFileSync(keys, good);
  say({ access: { play: 'keys' }, api: { token: 'short' } });
  await assert.rejects(gateway.reload(), { name: 'ConfigError' });
  say({ access: { play: 'keys' }, relay: { caFile: join(data, 'nothing.pem') } });
  await assert.rejects(gateway.reload(), { name: 'ConfigError' });
  const { access, relay, api } = gateway.settings;
  assert.deepEqual([access.play, relay.caFile, api.token], ['open', '', '']);
  assert.equal(readFileSync(keys).equals(good), true);
});

test('a token that somebody has put into its file is in force after a reload', async (context) => {
  const settings = { api: { trustLoopback: false } };
  const { gateway, data, api, httpPort } = await gatewayOf(context, settings);
  const file = join(data, 'api-token');
  const former = readFileSync(file, 'utf8').trim();
  writeFileSync(file, 'another-token-for-the-api\n', { mode: 0o600 });
  assert.equal((await api('/keys', 'GET', former)).status, 200);
  const signedIn = await call(httpPort, '/api/v1/session', { method: 'POST', body: { token: former } });
  const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? '';
  const asBrowser = async (): Promise<number> =>
    (await call(httpPort, '/api/v1/keys', { headers: { cookie } })).status;
  assert.equal(await asBrowser(), 200);
  await gateway.reload();
  assert.equal(await asBrowser(), 401, 'who had signed in with the former one');
  assert.equal((await api('/keys', 'GET', former)).status, 401, 'the former one');
  assert.equal((await api('/keys', 'GET', 'another-token-for-the-api')).status, 200, 'the new one');
});
