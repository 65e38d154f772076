import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { audioIntake, videoIntake } from '../../../src/inputs/intakes.ts';
import type { Notes } from '../../../src/inputs/notes.ts';
import type { MediaFrame } from '../../../src/media/frame.ts';
import { ticks, TICKS_PER_SECOND } from '../../../src/media/time.ts';
import type { AudioCodec, VideoCodec } from '../../../src/media/track.ts';
import { CLIP_SECONDS, codedClip, type ClipName, type CodedClip } from '../../support/coded-clips.ts';
import { inScratch, noFfmpeg } from '../mpegts/flv-clip.ts';
import { media, playlist, rigOf } from './harness.ts';
import { LowLatencyWatch, readLowLatency } from './ll-rules.ts';

const notes: Notes = {
  drop: (why) => assert.fail(`left out: ${why}`),
  problem: (kind, why) => assert.equal(why, undefined, kind),
};

/** Times as a publisher gives them: in whole milliseconds. */
function pictures(clip: CodedClip): MediaFrame[] {
  const intake = videoIntake(clip.codec as VideoCodec, 'video', undefined, notes);
  if (clip.config) intake.configure(clip.config);
  const first = clip.packets[0]!.dtsMs;
  return clip.packets.flatMap(({ dtsMs, compositionMs, key, data }): MediaFrame[] => {
    const ms = Math.round(dtsMs - first);
    const picture = intake.picture({ timestamp: ms, claimsKey: key, data });
    if (!picture) return [];
    const { recovers, ...frame } = picture;
    const dts = ticks(ms * 90);
    const pts = ticks(dts + Math.round(compositionMs) * 90);
    return [{ kind: 'video', ...frame, ...(recovers && { recovers }), dts, pts, epoch: 0 }];
  });
}

function sounds(clip: CodedClip, alone: boolean): MediaFrame[] {
  const intake = audioIntake(clip.codec as AudioCodec, 'audio', undefined, notes);
  if (clip.config) intake.configure(clip.config);
  let at = 0;
  return clip.packets.flatMap(({ data }) =>
    intake.sounds(data).map(({ payload, samples }): MediaFrame => {
      const track = intake.track!;
      const dts = ticks(Math.round((at * TICKS_PER_SECOND) / track.coreRate));
      at += samples;
      return { kind: 'audio', track, dts, pts: dts, startsGop: alone, epoch: 0, samples, payload };
    }),
  );
}

const CLIPS = [
  ['avc', 'aac'],
  ['hevc', 'ac3'],
  ['hevc-hdr', 'eac3'],
  ['av1', 'opus'],
  ['vp9', 'flac'],
  ['avc', 'mp3'],
  [undefined, 'opus'],
  [undefined, 'flac'],
  ['av1-svt', undefined],
] as const satisfies readonly (readonly [ClipName | undefined, ClipName | undefined])[];

for (const [picture, sound] of CLIPS) {
  const what = [picture, sound].filter(Boolean).join(' and ');
  test(
    `${what} in CMAF: decoded by ffmpeg, read by mediabunny, part by part by the rules`,
    { skip: noFfmpeg },
    async () => {
      const clips = {
        video: picture && (await codedClip(picture)),
        audio: sound && (await codedClip(sound)),
      };
      const video = clips.video ? pictures(clips.video) : [];
      const audio = clips.audio ? sounds(clips.audio, !clips.video) : [];
      const frames = [...video, ...audio].sort((one, other) => one.dts - other.dts);
      const r = rigOf({ lowLatency: true, segmentSeconds: 1, windowSegments: 20 });
      const watch = new LowLatencyWatch(r.hls);
      for (const frame of frames) {
        r.feed([frame]);
        watch.look();
      }
      r.hls.end();
      watch.look();
      await readByMediabunny(r.hls, { video: video.length, audio: audio.length });
      const decoded = decode(r.hls);
      if (clips.video) assert.equal(decoded.video, video.length, 'pictures that ffmpeg decodes');
      const heard = decoded.audioSeconds;
      if (clips.audio) assert.ok(Math.abs(heard - CLIP_SECONDS) < 0.15, `${heard} s of sound are decoded`);
    },
  );
}

type Hls = ReturnType<typeof rigOf>['hls'];

async function readByMediabunny(hls: Hls, count: { video: number; audio: number }): Promise<void> {
  const { segments } = readLowLatency(media(hls)!.bytes.toString());
  const init = hls.file(segments[0]!.map!)!.bytes;
  const pieces = playlist(hls).segments.map(({ uri }) => hls.file(uri)!.bytes);
  using input = new Input({
    source: new BufferSource(Buffer.concat([init, ...pieces])),
    formats: ALL_FORMATS,
  });
  const tracks = { video: await input.getPrimaryVideoTrack(), audio: await input.getPrimaryAudioTrack() };
  for (const kind of ['video', 'audio'] as const) {
    const track = tracks[kind];
    assert.equal(track !== null, count[kind] > 0, `a track of ${kind}`);
    if (!track) continue;
    let packets = 0;
    let end: number | undefined;
    for await (const packet of new EncodedPacketSink(track).packets()) {
      if (kind === 'audio' && end !== undefined)
        assert.ok(Math.abs(packet.timestamp - end) < 1e-4, `sound at ${packet.timestamp} s, behind ${end} s`);
      end = packet.timestamp + packet.duration;
      packets++;
    }
    assert.equal(packets, count[kind], `packets of ${kind}`);
  }
}

/** Frames and seconds that ffmpeg decodes from the playlist, in which it must find nothing to complain of. */
function decode(hls: Hls): { video: number; audioSeconds: number } {
  return inScratch((directory) => {
    mkdirSync(join(directory, 'demo'));
    writeFileSync(join(directory, 'demo.m3u8'), hls.multivariant({ dvr: true })!.bytes);
    writeFileSync(join(directory, 'demo', 'media.m3u8'), media(hls)!.bytes);
    const { segments } = readLowLatency(media(hls)!.bytes.toString());
    const names = new Set(segments.flatMap(({ uri, map }) => [uri!, map!]));
    for (const name of names) writeFileSync(join(directory, 'demo', name), hls.file(name)!.bytes);
    const log = join(directory, 'log');
    const run = (script: string): string =>
      execFileSync('sh', ['-c', script, 'sh', join(directory, 'demo.m3u8'), log], { encoding: 'utf8' });
    run('ffmpeg -nostdin -v warning -strict -2 -i "$1" -f null - 2> "$2"');
    assert.equal(readFileSync(log, 'utf8'), '');
    const video = run(
      'ffprobe -v error -select_streams v -count_frames -show_entries stream=nb_read_frames -of csv=p=0 "$1" 2> "$2"',
    );
    const pcm = run('ffmpeg -nostdin -v error -i "$1" -map 0:a? -ac 1 -ar 8000 -f s16le - 2> "$2" | wc -c');
    return {
      video: Number(video.trim().split('\n')[0]?.replace(',', '') ?? 0),
      audioSeconds: Number(pcm) / 16_000,
    };
  });
}
