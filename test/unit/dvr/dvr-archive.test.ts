import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ticks, TICKS_PER_SECOND } from '../../../src/media/time.ts';
import { DvrArchive, type DvrArchiveOptions } from '../../../src/outputs/dvr/dvr-archive.ts';
import { DvrDisk } from '../../../src/outputs/dvr/dvr-disk.ts';
import { INDEX_FILE, readIndex } from '../../../src/outputs/dvr/dvr-index.ts';
import { continuedLives } from '../../../src/outputs/dvr/continued-lives.ts';
import { findFormerLives, type FormerLife } from '../../../src/outputs/dvr/former-lives.ts';
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
    movieStart: ticks(0),
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
  assert.deepEqual(troubles, ['it begins anew, the disk is slower than the stream']);
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

  const { lives, stale } = await findFormerLives(own, DATE);
  assert.deepEqual([...lives.keys()], ['live/cam/video']);
  assert.deepEqual(stale, [gone]);
  const life = lives.get('live/cam/video')!;
  assert.equal(life.dir, dir);
  assert.equal(life.until, DATE + 104 * 2000);

  const { sequence, pasts } = continuedLives(new Map([['video', life]]), 'video', 300);
  assert.equal(sequence, 300);
  const again = archive({ dir, former: { inits: life.inits, segments: pasts.get('video')! } });
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

test('a life without a segment takes nothing from the next one, which has its number and its folder', async () => {
  const { made: empty, disk, dir, own } = archive();
  empty.end();
  const { made } = archive({ dir, disk });
  for (let sequence = 100; sequence < 104; sequence++) made.offer(segment(sequence));
  empty.remove();
  await disk.settled();
  assert.equal(await fetched(made, { kind: 'segment', sequence: 101 }), 'segment 101');
  const { lives } = await findFormerLives(own, DATE);
  assert.deepEqual([...lives.keys()], ['live/cam/video'], 'it can be gone on from');
});

test('of a former life only what is whole and without a gap is used', async () => {
  const { made, disk, own, dir } = archive();
  for (let sequence = 100; sequence < 106; sequence++) made.offer(segment(sequence));
  await disk.settled();
  writeFileSync(join(dir, '102.m4s'), 'cut');
  writeFileSync(join(dir, INDEX_FILE), '{"segment":{"sequence":106,"dur', { flag: 'a' });
  writeFileSync(join(dir, '99.m4s'), 'of no use');
  const { lives, stale } = await findFormerLives(own, DATE);
  const life = lives.get('live/cam/video');
  assert.deepEqual(
    life?.segments.map(({ sequence }) => sequence),
    [103, 104, 105],
  );
  const names = stale.map((path) => path.slice(dir.length + 1)).sort();
  assert.deepEqual(names, ['100.m4s', '101.m4s', '102.m4s', '99.m4s'], 'nothing is left that is not counted');
});

test('a life that is too old is of no use', async () => {
  const own = mkdtempSync(join(root, 'old-'));
  const dir = join(own, 'live', 'cam', 'video', '1');
  const { made, disk } = archive({ dir });
  made.offer(segment(100));
  await disk.settled();
  const { lives, stale } = await findFormerLives(own, DATE + 103 * 2000);
  assert.equal(lives.size, 0);
  const emptying = new DvrDisk(own);
  for (const path of stale) emptying.remove(path);
  await emptying.settled();
  assert.deepEqual(readdirSync(own), [], 'no empty folders are left');
});

/** Segments of two seconds from one number to another. */
const life = (first: number, last: number, shift = 0): FormerLife => {
  const segments = Array.from({ length: last - first + 1 }, (_, index) => ({
    ...{ sequence: first + index, duration: 2 * TICKS_PER_SECOND, discontinuity: false, independent: true },
    programDateTime: DATE + (first + index) * 2000 + shift,
    ...{ init: 1, file: `${first + index}.m4s`, bytes: 1, hasPictures: true },
  }));
  return { dir: '', segments, inits: new Map(), bytes: segments.length, until: DATE + (last + 1) * 2000 };
};
const numbered = (lives: Record<string, FormerLife>, first: number) => {
  const { sequence, pasts } = continuedLives(new Map(Object.entries(lives)), 'video', first);
  const ends = [...pasts].map(([rendition, segments]) => {
    const [oldest, newest] = [segments[0]!, segments.at(-1)!];
    return `${rendition} ${oldest.sequence}=${oldest.file} to ${newest.sequence}=${newest.file}`;
  });
  return { sequence, ends };
};

test('renditions go on at the same place, by the same new numbers for what was the same', () => {
  assert.deepEqual(numbered({ video: life(100, 120), video1: life(110, 119), audio1: life(90, 120) }, 50), {
    sequence: 152,
    ends: [
      'video 132=100.m4s to 151=119.m4s',
      'video1 142=110.m4s to 151=119.m4s',
      'audio1 122=90.m4s to 151=119.m4s',
    ],
  });
  assert.equal(numbered({ video: life(100, 120), video1: life(100, 120) }, 7_000).sequence, 7_000);
});

test('a rendition that had ended before, or was cut elsewhere, has no past in front of the next life', () => {
  const { ends } = numbered(
    { video: life(100, 120), video1: life(100, 110), video2: life(100, 120, 700) },
    7_000,
  );
  assert.deepEqual(ends, ['video 6979=100.m4s to 6999=120.m4s']);
  assert.deepEqual(numbered({ video1: life(100, 110) }, 7_000), { sequence: 7_000, ends: [] });
});

/** A disk on which so many segments have room. */
class SmallDisk extends DvrDisk {
  room = 0;

  override write(writing: Parameters<DvrDisk['write']>[0]): boolean {
    if (writing.how !== undefined || this.room-- > 0) return super.write(writing);
    this.room = 0;
    setImmediate(() => writing.done?.(Object.assign(new Error('full'), { code: 'ENOSPC' })));
    return true;
  }

  override remove(path: string): void {
    this.room++;
    super.remove(path);
  }
}

test('where the disk is full the oldest makes room for the newest, which is told once', async () => {
  const disk = new SmallDisk();
  disk.room = 6;
  const makeRoom = (bytes: number): boolean => {
    const before = made.bytes;
    while (before - made.bytes < bytes && made.forgetOldest());
    return made.bytes < before;
  };
  const { made, troubles, dir } = archive({ disk, makeRoom });
  for (let sequence = 100; sequence < 120; sequence++) {
    made.offer(segment(sequence));
    await disk.settled();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await disk.settled();
  const kept = sequences(made, 120);
  assert.ok(kept.length >= 4 && kept.at(-1) === 119, `${kept.join(' ')} are kept`);
  assert.deepEqual(troubles, ['the oldest of it goes early, the disk is full']);
  assert.deepEqual(
    (await readIndex(dir))?.segments.map(({ sequence }) => sequence).slice(-4),
    [116, 117, 118, 119],
  );
  disk.room = Infinity;
  for (let sequence = 120; sequence < 180; sequence++) {
    made.offer(segment(sequence));
    await disk.settled();
  }
  await disk.settled();
  assert.deepEqual(troubles.slice(1), [undefined]);
});

test('what somebody else has removed or cut short is not listed any more', async () => {
  const { made, disk, troubles, dir } = archive();
  for (let sequence = 100; sequence < 106; sequence++) made.offer(segment(sequence));
  await disk.settled();
  writeFileSync(join(dir, '102.m4s'), 'cut');
  rmSync(join(dir, '100.m4s'));
  assert.equal(await fetched(made, { kind: 'segment', sequence: 102 }), undefined);
  assert.deepEqual(sequences(made, 106), [103, 104, 105]);
  assert.deepEqual(troubles, ['it begins anew, files of it are gone']);
  assert.equal(await fetched(made, { kind: 'segment', sequence: 100 }), undefined);
  assert.equal(await fetched(made, { kind: 'segment', sequence: 101 }), 'segment 101');
  assert.equal(await fetched(made, { kind: 'init', number: 100 }), 'init 100');
});

test('a line of the index that the disk has not taken comes with the next one', async () => {
  const disk = new DvrDisk();
  const write = disk.write.bind(disk);
  let refused = 0;
  disk.write = (writing) => {
    if (writing.how !== 'append' || refused === 3) return write(writing);
    refused++;
    // As much as there was room for.
    const bytes = writing.bytes.subarray(0, 20);
    return write({ ...writing, bytes, done: () => writing.done?.(new Error('full')) });
  };
  const { made, dir } = archive({ disk });
  for (let sequence = 100; sequence < 106; sequence++) {
    made.offer(segment(sequence));
    await disk.settled();
  }
  const index = await readIndex(dir);
  assert.deepEqual(
    index?.segments.map(({ sequence }) => sequence),
    [100, 101, 102, 103, 104, 105],
  );
  assert.ok(index.inits.has(100), 'the init segment is in the index');
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
