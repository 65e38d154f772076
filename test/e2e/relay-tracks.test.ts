import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { SettingsInput } from '../../src/config/load.ts';
import { codedClip } from '../support/coded-clips.ts';
import { EnhancedPublisher, trackOf } from '../support/enhanced-publisher.ts';
import { HttpFlvViewer } from '../support/flv-viewer.ts';
import { streamReport } from '../support/gateway.ts';
import { unlessThere } from '../support/programs.ts';
import { gatewayWith, running, whenRunning, type Logged } from '../support/relays.ts';
import { RtmpPeer } from '../support/rtmp-peer.ts';
import { waitFor } from '../support/wait.ts';

const skip = unlessThere('ffmpeg');
const FOUR = ['video 0 avc1', 'audio 0 mp4a', 'video 1 hvc1', 'audio 1 Opus'];

/** H.264 and HEVC, AAC and Opus, on one connection. */
async function fourTracksOn(gateway: Logged): Promise<EnhancedPublisher> {
  const [avc, hevc, aac, opus] = await Promise.all(
    (['avc', 'hevc', 'aac', 'opus'] as const).map(async (name) => trackOf(await codedClip(name))),
  );
  const tracks = [avc!, { ...hevc!, track: 1 }, aac!, { ...opus!, track: 1 }];
  const url = `${gateway.rtmp}/live/cam`;
  const publisher = await EnhancedPublisher.start({ url, tracks, rounds: Infinity, legacy: true });
  running.push(() => publisher.kill());
  return publisher;
}

const tracksOf = async (gateway: Logged): Promise<string[]> =>
  (await streamReport(gateway, 'live/cam'))?.renditions.map(
    ({ track, kind, codec }) => `${kind} ${track} ${codec.slice(0, 4)}`,
  ) ?? [];

const whenAllThere = (gateway: Logged): Promise<unknown> =>
  waitFor('four tracks', async () => (await tracksOf(gateway)).length === 4);

const pullFrom = (from: Logged, query = '', more: SettingsInput = {}): Promise<Logged> =>
  gatewayWith({
    relay: { pull: [{ stream: 'live/cam', from: `${from.rtmp}/live/cam${query}`, when: 'always' }] },
    ...more,
  });

const playing = (gateway: Logged, query = ''): RtmpPeer => {
  const player = new RtmpPeer('play', `${gateway.rtmp}/live/cam${query}`);
  running.push(() => player.kill());
  return player;
};

/** Of each picture or sound, in order. */
const hashes = (player: RtmpPeer, type: number): string[] =>
  player.of(type).map(({ body }) => createHash('sha1').update(body).digest('hex'));

test('an edge that fetches from another gateway has the same tracks, byte for byte', { skip }, async () => {
  const origin = await gatewayWith();
  await fourTracksOn(origin);
  await whenAllThere(origin);
  const edge = await pullFrom(origin);
  await whenAllThere(edge);
  assert.deepEqual(await tracksOf(edge), FOUR);
  const report = await streamReport(edge, 'live/cam');
  assert.deepEqual([report?.dropped, report?.problems], [{}, []]);
  for (const query of ['', '?track=1', '?track=audio1']) {
    const type = query === '?track=audio1' ? 8 : 9;
    const [there, here] = [playing(origin, query), playing(edge, query)];
    await waitFor('frames', () => there.of(type).length > 20 && here.of(type).length > 20);
    const known = new Set([...hashes(there, type)]);
    await waitFor('the rest of those', () => here.of(type).length > 40);
    const same = hashes(here, type).filter((hash) => known.has(hash));
    assert.ok(same.length >= 15, `${query}: ${same.length} of ${known.size} frames are the same`);
  }
});

test(
  'a push carries all tracks to a server that takes several, or the main ones if a rule says so',
  { skip },
  async () => {
    const takesAll = await gatewayWith();
    const takesMain = await gatewayWith();
    const to = ({ rtmp }: Logged): string => `${rtmp}/{app}/{stream}`;
    const origin = await gatewayWith({
      relay: {
        push: [
          { streams: 'live/*', to: to(takesAll) },
          { streams: 'live/*', to: to(takesMain), tracks: 'main' },
        ],
      },
    });
    await fourTracksOn(origin);
    await Promise.all([whenRunning(origin, 'push-1:live/cam'), whenRunning(origin, 'push-2:live/cam')]);
    await whenAllThere(takesAll);
    assert.deepEqual(await tracksOf(takesAll), FOUR);
    const edge = await pullFrom(takesAll);
    await whenAllThere(edge);
    assert.deepEqual(await tracksOf(edge), FOUR, 'and on from there');
    assert.deepEqual(await tracksOf(takesMain), ['video 0 avc1', 'audio 0 mp4a']);
  },
);

test(
  '?track=all gives everything with its numbers; whoever does not ask gets the main tracks',
  { skip },
  async () => {
    const gateway = await gatewayWith();
    await fourTracksOn(gateway);
    await whenAllThere(gateway);
    const viewer = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv?track=all');
    running.push(() => viewer.drop());
    const all = playing(gateway, '?track=all');
    const plain = playing(gateway);
    await waitFor(
      'frames',
      () => viewer.tags.length > 60 && all.of(9).length > 40 && plain.of(9).length > 20,
    );
    const tracks = (bodies: readonly Uint8Array[]): string[] =>
      [
        ...new Set(
          bodies.map((body) =>
            body[0] === 0xd6 || body[0] === 0x96 || body[0] === 0xa6 || body[0] === 0x95
              ? `${Buffer.from(body.subarray(2, 6)).toString('latin1')} ${body[6]}`
              : 'main',
          ),
        ),
      ].sort();
    assert.deepEqual(tracks(all.of(9).map(({ body }) => body)), ['hvc1 1', 'main']);
    assert.deepEqual(tracks(all.of(8).map(({ body }) => body)), ['Opus 1', 'main']);
    assert.deepEqual(tracks(viewer.tags.filter(({ type }) => type === 9).map(({ body }) => body)), [
      'hvc1 1',
      'main',
    ]);
    assert.deepEqual(tracks(plain.of(9).map(({ body }) => body)), ['main']);
    const main = all.of(9).filter(({ body }) => body[0] === 0x17 && body[1] === 1);
    assert.ok(main.length > 0, 'the main picture is the usual one');
  },
);

test('at the end a player is told so of each track that Enhanced RTMP carries', { skip }, async () => {
  const gateway = await gatewayWith({ publish: { graceSeconds: 0 } });
  const publisher = await fourTracksOn(gateway);
  await whenAllThere(gateway);
  const all = playing(gateway, '?track=all');
  const hevc = playing(gateway, '?track=1');
  const main = playing(gateway);
  await waitFor('frames', () => [all, hevc, main].every((player) => player.of(9).length > 20));
  publisher.kill();
  await Promise.all([all.closed, hevc.closed, main.closed]);
  const last = (player: RtmpPeer, type: number): string =>
    Buffer.from(player.of(type).at(-1)!.body).toString('latin1');
  assert.deepEqual([last(all, 9), last(all, 8)], ['\x96\x02hvc1\x01', '\x95\x02Opus\x01']);
  assert.equal(last(hevc, 9), '\x92hvc1');
  assert.equal(main.of(9).at(-1)!.body[0]! & 0x8f, 0x07, 'H.264 as ever: a picture');
});
