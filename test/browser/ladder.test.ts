import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { codedClip } from '../support/coded-clips.ts';
import { EnhancedPublisher, trackOf } from '../support/enhanced-publisher.ts';
import { rungClip } from '../support/ladder-clips.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';
import { playWithHlsJs } from './hls-js.ts';
import { watchStand } from './watch-stand.ts';

/** Several pictures of one publisher in hls.js, which changes from one to another and back. */
const skip = unlessThere('ffmpeg', 'chromium');

const stand = watchStand(skip);

interface Player {
  readonly hls: {
    levels: { height: number }[];
    nextLevel: number;
    on(event: string, listener: (event: string, data: { details: string }) => void): void;
  };
  readonly watched: { stalls: number; errors: string[] };
}

interface Look {
  readonly height: number;
  /** Stretches of media that the player has. */
  readonly stretches: number;
  readonly at: number;
}

function look(page: Page): Promise<Look> {
  return page.evaluate(() => {
    const { videoHeight, buffered, currentTime } = document.querySelector('video')!;
    return { height: videoHeight, stretches: buffered.length, at: currentTime };
  });
}

/** Chooses a picture and looks until it is shown; gives all that was seen on the way. */
async function changeTo(page: Page, height: number): Promise<Look[]> {
  const looks: Look[] = [];
  await page.evaluate((wanted) => {
    const { hls } = window as unknown as Player;
    hls.nextLevel = hls.levels.findIndex((level) => level.height === wanted);
  }, height);
  await waitFor(`${height} lines`, async () => {
    looks.push(await look(page));
    return looks.at(-1)!.height === height;
  });
  const from = looks.at(-1)!.at;
  await waitFor('two seconds more', async () => {
    looks.push(await look(page));
    return looks.at(-1)!.at > from + 2;
  });
  return looks;
}

test('hls.js changes up and down without a gap or a stall', { skip }, async (context) => {
  const { gateway, browser } = stand;
  const [big, small, aac] = await Promise.all([
    rungClip({ height: 360, seconds: 3 }),
    rungClip({ height: 180, seconds: 3 }),
    codedClip('aac'),
  ]);
  const tracks = [trackOf(big), trackOf(small, { track: 1 }), trackOf(aac)];
  const url = `${gateway.rtmp}/live/cam`;
  const publisher = await EnhancedPublisher.start({ url, tracks, legacy: true, rounds: Infinity });
  context.after(() => publisher.kill());
  await waitFor('a playlist', async () => (await fetch(`${gateway.http}/live/cam.m3u8`)).ok);
  const page = await playWithHlsJs(browser, `${gateway.http}/live/cam.m3u8`);
  context.after(() => page.close());
  await waitFor('play', async () => (await look(page)).at > 0 && (await look(page)).height > 0);
  const from = (await look(page)).at;
  await waitFor('three seconds of play', async () => (await look(page)).at > from + 3);
  await page.evaluate(() => {
    const { watched } = window as unknown as Player;
    [watched.stalls, watched.errors] = [0, []];
  });
  for (const height of [180, 360, 180, 360]) {
    const looks = await changeTo(page, height);
    const torn = looks.filter(({ stretches }) => stretches !== 1);
    assert.deepEqual(torn, [], `media without holes on the way to ${height} lines`);
  }
  const { stalls, errors } = await page.evaluate(() => (window as unknown as Player).watched);
  assert.deepEqual({ stalls, errors }, { stalls: 0, errors: [] });
});
