import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audioIntake, videoIntake } from '../../../src/inputs/intakes.ts';
import type { Picture, Sound } from '../../../src/inputs/intake.ts';
import type { Notes } from '../../../src/inputs/notes.ts';
import type { AudioCodec, AudioTrack, VideoCodec, VideoTrack } from '../../../src/media/track.ts';
import {
  CLIP_NAMES,
  CLIP_SECONDS,
  codedClip,
  type ClipName,
  type CodedClip,
} from '../../support/coded-clips.ts';
import { runProgram, unlessThere } from '../../support/programs.ts';

const skip = unlessThere('ffmpeg', 'ffprobe');

class NoteBook implements Notes {
  readonly dropped: string[] = [];
  problemNow: string | undefined;
  drop(why: string): void {
    this.dropped.push(why);
  }
  problem(_: 'video' | 'audio', why: string | undefined): void {
    this.problemNow = why;
  }
}

interface Taken {
  readonly pictures: Picture[];
  readonly sounds: Sound[];
  readonly tracks: (VideoTrack | AudioTrack)[];
  readonly notes: NoteBook;
}

/** All of a clip through an intake; with its configuration, or as if none had come. */
function take(clip: CodedClip, withConfig: boolean): Taken {
  const taken: Taken = { pictures: [], sounds: [], tracks: [], notes: new NoteBook() };
  const note = (track: VideoTrack | AudioTrack): void => {
    if (taken.tracks.at(-1) !== track) taken.tracks.push(track);
  };
  if (clip.kind === 'video') {
    const intake = videoIntake(clip.codec as VideoCodec, 'video', undefined, taken.notes);
    if (withConfig && clip.config) intake.configure(clip.config);
    for (const { data, key, dtsMs } of clip.packets) {
      const picture = intake.picture({ data, claimsKey: key, timestamp: Math.round(dtsMs) });
      if (!picture) continue;
      taken.pictures.push(picture);
      note(picture.track);
    }
    return taken;
  }
  const intake = audioIntake(clip.codec as AudioCodec, 'audio', undefined, taken.notes);
  if (withConfig && clip.config) intake.configure(clip.config);
  for (const { data } of clip.packets) {
    taken.sounds.push(...intake.sounds(data));
    if (intake.track) note(intake.track);
  }
  return taken;
}

/** What ffprobe says of the file's only stream. */
async function probe(file: string): Promise<Record<string, string | number>> {
  const args = ['-v', 'error', '-show_streams', '-of', 'json', file];
  const { stdout } = await runProgram('ffprobe', args);
  return (JSON.parse(stdout) as { streams: Record<string, string | number>[] }).streams[0]!;
}

const VIDEO: Partial<Record<ClipName, { codecString: string; starts: string }>> = {
  hevc: { codecString: 'hvc1.1.6.L60.90', starts: 'clean clean clean' },
  'hevc-open': { codecString: 'hvc1.1.6.L60.90', starts: 'clean recovers recovers' },
  'hevc-hdr': { codecString: 'hvc1.2.4.L60.90', starts: 'clean clean clean' },
  av1: { codecString: 'av01.0.00M.08', starts: 'clean clean clean' },
  'av1-svt': { codecString: 'av01.0.00M.08', starts: 'clean clean clean' },
  'av1-hdr': { codecString: 'av01.0.00M.10.0.110.09.16.09.0', starts: 'clean clean clean' },
  vp9: { codecString: 'vp09.00.11.08', starts: 'clean clean clean' },
  'vp9-hidden': { codecString: 'vp09.00.11.08', starts: 'clean clean clean' },
  'vp9-hdr': { codecString: 'vp09.02.11.10.01.09.16.09.00', starts: 'clean clean clean' },
  vp8: { codecString: 'vp08.00.20.08', starts: 'clean clean clean' },
};

for (const name of CLIP_NAMES) {
  test(
    `${name}: every frame, the track as ffprobe sees it, the key frames where they are`,
    { skip },
    async () => {
      const clip = await codedClip(name);
      const { notes, tracks, pictures, sounds } = take(clip, true);
      assert.deepEqual(notes.dropped, [], 'nothing is left out');
      assert.equal(notes.problemNow, undefined, 'no problem');
      assert.equal(tracks.length, 1, 'one track from the first frame to the last');
      const seen = await probe(clip.file);
      const [track] = tracks;
      if (track?.kind === 'video') {
        assert.equal(pictures.length, clip.packets.length, 'every picture');
        checkVideo(name, track, seen);
        const starts = pictures.filter(({ startsGop }) => startsGop);
        const words = starts.map(({ recovers }) => (recovers ? 'recovers' : 'clean')).join(' ');
        assert.equal(words, VIDEO[name]?.starts ?? 'clean clean clean', 'where decoders can start');
        const keys = clip.packets.flatMap(({ key }, index) => (key ? [index] : []));
        assert.deepEqual(
          pictures.flatMap(({ startsGop }, index) => (startsGop ? [index] : [])),
          keys,
          'which frames',
        );
      } else if (track) {
        assert.equal(sounds.length, clip.packets.length, 'every frame');
        assert.equal(track.sampleRate, Number(seen['sample_rate']), 'rate');
        assert.equal(track.channels, Number(seen['channels']), 'channels');
        const seconds = sounds.reduce((sum, { samples }) => sum + samples, 0) / track.coreRate;
        assert.ok(Math.abs(seconds - CLIP_SECONDS) < 0.15, `${seconds} s of samples in ${CLIP_SECONDS} s`);
      }
    },
  );
}

const COLORS: Record<string, number> = { bt709: 1, bt2020: 9, smpte2084: 16, bt2020nc: 9 };

function checkVideo(name: ClipName, track: VideoTrack, seen: Record<string, string | number>): void {
  assert.deepEqual([track.width, track.height], [seen['width'], seen['height']], 'size');
  const wanted = VIDEO[name]?.codecString;
  if (wanted !== undefined) assert.equal(track.codecString, wanted, 'codec string');
  if (track.codec === 'hevc')
    assert.equal(Number(/\.[LH](\d+)/.exec(track.codecString)?.[1]), seen['level'], 'level');
  if (track.codec === 'av1') assert.equal(Number(track.codecString.slice(7, 9)), seen['level'], 'level');
  const { color } = track;
  const named = [seen['color_primaries'], seen['color_transfer'], seen['color_space']];
  if (named[0] === undefined) return assert.equal(color, undefined, 'no colours');
  const points = named.map((word) => COLORS[String(word)]);
  assert.deepEqual([color?.primaries, color?.transfer, color?.matrix], points, 'colours');
  assert.equal(color?.fullRange, seen['color_range'] === 'pc', 'range');
  assert.equal(color.bitDepth, String(seen['pix_fmt']).includes('10') ? 10 : 8, 'bits');
}

test(
  'HDR10: the display it was made on and its light levels, in the units of the standard',
  { skip },
  async () => {
    const { tracks } = take(await codedClip('hevc-hdr'), true);
    const color = (tracks[0] as VideoTrack).color;
    assert.deepEqual(color?.light, { maxCll: 1000, maxFall: 400 });
    assert.deepEqual(color.mastering, {
      green: { x: 0.265, y: 0.69 },
      blue: { x: 0.15, y: 0.06 },
      red: { x: 0.68, y: 0.32 },
      white: { x: 0.3127, y: 0.329 },
      maxLuminance: 1000,
      minLuminance: 0.005,
    });
  },
);

const WITHOUT: readonly ClipName[] = [
  'hevc-hdr',
  'av1',
  'av1-svt',
  'vp9',
  'vp9-hdr',
  'vp8',
  'opus',
  'opus-mono',
];
for (const name of [...WITHOUT, 'flac', 'ac3-51', 'eac3', 'mp3', 'mp3-lsf'] as const) {
  test(`${name} without a sequence header: the frames tell the same`, { skip }, async () => {
    const clip = await codedClip(name);
    const [expected] = take(clip, true).tracks;
    const { tracks, notes } = take(clip, false);
    assert.deepEqual(notes.dropped, [], 'nothing is left out');
    assert.equal(tracks.length, 1, 'one track');
    const facts = (track: VideoTrack | AudioTrack): object => ({ ...track, config: undefined });
    if (name === 'vp9')
      assert.equal(tracks[0]!.codecString, 'vp09.00.20.08', 'a level for 60 frames a second');
    else if (name === 'vp9-hdr')
      assert.equal((tracks[0] as VideoTrack).color?.primaries, 9, 'BT.2020 is told');
    else assert.deepEqual(facts(tracks[0]!), facts(expected!), 'but for the bytes');
  });
}

test(
  'what SVT-AV1 says before and in its frames differs: the frames are believed, and it is one track',
  { skip },
  async () => {
    const clip = await codedClip('av1-svt');
    const { tracks } = take(clip, true);
    assert.equal(tracks.length, 1);
    assert.notDeepEqual(Buffer.from(tracks[0]!.config), Buffer.from(clip.config!), 'it really differs');
  },
);
