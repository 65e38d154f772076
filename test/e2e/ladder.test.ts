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
      ['cam/media.m3u8', 360],
      ['cam/video1.m3u8', 180],
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
      [true, undefined],
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
    const files = ['media', 'video1', 'audio1'].map((name) => `${name}.m3u8`);
    await waitFor('four segments', async () => {
      const looks = await Promise.all(files.map((file) => lookAtHls(gateway, 'live/cam', file)));
      return looks.every(({ names }) => names.length >= 4);
    });
    const [main, video, audio] = await Promise.all(files.map((file) => lookAtHls(gateway, 'live/cam', file)));
    const dates = (text: string): number[] =>
      [...text.matchAll(/PROGRAM-DATE-TIME:(.*)/g)].map((match) => Date.parse(match[1]!));
    const line = (text: string, tag: string): string | undefined =>
      new RegExp(`^#EXT-X-${tag}.*$`, 'm').exec(text)?.[0];
    for (const tag of ['TARGETDURATION', 'PART-INF', 'SERVER-CONTROL', 'DISCONTINUITY-SEQUENCE'])
      for (const other of [video!, audio!]) assert.equal(line(other.text, tag), line(main!.text, tag), tag);
    const count = Math.min(main!.names.length, video!.names.length, audio!.names.length);
    assert.deepEqual(
      video!.names.slice(0, count),
      main!.names.slice(0, count).map((name) => `video1-${name}`),
    );
    assert.deepEqual(dates(video!.text).slice(0, count), dates(main!.text).slice(0, count));
    dates(audio!.text)
      .slice(0, count)
      .forEach((date, index) => {
        const off = Math.abs(date - dates(main!.text)[index]!);
        assert.ok(off < 200, `sound segment ${index} begins ${off} ms from the picture's`);
      });
    assert.match(video!.text, /EXT-X-RENDITION-REPORT:URI="media.m3u8",LAST-MSN=\d+,LAST-PART=\d+/);
    assert.match(main!.text, /EXT-X-RENDITION-REPORT:URI="video1.m3u8"/);
  },
);

test(
  'a rendition that stops leaves the ladder and its playlist is gone; it comes back under new names',
  { skip },
  async (context) => {
    const { gateway, publisher } = await ladderStand(context);
    await multivariantOf(gateway, 'live/cam');
    const before = await lookAtHls(gateway, 'live/cam', 'video1.m3u8');
    publisher.silence('video', 1);
    const shown = async (): Promise<string[]> =>
      (await multivariantOf(gateway, 'live/cam')).playlists.map(({ uri }) => plain(uri));
    await waitFor('the rendition to leave', async () => (await shown()).join() === 'cam/media.m3u8', 15_000);
    const gone = await fetch(`${gateway.http}/live/cam/video1.m3u8`);
    assert.equal(gone.status, 404, 'players go over to another rendition; at an end mark they would stop');
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
