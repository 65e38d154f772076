import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { codedClip, type ClipName, type CodedClip } from '../support/coded-clips.ts';
import {
  asBefore,
  framesByMediabunny,
  framesIn,
  wholeHls,
  type SeenFrames,
} from '../support/coded-outputs.ts';
import { decoded } from '../support/decoded.ts';
import { EnhancedPublisher, trackOf, type EnhancedPublisherOptions } from '../support/enhanced-publisher.ts';
import { HDR10 } from '../support/enhanced-tags.ts';
import { HttpFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { lookAtHls } from '../support/hls-look.ts';
import { runProgram, unlessThere } from '../support/programs.ts';
import { RtmpPeer } from '../support/rtmp-peer.ts';
import { waitFor } from '../support/wait.ts';

/** Real frames of each codec, published by Enhanced RTMP, through every output of a gateway: the very same frames come out. */
const skip = unlessThere('ffmpeg', 'ffprobe');

interface Case {
  readonly name: string;
  readonly video: ClipName;
  readonly audio: ClipName;
  /** CODECS of the multivariant playlist. */
  readonly codecs: RegExp;
  /** What MPEG-TS in HLS can carry of it: all, the picture alone, or nothing without a picture. */
  readonly ts: 'both' | 'picture' | 'nothing';
  readonly how?: Partial<EnhancedPublisherOptions>;
  readonly hdr?: true;
}

const CASES: readonly Case[] = [
  {
    name: 'H.264 and AAC by FourCC',
    video: 'avc',
    audio: 'aac',
    codecs: /^avc1\.[0-9A-F]{6},mp4a\.40\.2$/,
    ts: 'both',
  },
  {
    name: 'H.264 and AAC as ever',
    video: 'avc',
    audio: 'aac',
    codecs: /^avc1\.[0-9A-F]{6},mp4a\.40\.2$/,
    ts: 'both',
    how: { legacy: true },
  },
  {
    name: 'HEVC and Opus, with fractions of a millisecond',
    video: 'hevc',
    audio: 'opus',
    codecs: /^hvc1\.1\.6\.L\d+\.[0-9A-F.]+,Opus$/,
    ts: 'picture',
    how: { nano: true },
  },
  {
    name: 'HEVC by codec id 12, and MP3 by sound format 2',
    video: 'hevc',
    audio: 'mp3',
    codecs: /^hvc1\.1\.6\.L\d+\.[0-9A-F.]+,mp4a\.40\.34$/,
    ts: 'both',
    how: { tamper: asBefore },
  },
  {
    name: 'HEVC with open GOPs, and AC-3',
    video: 'hevc-open',
    audio: 'ac3',
    codecs: /^hvc1\.1\.6\.L\d+\.[0-9A-F.]+,ac-3$/,
    ts: 'both',
  },
  {
    name: 'HEVC in HDR10, and E-AC-3 of six channels',
    video: 'hevc-hdr',
    audio: 'eac3',
    codecs: /^hvc1\.2\.4\.L\d+\.[0-9A-F.]+,ec-3$/,
    ts: 'both',
    hdr: true,
  },
  { name: 'AV1 and FLAC', video: 'av1', audio: 'flac', codecs: /^av01\.0\.\d\dM\.08,fLaC$/, ts: 'nothing' },
  {
    name: 'AV1 of another encoder, and Opus of six channels',
    video: 'av1-svt',
    audio: 'opus-51',
    codecs: /^av01\.0\.\d\dM\.08,Opus$/,
    ts: 'nothing',
  },
  {
    name: 'AV1 in HDR10, and AC-3 of six channels',
    video: 'av1-hdr',
    audio: 'ac3-51',
    codecs: /^av01\.0\.\d\dM\.10\.0\.110\.09\.16\.09\.0,ac-3$/,
    ts: 'nothing',
    hdr: true,
  },
  {
    name: 'VP9 and MP3 by FourCC',
    video: 'vp9',
    audio: 'mp3',
    codecs: /^vp09\.00\.\d\d\.08[0-9.]*,mp4a\.40\.34$/,
    ts: 'nothing',
  },
  {
    name: 'VP9 with hidden frames, and MP3 of 22 kHz',
    video: 'vp9-hidden',
    audio: 'mp3-lsf',
    codecs: /^vp09\.00\.\d\d\.08[0-9.]*,mp4a\.40\.34$/,
    ts: 'nothing',
  },
  {
    name: 'VP9 in HDR, and Opus of one channel in packets of 60 ms',
    video: 'vp9-hdr',
    audio: 'opus-mono',
    codecs: /^vp09\.02\.\d\d\.10[0-9.]*,Opus$/,
    ts: 'nothing',
    hdr: true,
  },
  {
    name: 'VP8 and Opus',
    video: 'vp8',
    audio: 'opus',
    codecs: /^vp08\.00\.\d\d\.08[0-9.]*,Opus$/,
    ts: 'nothing',
  },
];

/** A run of a clip, beginning at most so many pictures late, that whoever joins a stream gets. */
const MOST_LATE = 50;

let gateway: TestGateway;
before(async () => {
  if (skip) return;
  gateway = await startGateway({
    hls: { segmentSeconds: 1 },
    publish: { graceSeconds: 1 },
    play: { waitSeconds: 10 },
  });
});
after(async () => {
  if (!skip) await gateway.stop();
});

interface Watched {
  readonly flv: SeenFrames;
  readonly rtmp: SeenFrames;
}

/** Publishes both clips once, in real time, with viewers of FLV and RTMP; resolves when the stream is over. */
async function show(path: string, { video, audio, how = {}, hdr }: Case): Promise<Watched> {
  const tracks = [
    trackOf(await codedClip(video), hdr && { colorInfo: HDR10 }),
    trackOf(await codedClip(audio)),
  ];
  const publisher = await EnhancedPublisher.start({ url: `${gateway.rtmp}/${path}`, tracks, ...how });
  const flv = new HttpFlvViewer(gateway.httpPort, `/${path}.flv`);
  const rtmp = new RtmpPeer('play', `${gateway.rtmp}/${path}`);
  const report = await waitFor(`both tracks of ${path}`, async () => {
    const now = await streamReport(gateway, path);
    return now?.video && now.audio ? now : undefined;
  });
  assert.deepEqual(report.problems, [], 'problems');
  await publisher.done;
  const { dropped } = (await streamReport(gateway, path))!;
  assert.deepEqual(dropped, {}, 'dropped');
  await publisher.leave();
  await waitFor(`the end of ${path}`, async () => (await lookAtHls(gateway, path)).ended, 15_000);
  const flvFrames = framesIn(flv.tags);
  flv.drop();
  rtmp.kill();
  return { flv: flvFrames, rtmp: framesIn(rtmp.messages) };
}

const hashes = (frames: readonly Uint8Array[]): string[] =>
  frames.map((frame) => Buffer.from(frame).toString('base64'));

/** What a viewer who joined got: the clip from a key frame on, to its end, nothing missing and nothing else. */
function isRunOf(clip: CodedClip, frames: readonly Buffer[], who: string): void {
  const source = hashes(clip.packets.map(({ data }) => data));
  const late = source.length - frames.length;
  const most = clip.kind === 'video' ? MOST_LATE : (source.length * MOST_LATE) / 75;
  assert.ok(late >= 0 && late <= most, `${who}: ${frames.length} of ${source.length} frames of ${clip.name}`);
  assert.deepEqual(hashes(frames), source.slice(late), `${who}: frames of ${clip.name}`);
  if (clip.kind === 'video') assert.ok(clip.packets[late]!.key, `${who}: begins with a key frame`);
}

/** What ffmpeg says of any file of this make, its own ones too. */
const USUAL = /^.*(Guessed Channel Layout|Could not find codec parameters).*\n/gm;

function isDecodedTo(bytes: Buffer, clips: readonly CodedClip[], what: string): void {
  const { byTrack, said } = decoded(bytes);
  assert.equal(said.replaceAll(USUAL, ''), '', `${what}: ffmpeg has nothing to say`);
  assert.equal(byTrack.length, clips.length, `${what}: tracks`);
  for (const [index, clip] of clips.entries()) {
    const source = decoded(clip.file).md5;
    assert.ok(source.length > 20, 'the source has frames');
    assert.deepEqual(byTrack[index], source, `${what}: ${clip.name} is decoded to the same`);
  }
}

describe('each codec in, each output out', { skip, concurrency: CASES.length }, () => {
  for (const [index, one] of CASES.entries())
    test(`${one.name}: out of every door as it went in`, async () => {
      const path = `live/codec${index}`;
      const [video, audio] = await Promise.all([codedClip(one.video), codedClip(one.audio)]);
      const { flv, rtmp } = await show(path, one);
      for (const [who, seen] of [
        ['HTTP-FLV', flv],
        ['RTMP', rtmp],
      ] as const) {
        isRunOf(video, seen.video, who);
        isRunOf(audio, seen.audio, who);
      }
      const multivariant = await (await fetch(`${gateway.http}/${path}.m3u8`)).text();
      assert.match(/CODECS="([^"]+)"/.exec(multivariant)?.[1] ?? multivariant, one.codecs, 'CODECS');
      const range = /VIDEO-RANGE=(\w+)/.exec(multivariant)?.[1] ?? 'SDR';
      assert.equal(range, one.hdr ? 'PQ' : 'SDR', 'VIDEO-RANGE');
      const mp4 = await wholeHls(gateway, path);
      isDecodedTo(mp4, [video, audio], 'fMP4');
      const seen = await framesByMediabunny(mp4);
      assert.deepEqual(seen.codecs, [video.codec, audio.codec], 'mediabunny: codecs');
      assert.deepEqual(
        hashes(seen.video),
        hashes(video.packets.map(({ data }) => data)),
        'mediabunny: pictures',
      );
      assert.deepEqual(
        hashes(seen.audio),
        hashes(audio.packets.map(({ data }) => data)),
        'mediabunny: sound',
      );
      await isProbed(mp4, path.replace('/', '-'), one.hdr ?? false);
      await inTs(path, one, [video, audio]);
    });
});

async function isProbed(bytes: Buffer, name: string, isHdr: boolean): Promise<void> {
  const file = join(gateway.folder, `${name}.mp4`);
  writeFileSync(file, bytes);
  const entries = 'stream=codec_name,width,height,color_transfer,color_primaries';
  const { stdout, stderr } = await runProgram('ffprobe', [
    '-v',
    'warning',
    '-show_entries',
    entries,
    '-of',
    'json',
    file,
  ]);
  assert.equal(stderr.replaceAll(USUAL, ''), '', 'ffprobe has nothing to say');
  const { streams } = JSON.parse(stdout) as {
    streams: { width?: number; height?: number; color_transfer?: string }[];
  };
  assert.deepEqual([streams[0]?.width, streams[0]?.height], [320, 180], 'size');
  if (isHdr) assert.equal(streams[0]?.color_transfer, 'smpte2084', 'transfer');
}

async function inTs(path: string, { ts }: Case, clips: readonly CodedClip[]): Promise<void> {
  const response = await fetch(`${gateway.http}/${path}.m3u8?container=ts`);
  if (ts === 'nothing') {
    assert.ok(response.status >= 400, `no playlist in MPEG-TS: ${response.status}`);
    assert.match(await response.text(), /MPEG-TS/, 'and a sentence why');
    return;
  }
  assert.equal(response.status, 200, 'a playlist in MPEG-TS');
  const bytes = await wholeHls(gateway, path, 'media-ts.m3u8');
  isDecodedTo(bytes, ts === 'both' ? clips : clips.slice(0, 1), 'MPEG-TS');
}
