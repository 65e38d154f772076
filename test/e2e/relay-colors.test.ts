import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codedClip } from '../support/coded-clips.ts';
import { EnhancedPublisher, trackOf } from '../support/enhanced-publisher.ts';
import { HDR10 } from '../support/enhanced-tags.ts';
import { gatewayWith, running, type Logged } from '../support/relays.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/** The stream's init segment, once there is one. */
function initOf({ http }: Logged, path: string): Promise<Buffer> {
  return waitFor(`the init segment of ${path}`, async () => {
    const playlist = await fetch(`${http}/${path}/media.m3u8`);
    const name = /EXT-X-MAP:URI="([^"]+)"/.exec(await playlist.text())?.[1];
    if (name === undefined) return undefined;
    return Buffer.from(await (await fetch(new URL(name, playlist.url))).arrayBuffer());
  });
}

test(
  'colours that a publisher tells in Metadata are there behind a push and behind a pull',
  { skip: unlessThere('ffmpeg') },
  async () => {
    const target = await gatewayWith();
    const gateway = await gatewayWith({
      relay: { push: [{ streams: 'live/*', to: `${target.rtmp}/in/{stream}` }] },
    });
    const puller = await gatewayWith({
      relay: { pull: [{ stream: 'live/cam', from: `${gateway.rtmp}/live/cam`, when: 'always' }] },
    });
    const hevc = trackOf(await codedClip('hevc'), { colorInfo: HDR10 });
    const publisher = await EnhancedPublisher.start({
      url: `${gateway.rtmp}/live/cam`,
      tracks: [hevc],
      rounds: Infinity,
    });
    running.push(() => publisher.kill());
    for (const [where, path] of [
      [gateway, 'live/cam'],
      [target, 'in/cam'],
      [puller, 'live/cam'],
    ] as const) {
      const init = await initOf(where, path);
      const at = init.indexOf('colrnclx');
      assert.ok(at > 0, `colours of ${path}`);
      assert.deepEqual(
        [8, 10, 12].map((more) => init.readUInt16BE(at + more)),
        [9, 16, 9],
        'BT.2020, PQ',
      );
      assert.ok(init.includes('mdcv') && init.includes('clli'), 'the display and the light');
    }
  },
);
