import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { CLIP_FPS, numberedClip } from '../support/clip.ts';
import { hasProgram, unlessThere } from '../support/programs.ts';
import { recordClip, type Recorded } from '../support/recorded.ts';
import { waitFor } from '../support/wait.ts';
import { startWebKit } from '../support/webkit.ts';
import { launchChromium, seekTo } from './chromium.ts';

/** Recordings as people watch them: on their page, and by a player that knows nothing of us. */
const skip = unlessThere('ffmpeg', 'chromium');
const SECONDS = 60;

let recorded: Recorded;
let browser: Browser;

before(async () => {
  if (skip) return;
  recorded = await recordClip(numberedClip(SECONDS), { record: { watch: 'viewers' } });
  browser = await launchChromium();
});

after(async () => {
  if (skip) return;
  await browser.close();
  await recorded.gateway.stop();
});

for (const format of ['mp4', 'flv'] as const) {
  test(`the page plays a recording in ${format}, and goes where one wants it to`, { skip }, async () => {
    const page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${recorded.gateway.http}/`);
    await page.getByRole('link', { name: 'Recordings' }).click();
    const row = page.locator(`[data-id="live/cam/1.${format}"]`);
    assert.match(await row.innerText(), /1:00\s+\d+\.\d MB/, 'duration and size');
    await row.getByRole('button', { name: /^Play/ }).click();
    const duration = await waitFor('it to play', () =>
      page.evaluate(() => {
        const video = document.querySelector('video');
        return video && video.currentTime > 0.3 && video.duration;
      }),
    );
    assert.ok(Math.abs(duration - SECONDS) < 0.3, `${duration} s`);
    for (const to of [30, 5.5, 50, 12]) {
      const frame = await seekTo(page, to);
      assert.ok(Math.abs(frame - to * CLIP_FPS) <= 3, `${to} s shows frame ${frame}`);
    }
    const download = page.waitForEvent('download');
    await row.getByRole('link', { name: /^Download/ }).click();
    assert.equal((await download).suggestedFilename(), `live_cam_1.${format}`);
    assert.deepEqual(errors, []);
    await page.close();
  });
}

test(
  'a phone in its hand: nothing is wider than the screen, and everything can be tapped',
  { skip },
  async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
    await page.goto(`${recorded.gateway.http}/recordings#live/cam/1.mp4`);
    await waitFor('the recording in the address to play', () =>
      page.evaluate(() => (document.querySelector('video')?.currentTime ?? 0) > 0.3),
    );
    assert.ok(
      await page.evaluate(() => document.documentElement.scrollWidth <= 360),
      'no scrolling sideways',
    );
    for (const button of await page.locator('.recording button, .recording a').all()) {
      const { width, height } = (await button.boundingBox())!;
      assert.ok(width >= 43 && height >= 43, `${width} × ${height}`);
    }
    await page.close();
  },
);

test('the operator deletes one, after being asked', { skip }, async () => {
  const page = await browser.newPage();
  await page.goto(`${recorded.gateway.http}/recordings`);
  const rows = page.locator('.recording');
  await rows.first().waitFor();
  assert.equal(await rows.count(), 2);
  await page
    .locator('[data-id="live/cam/1.mp4"]')
    .getByRole('button', { name: /^Delete/ })
    .click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await rows.count(), 2, 'nothing is deleted');
  await page
    .locator('[data-id="live/cam/1.mp4"]')
    .getByRole('button', { name: /^Delete/ })
    .click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await waitFor('it to be gone', async () => (await rows.count()) === 1);
  assert.equal((await fetch(`${recorded.base}/1.mp4`)).status, 404);
  await page.close();
});

test(
  'WebKitGTK plays the bare playlist of a recording, and seeks',
  {
    skip: skip || !hasProgram('WebKitWebDriver') || !hasProgram('Xvfb') ? 'WebKitGTK is not there' : false,
  },
  async () => {
    const webKit = await startWebKit();
    try {
      await webKit.goto(`${recorded.gateway.http}/healthz`);
      await webKit.evaluate(
        `const v = document.createElement('video'); v.muted = true; v.autoplay = true;
       v.src = '/api/v1/recordings/live/cam/1.flv/index.m3u8'; document.body.append(v); return true;`,
      );
      const look = (): Promise<{ time: number; duration: number; error: string | null }> =>
        webKit.evaluate(
          `const v = document.querySelector('video');
         return { time: v.currentTime, duration: v.duration, error: v.error && v.error.message };`,
        );
      const playing = await waitFor('it to play', async () => {
        const facts = await look();
        assert.equal(facts.error, null);
        return facts.time > 1 && facts;
      });
      assert.ok(Math.abs(playing.duration - SECONDS) < 1, `${playing.duration} s`);
      await webKit.evaluate(`document.querySelector('video').currentTime = 40; return true;`);
      await waitFor('it to go on from there', async () => {
        const { time } = await look();
        return time > 41 && time < 55;
      });
    } finally {
      await webKit.stop();
    }
  },
);
