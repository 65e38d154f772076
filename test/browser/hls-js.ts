import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { CLIP_FPS, type ClipPublisher } from '../support/clip.ts';
import { waitFor } from '../support/wait.ts';
import { shownFrame } from './chromium.ts';

/** hls.js with nothing around it, as others use it. */
const HLS_JS = join(import.meta.dirname, '../../node_modules/hls.js/dist/hls.js');

interface Watched {
  stalls: number;
  errors: string[];
}

/** How a player has done. */
export interface Viewing {
  /** Seconds between the frame that was sent last and the one that is shown, at each look. */
  readonly behind: readonly number[];
  /** How often it ran out of media once it played. */
  readonly stalls: number;
  /** What hls.js has complained about. */
  readonly errors: readonly string[];
}

/** Opens a playlist with hls.js in low-latency mode. */
export async function playWithHlsJs(browser: Browser, address: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 600, height: 400 } });
  await page.setContent('<video muted autoplay playsinline></video>');
  await page.addScriptTag({ path: HLS_JS });
  await page.evaluate((url) => {
    const video = document.querySelector('video')!;
    const own = window as unknown as { Hls: new (options: object) => HlsJs; watched: Watched; hls: HlsJs };
    const watched: Watched = { stalls: 0, errors: [] };
    own.watched = watched;
    video.addEventListener('waiting', () => {
      if (video.currentTime > 0 && video.played.length > 0) watched.stalls++;
    });
    // By itself hls.js does not catch up what a busy machine makes it lose.
    const hls = new own.Hls({ lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.1 });
    own.hls = hls;
    hls.on('hlsError', (_event, { details }) => watched.errors.push(details));
    hls.loadSource(url);
    hls.attachMedia(video);
  }, address);
  return page;
}

interface HlsJs {
  on(event: string, listener: (event: string, data: { details: string }) => void): void;
  loadSource(url: string): void;
  attachMedia(video: HTMLVideoElement): void;
}

/** Looks on for so many seconds, once it plays and has found its distance. */
export async function watch(page: Page, publisher: ClipPublisher, seconds: number): Promise<Viewing> {
  await waitFor('three seconds of play', () =>
    page.evaluate(() => {
      const { played } = document.querySelector('video')!;
      return played.length > 0 && played.end(played.length - 1) - played.start(0) >= 3;
    }),
  );
  const behindNow = async (): Promise<number> =>
    (publisher.sentFrames - ((await shownFrame(page)) ?? 0)) / CLIP_FPS;
  await waitFor('the distance to settle', async () => (await behindNow()) < 1.8);
  await page.evaluate(() => {
    const { watched } = window as unknown as { watched: Watched };
    [watched.stalls, watched.errors] = [0, []];
  });
  const behind: number[] = [];
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    behind.push(await behindNow());
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const { stalls, errors } = await page.evaluate(() => (window as unknown as { watched: Watched }).watched);
  return { behind, stalls, errors };
}
