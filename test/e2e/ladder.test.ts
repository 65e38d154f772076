import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamReport } from '../support/gateway.ts';
import { fetchSegment, lookAtHls } from '../support/hls-look.ts';
import { ladderStand, multivariantOf, plain } from '../support/ladder-stand.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

const skip = unlessThere('ffmpeg');

test('two pictures and two sounds of one publisher are one ladder', { skip }, async (context) => {
  const { gateway } = await ladderStand(context);
  const { playlists, mediaGroups, text } = await multivariantOf(gateway, 'live/cam');
  context.diagnostic(text);
  assert.deepEqual(
    playlists.map(({ uri, attributes }) => [plain(uri), attributes.RESOLUTION?.height]),
    [
      ['cam/picture0.m3u8', 360],
      ['cam/picture1.m3u8', 180],
    ],
  );
  for (const { attributes } of playlists) {
    assert.equal(attributes['CODECS']?.toString().split(',').length, 3, String(attributes['CODECS']));
    assert.equal(Number(attributes['FRAME-RATE']), 25, 'the frame rate');
    assert.ok(Number(attributes['BANDWIDTH']) >= Number(attributes['AVERAGE-BANDWIDTH']), 'the peak');
  }
  const sounds = Object.values(mediaGroups.AUDIO['cam'] ?? {});
  assert.deepEqual(
    sounds.map((sound) => [sound.default, sound.uri && plain(sound.uri)]),
    [
      [true, 'cam/sound0.m3u8'],
      [false, 'cam/audio1.m3u8'],
    ],
  );
});

test(
  'renditions are cut at the same pictures, with the same numbers and dates',
  { skip },
  async (context) => {
    const { gateway } = await ladderStand(context);
    await multivariantOf(gateway, 'live/cam');
    const files = ['media', 'video1', 'audio1', 'picture0', 'picture1', 'sound0'].map(
      (name) => `${name}.m3u8`,
    );
    await waitFor('four segments', async () => {
      const looks = await Promise.all(files.map((file) => lookAtHls(gateway, 'live/cam', file)));
      return looks.every(({ names }) => names.length >= 4);
    });
    const looks = await Promise.all(files.map((file) => lookAtHls(gateway, 'live/cam', file)));
    const [main, ...others] = looks;
    const dates = (text: string): number[] =>
      [...text.matchAll(/PROGRAM-DATE-TIME:(.*)/g)].map((match) => Date.parse(match[1]!));
    const line = (text: string, tag: string): string | undefined =>
      new RegExp(`^#EXT-X-${tag}.*$`, 'm').exec(text)?.[0];
    for (const tag of ['TARGETDURATION', 'PART-INF', 'SERVER-CONTROL', 'DISCONTINUITY-SEQUENCE'])
      for (const other of others) assert.equal(line(other.text, tag), line(main!.text, tag), tag);
    const placesOf = ({ names, text }: (typeof looks)[number]): Map<string, number> =>
      new Map(names.map((name, index) => [name.replace(/^[a-z]+\d-/, ''), dates(text)[index]!]));
    const places = placesOf(main!);
    others.forEach((look, index) => {
      const name = files[index + 1]!.replace('.m3u8', '');
      const own = [...placesOf(look)].filter(([number]) => places.has(number));
      assert.ok(own.length >= 3, `${own.length} segments of ${name} have the numbers of the main one`);
      const most = /^(video|picture)/.test(name) ? 0 : 200; // sound is cut at its own frames
      for (const [number, date] of own)
        assert.ok(Math.abs(date - places.get(number)!) <= most, `${number} of ${name} begins elsewhere`);
    });
    const reports = (file: string): string[] =>
      [
        ...looks[files.indexOf(file)]!.text.matchAll(
          /RENDITION-REPORT:URI="([^"]*)",LAST-MSN=\d+,LAST-PART=\d+$/gm,
        ),
      ].map(([, uri]) => uri!);
    assert.deepEqual(reports('media.m3u8'), ['video1.m3u8', 'audio1.m3u8']);
    assert.deepEqual(reports('video1.m3u8'), ['media.m3u8', 'audio1.m3u8']);
    assert.deepEqual(reports('picture1.m3u8'), ['picture0.m3u8', 'sound0.m3u8', 'audio1.m3u8']);
  },
);

test(
  'a rendition that stops leaves the ladder and its playlist is gone; it comes back under new names',
  { skip },
  async (context) => {
    const { gateway, publisher } = await ladderStand(context);
    await multivariantOf(gateway, 'live/cam');
    const before = await lookAtHls(gateway, 'live/cam', 'video1.m3u8');
    await lookAtHls(gateway, 'live/cam', 'picture1.m3u8');
    publisher.silence('video', 1);
    const shown = async (): Promise<string[]> =>
      (await multivariantOf(gateway, 'live/cam')).playlists.map(({ uri }) => plain(uri));
    await waitFor(
      'the rendition to leave',
      async () => (await shown()).join() === 'cam/picture0.m3u8',
      15_000,
    );
    for (const name of ['video1', 'picture1']) {
      const gone = await fetch(`${gateway.http}/live/cam/${name}.m3u8`);
      assert.equal(gone.status, 404, 'players go over to another rendition; at an end mark they would stop');
    }
    assert.ok(
      (await fetchSegment(gateway, 'live/cam', before.names.at(-1)!)).length > 0,
      'its segments are there',
    );
    assert.deepEqual((await streamReport(gateway, 'live/cam'))?.problems, []);
    publisher.resume('video', 1);
    await waitFor('the rendition to be back', async () => (await shown()).length === 2, 15_000);
    const again = await lookAtHls(gateway, 'live/cam', 'video1.m3u8');
    assert.ok(!again.ended, 'alive again');
    assert.deepEqual(
      again.names.filter((name) => before.names.includes(name)),
      [],
      'no name is used again',
    );
    assert.ok(
      (await fetchSegment(gateway, 'live/cam', before.names.at(-1)!)).length > 0,
      'the former ones still are',
    );
  },
);
