import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchChromium, playerState, shownFrame } from './chromium.ts';
import { CLIP_FPS, ClipPublisher, makeNumberedClip } from '../support/clip.ts';
import { startGateway, whenLive, type TestGateway } from '../support/gateway.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/** How the page plays: near the edge, in the past, what it can play, and what it tells of it. */
const skip = unlessThere('ffmpeg', 'chromium');

let gateway: TestGateway;
let browser: Browser;
let clip: string;
let publisher: ClipPublisher | undefined;
let page: Page | undefined;

before(async () => {
  if (skip) return;
  const streams = [{ match: 'live/stay', windowSegments: 6, dvrSeconds: 600 }];
  gateway = await startGateway({ publish: { graceSeconds: 1 }, hls: { windowSegments: 30, streams } });
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

async function blank(): Promise<Page> {
  page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
  page.on('pageerror', (error) => assert.fail(`error in the page: ${error.message}`));
  return page;
}

interface Stats {
  readonly latencySeconds?: number;
  readonly isByClock: boolean;
  readonly isLowLatency: boolean;
  readonly behindSeconds?: number;
  readonly currentTime: number;
  readonly stalls: number;
}

const stats = (opened: Page): Promise<Stats> =>
  opened.evaluate(() => (window as unknown as { millrace: { stats: () => Stats } }).millrace.stats());

const plays = (opened: Page): Promise<unknown> =>
  waitFor('the page to play', async () => (await playerState(opened)).state === 'playing');

/** So many seconds of the video's own time. */
async function watchedFor(opened: Page, seconds: number): Promise<void> {
  const time = async (): Promise<number> => (await stats(opened)).currentTime;
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

test('plays HLS in parts, less than 2 s behind the encoder for 20 s, and says so', { skip }, async () => {
  const sending = await onAir('parts');
  const opened = await blank();
  await opened.goto(`${gateway.http}/watch/live/parts?engine=hls`);
  await plays(opened);
  await waitFor('the distance to settle', async () => ((await stats(opened)).latencySeconds ?? 9) < 1.8);
  const { stalls } = await stats(opened);
  const behind: number[] = [];
  const errors: number[] = [];
  const until = performance.now() + 20_000;
  while (performance.now() < until) {
    const [frame, told] = [await shownFrame(opened), await stats(opened)];
    const real = (sending.sentFrames - (frame ?? 0)) / CLIP_FPS;
    behind.push(real);
    errors.push(Math.abs(real - (told.latencySeconds ?? 0)));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const last = await stats(opened);
  assert.equal(last.isLowLatency, true, 'in parts');
  assert.equal(last.isByClock, true, 'by the clock in the playlist');
  assert.equal(last.stalls, stalls, 'no stop');
  assert.ok(Math.max(...behind) < 2, `behind by ${behind.map((one) => one.toFixed(2)).join(' ')} s`);
  assert.ok(Math.max(...errors) < 0.5, `told wrongly by ${errors.map((one) => one.toFixed(2)).join(' ')} s`);
});

test(
  'a viewer who goes back beyond what FLV has kept is given HLS, and comes home to FLV',
  { skip },
  async () => {
    const sending = await onAir('past');
    await waitFor('some seconds of past', () => sending.sentFrames > 14 * CLIP_FPS, 30_000);
    const opened = await blank();
    await pretend(opened, 'past', (report) => Object.assign(report, { dvrSeconds: 600, uptimeSeconds: 600 }));
    await opened.goto(`${gateway.http}/watch/live/past`);
    await plays(opened);
    await opened.getByLabel('Place in the stream').waitFor();
    await opened.keyboard.press('ArrowLeft');
    await opened.keyboard.press('ArrowLeft');
    await waitFor('HLS, in the past', async () => {
      const { engine, state } = await playerState(opened);
      const { behindSeconds } = await stats(opened);
      return engine === 'hls' && state === 'playing' && (behindSeconds ?? 0) > 4;
    });
    await waitFor('a picture of the past', async () => {
      const shown = await shownFrame(opened);
      return shown !== undefined && (sending.sentFrames - shown) / CLIP_FPS > 3;
    });
    await opened.keyboard.press('l');
    await waitFor('home', async () => {
      const { engine, state } = await playerState(opened);
      return engine === 'ws-flv' && state === 'playing' && ((await stats(opened)).behindSeconds ?? 9) < 2;
    });
  },
);

/** Takes the way to the server into its hands; the function that is returned cuts it. */
async function cutter(opened: Page): Promise<() => Promise<void>> {
  let cut = (): Promise<void> => Promise.resolve();
  await opened.routeWebSocket(/\.flv/, (way) => {
    way.connectToServer();
    cut = () => way.close();
  });
  return () => cut();
}

test(
  'where a past is kept, a pause goes on where it stood, even if its connection is gone',
  { skip },
  async () => {
    const sending = await onAir('stay');
    const opened = await blank();
    const cut = await cutter(opened);
    await opened.goto(`${gateway.http}/watch/live/stay`);
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
      return engine === 'ws-flv' && state === 'playing' && ((await stats(opened)).behindSeconds ?? 9) < 2;
    });
  },
);

test(
  'a codec that this browser cannot play is named, and the stream starts when it has changed',
  { skip },
  async () => {
    await onAir('codec');
    const opened = await blank();
    await pretend(opened, 'codec', (report) => {
      report['video'] = { ...(report['video'] as object), codec: 'hvc1.1.6.L93.B0' };
      delete report['renditions'];
    });
    await opened.goto(`${gateway.http}/watch/live/codec`);
    await opened.getByText('This stream is HEVC, which this browser cannot play.').waitFor();
    assert.equal((await playerState(opened)).state, 'error');
    await opened.unrouteAll();
    await plays(opened);
  },
);

interface Told {
  readonly playback: readonly { protocol: string; starts: number; watchedSeconds: number }[];
}

const told = async (stream: string): Promise<Told['playback']> => {
  const response = await fetch(`${gateway.http}/api/v1/playback?stream=live/${stream}`);
  return ((await response.json()) as Told).playback;
};

test('tells the gateway at the end how it played, without a cookie', { skip }, async () => {
  await onAir('told');
  const opened = await blank();
  await opened.goto(`${gateway.http}/watch/live/told`);
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

test('tells nothing where the viewer does not wish it', { skip }, async () => {
  await onAir('untold');
  const opened = await blank();
  const sent: string[] = [];
  opened.on('request', (request) => sent.push(request.url()));
  await opened.goto(`${gateway.http}/watch/live/untold?report=0`);
  await plays(opened);
  await watchedFor(opened, 1);
  await opened.goto('about:blank');
  assert.deepEqual(await told('untold'), []);
  assert.ok(!sent.some((url) => url.includes('/playback')), 'not even asked');
});
