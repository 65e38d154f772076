import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { codedClip, type ClipName } from '../support/coded-clips.ts';
import { EnhancedPublisher, trackOf } from '../support/enhanced-publisher.ts';
import { whenLive } from '../support/gateway.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';
import { playerState } from './chromium.ts';
import { playWithHlsJs } from './hls-js.ts';
import { watchStand } from './watch-stand.ts';

/** Chromium decodes what it can of the newer codecs, as others' players give it to it and as our own page does. */
const skip = unlessThere('ffmpeg', 'chromium');
const MPEGTS_JS = join(import.meta.dirname, '../../node_modules/mpegts.js/dist/mpegts.js');
/** A folder for pictures of what was seen, if somebody wants to look. */
const PICTURES = process.env['TEST_PICTURES'];

const stand = watchStand(skip, {
  settings: { publish: { graceSeconds: 1 }, hls: { segmentSeconds: 1 } },
});

async function onAir(context: TestContext, name: string, clips: readonly ClipName[]): Promise<string> {
  const { gateway } = stand;
  const tracks = await Promise.all(clips.map(async (clip) => trackOf(await codedClip(clip))));
  const url = `${gateway.rtmp}/live/${name}`;
  const publisher = await EnhancedPublisher.start({ url, tracks, rounds: Infinity });
  context.after(() => publisher.kill());
  await whenLive(gateway, `live/${name}`);
  return `${gateway.http}/live/${name}`;
}

async function playWithMpegts(address: string): Promise<Page> {
  const opened = await stand.browser.newPage({ viewport: { width: 600, height: 400 } });
  await opened.setContent('<video muted autoplay playsinline></video>');
  await opened.addScriptTag({ path: MPEGTS_JS });
  await opened.evaluate((url) => {
    const own = window as unknown as { mpegts: Mpegts; watched: { errors: string[] } };
    own.watched = { errors: [] };
    const player = own.mpegts.createPlayer({ type: 'flv', isLive: true, url }, { liveSync: true });
    player.on('error', (...about) =>
      own.watched.errors.push(about.map((one) => JSON.stringify(one)).join(' ')),
    );
    player.attachMediaElement(document.querySelector('video')!);
    player.load();
  }, address);
  return opened;
}

interface Mpegts {
  createPlayer(
    source: object,
    config: object,
  ): {
    on(event: string, listener: (...about: unknown[]) => void): void;
    attachMediaElement(video: HTMLVideoElement): void;
    load(): void;
  };
}

interface Seen {
  readonly time: number;
  readonly width: number;
  readonly frames: number;
  readonly soundBytes: number;
  readonly error: string | null;
  /** A few pixels. */
  readonly look: string;
}

const lookAt = (opened: Page): Promise<Seen> =>
  opened.evaluate(() => {
    const video = document.querySelector('video');
    if (!video) return { time: 0, width: 0, frames: 0, soundBytes: 0, error: null, look: '' };
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [16, 9];
    const context = canvas.getContext('2d')!;
    if (video.readyState >= 2) context.drawImage(video, 0, 0, 16, 9);
    return {
      time: video.currentTime,
      width: video.videoWidth,
      frames: video.getVideoPlaybackQuality().totalVideoFrames,
      soundBytes: (video as unknown as { webkitAudioDecodedByteCount: number }).webkitAudioDecodedByteCount,
      error: video.error && video.error.message,
      look: context.getImageData(0, 0, 16, 9).data.join(' '),
    };
  });

/** Four seconds of picture and sound, and neither the element nor the player's library complains. */
async function plays(opened: Page, name: string): Promise<void> {
  const errors = async (): Promise<string[]> => {
    const all = await opened.evaluate(
      () => (window as unknown as { watched?: { errors: string[] } }).watched?.errors ?? [],
    );
    // A busy machine may be late; what this is about is whether it can be read and decoded.
    return all.filter((error) => error !== 'bufferStalledError');
  };
  const first = await waitFor(`${name}: a picture`, async () => {
    const seen = await lookAt(opened);
    assert.equal(seen.error, null, `${name}: ${seen.error ?? ''}`);
    assert.deepEqual(await errors(), [], `${name}: complaints`);
    return seen.width > 0 && seen.time > 0 && seen.soundBytes > 0 && seen;
  });
  const later = await waitFor(`${name}: four seconds of it`, async () => {
    const seen = await lookAt(opened);
    assert.equal(seen.error, null, `${name}: ${seen.error ?? ''}`);
    return seen.time - first.time >= 4 && seen;
  });
  assert.equal(later.width, 320, `${name}: width`);
  assert.ok(later.frames - first.frames > 60, `${name}: ${later.frames - first.frames} pictures in 4 s`);
  assert.ok(later.soundBytes > first.soundBytes + 1000, `${name}: sound`);
  assert.notEqual(later.look, first.look, `${name}: the picture moves`);
  assert.deepEqual(await errors(), [], `${name}: complaints`);
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  await opened.screenshot({ path: join(PICTURES, `${name.replaceAll(/\W+/g, '-')}.png`) });
}

// Whether they play, not how soon: several at a time.
describe('Chromium', { skip, concurrency: 3 }, () => {
  for (const clips of [
    ['av1', 'opus'],
    ['av1-svt', 'flac'],
    ['av1-hdr', 'aac'],
    ['vp9', 'opus-51'],
    ['vp9-hidden', 'aac'],
    ['vp9-hdr', 'opus-mono'],
    ['avc', 'flac'],
  ] as const satisfies [ClipName, ClipName][])
    test(`hls.js plays ${clips.join(' and ')}`, async (context) => {
      const address = await onAir(context, `hls-${clips.join('-')}`, clips);
      const page = await playWithHlsJs(stand.browser, `${address}.m3u8`);
      context.after(() => page.close());
      await plays(page, `hls.js ${clips.join(' ')}`);
    });

  for (const clips of [
    ['av1', 'opus'],
    ['avc', 'opus-51'],
    ['av1-hdr', 'aac'],
    ['avc', 'mp3'],
    ['avc', 'opus-mono'],
  ] as const satisfies [ClipName, ClipName][])
    test(`mpegts.js plays FLV of ${clips.join(' and ')}`, async (context) => {
      const address = await onAir(context, `flv-${clips.join('-')}`, clips);
      const page = await playWithMpegts(`${address}.flv`);
      context.after(() => page.close());
      await plays(page, `mpegts.js ${clips.join(' ')}`);
    });

  // Chromium knows MP3 outside of MP4 alone.
  test('hls.js plays H.264 and MP3 out of MPEG-TS', async (context) => {
    const address = await onAir(context, 'hls-mp3', ['avc', 'mp3']);
    const page = await playWithHlsJs(stand.browser, `${address}.m3u8?container=ts`);
    context.after(() => page.close());
    await plays(page, 'hls.js avc mp3 ts');
  });

  for (const [clips, engine, query] of [
    [['avc', 'mp3'], 'ws-flv', ''],
    [['vp9', 'opus'], 'ws-flv', ''],
    [['av1-svt', 'flac'], 'ws-flv', ''],
    [['vp9-hidden', 'mp3'], 'ws-flv', ''],
    [['vp9-hdr', 'aac'], 'http-flv', '?engine=http-flv'],
    [['avc', 'flac'], 'http-flv', '?engine=http-flv'],
    [['vp9', 'flac'], 'hls', '?engine=hls'],
    [['avc', 'mp3'], 'hls', '?engine=hls'],
  ] as const satisfies [[ClipName, ClipName], string, string][])
    test(`the page plays ${clips.join(' and ')}, by ${engine}`, async (context) => {
      const name = `page-${engine}-${clips.join('-')}`;
      await onAir(context, name, clips);
      const page = await stand.open(context, `/watch/live/${name}${query}`);
      await plays(page, `page ${engine} ${clips.join(' ')}`);
      assert.deepEqual(await playerState(page), { state: 'playing', engine });
    });

  test('the page says in words that this browser has no HEVC', async (context) => {
    await onAir(context, 'page-hevc', ['hevc', 'aac']);
    const page = await stand.open(context, '/watch/live/page-hevc');
    await page.getByText('This stream is HEVC, which this browser cannot play.').waitFor();
  });
});
