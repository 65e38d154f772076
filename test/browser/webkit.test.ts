import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ClipPublisher, makeNumberedClip } from '../support/clip.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
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
  const clip = join(gateway.folder, 'clip.flv');
  makeNumberedClip(clip, 120);
  publisher = new ClipPublisher(clip, `${gateway.rtmp}/live/phone`);
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
  const look = (): Promise<VideoFacts> =>
    webKit.evaluate<VideoFacts>(
      `const v = document.querySelector('video');
       return { time: v.currentTime, width: v.videoWidth, error: v.error && v.error.message,
                frames: v.getVideoPlaybackQuality().totalVideoFrames };`,
    );
  const first = await waitFor('a picture', async () => {
    const facts = await look();
    assert.equal(facts.error, null);
    return facts.width > 0 && facts.time > 0 && facts;
  });
  const later = await waitFor('four more seconds of it', async () => {
    const facts = await look();
    return facts.time - first.time > 4 && facts;
  });
  assert.equal(later.width, 480);
  assert.ok(later.frames - first.frames > 60, `${later.frames - first.frames} frames in four seconds`);
  page.close();
});
