import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { elementaryOf, offsetIn } from '../support/elementary.ts';
import { publishFile, startGateway, whenLive, type TestGateway } from '../support/gateway.ts';
import { Background, makeWithFfmpeg, unlessThere } from '../support/programs.ts';
import { complaints, recordingsIn } from '../support/recordings.ts';
import { recordingLog, type LogLine } from '../support/recording-log.ts';
import { waitFor } from '../support/wait.ts';

/** A disk of 2 MB. What the stream's viewers get must not depend on it. */
const DISK_BYTES = 2_000_000;

let folder: string;
let disk: string;
let noDisk: string | false;
let gateway: TestGateway;
let publisher: Background;
let viewer: Background;
const { log, lines } = recordingLog();
const texts = (from: readonly LogLine[], level: string): string[] =>
  from.filter((line) => line.level === level).map(({ text }) => text);

const skip = unlessThere('ffmpeg', 'ffprobe');

before(async () => {
  if (skip) return;
  folder = mkdtempSync(join(tmpdir(), 'millrace-full-'));
  disk = join(folder, 'disk');
  mkdirSync(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk]);
  noDisk = mounted.status === 0 ? false : 'a small disk cannot be mounted here';
  const clip = join(folder, 'source.flv');
  const inputs = [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=640x360:r=30',
    '-f',
    'lavfi',
    '-i',
    'sine=f=440:r=48000:b=4',
  ];
  const rate = ['-b:v', '2000k', '-minrate', '2000k', '-maxrate', '2000k', '-bufsize', '2000k'];
  const codecs = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    ...rate,
    '-x264-params',
    'nal-hrd=cbr',
    '-g',
    '30',
  ];
  makeWithFfmpeg([...inputs, '-t', '60', ...codecs, '-pix_fmt', 'yuv420p', '-c:a', 'aac', clip]);
  gateway = await startGateway(
    { record: { dir: disk, rules: [{ streams: '*', formats: ['mp4', 'flv'] }], name: '{app}/{stream}/{n}' } },
    log,
  );
  publisher = publishFile(clip, `${gateway.rtmp}/live/cam`);
  await whenLive(gateway, 'live/cam');
  viewer = new Background('ffmpeg', [
    ...[
      '-loglevel',
      'error',
      '-i',
      `${gateway.http}/live/cam.flv`,
      '-c',
      'copy',
      '-y',
      join(folder, 'viewer.flv'),
    ],
  ]);
});

after(async () => {
  if (skip) return;
  await viewer.stop();
  await publisher.stop();
  await gateway.stop();
  if (!noDisk) spawnSync('umount', [disk]);
  rmSync(folder, { recursive: true, force: true });
});

const stopped = (): string[] => texts(lines, 'error').filter((text) => text.includes('has stopped'));

// They wait more than they work.
describe('disks that fail', { concurrency: 2 }, () => {
  describe('a disk that is full', { concurrency: 1 }, () => {
    test(
      'a full disk: recording stops with an alarm, what is there plays, viewers notice nothing',
      { skip },
      async (context) => {
        if (noDisk) return context.skip(noDisk);
        await waitFor('both to have stopped', () => stopped().length >= 2);
        for (const text of stopped())
          assert.match(text, /^recording "live\/cam" as (mp4|flv) has stopped: the disk is full/);
        const done = (): number => texts(lines, 'info').filter((text) => text === 'recording done').length;
        await waitFor('both to be closed', () => done() >= 2);
        const files = [...recordingsIn(disk, 'mp4'), ...recordingsIn(disk, 'flv')];
        assert.equal(files.length, 2, files.join(' '));
        const source = elementaryOf(join(folder, 'source.flv'));
        for (const file of files) {
          const copy = join(folder, file.endsWith('mp4') ? 'left.mp4' : 'left.flv');
          writeFileSync(copy, readFileSync(file));
          assert.equal(await complaints(copy), '', file);
          const { slices } = elementaryOf(copy);
          assert.ok(slices.length >= 60, `${file}: ${slices.length} slices`);
          assert.ok(offsetIn(source.slices, slices) >= 0, `${file}: the slices are those of the source`);
        }
      },
    );

    test('with room again it goes on by itself', { skip }, async (context) => {
      if (noDisk) return context.skip(noDisk);
      const first = recordingsIn(disk, 'flv')[0]!;
      const answer = await fetch(`${gateway.http}/api/v1/recordings/live/cam/${first.split('/').at(-1)!}`, {
        method: 'DELETE',
      });
      assert.ok(answer.ok, `deleting: ${answer.status}`);
      await waitFor(
        'another file',
        () => texts(lines, 'info').filter((text) => text === 'recording started').length >= 3,
      );
    });

    test('the viewer has every access unit from where it began', { skip }, async (context) => {
      if (noDisk) return context.skip(noDisk);
      await viewer.stop('SIGINT');
      const file = join(folder, 'viewer.flv');
      assert.equal(await complaints(file), '', 'ffmpeg complains');
      const { slices } = elementaryOf(file);
      assert.ok(slices.length > 150, `${slices.length} slices`);
      assert.ok(offsetIn(elementaryOf(join(folder, 'source.flv')).slices, slices) >= 0, 'without a gap');
    });
  });

  test('a directory that has gone is told, and found again when it is back', { skip }, async () => {
    const dir = join(folder, 'plain');
    const plain = recordingLog();
    const other = await startGateway(
      { record: { dir, rules: [{ streams: '*', formats: ['flv'], rotateSeconds: 2 }] } },
      plain.log,
    );
    const second = publishFile(join(folder, 'source.flv'), `${other.rtmp}/live/cam`);
    await waitFor('a recording', () => recordingsIn(dir, 'flv').length > 0);
    renameSync(dir, `${dir}-away`);
    await waitFor('an alarm', () => texts(plain.lines, 'error').some((text) => text.includes('is gone')));
    renameSync(`${dir}-away`, dir);
    const count = recordingsIn(dir, 'flv').length;
    await waitFor('another file', () => recordingsIn(dir, 'flv').length > count);
    await second.stop();
    await other.stop();
  });
});
