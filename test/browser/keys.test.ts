import assert from 'node:assert/strict';
import { after, describe, test, type TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { ClipPublisher, numberedClip } from '../support/clip.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';
import { playerState, shownFrame } from './chromium.ts';
import { watchStand } from './watch-stand.ts';

/** The watch page of a stream that is not open to everybody, to a browser that has nothing but its link. */
const skip = unlessThere('ffmpeg', 'chromium');

const stand = watchStand(skip, {
  settings: {
    access: { publish: 'open', play: 'keys', trustLoopback: false },
    hls: { segmentSeconds: 1 },
  },
  ready: goLive,
});
let publisher: ClipPublisher | undefined;
/** Of a key that lets watch. */
let key: { id: string; secret: string };

async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${stand.gateway.http}/api/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text()}`);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function goLive(): Promise<void> {
  key = await api('POST', '/keys', { action: 'play', streams: 'live/*' });
  publisher = new ClipPublisher(numberedClip(), `${stand.gateway.rtmp}/live/cam`, { atOnceSeconds: 4 });
  await waitFor('three segments', async () => {
    const answer = await fetch(`${stand.gateway.http}/live/cam/media.m3u8?key=${key.secret}`);
    return (await answer.text()).split('#EXTINF').length > 3;
  });
}

after(() => publisher?.stop());

const open = (context: TestContext, query: string): Promise<Page> =>
  stand.open(context, `/watch/live/cam${query}`);

const isState = (page: Page, state: string): Promise<unknown> =>
  waitFor(`the state ${state}`, async () => (await playerState(page)).state === state, 15_000);

// Each with a page of its own, several at a time.
describe('the watch page of a stream by key', { skip, concurrency: 3 }, () => {
  for (const engine of ['ws-flv', 'http-flv', 'hls', 'native']) {
    test(`${engine} is given the key that stands in the page's address`, async (context) => {
      const page = await open(context, `?engine=${engine}&key=${key.secret}`);
      await waitFor('a picture', () => shownFrame(page), 15_000);
    });

    test(`${engine} without a key: said in a plain sentence, and not tried again`, async (context) => {
      const page = await open(context, `?engine=${engine}`);
      await isState(page, 'error');
      await page.getByRole('heading', { name: 'You may not watch this' }).waitFor();
      await page.getByText('Open it with the link that you were given.').waitFor();
    });
  }

  test('with a wrong key the page shows what the server says', async (context) => {
    const page = await open(context, `?key=vk_${'a'.repeat(20)}`);
    await isState(page, 'error');
    const said = await page.locator('.message p').innerText();
    assert.match(said, /^[A-Z][^<]*key[^<]*\.$/, said);
  });
});

// Alone: it is the one viewer by WebSocket.
test('whoever is sent away while watching is told why', { skip }, async (context) => {
  const page = await open(context, `?key=${key.secret}`);
  await isState(page, 'playing');
  const { viewers } = await api<{ viewers: { id: string; protocol: string }[] }>('GET', '/viewers');
  const { id } = viewers.find(({ protocol }) => protocol === 'ws-flv')!;
  await api('DELETE', `/viewers/${id}`);
  await isState(page, 'error');
  await page.getByRole('heading', { name: 'You may not watch this' }).waitFor();
});
