import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SettingsInForce } from '../../../src/app/settings-in-force.ts';
import { ConfigError, loadSettings, type SettingsInput } from '../../../src/config/load.ts';
import type { Settings } from '../../../src/config/schema.ts';

/** Settings whose source is the last value given to `say`. */
function stand(first: SettingsInput = {}) {
  let flags = first;
  const inForce = new SettingsInForce({
    settings: loadSettings({ flags }),
    read: () => loadSettings({ flags }),
  });
  return { inForce, say: (next: SettingsInput) => void (flags = next) };
}

test('what can be changed is applied, the rest is named and stays as it was', async () => {
  const { inForce, say } = stand();
  const seen: Settings[] = [];
  inForce.onChange(['access.*', 'log.level'], (settings) => void seen.push(settings));
  say({ access: { publish: 'open' }, log: { level: 'debug' }, rtmp: { port: 1936 } });
  const report = await inForce.reload();
  assert.deepEqual(report, { applied: ['access.publish', 'log.level'], needsRestart: ['rtmp.port'] });
  assert.equal(seen.length, 1, 'one call for both');
  assert.deepEqual([seen[0]!.access.publish, inForce.current.log.level], ['open', 'debug']);
  assert.equal(inForce.current.rtmp.port, 1935);
  assert.deepEqual(await inForce.reload(), { applied: [], needsRestart: ['rtmp.port'] });
});

test('lists are compared by what is in them', async () => {
  const rules = [{ streams: 'live/*' }];
  const { inForce, say } = stand({ record: { rules } });
  let calls = 0;
  inForce.onChange(['record.rules'], () => {
    calls++;
  });
  say({ record: { rules: [{ streams: 'live/*' }] } });
  assert.deepEqual((await inForce.reload()).applied, []);
  say({ record: { rules: [{ streams: 'live/*', formats: ['flv'] }] } });
  assert.deepEqual((await inForce.reload()).applied, ['record.rules']);
  assert.equal(calls, 1, 'called for the change alone');
});

test('a faulty source changes nothing, and the next reload works', async () => {
  const { inForce, say } = stand();
  inForce.onChange(['access.*'], () => undefined);
  say({ access: { publish: 'everybody' } });
  await assert.rejects(inForce.reload(), ConfigError);
  assert.equal(inForce.current.access.publish, 'keys');
  say({ access: { publish: 'loopback' } });
  assert.deepEqual((await inForce.reload()).applied, ['access.publish']);
});

test('reloads asked for together come one after another', async () => {
  const { inForce, say } = stand();
  const order: string[] = [];
  inForce.onChange(['access.*'], async ({ access }) => {
    order.push(`begin ${access.publish}`);
    await Promise.resolve();
    order.push(`end ${access.publish}`);
  });
  say({ access: { publish: 'open' } });
  const first = inForce.reload();
  const second = inForce.reload();
  await first;
  await second;
  assert.deepEqual(order, ['begin open', 'end open']);
});
