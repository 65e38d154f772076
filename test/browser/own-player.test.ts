import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';
import { shownFrame } from './chromium.ts';
import { watchStand } from './watch-stand.ts';

/** Chromium plays HLS by itself where a page gives it nothing else: `<video src="….m3u8">`. */
const skip = unlessThere('ffmpeg', 'chromium');

const stand = watchStand(skip);

test('Chromium’s own player plays a stream that has just begun', { skip }, async (context) => {
  const page = await stand.blank(context);
  const { http } = stand.gateway;
  await page.goto(`${http}/healthz`); // an origin of its own, so that the browser says what asks
  await page.setContent('<video muted autoplay playsinline></video>');
  await page.evaluate((url) => {
    document.querySelector('video')!.src = url;
  }, `${http}/live/young.m3u8?wait=30`);
  await stand.onAir(context, 'young');
  const played = await waitFor('two seconds of play, or an error', () =>
    page.evaluate(() => {
      const { error, currentTime } = document.querySelector('video')!;
      if (error) return error.message;
      return currentTime > 2 ? 'played' : undefined;
    }),
  );
  assert.equal(played, 'played', 'what Chromium says of it');
  assert.ok((await shownFrame(page)) !== undefined, 'a picture is shown');
});
