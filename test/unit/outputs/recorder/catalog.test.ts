import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Catalog, type CatalogEntry } from '../../../../src/outputs/recorder/catalog.ts';
import { outlived } from '../../../../src/outputs/recorder/retention.ts';
import { scratch } from './rig.ts';

const entry = (n: number, more: Partial<CatalogEntry> = {}): CatalogEntry => ({
  id: `live/cam/${n}.mp4`,
  path: `live/cam/${n}.mp4`,
  stream: 'live/cam',
  format: 'mp4',
  startedAt: n * 1_000,
  pid: 1,
  ...more,
});

async function loaded(path: string): Promise<Catalog> {
  const catalog = new Catalog(path);
  await catalog.load();
  return catalog;
}

test('what was entered is there after a restart, with its last state', async () => {
  const path = join(scratch(), 'list');
  const catalog = await loaded(path);
  await catalog.put(entry(1));
  await catalog.put(entry(2));
  await catalog.put(entry(1, { seconds: 5, bytes: 10 }));
  await catalog.forget('live/cam/2.mp4');
  const again = await loaded(path);
  assert.deepEqual([...again.entries], [entry(1, { seconds: 5, bytes: 10 })], 'entries');
  assert.deepEqual(
    [again.hasPath('live/cam/1.mp4'), again.hasPath('live/cam/2.mp4')],
    [true, false],
    'paths',
  );
});

test('lines that cannot be read are left out and counted; one cut short by a crash does not spoil the next', async () => {
  const path = join(scratch(), 'list');
  const rubbish = [
    '{',
    '[]',
    'null',
    '{"id":5}',
    JSON.stringify({ ...entry(3), format: 'exe' }),
    JSON.stringify({ ...entry(3), startedAt: -1 }),
  ];
  writeFileSync(path, `${JSON.stringify(entry(1))}\n${rubbish.join('\n')}\n{"id":"live/c`);
  const catalog = await loaded(path);
  assert.equal(catalog.badLines, rubbish.length + 1, 'counted');
  await catalog.put(entry(2));
  const again = await loaded(path);
  assert.deepEqual(
    [...again.entries].map(({ startedAt }) => startedAt),
    [1_000, 2_000],
    'both',
  );
  assert.equal(again.badLines, 0, 'written anew');
});

test('the file does not grow for ever', async () => {
  const path = join(scratch(), 'list');
  const catalog = await loaded(path);
  await catalog.put(entry(1));
  appendFileSync(path, `${JSON.stringify(entry(1))}\n`.repeat(1_000));
  await (await loaded(path)).put(entry(2));
  assert.equal(readFileSync(path, 'utf8').split('\n').length, 3, 'two lines');
});

test('five thousand recordings are listed without a look at the disk', async () => {
  const path = join(scratch(), 'list');
  writeFileSync(
    path,
    Array.from({ length: 5_000 }, (_, n) => `${JSON.stringify(entry(n, { seconds: 1, bytes: 1 }))}\n`).join(
      '',
    ),
  );
  const catalog = await loaded(path);
  assert.equal(catalog.size, 5_000, 'all');
});

test('retention: oldest first, by age and by size, never what is being written', () => {
  const day = 86_400_000;
  const all = [1, 2, 3, 4].map((n) => entry(n, { startedAt: n * day, seconds: 60, bytes: 100 }));
  const ids = (list: readonly CatalogEntry[]): number[] => list.map(({ startedAt }) => startedAt / day);
  const none = new Map<string, { bytes: number }>();
  const now = 5 * day;
  assert.deepEqual(ids(outlived(all, { keepDays: 0, keepBytes: 0 }, { now, active: none })), [], 'no rule');
  assert.deepEqual(
    ids(outlived(all, { keepDays: 2, keepBytes: 0 }, { now, active: none })),
    [1, 2],
    'by age',
  );
  assert.deepEqual(
    ids(outlived([...all].reverse(), { keepDays: 0, keepBytes: 250 }, { now, active: none })),
    [1, 2],
    'by size',
  );
  const active = new Map([['live/cam/1.mp4', { bytes: 300 }]]);
  assert.deepEqual(
    ids(outlived(all, { keepDays: 2, keepBytes: 400 }, { now, active })),
    [2, 3],
    'what is written counts and stays',
  );
});
