import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { after, before, test } from 'node:test';
import { ClipPublisher, numberedClip } from '../support/clip.ts';
import { codedClip } from '../support/coded-clips.ts';
import { EnhancedPublisher, trackOf } from '../support/enhanced-publisher.ts';
import { startGateway, whenLive, type TestGateway } from '../support/gateway.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';
import { startWebKit, type WebKit } from '../support/webkit.ts';

/** An engine that plays HLS by itself, given the bare `.m3u8` and nothing else: as an iPhone does. */
const skip = unlessThere('ffmpeg', 'Xvfb', 'WebKitWebDriver');

let gateway: TestGateway;
let publisher: ClipPublisher;
let webKit: WebKit;

before(async () => {
  if (skip) return;
  gateway = await startGateway();
  publisher = new ClipPublisher(numberedClip(), `${gateway.rtmp}/live/phone`);
  webKit = await startWebKit();
});

after(async () => {
  if (skip) return;
  await webKit.stop();
  publisher.stop();
  await gateway.stop();
});

interface VideoFacts {
  readonly time: number;
  readonly width: number;
  readonly frames: number;
  readonly error: string | null;
}

test('WebKitGTK plays the bare .m3u8 natively', { skip }, async () => {
  // A page of another origin with a <video> and nothing more.
  const page = createHttpServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(`<video autoplay muted playsinline src="${gateway.http}/live/phone.m3u8"></video>`);
  });
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  await webKit.goto(`http://127.0.0.1:${(page.address() as AddressInfo).port}/`);
  await plays({ width: 480, pictures: 60 });
  page.close();
});

// GStreamer's HLS stops at the first picture of VP9; a managed media source, the only one that an iPhone has, goes on.
test('WebKitGTK plays VP9 and Opus in the page, by a managed media source', { skip }, async () => {
  const tracks = [trackOf(await codedClip('vp9')), trackOf(await codedClip('opus'))];
  const coded = await EnhancedPublisher.start({
    url: `${gateway.rtmp}/live/coded`,
    tracks,
    rounds: Infinity,
  });
  try {
    await whenLive(gateway, 'live/coded');
    await webKit.goto(`${gateway.http}/watch/live/coded`);
    // The page goes to the edge first, and this browser leaves out pictures on a busy machine.
    await plays({ width: 320, pictures: 25 });
    const [engine, isManaged] = await webKit.evaluate<[string, boolean]>(
      `return [document.querySelector('[data-player]').dataset.engine, 'ManagedMediaSource' in window];`,
    );
    assert.deepEqual([engine, isManaged], ['ws-flv', true]);
  } finally {
    coded.kill();
  }
});

function look(): Promise<VideoFacts | null> {
  return webKit.evaluate<VideoFacts | null>(
    `const v = document.querySelector('video');
     return v && { time: v.currentTime, width: v.videoWidth, error: v.error && v.error.message,
                   frames: v.getVideoPlaybackQuality().totalVideoFrames };`,
  );
}

/** Four seconds of picture. */
async function plays({ width, pictures }: { width: number; pictures: number }): Promise<void> {
  const first = await waitFor('a picture', async () => {
    const facts = await look();
    assert.equal(facts?.error ?? null, null, 'the element complains');
    return facts && facts.width > 0 && facts.time > 0 && facts;
  });
  const later = await waitFor('four more seconds of it', async () => {
    const facts = await look();
    return facts && facts.time - first.time > 4 && facts;
  });
  assert.equal(later.width, width, 'width of the picture');
  const shown = later.frames - first.frames;
  assert.ok(shown > pictures, `${shown} frames in four seconds`);
}
