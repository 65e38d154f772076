import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { alarms, allThere, DvrServer, dvrScene, files } from '../support/dvr-server.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/** Disks that take nothing: live goes on, and the past is what there still is. */
const skip = unlessThere('ffmpeg');
/** Of ours, one megabyte: the clip has a tenth of it a second. */
const DISK = 'size=1m';

const scene = dvrScene(skip);

/** A little file system, if this user may have one. */
function smallDisk(): { dir: string; remove: () => void } | undefined {
  const dir = join(scene.folder, 'small');
  mkdirSync(dir);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', DISK, 'tmpfs', dir]).status !== 0) return undefined;
  return { dir, remove: () => void spawnSync('umount', ['-l', dir]) };
}

describe('the past of a stream on a disk that takes nothing', { skip }, () => {
  test('a full disk: the oldest goes early, live goes on, and with room it gets long again', async (context) => {
    const disk = smallDisk();
    if (!disk) return context.skip('file systems cannot be mounted here');
    const data = join(scene.folder, 'full');
    mkdirSync(data);
    mkdirSync(join(disk.dir, 'dvr'));
    spawnSync('ln', ['-s', join(disk.dir, 'dvr'), join(data, 'dvr')]);
    const server = await DvrServer.start(data);
    try {
      const publisher = await server.publish([scene.picture, scene.sound], 20);
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
      const again = await server.publish([scene.picture, scene.sound], 25);
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
    const data = join(scene.folder, 'blocked');
    mkdirSync(data);
    writeFileSync(join(data, 'dvr'), 'a file where the folder should be');
    const server = await DvrServer.start(data);
    assert.equal(await alarms(server), 0, 'alarms before');
    const publisher = await server.publish([scene.picture, scene.sound], 5);
    await publisher.done;
    const lines = await waitFor('live', async () => {
      const now = await server.lines('media.m3u8');
      return files(now).length >= 6 ? now : undefined;
    });
    assert.equal(files(lines).length, 6);
    assert.equal(server.told.length, 1, server.told.join('\n'));
    assert.equal(await alarms(server), 1, 'alarms');
    publisher.kill();
    await server.stop();
  });
});
