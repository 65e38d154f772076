import assert from 'node:assert/strict';
import test from 'node:test';
import { fragment } from '../../../src/containers/fmp4/fragment.ts';
import { initSegment } from '../../../src/containers/fmp4/init-segment.ts';
import { movieTracks } from '../../../src/containers/fmp4/movie-track.ts';
import { Findings } from '../../../src/inspect/findings.ts';
import { readInit } from '../../../src/inspect/fmp4-init.ts';
import { FragmentedLook } from '../../../src/inspect/fmp4-look.ts';
import { referenceEnd } from '../../../src/inspect/fmp4-reference.ts';
import { MediaLook } from '../../../src/inspect/media-look.ts';
import type { TrackReport } from '../../../src/inspect/report-media.ts';
import { tellSecondOpinion } from '../../../src/inspect/second-opinion.ts';
import { ticks } from '../../../src/media/time.ts';
import type { Track } from '../../../src/media/track.ts';
import { CLIP_NAMES } from '../../support/coded-clips.ts';
import { codedFrames, HDR10 } from '../../support/coded-frames.ts';
import { AUDIO, inter, key, sound, VIDEO } from '../../support/media.ts';
import { noFfmpeg } from '../mpegts/flv-clip.ts';

const CODEC_STRINGS: Readonly<Record<Track['codec'], RegExp>> = {
  avc: /^avc1\.[0-9A-F]{6}$/,
  hevc: /^hvc1\.[12]\.[46]\.L60\.90$/,
  av1: /^av01\.0\.00M\.(08|10\.0\.110\.09\.16\.09\.0)$/,
  vp9: /^vp09\.0[02]\.11\.(08|10\.01\.09\.16\.09\.00)$/,
  vp8: /^vp08\./,
  aac: /^mp4a\.40\.2$/,
  opus: /^Opus$/,
  flac: /^fLaC$/,
  ac3: /^ac-3$/,
  eac3: /^ec-3$/,
  mp3: /^mp4a\.(6B|40\.34)$/,
};

function lookAt(
  init: Buffer,
  segment: Buffer,
): { look: FragmentedLook; track: TrackReport; findings: string[] } {
  const media = new MediaLook();
  const findings = new Findings();
  const look = new FragmentedLook(segment, { init: readInit(init), codecs: new Map(), media, findings });
  const [track] = media.report(segment.length).tracks;
  assert.ok(track, 'a track');
  return { look, track, findings: findings.list().map(({ code }) => code) };
}

for (const name of CLIP_NAMES) {
  test(
    `${name} in fragments: codec, size, colours, channels and every frame`,
    { skip: noFfmpeg },
    async () => {
      const { track, frames } = await codedFrames(name);
      const tracks = movieTracks([track]);
      const {
        look,
        track: told,
        findings,
      } = lookAt(initSegment(tracks), fragment({ sequence: 1, tracks, frames, zero: ticks(0) }));
      assert.deepEqual(findings, [], 'nothing odd');
      assert.deepEqual(look.faults, [], 'boxes');
      assert.match(told.codecString ?? 'none', CODEC_STRINGS[track.codec], 'codec string');
      assert.equal(told.frames, frames.length, 'frames');
      if (track.kind === 'video') {
        assert.deepEqual([told.width, told.height], [track.width, track.height], 'size');
        assert.equal(look.start?.isKey, true, 'begins with a key frame');
        assert.deepEqual(
          [...look.fragmented.values()].map(({ falseSync }) => falseSync),
          [0],
          'sync samples',
        );
        if (name.endsWith('-hdr')) assert.equal(told.color?.transfer, HDR10.transfer, 'PQ');
      } else assert.deepEqual([told.channels, told.sampleRate], [track.channels, track.sampleRate], 'sound');
    },
  );
}

const TRACKS = movieTracks({ video: VIDEO, audio: AUDIO });
const INIT = initSegment(TRACKS);
const FRAMES = [key(0), sound(0), inter(40), sound(21), inter(80)];
const SEGMENT = fragment({
  sequence: 7,
  tracks: TRACKS,
  frames: FRAMES,
  zero: ticks(0),
  producedAt: 1_800_000_000_000,
});

test('a segment tells its sequence numbers, where each track begins and ends, and its wall clock', () => {
  const { look } = lookAt(INIT, SEGMENT);
  assert.deepEqual(look.sequenceNumbers, [7]);
  assert.deepEqual([look.fragmented.get(1)?.begin, look.fragmented.get(1)?.timescale], [0, 90_000]);
  const end = referenceEnd(look);
  assert.ok(end !== undefined && end > 1_800_000_000_000 && end < 1_800_000_000_200, `it ends at ${end}`);
});

test('cut anywhere, a segment is told of as far as it goes, and that it is cut', () => {
  for (let length = 0; length < SEGMENT.length; length++) {
    const media = new MediaLook();
    const look = new FragmentedLook(SEGMENT.subarray(0, length), {
      init: readInit(INIT),
      codecs: new Map(),
      media,
    });
    assert.ok(look.faults.length > 0, `${length} bytes`);
  }
});

test('mux.js reads the clocks and the beginning as we do', () => {
  const { look } = lookAt(INIT, SEGMENT);
  const init = readInit(INIT);
  const map = {
    reference: { uri: 'i.mp4', url: new URL('http://localhost/i.mp4') },
    bytes: INIT,
    init,
    codecs: new Map(),
  };
  const opinionOn = (init: Buffer): string => {
    const told: string[] = [];
    tellSecondOpinion(
      look,
      { bytes: SEGMENT, map: { ...map, bytes: init } },
      (message) => void told.push(message),
    );
    return told.join();
  };
  assert.equal(opinionOn(INIT), '');
  const otherwise = Buffer.from(INIT);
  otherwise.writeUInt32BE(1000, otherwise.indexOf('mdhd', 0, 'latin1') + 4 + 12);
  assert.match(opinionOn(otherwise), /timescale of 90000; mux\.js reads 1000/);
});
