import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { ClipPublisher, makeNumberedClip } from '../support/clip.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';
import { launchChromium, playerState, shownFrame } from './chromium.ts';

/** The watch page of a stream that is not open to everybody, to a browser that has nothing but its link. */
const skip = unlessThere('ffmpeg', 'chromium');

let gateway: TestGateway;
let browser: Browser;
let publisher: ClipPublisher;
let page: Page;
/** Of a key that lets watch. */
let key: { id: string; secret: string };

async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${gateway.http}/api/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text()}`);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

before(async () => {
  if (skip) return;
  gateway = await startGateway({
    access: { publish: 'open', play: 'keys', trustLoopback: false },
    hls: { segmentSeconds: 1 },
  });
  const clip = join(gateway.folder, 'numbered.flv');
  makeNumberedClip(clip, 120);
  key = await api('POST', '/keys', { action: 'play', streams: 'live/*' });
  publisher = new ClipPublisher(clip, `${gateway.rtmp}/live/cam`);
  await waitFor('three segments', async () => {
    const answer = await fetch(`${gateway.http}/live/cam/media.m3u8?key=${key.secret}`);
    return (await answer.text()).split('#EXTINF').length > 3;
  });
  browser = await launchChromium();
});

afterEach(() => page.close());

after(async () => {
  if (skip) return;
  await browser.close();
  publisher.stop();
  await gateway.stop();
});

async function open(query: string): Promise<void> {
  page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
  page.on('pageerror', (error) => assert.fail(`error in the page: ${error.message}`));
  await page.goto(`${gateway.http}/watch/live/cam${query}`);
}

const isState = (state: string): Promise<unknown> =>
  waitFor(`the state ${state}`, async () => (await playerState(page)).state === state, 15_000);

for (const engine of ['ws-flv', 'http-flv', 'hls', 'native']) {
  test(`${engine} is given the key that stands in the page's address`, { skip }, async () => {
    await open(`?engine=${engine}&key=${key.secret}`);
    await waitFor('a picture', () => shownFrame(page), 15_000);
  });

  test(`${engine} without a key: said in a plain sentence, and not tried again`, { skip }, async () => {
    await open(`?engine=${engine}`);
    await isState('error');
    await page.getByRole('heading', { name: 'You may not watch this' }).waitFor();
    await page.getByText('Open it with the link that you were given.').waitFor();
  });
}

test('with a wrong key the page shows what the server says', { skip }, async () => {
  await open(`?key=vk_${'a'.repeat(20)}`);
  await isState('error');
  const said = await page.locator('.message p').innerText();
  assert.match(said, /^[A-Z][^<]*key[^<]*\.$/, said);
});

test('whoever is sent away while watching is told why', { skip }, async () => {
  await open(`?key=${key.secret}`);
  await isState('playing');
  const { viewers } = await api<{ viewers: { id: string; protocol: string }[] }>('GET', '/viewers');
  const { id } = viewers.find(({ protocol }) => protocol === 'ws-flv')!;
  await api('DELETE', `/viewers/${id}`);
  await isState('error');
  await page.getByRole('heading', { name: 'You may not watch this' }).waitFor();
});
