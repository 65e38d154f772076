import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Note } from '../../../src/hooks/note.ts';
import { SpoolFiles } from '../../../src/hooks/spool-files.ts';
import { Spool } from '../../../src/hooks/spool.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const note = (seq: number, body = `{"n":${seq}}`): Note => ({
  seq,
  at: 1_700_000_000_000 + seq,
  lane: 'live/cäm',
  id: `run-${seq}`,
  call: 'publish',
  contentType: 'application/json',
  body,
});

const folder = (): string => join(temporaryFolder('spool-'), 'hooks', 'queue');

/** A spool with a queue in front of it that only keeps. */
function bench(dir: string, more: { files?: SpoolFiles; bytes?: number } = {}) {
  const kept = new Map<number, Note>();
  const time = new FakeTime();
  const problems: (string | undefined)[] = [];
  const spool = new Spool({
    files: more.files ?? new SpoolFiles(dir),
    limits: { bytes: more.bytes ?? 1_000_000 },
    live: {
      notes: () => [...kept.values()],
      get bytes() {
        return [...kept.values()].reduce((sum, { body }) => sum + body.length, 0);
      },
    },
    after: time.after,
    problem: (text) => problems.push(text),
  });
  const add = (one: Note): void => {
    kept.set(one.seq, one);
    spool.append(one);
  };
  const done = (seq: number): void => {
    kept.delete(seq);
    spool.done(seq);
  };
  return { spool, add, done, problems, time };
}

/** What another process would find there. */
const found = (dir: string) => new SpoolFiles(dir).read(1e9);
const seqsIn = (dir: string): number[] => found(dir).notes.map(({ seq }) => seq);
const queueFile = (dir: string): string =>
  join(dir, readdirSync(dir).find((name) => /^queue-\d+\.log$/.test(name)) ?? 'none');

test('what was added and not done is found again, in order, word by word', async () => {
  const dir = folder();
  const { spool, add, done } = bench(dir);
  assert.deepEqual(spool.open(), { notes: [], nextSeq: 1, problems: [] }, 'nothing at first');
  for (const seq of [1, 2, 3, 4]) add(note(seq));
  done(2);
  await spool.flush();
  assert.deepEqual(found(dir).notes, [note(1), note(3), note(4)], 'while it is open: kill -9 loses nothing');
  done(4);
  await spool.close();
  assert.deepEqual(found(dir), { notes: [note(1), note(3)], nextSeq: 5, problems: [] }, 'after its end');
  assert.equal(statSync(queueFile(dir)).mode & 0o777, 0o600, 'nobody else reads it');
});

test('killed anywhere within a write, all whole lines are found, and nothing is said to be wrong', async () => {
  const dir = folder();
  const { spool, add } = bench(dir);
  spool.open();
  for (let seq = 1; seq <= 5; seq++) add(note(seq));
  await spool.close();
  const path = queueFile(dir);
  const whole = readFileSync(path);
  for (let length = 0; length <= whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length));
    const lines = whole.subarray(0, length).toString().split('\n').length - 1;
    const { notes, problems } = found(dir);
    assert.deepEqual(
      notes.map(({ seq }) => seq),
      [1, 2, 3, 4, 5].slice(0, lines),
      `cut at ${length}`,
    );
    assert.deepEqual(problems, [], `cut at ${length}`);
  }
});

test('killed while the file is written anew, nothing is lost and nothing is there twice', async () => {
  const dir = folder();
  const { spool, add } = bench(dir);
  spool.open();
  for (const seq of [1, 2, 3]) add(note(seq));
  await spool.close();
  const whole = readFileSync(queueFile(dir));
  writeFileSync(join(dir, 'queue-2.log.new'), whole.subarray(0, 50));
  assert.deepEqual(seqsIn(dir), [1, 2, 3], 'before the rename');
  writeFileSync(join(dir, 'queue-2.log'), whole);
  assert.deepEqual(seqsIn(dir), [1, 2, 3], 'after the rename');
  const next = bench(dir);
  for (const one of next.spool.open().notes) next.add(one);
  await next.spool.close();
  assert.deepEqual(readdirSync(dir), ['queue-3.log'], 'what was left over is gone');
  assert.deepEqual(seqsIn(dir), [1, 2, 3], 'and all are there');
});

test('of a damaged file what is readable is used, the rest is told of and kept', async () => {
  const dir = folder();
  const { spool, add } = bench(dir);
  spool.open();
  for (let seq = 1; seq <= 6; seq++) add(note(seq));
  await spool.close();
  const path = queueFile(dir);
  const lines = readFileSync(path, 'utf8').split('\n');
  lines[1] = lines[1]!.replace('publish', 'publisX'); // the checksum no longer fits
  lines[3] = '\0'.repeat(200); // as some file systems leave a block after a power failure
  writeFileSync(path, lines.join('\n'));
  appendFileSync(path, 'rubbish\n00000000 [1]\n');
  const { notes, problems, nextSeq } = found(dir);
  assert.deepEqual(
    notes.map(({ seq }) => seq),
    [1, 3, 5, 6],
    'readable',
  );
  assert.equal(nextSeq, 7, 'next number');
  assert.equal(problems.length, 1, 'problems');
  assert.match(
    problems[0] ?? '',
    /queue-1\.log: 4 of 8 lines cannot be read; it is kept as .*damaged\.log$/,
    'words',
  );
  assert.match(readFileSync(join(dir, 'damaged.log'), 'utf8'), /rubbish/, 'kept');
});

test('any bytes at all may be in the file', () => {
  const dir = folder();
  found(dir);
  let state = 42;
  const random = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  for (let round = 0; round < 50; round++) {
    const bytes = Buffer.from(
      Array.from({ length: 400 }, () => (random() < 0.05 ? 10 : Math.floor(random() * 256))),
    );
    writeFileSync(join(dir, 'queue-1.log'), bytes);
    assert.deepEqual(found(dir).notes, [], `round ${round}`);
  }
});

test('a file that is far too large is not read whole', () => {
  const dir = folder();
  found(dir);
  writeFileSync(join(dir, 'queue-1.log'), 'x'.repeat(5_000));
  const { problems } = new SpoolFiles(dir).read(1_000);
  assert.match(problems[0] ?? '', /larger than 1000 bytes/, 'words');
});

test('the file is written anew when most of it is waste, and stays small', async () => {
  const dir = folder();
  const { spool, add, done } = bench(dir);
  spool.open();
  add(note(1));
  let largest = 0;
  for (let seq = 2; seq < 1_000; seq++) {
    add(note(seq, 'x'.repeat(10_000)));
    done(seq);
    if (seq % 20 === 0) {
      await spool.flush();
      largest = Math.max(largest, statSync(queueFile(dir)).size);
    }
  }
  await spool.close();
  assert.ok(largest < 1_600_000, `${largest} bytes at most, of 10 MB`);
  assert.deepEqual(seqsIn(dir), [1], 'and what waits is there');
});

test('while the disk refuses, the queue lives in memory; then all of it is written', async () => {
  const dir = folder();
  class FullDisk extends SpoolFiles {
    isFull = false;
    override async append(text: string): Promise<void> {
      if (!this.isFull) return super.append(text);
      await super.append(text.slice(0, 10)); // cut in the middle, as a full disk does
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    }
    override rewrite(notes: readonly Note[]): Promise<void> {
      return this.isFull
        ? Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }))
        : super.rewrite(notes);
    }
  }
  const files = new FullDisk(dir);
  const { spool, add, done, problems, time } = bench(dir, { files });
  spool.open();
  add(note(1));
  await spool.flush();
  files.isFull = true;
  for (const seq of [2, 3, 4]) add(note(seq));
  await spool.flush();
  done(3);
  time.advance(5_000);
  await spool.flush();
  assert.deepEqual(problems, ['ENOSPC'], 'told once');
  files.isFull = false;
  time.advance(5_000);
  await spool.flush();
  assert.deepEqual(problems, ['ENOSPC', undefined], 'told that it is over');
  assert.deepEqual(seqsIn(dir), [1, 2, 4], 'all of it');
  await spool.close();
});
