import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { publishTo, type RtmpPeer } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** Where watching needs a key, all that HLS is made of needs it: the past on the disk and clips of it too. */

let gateway: TestGateway;
let publisher: RtmpPeer;
let stopShow: () => void;
let key = '';

before(async () => {
  gateway = await startGateway({
    access: { publish: 'open', play: 'keys', trustLoopback: false },
    hls: { segmentSeconds: 1, windowSegments: 6, dvrSeconds: 60 },
  });
  const answer = await fetch(`${gateway.http}/api/v1/keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ action: 'play', streams: 'live/cam' }),
  });
  ({ secret: key } = (await answer.json()) as { secret: string });
  publisher = await publishTo(`${gateway.rtmp}/live/cam`);
  const show = new Show(publisher);
  show.go(400); // sixteen seconds at once
  stopShow = show.live();
});

after(async () => {
  stopShow();
  publisher.kill();
  await gateway.stop();
});

const withKey = (path: string, secret: string): string =>
  `${path}${path.includes('?') ? '&' : '?'}key=${secret}`;

/** What a playlist leads to, without the queries it writes. */
async function uris(path: string): Promise<string[]> {
  const answer = await fetch(gateway.http + withKey(path, key));
  assert.equal(answer.status, 200, path);
  const text = await answer.text();
  const found = [...text.matchAll(/^[^#\n].*|URI="([^"]+)"/gm)].map(([line, uri = line]) => uri);
  return found.map((uri) => new URL(uri, gateway.http + path).pathname);
}

async function statusOf(path: string, headers: Record<string, string> = {}): Promise<number> {
  const answer = await fetch(gateway.http + path, { headers });
  await answer.arrayBuffer();
  return answer.status;
}

test('playlists, initialization sections, segments, parts, the past and clips: 401 without a key, 403 with a wrong one, 200 with the right one', async () => {
  const past = await waitFor('segments that have left the window', async () => {
    const all = (await uris('/live/cam/media.m3u8')).filter((uri) => /\/\d+\.m4s$/.test(uri));
    return all.length > 10 && all;
  });
  const short = await uris('/live/cam/media.m3u8?dvr=0');
  const [part] = short.filter((uri) => /\/\d+\.\d+\.m4s$/.test(uri));
  const [init] = short.filter((uri) => uri.includes('/init-'));
  const [media] = await uris('/live/cam.m3u8');
  const ts = (await uris('/live/cam/media-ts.m3u8')).findLast((uri) => uri.endsWith('.ts'));
  assert.ok(
    part && init && media && ts,
    `a part, an init segment, a media playlist and TS: ${short.join(' ')}`,
  );
  assert.ok(!short.includes(past[0]!), 'the oldest segment is one of the past');
  const paths = [
    ...['/live/cam.m3u8', '/live/cam.m3u8?dvr=0', '/live/cam.m3u8?container=ts', media],
    ...['/live/cam/media.m3u8?dvr', '/live/cam/media.m3u8?dvr=0', '/live/cam/media-ts.m3u8'],
    ...[past[0]!, past.at(-1)!, part, init, ts],
    ...['/live/cam/clip.mp4?last=5', '/live/cam/clip.mp4?last=5&inline', '/live/cam/clip.mp4'],
  ];
  for (const path of paths) {
    assert.equal(await statusOf(path), 401, `${path} without a key`);
    assert.equal(await statusOf(withKey(path, `vk_${'a'.repeat(20)}`)), 403, `${path} with a wrong key`);
    assert.equal(await statusOf(withKey(path, key)), 200, `${path} with the key`);
    assert.equal(
      await statusOf(path, { Authorization: `Bearer ${key}` }),
      200,
      `${path} with the key as bearer`,
    );
  }
});

test('a piece of a clip needs the key like the whole', async () => {
  const path = '/live/cam/clip.mp4?last=5';
  const Range = 'bytes=0-99';
  assert.equal(await statusOf(path, { Range }), 401, 'without a key');
  assert.equal(await statusOf(withKey(path, key), { Range }), 206, 'with the key');
});
