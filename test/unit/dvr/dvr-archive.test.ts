import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TICKS_PER_SECOND } from '../../../src/media/time.ts';
import { DvrArchive, type DvrArchiveOptions } from '../../../src/outputs/dvr/dvr-archive.ts';
import { DvrDisk } from '../../../src/outputs/dvr/dvr-disk.ts';
import { INDEX_FILE, readIndex } from '../../../src/outputs/dvr/dvr-index.ts';
import { findFormerLives, renumbered } from '../../../src/outputs/dvr/former-lives.ts';
import type { ArchiveFile } from '../../../src/outputs/hls/archive.ts';
import { LiveSegment, type LivePart } from '../../../src/outputs/hls/live-segment.ts';
import { VIDEO } from '../../support/media.ts';

const root = mkdtempSync(join(tmpdir(), 'dvr-'));
after(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;
const DATE = Date.UTC(2026, 0, 1);

function archive(options: Partial<DvrArchiveOptions> = {}) {
  const disk = options.disk ?? new DvrDisk();
  const troubles: (string | undefined)[] = [];
  const own = join(root, `${++folders}`);
  const dir = join(own, 'live', 'cam', 'video', '1');
  const made = new DvrArchive({
    dir,
    seconds: 20,
    disk,
    trouble: (why) => troubles.push(why),
    grown: () => undefined,
    ...options,
  });
  return { made, disk, troubles, own, dir: options.dir ?? dir };
}

/** Two seconds, whose bytes say its number. */
function segment(sequence: number, discontinuity = false, init = 100): LiveSegment {
  const tracks = { video: VIDEO };
  const head = {
    tracks,
    discontinuity,
    independent: true,
    programDateTime: DATE + sequence * 2000,
    epoch: 1,
  };
  const one = new LiveSegment(sequence, head, { number: init, tracks, bytes: Buffer.from(`init ${init}`) });
  const bytes = Buffer.from(`segment ${sequence}`);
  one.add({ duration: 2 * TICKS_PER_SECOND, independent: true, bytes } as LivePart);
  one.close({ duration: 2 * TICKS_PER_SECOND, videoFrames: 50 });
  return one;
}

function fetched(from: DvrArchive, what: ArchiveFile): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = from.fetch(what, (file) => {
      if ('bytes' in file) return resolve(file.bytes.toString());
      void file.stored.read(0, file.stored.size).then((bytes) => resolve(bytes?.toString()));
    });
    if (!asked) resolve(undefined);
  });
}

const sequences = (from: DvrArchive, before: number): number[] =>
  from.past(before).map(({ sequence }) => sequence);

test('what was offered is the past up to the window, from memory and then from the disk', async () => {
  const { made, disk } = archive();
  for (let sequence = 100; sequence < 106; sequence++) made.offer(segment(sequence));
  assert.deepEqual(sequences(made, 103), [100, 101, 102]);
  assert.equal(await fetched(made, { kind: 'segment', sequence: 101 }), 'segment 101');
  await disk.settled();
  assert.equal(await fetched(made, { kind: 'segment', sequence: 101 }), 'segment 101');
  assert.equal(await fetched(made, { kind: 'init', number: 100 }), 'init 100');
  assert.equal(await fetched(made, { kind: 'segment', sequence: 106 }), undefined);
  assert.deepEqual(sequences(made, 100), [], 'nothing is before the first');
  assert.deepEqual(sequences(made, 108), [], 'the window does not begin where the past ends');
});

test('what is older than the wanted seconds leaves the playlist, and the disk when nobody can know of it', async () => {
  const { made, disk, dir } = archive({ seconds: 10 });
  for (let sequence = 100; sequence < 110; sequence++) made.offer(segment(sequence));
  assert.deepEqual(sequences(made, 110), [105, 106, 107, 108, 109]);
  await disk.settled();
  assert.equal(
    await fetched(made, { kind: 'segment', sequence: 104 }),
    'segment 104',
    'a player may still ask',
  );
  for (let sequence = 110; sequence < 130; sequence++) made.offer(segment(sequence));
  await disk.settled();
  assert.equal(await fetched(made, { kind: 'segment', sequence: 104 }), undefined);
  const files = readdirSync(dir).filter((name) => name !== INDEX_FILE);
  assert.ok(files.length <= 13, `${files.length} files are left`);
});

test('discontinuities of the past are counted back', () => {
  const { made } = archive();
  made.offer(segment(100));
  made.offer(segment(101, true));
  made.offer(segment(102));
  made.offer(segment(103, true));
  assert.equal(made.discontinuitySequence(7, 103), 6);
  assert.equal(made.discontinuitySequence(8, 104), 6);
});

test('a segment that the disk does not take ends the past there, which is told once', async () => {
  const { made, disk, troubles, dir } = archive();
  made.offer(segment(100));
  made.offer(segment(101));
  await disk.settled();
  rmSync(dir, { recursive: true });
  writeFileSync(dir, 'a file where the folder was');
  made.offer(segment(102));
  made.offer(segment(103));
  await disk.settled();
  assert.deepEqual(sequences(made, 104), []);
  assert.equal(troubles.length, 1);
  rmSync(dir);
  for (let sequence = 104; sequence < 113; sequence++) made.offer(segment(sequence));
  await disk.settled();
  assert.deepEqual(sequences(made, 113), [104, 105, 106, 107, 108, 109, 110, 111, 112]);
  assert.equal(troubles.length, 1, 'it may not last');
  made.offer(segment(113));
  await disk.settled();
  assert.deepEqual(troubles.slice(1), [undefined]);
  const index = await readIndex(dir);
  assert.ok(index?.inits.has(100), 'the init segment was written in the folder that is gone');
});

test('a disk that is slower than the stream is not given more than fits into the memory', async () => {
  const disk = new DvrDisk(undefined, 200);
  const { made, troubles } = archive({ disk });
  for (let sequence = 100; sequence < 150; sequence++) made.offer(segment(sequence));
  assert.ok(disk.waitingBytes <= 200, `${disk.waitingBytes} bytes wait`);
  assert.deepEqual(troubles, ['the disk is slower than the stream']);
  await disk.settled();
  made.offer(segment(150));
  await disk.settled();
  assert.deepEqual(sequences(made, 151), [150]);
});

test('a life that was cut off is found again, by other numbers; one that came to its end is not', async () => {
  const { made, disk, own, dir } = archive();
  for (let sequence = 100; sequence < 104; sequence++) made.offer(segment(sequence, sequence === 102));
  await disk.settled();
  const gone = join(own, 'live', 'gone', 'video', '1');
  const ended = archive({ dir: gone });
  ended.made.offer(segment(50));
  ended.made.end();
  await ended.disk.settled();

  const lives = await findFormerLives(own, DATE);
  assert.deepEqual([...lives.keys()], ['live/cam/video']);
  assert.deepEqual(readdirSync(join(own, 'live')), ['cam'], 'no empty folders are left');
  const life = lives.get('live/cam/video')!;
  assert.equal(life.dir, dir);
  assert.equal(life.until, DATE + 104 * 2000);

  const again = archive({ dir, former: { inits: life.inits, segments: renumbered(life.segments, 300) } });
  assert.deepEqual(sequences(again.made, 300), [296, 297, 298, 299]);
  assert.equal(again.made.discontinuitySequence(900, 300), 899);
  assert.equal(await fetched(again.made, { kind: 'segment', sequence: 297 }), 'segment 101');
  assert.equal(await fetched(again.made, { kind: 'init', number: 100 }), 'init 100');
  again.made.offer(segment(300, true, 300));
  await again.disk.settled();
  const index = await readIndex(dir);
  assert.deepEqual(
    index?.segments.map(({ sequence, file }) => [sequence, file]),
    [
      [296, '100.m4s'],
      [297, '101.m4s'],
      [298, '102.m4s'],
      [299, '103.m4s'],
      [300, '300.m4s'],
    ],
  );
  assert.deepEqual([...index.inits.keys()], [100, 300]);
});

test('of a former life only what is whole and without a gap is used', async () => {
  const { made, disk, own, dir } = archive();
  for (let sequence = 100; sequence < 106; sequence++) made.offer(segment(sequence));
  await disk.settled();
  writeFileSync(join(dir, '102.m4s'), 'cut');
  writeFileSync(join(dir, INDEX_FILE), '{"segment":{"sequence":106,"dur', { flag: 'a' });
  const lives = await findFormerLives(own, DATE);
  const life = lives.get('live/cam/video');
  assert.deepEqual(
    life?.segments.map(({ sequence }) => sequence),
    [103, 104, 105],
  );
});

test('a life that is too old is removed', async () => {
  const own = mkdtempSync(join(root, 'old-'));
  const dir = join(own, 'live', 'cam', 'video', '1');
  const { made, disk } = archive({ dir });
  made.offer(segment(100));
  await disk.settled();
  assert.equal((await findFormerLives(own, DATE + 103 * 2000)).size, 0);
  assert.deepEqual(readdirSync(own), [], 'no empty folders are left');
});

test('the index does not grow for ever', async () => {
  const { made, disk, dir } = archive({ seconds: 10 });
  for (let sequence = 0; sequence < 1_200; sequence++) {
    made.offer(segment(sequence));
    if (sequence % 100 === 0) await disk.settled();
  }
  await disk.settled();
  const index = await readIndex(dir);
  assert.ok(index!.segments.length < 1_100, `${index!.segments.length} segments are in the index`);
  assert.equal(index!.segments.at(-1)?.sequence, 1_199);
});
