import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchChromium, playerState, shownFrame } from './chromium.ts';
import { CLIP_FPS, ClipPublisher, makeNumberedClip } from '../support/clip.ts';
import { startGateway, whenLive, type TestGateway } from '../support/gateway.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/** The player page in a real browser, told apart by the frame numbers in the picture. */
const skip = unlessThere('ffmpeg', 'chromium');

let gateway: TestGateway;
let browser: Browser;
let clip: string;
let publisher: ClipPublisher | undefined;
let page: Page | undefined;

before(async () => {
  if (skip) return;
  gateway = await startGateway({ publish: { graceSeconds: 1 } });
  clip = join(gateway.folder, 'numbered.flv');
  makeNumberedClip(clip, 120);
  browser = await launchChromium();
});

afterEach(async () => {
  await page?.close();
  publisher?.stop();
  page = undefined;
});

after(async () => {
  if (skip) return;
  await browser.close();
  await gateway.stop();
});

async function onAir(stream: string): Promise<ClipPublisher> {
  publisher = new ClipPublisher(clip, `${gateway.rtmp}/live/${stream}`);
  await whenLive(gateway, `live/${stream}`);
  return publisher;
}

async function open(path: string): Promise<Page> {
  page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
  page.on('pageerror', (error) => assert.fail(`error in the page: ${error.message}`));
  await page.goto(`${gateway.http}${path}`);
  return page;
}

/** Waits until the picture has moved by `frames` frames from where it was first seen. */
async function movesBy(opened: Page, frames: number): Promise<number> {
  const first = await waitFor('a picture', async () => {
    const shown = await shownFrame(opened);
    return shown === undefined ? undefined : { shown };
  });
  return waitFor(`the picture to move by ${frames} frames`, async () => {
    const shown = await shownFrame(opened);
    return shown !== undefined && shown - first.shown >= frames && shown;
  });
}

test('plays WebSocket-FLV by itself, less than 2 s behind live', { skip }, async () => {
  const sending = await onAir('best');
  const opened = await open('/watch/live/best');
  await movesBy(opened, 2 * CLIP_FPS);
  assert.deepEqual(await playerState(opened), { state: 'playing', engine: 'ws-flv' });
  const behind: number[] = [];
  for (let look = 0; look < 10; look++) {
    const shown = await shownFrame(opened);
    behind.push((sending.sentFrames - (shown ?? 0)) / CLIP_FPS);
    await movesBy(opened, 3);
  }
  assert.ok(
    Math.max(...behind) < 2,
    `behind live by ${behind.map((seconds) => seconds.toFixed(2)).join(' ')} s`,
  );
  assert.ok(Math.min(...behind) >= 0, `ahead of the publisher: ${behind.join(' ')}`);
  console.log(
    `behind live, from the encoder's socket to the picture: ${behind.map((one) => one.toFixed(2)).join(' ')} s`,
  );
});

for (const engine of ['http-flv', 'hls', 'native'] as const) {
  test(`plays with ?engine=${engine}`, { skip }, async (context) => {
    await onAir(engine);
    if (engine === 'native') await segmentsOf(engine, 3); // Chromium's own player gives up on a playlist of one
    const opened = await open(`/watch/live/${engine}?engine=${engine}`);
    if (engine === 'native' && !(await canPlayHls(opened)))
      return context.skip('this Chromium has no native HLS');
    await movesBy(opened, CLIP_FPS);
    // The first pictures may come while the page still goes to its place: it looks four times a second.
    await waitFor('the page to say so', async () => (await playerState(opened)).state === 'playing');
    assert.equal((await playerState(opened)).engine, engine);
    return undefined;
  });
}

function segmentsOf(stream: string, count: number): Promise<unknown> {
  return waitFor(`${count} segments`, async () => {
    const response = await fetch(`${gateway.http}/live/${stream}/media.m3u8`);
    return ((await response.text()).match(/^\d+\.(ts|m4s)$/gm)?.length ?? 0) >= count;
  });
}

function canPlayHls(opened: Page): Promise<boolean> {
  return opened.evaluate(
    () => document.createElement('video').canPlayType('application/vnd.apple.mpegurl') !== '',
  );
}

test(
  'goes on by itself when the publisher is killed and starts again after the grace time',
  { skip },
  async () => {
    const first = await onAir('again');
    const opened = await open('/watch/live/again');
    await movesBy(opened, CLIP_FPS);
    first.stop();
    await waitFor(
      'the page to say that the stream is off',
      async () => (await playerState(opened)).state === 'offline',
    );
    await onAir('again');
    await waitFor('the page to play again', async () => (await playerState(opened)).state === 'playing');
    await movesBy(opened, CLIP_FPS);
  },
);

test(
  'goes on in the same connection when the publisher is back within the grace time',
  { skip },
  async () => {
    const first = await onAir('blip');
    const opened = await open('/watch/live/blip');
    await movesBy(opened, CLIP_FPS);
    first.stop();
    await onAir('blip');
    const before = await shownFrame(opened);
    await waitFor(
      'the second life in the picture',
      async () => ((await shownFrame(opened)) ?? 0) < (before ?? 0),
    );
    await movesBy(opened, CLIP_FPS);
  },
);

test('falls back to HTTP-FLV where WebSockets are blocked, and to HLS where FLV is', { skip }, async () => {
  await onAir('blocked');
  page = await browser.newPage();
  await page.routeWebSocket(/\.flv/, (socket) => socket.close());
  await page.goto(`${gateway.http}/watch/live/blocked`);
  await movesBy(page, CLIP_FPS);
  assert.equal((await playerState(page)).engine, 'http-flv');
  await page.route(/\.flv/, (route) => route.abort());
  await page.reload();
  await movesBy(page, CLIP_FPS);
  assert.equal((await playerState(page)).engine, 'hls');
});

test('waits for a stream that is not there and starts when it comes', { skip }, async () => {
  const opened = await open('/watch/live/later');
  await waitFor('the page to wait', async () => (await playerState(opened)).state === 'offline');
  await onAir('later');
  await movesBy(opened, CLIP_FPS);
});

test('the home page shows what is on the air and how to connect OBS when nothing is', { skip }, async () => {
  const opened = await open('/');
  const server = opened.getByLabel('Server', { exact: true });
  // The port is known once the gateway has told it.
  await waitFor('what to type into OBS', async () =>
    new RegExp(`^rtmp://[a-z0-9.]+:${gateway.rtmpPort}/live$`).test(await server.inputValue()),
  );
  await onAir('seen');
  await opened.getByText('480×270').first().waitFor();
  await opened.getByRole('link', { name: /seen/ }).first().click();
  await movesBy(opened, CLIP_FPS);
  assert.match(opened.url(), /\/watch\/live\/seen$/);
});
