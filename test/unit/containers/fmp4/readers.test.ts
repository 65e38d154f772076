import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { createRequire } from 'node:module';
import { fragment } from '../../../../src/containers/fmp4/fragment.ts';
import { initSegment } from '../../../../src/containers/fmp4/init-segment.ts';
import { movieTracks } from '../../../../src/containers/fmp4/movie-track.ts';
import { posterMp4 } from '../../../../src/containers/fmp4/poster.ts';
import type { MediaFrame, VideoFrame } from '../../../../src/media/frame.ts';
import { ticks } from '../../../../src/media/time.ts';
import { makeClip, noFfmpeg as skip } from '../../mpegts/flv-clip.ts';

/** A real clip with B-frames, cut into fragments, before other people's readers. */

/** It comes without types. */
const muxJs = createRequire(import.meta.url)('mux.js/lib/tools/mp4-inspector.js') as {
  inspect(bytes: Uint8Array): { readonly type: string; readonly size: number }[];
};

const FPS = 30;
const SECONDS = 3;

function clip(): MediaFrame[] {
  const inputs = ['-f', 'lavfi', '-i', `testsrc2=s=160x90:r=${FPS}`, '-f', 'lavfi', '-i', 'sine=r=48000'];
  const codecs = [
    '-t',
    String(SECONDS),
    '-c:v',
    'libx264',
    '-bf',
    '2',
    '-g',
    String(FPS),
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
  ];
  const frames = makeClip(codecs, inputs);
  const origin = Math.min(...frames.map(({ dts }) => dts));
  return frames.map((frame) => ({
    ...frame,
    dts: ticks(frame.dts - origin),
    pts: ticks(frame.pts - origin),
  }));
}

interface Movie {
  readonly frames: readonly MediaFrame[];
  readonly bytes: Buffer;
}

function movie(): Movie {
  const frames = clip();
  const video = frames.find(({ kind }) => kind === 'video')!.track;
  const audio = frames.find(({ kind }) => kind === 'audio')!.track;
  const tracks = movieTracks({
    ...(video.kind === 'video' && { video }),
    ...(audio.kind === 'audio' && { audio }),
  });
  const parts = [initSegment(tracks)];
  for (let second = 0; second <= SECONDS; second++) {
    const isIn = ({ dts }: MediaFrame): boolean => Math.floor(dts / 90_000) === second;
    const own = frames.filter(isIn);
    if (own.length === 0) continue;
    const next = frames.find((frame) => frame.kind === 'video' && frame.dts >= (second + 1) * 90_000);
    parts.push(
      fragment({
        sequence: second + 1,
        tracks,
        frames: own,
        zero: ticks(0),
        next: next ? { video: next.dts } : {},
      }),
    );
  }
  return { frames, bytes: Buffer.concat(parts) };
}

const made = skip ? undefined : movie();

/** From standard input: nothing is written to a disk. */
function run(program: string, args: readonly string[], bytes: Buffer): { stdout: string; stderr: string } {
  const { stdout, stderr } = spawnSync(program, args, { input: bytes, encoding: 'utf8' });
  return { stdout, stderr };
}

test('ffmpeg decodes it and says nothing', { skip }, () => {
  const { stderr } = run('ffmpeg', ['-v', 'warning', '-xerror', '-i', '-', '-f', 'null', '-'], made!.bytes);
  assert.equal(stderr, '', 'no complaint');
});

test('ffprobe sees each frame at its time, with its length', { skip }, () => {
  const fields = 'packet=codec_type,pts,dts,duration,size,flags';
  const { stdout } = run(
    'ffprobe',
    ['-v', 'error', '-show_entries', fields, '-of', 'csv=p=0', '-'],
    made!.bytes,
  );
  const seen = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  for (const kind of ['video', 'audio'] as const) {
    const scale = kind === 'video' ? 1 : 48_000 / 90_000;
    const expected = made!.frames.filter((frame) => frame.kind === kind);
    const got = seen.filter(([type]) => type === kind);
    assert.equal(got.length, expected.length, `${kind}: frames`);
    for (const [index, frame] of expected.entries()) {
      const [, pts, dts, , size, flags] = got[index]!;
      // Frames of sound are as long as their samples; a clock in ms that made the times is up to a ms beside that.
      const off = [pts, dts].map((at, which) => Number(at) - [frame.pts, frame.dts][which]! * scale);
      assert.ok(
        off.every((by) => Math.abs(by) <= (kind === 'video' ? 0 : 48)),
        `${kind} ${index}: ${off.join(' ')} beside its time`,
      );
      assert.equal(Number(size), frame.payload.length, `${kind} ${index}: size`);
      if (kind === 'video') assert.equal(flags!.startsWith('K'), frame.startsGop, `${kind} ${index}: key`);
    }
    const lengths = got.slice(0, -1).map((one) => Number(one[3]));
    const steps = got.slice(1).map((one, index) => Number(one[2]) - Number(got[index]![2]));
    // Where a clock in ms made the times, a frame at a fragment's end may be a ms longer or shorter than its usual length.
    const slack = kind === 'video' ? 90 : 48;
    const odd = lengths.filter((length, index) => Math.abs(length - steps[index]!) > slack);
    assert.deepEqual(odd, [], `${kind}: durations`);
  }
});

test('mediabunny reads the same access units', { skip }, async () => {
  const input = new Input({ source: new BufferSource(made!.bytes), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  assert.ok(track, 'a picture');
  const packets: Buffer[] = [];
  for await (const packet of new EncodedPacketSink(track).packets()) packets.push(Buffer.from(packet.data));
  const expected = made!.frames
    .filter(({ kind }) => kind === 'video')
    .map(({ payload }) => Buffer.from(payload));
  assert.deepEqual(packets, expected, 'pictures');
  const sound = await input.getPrimaryAudioTrack();
  assert.equal(await sound?.getDecoderConfig().then((config) => config?.codec), 'mp4a.40.2', 'sound');
  assert.ok(Math.abs((await input.computeDuration()) - SECONDS) < 0.15, 'duration');
});

test('mux.js reads every box', { skip }, () => {
  const boxes = muxJs.inspect(new Uint8Array(made!.bytes));
  assert.deepEqual(
    boxes.slice(0, 4).map(({ type }) => type),
    ['ftyp', 'moov', 'moof', 'mdat'],
    'top',
  );
  assert.equal(
    boxes.reduce((sum, { size }) => sum + size, 0),
    made!.bytes.length,
    'all bytes',
  );
});

test('a poster: one key frame is a movie that shows one picture', { skip }, async () => {
  const frame = made!.frames.find(
    (one): one is VideoFrame => one.kind === 'video' && one.startsGop && one.dts > 0,
  )!;
  const poster = posterMp4(frame);
  assert.ok(
    poster.length < frame.payload.length + 900,
    `${poster.length} bytes around ${frame.payload.length}`,
  );
  const { stderr } = run('ffmpeg', ['-v', 'warning', '-xerror', '-i', '-', '-f', 'null', '-'], poster);
  assert.equal(stderr, '', 'no complaint');
  const { stdout } = run(
    'ffprobe',
    [
      '-v',
      'error',
      '-count_frames',
      '-show_entries',
      'stream=nb_read_frames,start_time',
      '-of',
      'csv=p=0',
      '-',
    ],
    poster,
  );
  assert.match(stdout, /0\.000000,1\b/, 'one picture, at once');
  const input = new Input({ source: new BufferSource(poster), formats: ALL_FORMATS });
  assert.equal((await input.getTracks()).length, 1, 'one track');
});
