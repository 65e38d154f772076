import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { CLIP_FPS, ClipPublisher, numberedClip } from '../support/clip.ts';
import { whenLive } from '../support/gateway.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';
import { shownFrame } from './chromium.ts';
import { whereTheMachineKeepsUp } from './hitches.ts';
import { playWithHlsJs, watch } from './hls-js.ts';
import { plays, statsOf, watchStand } from './watch-stand.ts';

/** Low-Latency HLS in hls.js by itself and in our page, at the same time, told by the frame numbers in the picture. */
const skip = unlessThere('ffmpeg', 'chromium');
/** MILLRACE_TEST_LONG: two minutes instead. */
const SECONDS = process.env['MILLRACE_TEST_LONG'] === undefined ? 20 : 120;

const stand = watchStand(skip);

const told = (all: readonly number[]): string => all.map((one) => one.toFixed(2)).join(' ');

interface PageViewing {
  readonly behind: number[];
  /** Seconds by which the page was wrong about it. */
  readonly wrong: number[];
  readonly stalls: number;
}

/** Looks at our page for so long, once it has found its distance. */
async function watchPage(page: Page, publisher: ClipPublisher): Promise<PageViewing> {
  await waitFor('the distance to settle', async () => ((await statsOf(page)).latencySeconds ?? 9) < 1.8);
  const { stalls } = await statsOf(page);
  const [behind, wrong]: [number[], number[]] = [[], []];
  const until = performance.now() + SECONDS * 1000;
  while (performance.now() < until) {
    const [frame, { latencySeconds = 0 }] = [await shownFrame(page), await statsOf(page)];
    const real = (publisher.sentFrames - (frame ?? 0)) / CLIP_FPS;
    behind.push(real);
    wrong.push(Math.abs(real - latencySeconds));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return { behind, wrong, stalls: (await statsOf(page)).stalls - stalls };
}

test('hls.js and the page are at most 2 s behind the encoder, without a stall', { skip }, async (context) => {
  const { gateway, browser } = stand;
  const clip = numberedClip(SECONDS > 60 ? SECONDS + 20 : undefined);
  const publisher = new ClipPublisher(clip, `${gateway.rtmp}/live/low`);
  context.after(() => publisher.stop());
  await whenLive(gateway, 'live/low');
  const [page, bare] = await Promise.all([
    stand.open(context, '/watch/live/low?engine=hls'),
    playWithHlsJs(browser, `${gateway.http}/live/low.m3u8`),
  ]);
  await plays(page);
  await whereTheMachineKeepsUp(
    context,
    [page, bare],
    () => Promise.all([watch(bare, publisher, SECONDS), watchPage(page, publisher)]),
    ([byItself, inPage]) => {
      for (const [who, { behind }] of Object.entries({ 'hls.js': byItself, 'the page': inPage })) {
        const [least, most] = [Math.min(...behind), Math.max(...behind)];
        context.diagnostic(`${who}: ${least.toFixed(2)} to ${most.toFixed(2)} s behind the encoder`);
        assert.ok(least >= 0 && most <= 2, `${who} is behind by ${told(behind)} s`);
      }
      const { stalls, errors } = byItself;
      assert.deepEqual({ stalls, errors }, { stalls: 0, errors: [] }, 'hls.js goes on without a word');
      assert.equal(inPage.stalls, 0, 'the page goes on');
      assert.ok(Math.max(...inPage.wrong) < 0.5, `the page is wrong about it by ${told(inPage.wrong)} s`);
    },
    SECONDS > 60 ? 1 : 4, // as often as the clip is long enough for
  );
  const { isLowLatency, isByClock } = await statsOf(page);
  assert.deepEqual([isLowLatency, isByClock], [true, true], 'in parts, by the clock in the playlist');
  const answer = await fetch(`${gateway.http}/api/v1/streams/live/low`);
  const { viewers } = (await answer.json()) as { viewers: { hls: number } };
  assert.equal(viewers.hls, 2, 'each asks several times a second and is one viewer');
});
