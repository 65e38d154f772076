import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Parser } from 'm3u8-parser';
import type { RecordingInfo } from '../../src/servers/http/api/parts.ts';
import { codedClip, type ClipName, type CodedClip } from '../support/coded-clips.ts';
import { framesIn } from '../support/coded-outputs.ts';
import { decoded } from '../support/decoded.ts';
import { EnhancedPublisher, trackOf } from '../support/enhanced-publisher.ts';
import { seeTags } from '../support/flv-tags.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { unlessThere } from '../support/programs.ts';
import { RtmpPeer } from '../support/rtmp-peer.ts';
import { waitFor } from '../support/wait.ts';

/** Newer codecs in what is kept and passed on: recordings, recordings as HLS, relays, and what the doctor says. */
const skip = unlessThere('ffmpeg', 'ffprobe');
const FLV_HEADER = 13;

async function gatewayWith(context: TestContext, settings: Parameters<typeof startGateway>[0]) {
  const gateway = await startGateway({ publish: { graceSeconds: 0 }, ...settings });
  context.after(() => gateway.stop());
  return gateway;
}

async function publish(
  context: TestContext,
  gateway: TestGateway,
  names: readonly ClipName[],
  rounds = 1,
): Promise<EnhancedPublisher> {
  const tracks = await Promise.all(names.map(async (name) => trackOf(await codedClip(name))));
  const publisher = await EnhancedPublisher.start({ url: `${gateway.rtmp}/live/cam`, tracks, rounds });
  context.after(() => publisher.kill());
  return publisher;
}

const hashes = (frames: readonly Uint8Array[]): string[] =>
  frames.map((frame) => Buffer.from(frame).toString('base64'));
const packetsOf = (clip: CodedClip): string[] => hashes(clip.packets.map(({ data }) => data));
/** What ffmpeg says of any file of this make, its own ones too. */
const USUAL = /^.*(Guessed Channel Layout|Could not find codec parameters).*\n/gm;

for (const [video, audio, container] of [
  ['hevc', 'aac', 'ts'],
  ['avc', 'ac3', 'ts'],
  ['avc', 'opus', 'm4s'],
  ['hevc-hdr', 'mp3', 'ts'],
  ['av1', 'flac', 'm4s'],
  ['vp9', 'eac3', 'm4s'],
  ['vp8', 'opus', 'm4s'],
] as const satisfies [ClipName, ClipName, 'ts' | 'm4s'][])
  test(
    `recordings of ${video} and ${audio}: every frame, and they play from the server`,
    { skip },
    async (context) => {
      const gateway = await gatewayWith(context, {
        record: { rules: [{ streams: 'live/*', formats: ['mp4', 'flv'] }], name: '{app}/{stream}/{n}' },
      });
      const publisher = await publish(context, gateway, [video, audio]);
      await publisher.done;
      await publisher.leave();
      await waitFor('both recordings to be closed', async () => {
        const answer = await fetch(`${gateway.http}/api/v1/recordings`);
        const { recordings } = (await answer.json()) as { recordings: RecordingInfo[] };
        return recordings.length === 2 && recordings.every(({ active }) => !active);
      });
      const clips = await Promise.all([codedClip(video), codedClip(audio)]);
      const onDisk = join(gateway.folder, 'data', 'recordings', 'live/cam');
      const sources = clips.map((clip) => decoded(clip.file).md5);

      const mp4 = decoded(join(onDisk, '1.mp4'));
      assert.equal(mp4.said.replaceAll(USUAL, ''), '', 'mp4: ffmpeg has nothing to say');
      assert.deepEqual(mp4.byTrack, sources, 'mp4: every frame is decoded to the same');

      const flv = framesIn(seeTags(readFileSync(join(onDisk, '1.flv')).subarray(FLV_HEADER)));
      assert.deepEqual(hashes(flv.video), packetsOf(clips[0]), 'flv: pictures');
      assert.deepEqual(hashes(flv.audio), packetsOf(clips[1]), 'flv: sound');

      const base = `${gateway.http}/api/v1/recordings/live/cam`;
      for (const ending of ['mp4', 'flv']) {
        const { bytes, names } = await fetchedHls(`${base}/1.${ending}/index.m3u8`);
        const hls = decoded(bytes);
        assert.equal(hls.said.replaceAll(USUAL, ''), '', `${ending} as HLS: ffmpeg has nothing to say`);
        assert.deepEqual(hls.byTrack, sources, `${ending} as HLS: every frame is decoded to the same`);
        if (ending === 'flv')
          assert.ok(
            names.every((name) => name.endsWith(`.${container}`)),
            names.join(' '),
          );
      }
    },
  );

/** All that a playlist names, one behind the other as a player would have it, by somebody else's reader; names of the segments. */
async function fetchedHls(url: string): Promise<{ bytes: Buffer; names: string[] }> {
  const parser = new Parser();
  parser.push(await (await fetch(url)).text());
  parser.end();
  const { segments } = parser.manifest as { segments: (Piece & { map?: Piece })[] };
  const pieces = segments.flatMap((segment, index) =>
    index === 0 && segment.map ? [segment.map, segment] : [segment],
  );
  const bytes = await Promise.all(pieces.map((piece) => fetchPiece(url, piece)));
  return { bytes: Buffer.concat(bytes), names: segments.map(({ uri }) => uri) };
}

interface Piece {
  readonly uri: string;
  readonly byterange?: { readonly length: number; readonly offset: number };
}

async function fetchPiece(url: string, { uri, byterange }: Piece): Promise<Buffer> {
  const range = byterange && `bytes=${byterange.offset}-${byterange.offset + byterange.length - 1}`;
  const answer = await fetch(new URL(uri, url), { headers: range ? { Range: range } : {} });
  assert.equal(answer.status, range ? 206 : 200, uri);
  return Buffer.from(await answer.arrayBuffer());
}

test('a relay passes HEVC and Opus on, and the other gateway plays them', { skip }, async (context) => {
  const target = await gatewayWith(context, {});
  const gateway = await gatewayWith(context, {
    relay: { push: [{ streams: 'live/*', to: `${target.rtmp}/{app}/{stream}` }] },
  });
  await publish(context, gateway, ['hevc', 'opus'], Infinity);
  const report = await waitFor('both tracks there', async () => {
    const now = await streamReport(target, 'live/cam');
    return now?.video && now.audio ? now : undefined;
  });
  assert.deepEqual([report.video?.codec.slice(0, 4), report.audio?.codec], ['hvc1', 'Opus']);
  const player = new RtmpPeer('play', `${target.rtmp}/live/cam`);
  context.after(() => player.kill());
  const enough = await waitFor('three seconds of it', () => {
    const seen = framesIn(player.messages);
    return seen.video.length > 75 && seen;
  });
  const source = new Set(packetsOf(await codedClip('hevc')));
  assert.ok(
    hashes(enough.video).every((frame) => source.has(frame)),
    'frames of the clip and no others',
  );
});

interface Health {
  readonly verdicts: readonly { readonly code: string; readonly text: string }[];
}

for (const [clips, says] of [
  [['hevc', 'aac'], /HEVC: iPhones, Macs and televisions play it.*Firefox .*do not/],
  [['av1', 'aac'], /AV1: Chrome, Edge and Firefox play it, iPhones before 15 Pro/],
  [['avc', 'opus'], /Opus: Chrome, Edge and Firefox play it/],
] as const satisfies [[ClipName, ClipName], RegExp][])
  test(`the doctor tells who can play ${clips.join(' and ')}`, { skip }, async (context) => {
    const gateway = await gatewayWith(context, {});
    await publish(context, gateway, clips, Infinity);
    const health = await waitFor(
      'a verdict',
      async () => {
        const response = await fetch(`${gateway.http}/api/v1/streams/live/cam/health`);
        const { verdicts = [] } = (await response.json()) as Partial<Health>;
        return verdicts.find(({ code }) => code === 'codec-support');
      },
      20_000,
    );
    assert.match(health.text, says);
  });
