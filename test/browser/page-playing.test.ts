import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { playerState, seekTo, shownFrame } from './chromium.ts';
import { CLIP_FPS } from '../support/clip.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';
import { plays, statsOf, watchStand } from './watch-stand.ts';

/** How the page plays: near the edge, in the past, what it can play, and what it tells of it. */
const skip = unlessThere('ffmpeg', 'chromium');
const streams = ['live/stay', 'live/clip'].map((match) => ({ match, windowSegments: 6, dvrSeconds: 600 }));
const stand = watchStand(skip, {
  settings: { publish: { graceSeconds: 1 }, hls: { windowSegments: 30, streams } },
});

/** So many seconds of the video's own time. */
async function watchedFor(opened: Page, seconds: number): Promise<void> {
  const time = async (): Promise<number> => (await statsOf(opened)).currentTime;
  const first = await time();
  await waitFor(`${seconds} s of it`, async () => (await time()) - first > seconds);
}

/** Replaces parts of what the server says of a stream. */
const pretend = (opened: Page, stream: string, change: (report: Record<string, unknown>) => void) =>
  opened.route(new RegExp(`/api/v1/streams/live/${stream}$`), async (route) => {
    const response = await route.fetch();
    const report = (await response.json()) as Record<string, unknown>;
    if (response.ok()) change(report);
    await route.fulfill({ response, json: report });
  });

/** Takes the way to the server into its hands; the function that is returned cuts it. */
async function cutter(opened: Page): Promise<() => Promise<void>> {
  let cut = (): Promise<void> => Promise.resolve();
  await opened.routeWebSocket(/\.flv/, (way) => {
    way.connectToServer();
    cut = () => way.close();
  });
  return () => cut();
}

interface Told {
  readonly playback: readonly { protocol: string; starts: number; watchedSeconds: number }[];
}

const told = async (stream: string): Promise<Told['playback']> => {
  const response = await fetch(`${stand.gateway.http}/api/v1/playback?stream=live/${stream}`);
  return ((await response.json()) as Told).playback;
};

/** The past of a stream, in seconds, in its playlist. */
async function pastOf(stream: string): Promise<number> {
  const answer = await fetch(`${stand.gateway.http}/live/${stream}/media.m3u8`);
  const lengths = (await answer.text()).matchAll(/^#EXTINF:([\d.]+)/gm);
  return [...lengths].reduce((sum, [, seconds]) => sum + Number(seconds), 0);
}

const durationOf = (opened: Page): Promise<number> =>
  opened.evaluate(() => document.querySelector('video')!.duration);

test(
  'where a past is kept, a pause goes on where it stood, even if its connection is gone',
  { skip },
  async (context) => {
    const sending = await stand.onAir(context, 'stay');
    const opened = await stand.blank(context);
    const cut = await cutter(opened);
    await opened.goto(`${stand.gateway.http}/watch/live/stay`);
    await plays(opened);
    const bar = opened.getByLabel('Place in the stream');
    await bar.waitFor();
    assert.ok(Number(await bar.getAttribute('min')) >= -30, 'a young stream can be gone back in');
    assert.equal(await bar.inputValue(), '0', 'live is the very end of the bar');
    await opened.keyboard.press('k');
    const stood = await waitFor('the pause', async () => {
      const [{ state }, shown] = [await playerState(opened), await shownFrame(opened)];
      return state === 'paused' && shown;
    });
    await cut();
    await waitFor('six seconds', () => sending.sentFrames > stood + 6 * CLIP_FPS);
    assert.equal((await playerState(opened)).state, 'paused');
    await opened.keyboard.press('k');
    const shown = await waitFor('a moving picture of the past', async () => {
      const { engine, state } = await playerState(opened);
      return engine === 'hls' && state === 'playing' && (await shownFrame(opened));
    });
    const missed = (shown - stood) / CLIP_FPS;
    assert.ok(Math.abs(missed) < 2, `goes on ${missed.toFixed(1)} s after where it stood`);
    await opened.getByLabel('Go to live').click();
    await waitFor('home', async () => {
      const { engine, state } = await playerState(opened);
      return engine === 'ws-flv' && state === 'playing' && ((await statsOf(opened)).behindSeconds ?? 9) < 2;
    });
  },
);

// Each on a stream of its own, several at a time.
describe('in a browser', { skip, concurrency: 3 }, () => {
  test('a viewer who goes back beyond what FLV has kept is given HLS, and comes home to FLV', async (context) => {
    const sending = await stand.onAir(context, 'past');
    await waitFor('some seconds of past', () => sending.sentFrames > 14 * CLIP_FPS, 30_000);
    const opened = await stand.blank(context);
    await pretend(opened, 'past', (report) => Object.assign(report, { dvrSeconds: 600, uptimeSeconds: 600 }));
    await opened.goto(`${stand.gateway.http}/watch/live/past`);
    await plays(opened);
    await opened.getByLabel('Place in the stream').waitFor();
    await opened.keyboard.press('ArrowLeft');
    await opened.keyboard.press('ArrowLeft');
    await waitFor('HLS, in the past', async () => {
      const { engine, state } = await playerState(opened);
      const { behindSeconds } = await statsOf(opened);
      return engine === 'hls' && state === 'playing' && (behindSeconds ?? 0) > 4;
    });
    await waitFor('a picture of the past', async () => {
      const shown = await shownFrame(opened);
      return shown !== undefined && (sending.sentFrames - shown) / CLIP_FPS > 3;
    });
    await opened.keyboard.press('l');
    await waitFor('home', async () => {
      const { engine, state } = await playerState(opened);
      return engine === 'ws-flv' && state === 'playing' && ((await statsOf(opened)).behindSeconds ?? 9) < 2;
    });
  });

  test('a codec that this browser cannot play is named, and the stream starts when it has changed', async (context) => {
    await stand.onAir(context, 'codec');
    const opened = await stand.blank(context);
    await pretend(opened, 'codec', (report) => {
      report['video'] = { ...(report['video'] as object), codec: 'hvc1.1.6.L93.B0' };
      delete report['renditions'];
    });
    await opened.goto(`${stand.gateway.http}/watch/live/codec`);
    await opened.getByText('This stream is HEVC, which this browser cannot play.').waitFor();
    assert.equal((await playerState(opened)).state, 'error');
    await opened.unrouteAll({ behavior: 'ignoreErrors' });
    await plays(opened);
  });

  test('tells the gateway at the end how it played, without a cookie', async (context) => {
    await stand.onAir(context, 'told');
    const opened = await stand.blank(context);
    await opened.goto(`${stand.gateway.http}/watch/live/told`);
    await plays(opened);
    await watchedFor(opened, 1);
    await opened.goto('about:blank');
    const [first] = await waitFor('the report', async () => {
      const reports = await told('told');
      return reports.length > 0 && reports;
    });
    assert.equal(first?.protocol, 'ws-flv');
    assert.equal(first.starts, 1);
    assert.ok(first.watchedSeconds > 0.3, `${first.watchedSeconds} s were watched`);
    assert.deepEqual(await opened.context().cookies(), [], 'nobody is recognised again');
  });

  test('tells nothing where the viewer does not wish it', async (context) => {
    await stand.onAir(context, 'untold');
    const opened = await stand.blank(context);
    const sent: string[] = [];
    opened.on('request', (request) => sent.push(request.url()));
    await opened.goto(`${stand.gateway.http}/watch/live/untold?report=0`);
    await plays(opened);
    await watchedFor(opened, 1);
    await opened.goto('about:blank');
    assert.deepEqual(await told('untold'), []);
    assert.ok(!sent.some((url) => url.includes('/playback')), 'not even asked');
  });

  test('a clip of the last 30 s plays in a plain <video> from its key frame on, and can be sought in', async (context) => {
    const sending = await stand.onAir(context, 'clip', { atOnceSeconds: 40 });
    await waitFor('enough of a past', async () => (await pastOf('clip')) > 36);
    const opened = await stand.open(context, '/healthz');
    const sent = sending.sentFrames;
    await opened.setContent(
      '<video muted playsinline preload="auto" src="/live/clip/clip.mp4?last=30"></video>',
    );
    const first = await waitFor('the first picture', async () => {
      const shown = await shownFrame(opened);
      return shown === undefined ? undefined : { shown, seconds: await durationOf(opened) };
    });
    assert.equal(first.shown % CLIP_FPS, 0, `picture ${first.shown} is a key frame: there is one a second`);
    const { seconds } = first;
    assert.ok(
      seconds >= 30 && seconds < 31.2,
      `${seconds} s: at most a group of pictures more than was asked for`,
    );
    const missing = (sent - first.shown) / CLIP_FPS - seconds;
    assert.ok(missing < 3, `it ends ${missing.toFixed(1)} s before what was sent last`);
    for (const to of [20, 5.5, 0, 28]) {
      const picture = (await seekTo(opened, to)) - first.shown;
      assert.ok(Math.abs(picture - to * CLIP_FPS) <= 2, `${to} s shows picture ${picture} of the clip`);
    }
    await opened.evaluate(() => document.querySelector('video')!.play());
    await waitFor('its end', () => opened.evaluate(() => document.querySelector('video')!.ended));
    const last = (await shownFrame(opened))! - first.shown;
    assert.ok(Math.abs(last - seconds * CLIP_FPS) <= 3, `it ends with picture ${last}`);
  });
});
