import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Configuration } from '../../src/servers/http/multitrack/configuration.ts';
import { codedClip } from '../support/coded-clips.ts';
import { EnhancedPublisher, trackOf } from '../support/enhanced-publisher.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { rungClip } from '../support/ladder-clips.ts';
import { obsRequest, type ObsWish } from '../support/obs-request.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/** As OBS does: a POST with its own type, no cookies, no page. */
async function ask({ http }: TestGateway, wish: ObsWish, query = ''): Promise<Configuration> {
  const response = await fetch(`${http}/api/v1/multitrack/config${query}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'User-Agent': 'obs-studio/32' },
    body: JSON.stringify(obsRequest(wish)),
  });
  assert.equal(response.status, 200, 'OBS shows the text of no other status');
  return (await response.json()) as Configuration;
}

/** OBS takes away from the key's place on, and puts its own key there. */
const addressIn = ({ ingest_endpoints: [first] }: Configuration, key: string): string =>
  first!.url_template.replace('/{stream_key}', `/${key}`);

test(
  'OBS asks, sends what it was told, and it is one ladder',
  { skip: unlessThere('ffmpeg') },
  async (context) => {
    const gateway = await startGateway({
      hls: { segmentSeconds: 1 },
      ladder: {
        renditions: [
          { height: 180, bitrateKbps: 200 },
          { height: 90, bitrateKbps: 100 },
        ],
      },
    });
    context.after(() => gateway.stop());
    const wish: ObsWish = { key: 'cam', width: 640, height: 360, fps: 25, cores: 12 };
    const configuration = await ask(gateway, wish);
    assert.equal(configuration.status.result, 'success', configuration.status.html_en_us);
    const url = addressIn(configuration, 'cam');
    assert.equal(url, `rtmp://127.0.0.1:${gateway.rtmpPort}/live/cam`);
    const pictures = await Promise.all(
      configuration.encoder_configurations.map(({ height }) =>
        rungClip({ height: height as 90 | 180, seconds: 3 }),
      ),
    );
    const tracks = [
      ...pictures.map((clip, track) => trackOf(clip, { track })),
      trackOf(await codedClip('aac')),
    ];
    const publisher = await EnhancedPublisher.start({ url, tracks, legacy: true, rounds: Infinity });
    context.after(() => publisher.kill());
    await waitFor('the ladder', async () => {
      const text = await (await fetch(`${gateway.http}/live/cam.m3u8`)).text();
      return text.includes('RESOLUTION=320x180') && text.includes('RESOLUTION=160x90');
    });
    assert.deepEqual((await streamReport(gateway, 'live/cam'))?.problems, []);
  },
);

test('a wrong key is refused in words that OBS shows, and no key gets into them', async (context) => {
  const gateway = await startGateway({ access: { publish: 'keys', trustLoopback: false } });
  context.after(() => gateway.stop());
  const wrong = await ask(gateway, { key: 'pk_ThisIsNoKeyOfOurs1234567890' });
  assert.equal(wrong.status.result, 'error');
  assert.match(wrong.status.html_en_us ?? '', /stream key is not known/);
  assert.ok(!JSON.stringify(wrong).includes('ThisIsNoKey'), 'the key');
  assert.deepEqual(wrong.encoder_configurations, []);
  const none = await ask(gateway, { key: '' });
  assert.match(none.status.html_en_us ?? '', /no stream key/);
  const odd = await ask(gateway, { key: 'no such/name' });
  assert.equal(odd.status.result, 'error');
  const { firstKey = '' } = gateway.gateway;
  const right = await ask(gateway, { key: firstKey });
  assert.equal(right.status.result, 'success', right.status.html_en_us);
});

test('where to publish: by the name that OBS has found us under, or by the setting', async (context) => {
  const gateway = await startGateway();
  context.after(() => gateway.stop());
  const other = await ask(gateway, { key: 'cam' }, '?app=event');
  assert.equal(addressIn(other, 'cam'), `rtmp://127.0.0.1:${gateway.rtmpPort}/event/cam`);
  const set = await startGateway({ ladder: { ingest: 'rtmps://ingest.example', app: 'show' } });
  context.after(() => set.stop());
  const { ingest_endpoints: ingest } = await ask(set, { key: 'cam' });
  assert.deepEqual(ingest, [{ protocol: 'RTMPS', url_template: 'rtmps://ingest.example/show/{stream_key}' }]);
});

test('bodies that are too large, or no such thing, are refused', async (context) => {
  const gateway = await startGateway();
  context.after(() => gateway.stop());
  const post = async (body: string): Promise<number> => {
    const headers = { 'Content-Type': 'application/json' };
    const url = `${gateway.http}/api/v1/multitrack/config`;
    return (await fetch(url, { method: 'POST', headers, body })).status;
  };
  assert.equal(await post('{'), 400);
  assert.equal(await post('[]'), 400);
  assert.equal(await post('{}'), 400);
  assert.equal(await post(JSON.stringify({ authentication: 'x', padding: 'y'.repeat(20_000) })), 413);
});
