import { chromium, type Browser, type Page } from 'playwright-core';
import { NUMBER_BITS, NUMBER_BLOCK } from '../support/clip.ts';
import { waitFor } from '../support/wait.ts';

/** Debian's Chromium, quiet: nothing that it would look up by itself can be reached in a test. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
    ],
  });
}

/** The number that the picture now shows (see numberedClip); undefined if there is no picture yet. */
export function shownFrame(page: Page): Promise<number | undefined> {
  return page.evaluate(
    ([bits, block]) => {
      const video = document.querySelector('video');
      if (!video || video.readyState < 2 || video.videoWidth === 0) return undefined;
      const canvas = document.createElement('canvas');
      canvas.width = video.videoWidth;
      canvas.height = block;
      const context = canvas.getContext('2d', { willReadFrequently: true });
      if (!context) return undefined;
      context.drawImage(video, 0, 0);
      let number = 0;
      for (let bit = 0; bit < bits; bit++) {
        const { data } = context.getImageData(bit * block + block / 2, block / 2, 1, 1);
        if ((data[1] ?? 0) > 128) number += 2 ** bit;
      }
      return number;
    },
    [NUMBER_BITS, NUMBER_BLOCK] as const,
  );
}

export function playerState(page: Page): Promise<{ state: string | null; engine: string | null }> {
  return page.evaluate(() => {
    const player = document.querySelector('[data-player]');
    return {
      state: player?.getAttribute('data-state') ?? null,
      engine: player?.getAttribute('data-engine') ?? null,
    };
  });
}

/** Goes to a second and gives the number of the picture that is shown then. */
export async function seekTo(page: Page, seconds: number): Promise<number> {
  await page.evaluate(
    (to) =>
      new Promise<void>((resolve) => {
        const video = document.querySelector('video')!;
        video.pause();
        video.addEventListener('seeked', () => resolve(), { once: true });
        video.currentTime = to;
      }),
    seconds,
  );
  return waitFor('a picture', () => shownFrame(page));
}
