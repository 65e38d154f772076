import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { ClipPublisher, numberedClip } from '../support/clip.ts';
import { startGateway, streamReport, whenLive, type TestGateway } from '../support/gateway.ts';
import { unlessThere } from '../support/programs.ts';
import { RtmpPeer } from '../support/rtmp-peer.ts';
import { waitFor } from '../support/wait.ts';

/** The operator's day in a real browser. Nobody is trusted for being on this machine, so everything goes by token and key. */
const skip = unlessThere('ffmpeg', 'chromium');

let gateway: TestGateway;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let publisher: ClipPublisher | undefined;
let token: string;
let secret = '';

before(async () => {
  if (skip) return;
  gateway = await startGateway({
    api: { trustLoopback: false },
    access: { trustLoopback: false },
    publish: { graceSeconds: 1 },
  });
  token = readFileSync(join(gateway.folder, 'data', 'api-token'), 'utf8').trim();
  browser = await launchChromium();
  context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
  page = await open('/');
});

after(async () => {
  if (skip) return;
  publisher?.stop();
  await browser.close();
  await gateway.stop();
});

async function open(path: string): Promise<Page> {
  const opened = await context.newPage();
  opened.setDefaultTimeout(15_000);
  opened.on('pageerror', (error) => assert.fail(`error in the page: ${error.message}`));
  await opened.goto(`${gateway.http}${path}`);
  return opened;
}

const tab = (name: string) => page.getByRole('navigation', { name: 'Operator' }).getByRole('link', { name });
const button = (name: string | RegExp) => page.getByRole('button', { name });
const dialog = () => page.getByRole('dialog');

async function signIn(): Promise<void> {
  await dialog().getByLabel('Token').fill(token);
  await dialog().getByRole('button', { name: 'Sign in' }).click();
  await tab('Keys').waitFor();
}

test('a visitor sees no operator’s part, and fetches none of it', { skip }, async () => {
  await page.getByText('Nothing is on the air').waitFor();
  assert.equal(await tab('Keys').count(), 0);
  const loaded = await page.evaluate(() =>
    performance.getEntriesByType('resource').map(({ name }) => name.split('/').at(-1) ?? ''),
  );
  assert.ok(
    loaded.some((name) => name.startsWith('home-')),
    loaded.join(' '),
  );
  assert.ok(!loaded.some((name) => /^(desk|sign-in)-/.test(name)), loaded.join(' '));
});

test('a wrong token is refused beside its field; the right one is kept in no storage', { skip }, async () => {
  await button('Sign in').click();
  const field = dialog().getByLabel('Token');
  await field.fill('wrong');
  await dialog().getByRole('button', { name: 'Sign in' }).click();
  await dialog().getByText('this is not the token').waitFor();
  assert.equal(await field.getAttribute('aria-invalid'), 'true');
  await signIn();
  const stored = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
  assert.equal(stored, '[{},{}]');
  const [cookie] = await context.cookies();
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Strict']);
});

test('a key is made: what is wrong is said at its field, the secret is shown once', { skip }, async () => {
  await tab('Keys').click();
  await page.getByLabel('Stream', { exact: true }).fill('live');
  await page.getByLabel('Label').fill('Studio');
  await button('Create key').click();
  const problem = page
    .locator('.field', { has: page.getByLabel('Stream', { exact: true }) })
    .getByRole('alert');
  assert.match(await problem.innerText(), /APP\/STREAM/);
  assert.equal(await page.getByLabel('Label').inputValue(), 'Studio', 'nothing that was typed is lost');
  await page.getByLabel('Stream', { exact: true }).fill('live/studio');
  await button('Create key').click();
  const server = await dialog().getByLabel('Server', { exact: true }).inputValue();
  assert.match(server, new RegExp(`^rtmp://[^/]+:${gateway.rtmpPort}/live$`));
  secret = await dialog().getByLabel('Stream Key', { exact: true }).inputValue();
  assert.match(secret, /^pk_\w+/);
  await button('I have it').click();
  await page.getByText('Studio', { exact: true }).waitFor();
  assert.ok(!(await page.content()).includes(secret), 'it is not on the page any more');
});

test('a stream that is published with it shows up, with a picture and its health', { skip }, async () => {
  publisher = new ClipPublisher(numberedClip(), `${gateway.rtmp}/live/${secret}`);
  await whenLive(gateway, 'live/studio');
  await tab('Streams').click();
  await page.getByRole('link', { name: 'Details of live/studio' }).waitFor();
  await page.waitForFunction(() => {
    const video = document.querySelector<HTMLVideoElement>('.poster video');
    return video !== null && video.videoWidth === 480 && video.readyState >= 2;
  });
  await page.getByText('All well').waitFor();
  await page.getByRole('link', { name: 'Details of live/studio' }).click();
  await page.getByRole('img', { name: /Bitrate in .* now [\d.]+ [kM]b\/s/ }).waitFor();
  await page.getByText('480×270').waitFor();
});

test('how it plays for viewers is told by protocol, of the stream and of all', { skip }, async () => {
  for (const [protocol, startSeconds, delaySeconds] of [
    ['ws-flv', 0.4, 0.8],
    ['ws-flv', 0.4, 0.8],
    ['ws-flv', 9, 30],
    ['ll-hls', 1.2, 2],
  ] as const) {
    const report = { stream: 'live/studio', protocol, startSeconds, delaySeconds, watchedSeconds: 300 };
    const answer = await fetch(`${gateway.http}/api/v1/playback`, {
      method: 'POST',
      body: JSON.stringify({ ...report, ...(protocol === 'll-hls' && { stalls: 1, stalledSeconds: 2 }) }),
      headers: { 'Content-Type': 'application/json' },
    });
    assert.equal(answer.status, 204, protocol);
  }
  const rows = async (): Promise<string[]> => {
    const figures = page.getByRole('region', { name: 'Playback' });
    await figures.getByRole('row').nth(2).waitFor();
    return (await figures.getByRole('row').allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '));
  };
  await tab('Streams').click();
  const expected = [
    'Protocol Start Delay Stalls/h Watched',
    'WebSocket-FLV 0.4 s 0.8 s 0.0 15:00',
    'Low-Latency HLS 1.2 s 2.0 s 12.0 5:00',
  ];
  assert.deepEqual(await rows(), expected, 'all streams');
  await page.getByRole('link', { name: 'Details of live/studio' }).click();
  await page.getByText('480×270').waitFor();
  assert.deepEqual(await rows(), expected, 'this one');
});

test('it is recorded from the page; what comes of it is listed and played', { skip }, async () => {
  await button(/^Record$/).click();
  await page.getByText('Being recorded').waitFor();
  await waitFor('some seconds of it', async () => {
    const seconds = /\b0:0([3-9])\b/.exec(await page.getByRole('region', { name: 'Recording' }).innerText());
    return seconds !== null;
  });
  await button('Stop recording').click();
  await button(/^Record$/).waitFor();
  const text = await page.evaluate(async () => (await fetch('/api/v1/recordings?stream=live/studio')).text());
  const { recordings } = JSON.parse(text) as {
    recordings: { id: string; seconds: number; active: boolean }[];
  };
  assert.equal(recordings.length, 1);
  assert.ok(recordings[0]!.seconds >= 3 && !recordings[0]!.active, JSON.stringify(recordings));
  const link = page.getByRole('link', { name: /^Watch .*\.mp4$/ });
  const watching = await open((await link.getAttribute('href')) ?? assert.fail('it leads somewhere'));
  await watching.waitForFunction(() => {
    const video = document.querySelector('video');
    if (video?.paused && video.readyState >= 2 && !video.ended) void video.play();
    return video !== null && video.currentTime > 1 && video.videoWidth === 480;
  });
  await watching.close();
});

test('a viewer is listed and sent away with a reason, without touching the others', { skip }, async () => {
  const watching = await open('/watch/live/studio');
  await watching.locator('[data-player][data-state=playing]').waitFor();
  const row = page.getByRole('listitem').filter({ hasText: 'WebSocket-FLV' });
  await row.getByRole('button', { name: /Send .* away/ }).click();
  await dialog().getByLabel('Reason').fill('closing time');
  await dialog().getByRole('button', { name: 'Send away' }).click();
  await dialog().waitFor({ state: 'detached' });
  await watching.close();
  await tab('Events').click();
  await page.getByText(/WebSocket-FLV.*closing time/).waitFor();
  assert.equal((await streamReport(gateway, 'live/studio'))?.state, 'live');
});

test('what is shown does not move while it is refreshed', { skip }, async () => {
  await page.goto(`${gateway.http}/#/stream/live/studio`);
  await page.reload();
  await page.getByRole('img', { name: /Bitrate in .* now/ }).waitFor();
  await page.locator('.poster video').waitFor();
  const moved = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        const shifts = new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += (entry as unknown as { value: number }).value;
        });
        shifts.observe({ type: 'layout-shift' });
        setTimeout(() => resolve(sum), 4500);
      }),
  );
  assert.ok(moved < 0.01, `layout shift ${moved}`);
});

test('the publisher is sent away, and a revoked key does not come in again', { skip }, async () => {
  const row = page.locator('section', { has: page.getByRole('heading', { name: 'Publisher' }) });
  await row.getByRole('button', { name: /Send .* away/ }).click();
  await dialog().getByRole('button', { name: 'Send away' }).click();
  await page.getByText('The stream is not on the air').waitFor();
  await tab('Keys').click();
  await button('Revoke Studio').click();
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await page.getByText(/^Revoked /).count(), 0, 'asked first');
  await button('Revoke Studio').click();
  await dialog().getByRole('button', { name: 'Revoke' }).click();
  await page.getByText(/^Revoked /).waitFor();
  const refused = new RtmpPeer('publish', `${gateway.rtmp}/live/${secret}`);
  await assert.rejects(refused.started, /revoked/);
});

test(
  'when the session is over the page asks to sign in, and what was typed is still there',
  { skip },
  async () => {
    await page.getByLabel('Label').fill('half a sentence');
    await tab('Relays').click();
    await page.getByLabel('Address there').fill('rtmp://example.org/live/abc');
    await context.clearCookies();
    await dialog().getByText('Your session is over').waitFor();
    await signIn();
    assert.equal(await page.getByLabel('Address there').inputValue(), 'rtmp://example.org/live/abc');
    await tab('Keys').click();
    assert.equal(await page.getByLabel('Label').inputValue(), 'half a sentence');
  },
);

test('a relay is added, said to be waiting and why, and removed', { skip }, async () => {
  await tab('Relays').click();
  await page.getByLabel('Direction').selectOption('pull');
  await page.getByLabel('Stream here').fill('live/remote');
  await page.getByLabel('Address there').fill('rtmp://127.0.0.1:9/live/very-secret');
  await page.getByLabel('When').selectOption('always');
  await button('Add relay').click();
  await page.getByText(/connection refused/).waitFor();
  assert.ok(!(await page.content()).includes('very-secret'), 'its key is masked');
  await button('Remove the relay of live/remote').click();
  await dialog().getByRole('button', { name: 'Remove' }).click();
  await page.getByText('There are none yet.').waitFor();
});

test('every part fits a phone', { skip }, async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const hash of ['#/', '#/stream/live/studio', '#/keys', '#/relays', '#/events', '#/settings']) {
    await page.goto(`${gateway.http}/${hash}`);
    await page.locator('h1:visible').first().waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(width, 360, `${hash} is ${width} px wide`);
  }
});

test('signing out leads back to what visitors see', { skip }, async () => {
  await button('Sign out').click();
  await button('Sign in').waitFor();
  assert.equal(await tab('Keys').count(), 0);
  assert.deepEqual(await context.cookies(), []);
});
