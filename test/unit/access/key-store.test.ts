import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ApiRefusal, type KeyWish } from '../../../src/servers/http/api/parts.ts';
import { isNameSegment } from '../../../src/media/stream-name.ts';
import { BEGIN, stand } from './store-tools.ts';

const at = (ms: number): string => new Date(BEGIN + ms).toISOString();

test('a key is made, told once, and found again after a restart', async () => {
  const { store, path, again } = stand();
  const { secret, ...info } = await store.create({
    action: 'publish',
    streams: 'live/cam',
    label: ' OBS in the studio ',
  });
  assert.match(secret, /^pk_[2-9a-km-np-z]{26}$/);
  assert.ok(isNameSegment(secret), 'it may stand where a stream’s name does');
  assert.deepEqual(info, {
    id: info.id,
    label: 'OBS in the studio',
    action: 'publish',
    streams: 'live/cam',
    networks: [],
    createdAt: at(0),
  });
  assert.deepEqual(store.list(), [info]);
  assert.equal(again().find(secret)?.record.id, info.id);
  assert.ok(!readFileSync(path, 'utf8').includes(secret), 'the secret is not in the file');
  assert.ok(
    readFileSync(path, 'utf8').includes(createHash('sha256').update(secret).digest('hex')),
    'its hash is',
  );
  assert.equal(store.find(`${secret}2`), undefined);
});

test('secrets are of 130 bits and never the same', async () => {
  const { store } = stand();
  const secrets = await Promise.all(
    Array.from({ length: 40 }, async () => (await store.create({ action: 'play', streams: '*' })).secret),
  );
  assert.equal(new Set(secrets).size, 40);
  const letters = new Set(secrets.flatMap((secret) => Array.from(secret.slice(3))));
  assert.equal(letters.size, 32, 'all 32 letters come about: 5 bits each, 26 times');
});

test('the file is for its owner alone, and nothing is left beside it', async () => {
  const { store, path, folder } = stand();
  await store.create({ action: 'publish', streams: 'live/cam' });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  chmodSync(path, 0o644);
  await store.create({ action: 'publish', streams: 'live/cam' });
  assert.equal(statSync(path).mode & 0o777, 0o600, 'what others could read is closed with the next change');
  assert.deepEqual(readdirSync(folder), ['keys.json']);
});

test('a rotated key has another secret, and whoever uses the old one is sent away', async () => {
  const { store, gone, again } = stand();
  const old = await store.create({
    action: 'play',
    streams: 'live/*',
    maxViewers: 3,
    networks: ['10.0.0.0/8'],
  });
  const { secret, ...info } = await store.rotate(old.id);
  assert.notEqual(secret, old.secret);
  assert.match(secret, /^vk_/);
  assert.deepEqual([info.id, info.maxViewers, info.networks], [old.id, 3, ['10.0.0.0/8']]);
  assert.equal(store.find(old.secret), undefined);
  assert.deepEqual(gone, [`${old.id}: the key was replaced by a new one`]);
  assert.equal(again().find(secret)?.record.id, old.id);
});

test('a revoked key stays in the list, stops at once, and stays revoked', async () => {
  const { store, gone, again, time } = stand();
  const { id, secret } = await store.create({ action: 'publish', streams: 'live/cam' });
  time.advance(5_000);
  const revoking = store.revoke(id);
  assert.deepEqual(gone, [`${id}: the key was revoked`], 'before the disk has it');
  assert.equal((await revoking).revokedAt, at(5_000));
  await store.revoke(id);
  assert.equal(gone.length, 1, 'once');
  assert.equal(again().find(secret)?.record.revokedAt, at(5_000));
  await assert.rejects(store.rotate(id), { status: 409 });
});

test('a key that is revoked while another change is being written is revoked', async () => {
  const { store, again } = stand();
  const { id } = await store.create({ action: 'publish', streams: 'live/cam' });
  const creating = store.create({ action: 'publish', streams: 'live/two' });
  await Promise.resolve();
  await Promise.all([creating, store.revoke(id), store.create({ action: 'publish', streams: 'live/three' })]);
  for (const one of [store, again()]) {
    assert.deepEqual(
      one.list().map(({ revokedAt }) => revokedAt !== undefined),
      [true, false, false],
    );
  }
});

test('a key that cannot be written down as revoked is revoked all the same, and it is tried again', async () => {
  const { store, folder, time, again, gone } = stand();
  const { id } = await store.create({ action: 'publish', streams: 'live/cam' });
  const block = join(folder, `keys.json.${process.pid}.new`);
  mkdirSync(join(block, 'x'), { recursive: true });
  await assert.rejects(store.revoke(id), {
    status: 503,
    message: /^the key is revoked as long as this program runs, but the key file could not be written/,
  });
  assert.ok(store.list()[0]?.revokedAt, 'revoked');
  assert.equal(gone.length, 1);
  assert.equal(again().list()[0]?.revokedAt, undefined, 'not yet on the disk');
  rmSync(block, { recursive: true });
  time.advance(10 * 60_000);
  await store.close();
  assert.ok(again().list()[0]?.revokedAt, 'on the disk');
});

test('what cannot be written is refused, and nothing is changed', async () => {
  const { store, folder, path } = stand();
  const { id, secret } = await store.create({ action: 'publish', streams: 'live/cam' });
  const before = readFileSync(path, 'utf8');
  mkdirSync(join(folder, `keys.json.${process.pid}.new`, 'x'), { recursive: true });
  await assert.rejects(store.create({ action: 'publish', streams: 'live/cam' }), {
    status: 503,
    message: /could not be written/,
  });
  await assert.rejects(store.rotate(id), { status: 503 });
  assert.equal(store.find(secret)?.record.id, id, 'the old secret still opens');
  assert.equal(store.list().length, 1);
  assert.equal(readFileSync(path, 'utf8'), before);
});

test('a key expires while the gateway runs, and that is told once', async () => {
  const { store, gone, time } = stand();
  const { id } = await store.create({ action: 'play', streams: 'live/*', expiresAt: at(90_000) });
  await store.create({ action: 'play', streams: 'live/*' });
  time.advance(89_999);
  assert.deepEqual(gone, []);
  time.advance(1);
  assert.deepEqual(gone, [`${id}: the key has expired`]);
  time.advance(600_000);
  assert.equal(gone.length, 1);
  assert.equal(time.waiting, 0, 'no timer without a key that will expire');
  await assert.rejects(store.rotate(id), { status: 409, message: /has expired/ });
});

test('an expiry can be set, moved and taken away', async () => {
  const { store, gone, time, again } = stand();
  const { id } = await store.create({ action: 'play', streams: 'live/*' });
  assert.equal((await store.expire(id, at(60_000))).expiresAt, at(60_000));
  assert.equal((await store.expire(id, at(120_000))).expiresAt, at(120_000));
  time.advance(119_000);
  assert.deepEqual(gone, []);
  assert.equal((await store.expire(id, null)).expiresAt, undefined);
  time.advance(600_000);
  assert.deepEqual(gone, []);
  assert.equal(again().list()[0]?.expiresAt, undefined);
});

test('of a key that had expired before the start nobody is told', async () => {
  const { store, time, again } = stand();
  await store.create({ action: 'play', streams: 'live/*', expiresAt: at(1_000) });
  time.advance(2_000);
  const told: string[] = [];
  again().listen((id) => told.push(id));
  time.advance(60_000);
  assert.deepEqual(told, []);
});

test('when a key was used is known at once and written now and then', async () => {
  const { store, path, time, again } = stand();
  const { id } = await store.create({ action: 'publish', streams: 'live/cam' });
  const before = statSync(path).ino;
  for (let use = 0; use < 1_000; use++) {
    time.advance(1);
    store.used(id, BEGIN + time.now());
  }
  assert.equal(store.list()[0]?.lastUsedAt, at(1_000));
  assert.equal(statSync(path).ino, before, 'no write');
  time.advance(10 * 60_000);
  await store.close();
  assert.notEqual(statSync(path).ino, before);
  assert.equal(again().list()[0]?.lastUsedAt, at(1_000));
});

test('the end of the program writes down when keys were used, and stops all timers', async () => {
  const { store, time, again } = stand();
  const { id } = await store.create({ action: 'play', streams: '*', expiresAt: at(1_000_000) });
  store.used(id, BEGIN + 7);
  await store.close();
  assert.equal(again().list()[0]?.lastUsedAt, at(7));
  assert.equal(time.waiting, 1, 'only that of the store that was opened again');
});

test('keys of a file that was changed by hand: those that are gone, revoked or replaced stop', async () => {
  const { store, path, gone } = stand();
  const ids: string[] = [];
  for (const stream of ['a', 'b', 'c', 'd'])
    ids.push((await store.create({ action: 'publish', streams: `live/${stream}` })).id);
  const document = JSON.parse(readFileSync(path, 'utf8')) as { keys: Record<string, unknown>[] };
  const [first, second, third, fourth] = document.keys;
  document.keys = [first!, { ...second, revokedAt: at(0) }, { ...third, hash: `sha256:${'0'.repeat(64)}` }];
  assert.ok(fourth, 'the fourth is left out');
  writeFileSync(path, JSON.stringify(document));
  await store.reload();
  assert.deepEqual(gone, [
    `${ids[1]}: the key was revoked`,
    `${ids[2]}: the key was removed`,
    `${ids[3]}: the key was removed`,
  ]);
  writeFileSync(path, '{');
  await assert.rejects(store.reload(), { name: 'KeyFileError' });
  rmSync(path);
  await assert.rejects(store.reload(), { name: 'KeyFileError', message: /not there any more/ });
  assert.equal(store.list().length, 3, 'the keys stay as they were');
});

test('what was written into the file by hand is never written over: it has to be read first', async () => {
  const { store, path, time } = stand();
  const { id } = await store.create({ action: 'publish', streams: 'live/a' });
  const document = JSON.parse(readFileSync(path, 'utf8')) as { keys: Record<string, unknown>[] };
  document.keys[0]!['label'] = 'by hand';
  const text = JSON.stringify(document);
  for (const edited of [text, '{', '']) {
    writeFileSync(path, edited);
    await assert.rejects(store.create({ action: 'publish', streams: 'live/b' }), {
      status: 409,
      message: /changed by somebody else: reload first/,
    });
    store.used(id, 0);
    time.advance(10 * 60_000);
    await store.revoke(id).catch(() => undefined);
    assert.equal(readFileSync(path, 'utf8'), edited, 'as it was');
  }
  writeFileSync(path, text);
  await store.reload();
  await store.create({ action: 'publish', streams: 'live/b' });
  const [first] = store.list();
  assert.equal(first?.label, 'by hand');
  assert.ok(first.revokedAt, 'a key that was revoked meanwhile stays revoked');
  assert.match(readFileSync(path, 'utf8'), /revokedAt/);
});

const GOOD: KeyWish = { action: 'play', streams: 'live/*' };
const WRONG: readonly [string, Partial<KeyWish>][] = [
  ['streams', { streams: 'live' }],
  ['streams', { streams: 'live/a b' }],
  ['streams', { streams: 'api/x' }],
  ['streams', { streams: 'live/pk_mine' }],
  ['label', { label: 'x'.repeat(201) }],
  ['label', { label: 'two\nlines' }],
  ['networks', { networks: ['10.0.0.0/8', 'home'] }],
  ['networks', { networks: Array.from({ length: 101 }, () => '10.0.0.0/8') }],
  ['maxViewers', { maxViewers: 0 }],
  ['maxViewers', { maxViewers: 1.5 }],
  ['maxViewers', { action: 'publish', maxViewers: 1 }],
  ['expiresAt', { expiresAt: at(0) }],
  ['expiresAt', { expiresAt: 'tomorrow' }],
  ['expiresAt', { expiresAt: '2031-01-01T00:00:00' }],
];
for (const [field, wish] of WRONG) {
  test(`a wish with ${JSON.stringify(wish).slice(0, 50)} is refused, naming ${field}`, async () => {
    const { store } = stand();
    await assert.rejects(
      store.create({ ...GOOD, ...wish }),
      (error) =>
        error instanceof ApiRefusal &&
        error.status === 400 &&
        error.field === field &&
        error.message.startsWith(field),
    );
    assert.equal(store.list().length, 0);
  });
}

test('an unknown key is not found by any of the ways to change it', async () => {
  const { store } = stand();
  await assert.rejects(store.rotate('k-x'), { status: 404 });
  await assert.rejects(store.revoke('k-x'), { status: 404 });
  await assert.rejects(store.expire('k-x', null), { status: 404 });
});
