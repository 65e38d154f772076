import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { codedClip } from '../support/coded-clips.ts';
import { allThere, DvrServer, files } from '../support/dvr-server.ts';
import { trackOf, type CodedTrack } from '../support/enhanced-publisher.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/** Disks that take nothing: live goes on, and the past is what there still is. */
const skip = unlessThere('ffmpeg');
/** Of ours, one megabyte: the clip has a tenth of it a second. */
const DISK = 'size=1m';

let folder: string;
let picture: CodedTrack;
let sound: CodedTrack;

before(async () => {
  if (skip) return;
  folder = mkdtempSync(join(tmpdir(), 'millrace-trouble-'));
  picture = trackOf(await codedClip('avc'));
  sound = trackOf(await codedClip('aac'));
});
after(() => {
  if (!skip) rmSync(folder, { recursive: true, force: true });
});

/** A little file system, if this user may have one. */
function smallDisk(): { dir: string; remove: () => void } | undefined {
  const dir = join(folder, 'small');
  mkdirSync(dir);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', DISK, 'tmpfs', dir]).status !== 0) return undefined;
  return { dir, remove: () => void spawnSync('umount', ['-l', dir]) };
}

describe('the past of a stream on a disk that takes nothing', { skip }, () => {
  test('a full disk: the oldest goes early, live goes on, and with room it gets long again', async (context) => {
    const disk = smallDisk();
    if (!disk) return context.skip('file systems cannot be mounted here');
    const data = join(folder, 'full');
    mkdirSync(data);
    mkdirSync(join(disk.dir, 'dvr'));
    spawnSync('ln', ['-s', join(disk.dir, 'dvr'), join(data, 'dvr')]);
    const server = await DvrServer.start(data);
    try {
      const publisher = await server.publish([picture, sound], 20);
      await publisher.done;
      const lines = await waitFor('all of it', async () => {
        const now = await allThere(server, 'media.m3u8');
        return files(now).length > 0 && server.told.length > 0 ? now : undefined;
      });
      const count = files(lines).length;
      assert.ok(count > 6 && count < 30, `${count} segments are listed`);
      assert.deepEqual(server.told, [
        'DVR: the past is not kept as long as it should be: the oldest of it goes early, the disk is full',
      ]);
      const short = await server.lines('media.m3u8?dvr=0');
      assert.equal(files(short).at(-1), files(lines).at(-1), 'live is where it was');
      spawnSync('mount', ['-o', 'remount,size=32m', disk.dir]);
      publisher.kill();
      const again = await server.publish([picture, sound], 25);
      await again.done;
      await waitFor('the end of the trouble', () => server.told.length === 2);
      assert.ok(files(await allThere(server, 'media.m3u8')).length >= count + 20, 'it grows again');
      const clip = await fetch(`${server.http}/live/cam/clip.mp4?last=5`);
      assert.equal(clip.status, 200);
      await clip.arrayBuffer();
      again.kill();
    } finally {
      await server.stop();
      disk.remove();
    }
  });

  test('a folder that cannot be made: live goes on without a past, which is told once', async () => {
    const data = join(folder, 'blocked');
    mkdirSync(data);
    writeFileSync(join(data, 'dvr'), 'a file where the folder should be');
    const server = await DvrServer.start(data);
    const publisher = await server.publish([picture, sound], 5);
    await publisher.done;
    const lines = await waitFor('live', async () => {
      const now = await server.lines('media.m3u8');
      return files(now).length >= 6 ? now : undefined;
    });
    assert.equal(files(lines).length, 6);
    assert.equal(server.told.length, 1, server.told.join('\n'));
    publisher.kill();
    await server.stop();
  });
});
