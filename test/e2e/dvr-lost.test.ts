import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { allThere, DvrServer, dvrScene, files, number } from '../support/dvr-server.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/** Folders that are removed and processes that die: what is listed is there, in all renditions alike. */
const skip = unlessThere('ffmpeg');

const scene = dvrScene(skip);

describe('the past of a stream that was lost in part', { skip }, () => {
  test('a folder that is removed under it: what is gone is not listed, and it goes on', async () => {
    const server = await DvrServer.start(join(scene.folder, 'gone'));
    const publisher = await server.publish([scene.picture, scene.sound], 6);
    await publisher.done;
    await waitFor('all of it', async () => files(await server.lines('media.m3u8')).length > 15);
    rmSync(server.dvr, { recursive: true });
    const first = files(await server.lines('media.m3u8'))[0]!;
    assert.equal((await fetch(`${server.http}/live/cam/${first}`)).status, 404);
    publisher.kill();
    const again = await server.publish([scene.picture, scene.sound], 6);
    await again.done;
    await waitFor('a past that is there', async () => {
      const listed = files(await server.lines('media.m3u8'));
      const oldest = await fetch(`${server.http}/live/cam/${listed[0]!}`);
      await oldest.arrayBuffer();
      return oldest.ok && listed.length > 14;
    });
    assert.match(server.told.join('\n'), /it begins anew, (?:files of it are|its directory is) gone/);
    const folders = readdirSync(server.dvr, { recursive: true, encoding: 'utf8' });
    assert.ok(folders.filter((name) => name.endsWith('.m4s')).length > 10, folders.join(' '));
    again.kill();
    await server.stop();
  });

  test('after kill -9 all renditions go on at the same place, with pasts of the same length', async () => {
    const data = join(scene.folder, 'killed');
    let server = await DvrServer.start(data);
    const { picture, sound } = scene;
    const tracks = [picture, sound, { ...picture, track: 1 }, { ...sound, track: 2 }];
    await (
      await server.publish(tracks, 6)
    ).done;
    const names = ['media.m3u8', 'video1.m3u8', 'audio2.m3u8'];
    const before = await waitFor('all of it on the disk, in all renditions', async () => {
      const ends = await Promise.all(names.map(async (name) => files(await server.lines(name)).at(-1)));
      const numbers = ends.map((file) => (file === undefined ? 0 : number(file)));
      const isWritten = server.indexes.every((text) => text.includes(`"sequence":${numbers[0]!},`));
      const isAll = files(await server.lines('media.m3u8')).length > 15;
      return isAll && isWritten && new Set(numbers).size === 1 ? numbers[0] : undefined;
    });
    await server.stop('SIGKILL');
    server = await DvrServer.start(data);
    const publisher = await server.publish(tracks, 3);
    await publisher.done;
    const playlists = await waitFor('all renditions', async () => {
      const all = await Promise.all(names.map((name) => server.lines(name)));
      return all.every((lines) => files(lines).length > 18) ? all : undefined;
    });
    const seams = playlists.map((lines) => {
      const at = lines.indexOf('#EXT-X-DISCONTINUITY');
      assert.ok(at > 0, lines.join('\n'));
      return `${number(files(lines)[0]!)} ${number(files(lines.slice(at))[0]!)}`;
    });
    assert.equal(new Set(seams).size, 1, seams.join(', '));
    assert.ok(Number(seams[0]!.split(' ')[0]) > before, 'no number is used twice');
    const sequences = playlists.map((lines) =>
      lines.filter((line) => /^#EXT-X-(MEDIA|DISCONTINUITY)-SEQUENCE/.test(line)).join(' '),
    );
    assert.equal(new Set(sequences).size, 1, sequences.join(', '));
    for (const name of names) await allThere(server, name);
    publisher.kill();
    await server.stop();
  });
});
