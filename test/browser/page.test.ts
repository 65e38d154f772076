import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { playerState, shownFrame } from './chromium.ts';
import { CLIP_FPS } from '../support/clip.ts';
import { codedClip } from '../support/coded-clips.ts';
import { EnhancedPublisher, trackOf } from '../support/enhanced-publisher.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';
import { plays, watchStand } from './watch-stand.ts';

/** The player page in a real browser, told apart by the frame numbers in the picture. */
const skip = unlessThere('ffmpeg', 'chromium');
const stand = watchStand(skip, { settings: { publish: { graceSeconds: 1 } } });

/** The server gives a picture up that has not come for twelve seconds, and the page asks every few. */
const LONG_MS = 40_000;

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

/** Whether it plays a picture of this width, for a second; 0: sound alone. */
const moves = (opened: Page, width: number): Promise<boolean> =>
  opened.evaluate(async (wanted) => {
    const video = document.querySelector('video');
    const from = video?.currentTime ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return video !== null && video.videoWidth === wanted && video.currentTime - from > 0.5;
  }, width);

test('plays WebSocket-FLV by itself, less than 2 s behind live', { skip }, async (context) => {
  const sending = await stand.onAir(context, 'best');
  const opened = await stand.open(context, '/watch/live/best');
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
  context.diagnostic(
    `behind live, from the encoder's socket to the picture: ${behind.map((one) => one.toFixed(2)).join(' ')} s`,
  );
});

test(
  'the home page shows what is on the air and how to connect OBS when nothing is',
  { skip },
  async (context) => {
    const opened = await stand.open(context, '/');
    const server = opened.getByLabel('Server', { exact: true });
    // The port is known once the gateway has told it.
    await waitFor('what to type into OBS', async () =>
      new RegExp(`^rtmp://[a-z0-9.]+:${stand.gateway.rtmpPort}/live$`).test(await server.inputValue()),
    );
    await stand.onAir(context, 'seen');
    await opened.getByText('480×270').first().waitFor();
    await opened.getByRole('link', { name: /seen/ }).first().click();
    await movesBy(opened, CLIP_FPS);
    assert.match(opened.url(), /\/watch\/live\/seen$/);
  },
);

const canPlayHls = (opened: Page): Promise<boolean> =>
  opened.evaluate(() => document.createElement('video').canPlayType('application/vnd.apple.mpegurl') !== '');

// Whether it plays, not how soon: several at a time.
describe('the page', { skip, concurrency: 4 }, () => {
  for (const engine of ['http-flv', 'hls', 'native'] as const) {
    test(`plays with ?engine=${engine}`, async (context) => {
      // Chromium's own player gives up on a playlist of one segment.
      await stand.onAir(context, engine, { atOnceSeconds: engine === 'native' ? 8 : 0 });
      const opened = await stand.open(context, `/watch/live/${engine}?engine=${engine}`);
      if (engine === 'native' && !(await canPlayHls(opened)))
        return context.skip('this Chromium has no native HLS');
      await movesBy(opened, CLIP_FPS);
      // The first pictures may come while the page still goes to its place: it looks four times a second.
      await plays(opened);
      assert.equal((await playerState(opened)).engine, engine);
      return undefined;
    });
  }

  test('goes on by itself when the publisher is killed and starts again after the grace time', async (context) => {
    const first = await stand.onAir(context, 'again');
    const opened = await stand.open(context, '/watch/live/again');
    await movesBy(opened, CLIP_FPS);
    first.stop();
    await isOffline(opened);
    await stand.onAir(context, 'again');
    await plays(opened);
    await movesBy(opened, CLIP_FPS);
  });

  test('goes on in the same connection when the publisher is back within the grace time', async (context) => {
    const first = await stand.onAir(context, 'blip');
    const opened = await stand.open(context, '/watch/live/blip');
    await movesBy(opened, CLIP_FPS);
    first.stop();
    await stand.onAir(context, 'blip');
    const before = await shownFrame(opened);
    await waitFor(
      'the second life in the picture',
      async () => ((await shownFrame(opened)) ?? 0) < (before ?? 0),
    );
    await movesBy(opened, CLIP_FPS);
  });

  test('goes on when the publisher is back within the grace time with other codecs', async (context) => {
    const tracks = [trackOf(await codedClip('vp9')), trackOf(await codedClip('opus'))];
    const first = await stand.onAir(context, 'other');
    const opened = await stand.open(context, '/watch/live/other');
    await movesBy(opened, CLIP_FPS);
    first.stop();
    const url = `${stand.gateway.rtmp}/live/other`;
    const second = await EnhancedPublisher.start({ url, tracks, rounds: Infinity });
    context.after(() => second.kill());
    const width = (): Promise<number> => opened.evaluate(() => document.querySelector('video')!.videoWidth);
    await waitFor('the other picture', async () => (await width()) === 320);
    await plays(opened);
  });

  for (const engine of ['ws-flv', 'hls'] as const)
    test(`by ${engine} a picture that stops leaves the sound, and comes back`, async (context) => {
      const tracks = [trackOf(await codedClip('vp9')), trackOf(await codedClip('opus'))];
      const url = `${stand.gateway.rtmp}/live/half-${engine}`;
      const publisher = await EnhancedPublisher.start({ url, tracks, rounds: Infinity });
      context.after(() => publisher.kill());
      const opened = await stand.open(context, `/watch/live/half-${engine}?engine=${engine}`);
      await waitFor('the picture', () => moves(opened, 320), LONG_MS);
      publisher.silence('video');
      await waitFor('sound alone', () => moves(opened, 0), LONG_MS);
      const isContent = async (): Promise<boolean> => (await playerState(opened)).state === 'playing';
      await waitFor('the page to be content with it', isContent, LONG_MS);
      publisher.resume('video');
      await waitFor('the picture again', () => moves(opened, 320), LONG_MS);
      await plays(opened);
    });

  test('falls back to HTTP-FLV where WebSockets are blocked, and to HLS where FLV is', async (context) => {
    await stand.onAir(context, 'blocked');
    const opened = await stand.blank(context);
    await opened.routeWebSocket(/\.flv/, (socket) => socket.close());
    await opened.goto(`${stand.gateway.http}/watch/live/blocked`);
    await movesBy(opened, CLIP_FPS);
    assert.equal((await playerState(opened)).engine, 'http-flv');
    await opened.route(/\.flv/, (route) => route.abort());
    await opened.reload();
    await movesBy(opened, CLIP_FPS);
    assert.equal((await playerState(opened)).engine, 'hls');
  });

  test('waits for a stream that is not there and starts when it comes', async (context) => {
    const opened = await stand.open(context, '/watch/live/later');
    await isOffline(opened);
    await stand.onAir(context, 'later');
    await movesBy(opened, CLIP_FPS);
  });
});

const isOffline = (opened: Page): Promise<unknown> =>
  waitFor(
    'the page to say that the stream is off',
    async () => (await playerState(opened)).state === 'offline',
  );
