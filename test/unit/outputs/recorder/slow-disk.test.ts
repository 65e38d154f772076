import assert from 'node:assert/strict';
import type { FileHandle } from 'node:fs/promises';
import { test } from 'node:test';
import { FileWriter, type WritableFile } from '../../../../src/outputs/recorder/file-writer.ts';
import { Library, type NewRecording } from '../../../../src/outputs/recorder/library.ts';
import { inter, key } from '../../../support/media.ts';
import { waitFor } from '../../../support/wait.ts';
import { scratch, tagsOf, takeRig } from './rig.ts';

/** A disk that takes bytes only when it is told to. */
class HeldLibrary extends Library {
  held: (() => void)[] = [];
  isHeld = true;
  broken: Error | undefined;

  override async create(wish: NewRecording): ReturnType<Library['create']> {
    const made = await super.create(wish);
    const write = made.file.write.bind(made.file) as (...args: unknown[]) => unknown;
    const slow = async (...args: unknown[]): Promise<unknown> => {
      if (this.isHeld) await new Promise<void>((resolve) => this.held.push(resolve));
      if (this.broken) throw this.broken;
      return write(...args);
    };
    made.file.write = slow as FileHandle['write'];
    return made;
  }

  letGo(): void {
    this.isHeld = false;
    for (const go of this.held.splice(0)) go();
  }
}

const heldRig = (): { library: HeldLibrary; dir: string } => {
  const dir = scratch();
  return { library: new HeldLibrary(dir, '{n}'), dir };
};

test('a disk that stands still: whole GOPs are left out, memory is bounded, and it goes on at a key frame', async () => {
  const { library, dir } = heldRig();
  const rig = takeRig('flv', { library });
  const FRAME = 100_000;
  const frameAt = (index: number): ReturnType<typeof key> =>
    index % 25 === 0 ? key(index * 40, { bytes: FRAME }) : inter(index * 40, { bytes: FRAME });
  for (let index = 0; index < 1_000; index++) rig.feed([frameAt(index)]); // 100 MB
  await waitFor('the disk to be asked', () => library.held.length > 0);
  library.letGo();
  await waitFor('the disk', () => (rig.take.flush(), rig.take.hasRoom));
  for (let index = 1_000; index < 1_100; index++) {
    rig.feed([frameAt(index)]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await rig.take.end('stopped');
  const leftOut = rig.told.filter((text) => text.startsWith('left out'));
  assert.equal(leftOut.length, 1, rig.told.join());
  const { readFileSync } = await import('node:fs');
  const frames = tagsOf(readFileSync(`${dir}/1.flv`)).filter(({ type, body }) => type === 9 && body[1] === 1);
  assert.ok(frames.length * FRAME < 50_000_000, `${frames.length} frames were held`);
  assert.equal(frames.length + rig.take.leftOutFrames, 1_100, 'counted');
  const gap = frames.findIndex(
    ({ timestamp }, index) => index > 0 && timestamp - frames[index - 1]!.timestamp > 40,
  );
  assert.equal(frames[gap]!.timestamp % 1_000, 0, 'behind the gap is a key frame');
  assert.equal(frames.at(-1)!.timestamp, 1_099 * 40, 'the end is there');
});

test('a disk that stands still while files are rotated: what waits in all of them counts, and it is said', async () => {
  const { library } = heldRig();
  const rig = takeRig('flv', { library, rotateSeconds: 2 });
  const feed = (from: number, to: number): void => {
    for (let index = from; index < to; index++)
      rig.feed([(index % 25 === 0 ? key : inter)(index * 40, { bytes: 100_000 })]);
  };
  feed(0, 50);
  assert.equal(rig.take.isBehind, false, 'two seconds, 5 MB');
  feed(50, 1_000);
  assert.equal(rig.take.isBehind, true, 'forty seconds');
  library.letGo();
  await waitFor('the disk', () => (rig.take.flush(), !rig.take.isBehind));
  await rig.take.end('stopped');
  assert.ok(rig.take.leftOutFrames > 700, `100 MB were fed, and ${rig.take.leftOutFrames} frames left out`);
});

test('a disk that fails: what was written as a whole is kept, and it is tried again at a key frame after a while', async () => {
  const { library } = heldRig();
  library.isHeld = false;
  const rig = takeRig('flv', { library });
  const second = (at: number): void => {
    for (let index = 0; index < 25; index++)
      rig.feed([index === 0 ? key(at * 1_000) : inter(at * 1_000 + index * 40)]);
  };
  second(0);
  second(1);
  second(2);
  await waitFor('the file', () => rig.told.includes('started 1.flv'));
  library.broken = Object.assign(new Error('no'), { code: 'EIO' });
  second(3);
  second(4);
  await waitFor('the failure', () => rig.told.some((text) => text.startsWith('done 1.flv failed')));
  assert.equal(rig.take.problem, 'the disk has failed', 'said');
  library.broken = undefined;
  second(5);
  assert.equal(rig.told.filter((text) => text.startsWith('started')).length, 1, 'not at once');
  for (let at = 6; at < 13; at++) second(at);
  await rig.take.end('stopped');
  assert.ok(rig.told.includes('done 2.flv stopped'), rig.told.join());
  const [first] = [...library.entries];
  assert.ok(first!.seconds! > 1, `${first!.seconds} s of the first file are in the list`);
});

function fakeFile(write: WritableFile['write']): WritableFile & { truncated: number | undefined } {
  const file = {
    truncated: undefined as number | undefined,
    write,
    truncate: (bytes?: number) => {
      file.truncated = bytes;
      return Promise.resolve();
    },
    sync: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return file;
}

test('one write at a time; half a piece is cut off when the disk is full', async () => {
  let writing = 0;
  let room = 25;
  const file = fakeFile((async (_: Buffer, __: number, length: number) => {
    assert.equal(++writing, 1, 'at a time');
    await new Promise((resolve) => setImmediate(resolve));
    writing--;
    if (room === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    const bytesWritten = Math.min(length, room);
    room -= bytesWritten;
    return { bytesWritten };
  }) as unknown as WritableFile['write']);
  const failures: Error[] = [];
  const writer = new FileWriter({
    open: () => Promise.resolve(file),
    failed: (error) => failures.push(error),
  });
  for (let piece = 0; piece < 4; piece++) writer.write(Buffer.alloc(10));
  await writer.close(() => [{ at: 0, bytes: Buffer.alloc(1) }]);
  assert.equal(failures.length, 1, 'told once');
  assert.deepEqual(
    [writer.writtenBytes, file.truncated, writer.queuedBytes],
    [20, 20, 0],
    'two pieces are whole',
  );
});
