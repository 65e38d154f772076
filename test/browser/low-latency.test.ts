import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { ClipPublisher, makeNumberedClip } from '../support/clip.ts';
import { startGateway, whenLive, type TestGateway } from '../support/gateway.ts';
import { unlessThere } from '../support/programs.ts';
import { launchChromium } from './chromium.ts';
import { playWithHlsJs, watch } from './hls-js.ts';

/** Low-Latency HLS in hls.js, told by the frame numbers in the picture. */
const skip = unlessThere('ffmpeg', 'chromium');
/** MILLRACE_TEST_LONG: two minutes instead. */
const SECONDS = process.env['MILLRACE_TEST_LONG'] === undefined ? 20 : 120;

let gateway: TestGateway;
let browser: Browser;

before(async () => {
  if (skip) return;
  gateway = await startGateway();
  browser = await launchChromium();
});

after(async () => {
  if (skip) return;
  await browser.close();
  await gateway.stop();
});

test('hls.js is at most 2 s behind the encoder, without a stall', { skip }, async (context) => {
  const clip = join(gateway.folder, 'numbered.flv');
  makeNumberedClip(clip, SECONDS + 20);
  const publisher = new ClipPublisher(clip, `${gateway.rtmp}/live/low`);
  context.after(() => publisher.stop());
  await whenLive(gateway, 'live/low');
  const page = await playWithHlsJs(browser, `${gateway.http}/live/low.m3u8`);
  const { behind, stalls, errors } = await watch(page, publisher, SECONDS);
  const most = Math.max(...behind);
  context.diagnostic(`behind the encoder: ${Math.min(...behind).toFixed(2)} to ${most.toFixed(2)} s`);
  assert.deepEqual({ stalls, errors }, { stalls: 0, errors: [] });
  assert.ok(most <= 2, `behind by ${behind.map((seconds) => seconds.toFixed(2)).join(' ')} s`);
  assert.ok(Math.min(...behind) >= 0, 'not ahead of it');
  const report = (await (await fetch(`${gateway.http}/api/v1/streams/live/low`)).json()) as {
    viewers: { hls: number };
  };
  assert.equal(report.viewers.hls, 1, 'it asks several times a second and is one viewer');
});
