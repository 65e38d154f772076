import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { tsRefusal } from '../../../src/containers/mpegts/carriage.ts';
import { TsMuxer } from '../../../src/containers/mpegts/ts-muxer.ts';
import type { AudioFrame } from '../../../src/media/frame.ts';
import { ticks } from '../../../src/media/time.ts';
import type { AudioCodec, AudioTrack, NalTrack } from '../../../src/media/track.ts';
import { hex } from '../../support/media.ts';
import { audioTrack, nal, PPS, prefixed, SPS, stream, video, videoTrack } from './frames.ts';
import { audioOf, nalUnits, readTs, videoOf, type TsFile } from './ts-reader.ts';

/** As x265 writes it. */
const SPS_180P = '42010101600000030090000003000003003ca00a080c1f3e595952930bc05a020000030002000003003210';
const hevcTrack: NalTrack = {
  ...videoTrack(),
  codec: 'hevc',
  config: hex(`01 01 60000000 900000000000 5d f000 fc fd f8 f8 0000 0f 03
    a0 0001 0005 40010c01ff a1 0001 002b ${SPS_180P} a2 0001 0004 4401c0f0`),
} as NalTrack;

function soundTrack(codec: AudioCodec, samplesPerFrame: number, coreRate = 48_000): AudioTrack {
  return {
    ...audioTrack(),
    codec,
    config: new Uint8Array(0),
    samplesPerFrame,
    coreRate,
    sampleRate: coreRate,
  };
}

function sounds(track: AudioTrack, count: number, size: number, samples?: number): AudioFrame[] {
  const length = ((samples ?? track.samplesPerFrame) * 90_000) / track.coreRate;
  return Array.from({ length: count }, (_, index) => {
    const dts = ticks(Math.round(index * length));
    const payload = Buffer.alloc(size, index + 1);
    return {
      kind: 'audio',
      track,
      dts,
      pts: dts,
      startsGop: true,
      epoch: 0,
      payload,
      ...(samples !== undefined && { samples }),
    };
  });
}

function mux(track: AudioTrack, frames: readonly AudioFrame[]): TsFile {
  const muxer = new TsMuxer();
  muxer.begin({ audio: track });
  for (const frame of frames) muxer.write(frame);
  return readTs(muxer.finish());
}

test('H.264 and AAC are what they have always been, to the byte', () => {
  const [v, a] = [videoTrack(), audioTrack()];
  const muxer = new TsMuxer();
  const hash = createHash('sha256');
  let segments = 0;
  for (const frame of stream({ frames: 90, gop: 30, video: v, audio: a })) {
    if (frame.kind === 'video' && frame.startsGop) {
      if (segments > 0) hash.update(muxer.finish());
      muxer.begin({ video: v, audio: a }, segments++ > 0);
    }
    const isMixed = frame.kind === 'video' && !frame.startsGop && frame.dts % 9000 === 0;
    muxer.write(
      isMixed ? { ...frame, payload: prefixed(nal(9, 2), nal(6, 30), SPS, PPS, nal(1, 400)) } : frame,
    );
  }
  const digest = hash.update(muxer.finish()).digest('hex');
  assert.equal(digest, 'a299fb45c970c8f1010043811ca4515238b70b817644daca351928c3425cfbfc', 'three segments');
});

test('stream types, registrations and stream ids of sound', () => {
  const expected: readonly (readonly [AudioTrack, number, string | undefined, number])[] = [
    [soundTrack('mp3', 1152, 44_100), 0x03, undefined, 0xc0],
    [soundTrack('mp3', 576, 22_050), 0x04, undefined, 0xc0],
    [soundTrack('ac3', 1536), 0x81, 'AC-3', 0xbd],
    [soundTrack('eac3', 1536), 0x87, 'EAC3', 0xbd],
  ];
  for (const [track, type, registration, streamId] of expected) {
    const file = mux(track, sounds(track, 9, 400));
    assert.equal(file.program.streams.get(0x101), type, `${track.codec}: stream type`);
    assert.equal(file.program.registrations.get(0x101), registration, `${track.codec}: registration`);
    assert.deepEqual(
      [...new Set(audioOf(file).map((unit) => unit.streamId))],
      [streamId],
      `${track.codec}: stream id`,
    );
  }
});

test('frames that tell by themselves what they are go as they came, a tenth of a second in a packet', () => {
  const track = soundTrack('ac3', 1536);
  const frames = sounds(track, 9, 400);
  const units = audioOf(mux(track, frames));
  assert.deepEqual(
    units.map(({ payload }) => payload.length),
    [1200, 1200, 1200],
    'three of 32 ms each',
  );
  assert.deepEqual(
    Buffer.concat(units.map(({ payload }) => payload)),
    Buffer.concat(frames.map(({ payload }) => payload)),
    'bytes',
  );
  assert.deepEqual(
    units.map(({ pts }) => pts - units[0]!.pts),
    [0, 8640, 17_280],
    'times',
  );
});

test('frames shorter than the usual one are counted by their own length', () => {
  const track = soundTrack('eac3', 1536);
  const units = audioOf(mux(track, sounds(track, 36, 50, 256)));
  assert.deepEqual(
    units.map(({ payload }) => payload.length),
    [900, 900],
    'eighteen of 5.33 ms in each',
  );
});

test('HEVC: delimiter, then the sets in force before an IRAP picture, whatever the frame says; no end, no filler', () => {
  const muxer = new TsMuxer();
  muxer.begin({ video: hevcTrack });
  const units = (...list: string[]): Buffer => prefixed(...list.map((unit) => hex(unit)));
  muxer.write(video(hevcTrack, 0, { key: true, payload: units('460150', '4e01ff80', '2801af80') }));
  muxer.write(video(hevcTrack, 3000, { payload: units('4401c0f1', '0201d080', '4801', '4c01ffff80') }));
  muxer.write(video(hevcTrack, 6000, { payload: units('2a01ac80') }));
  const file = readTs(muxer.finish());
  assert.equal(file.program.streams.get(0x100), 0x24, 'stream type');
  assert.deepEqual(
    videoOf(file).map(({ payload }) => nalUnits(payload).map((unit) => unit.toString('hex'))),
    [
      ['460150', '40010c01ff', SPS_180P, '4401c0f0', '4e01ff80', '2801af80'],
      ['460150', '4401c0f1', '0201d080'],
      // The picture parameter set has been learned on the way: its id may be another's.
      ['460150', '40010c01ff', SPS_180P, '4401c0f1', '2a01ac80'],
    ],
    'units',
  );
});

test('what cannot be carried is refused in words', () => {
  for (const [codec, name] of [
    ['opus', 'Opus'],
    ['flac', 'FLAC'],
  ] as const)
    assert.equal(
      tsRefusal(soundTrack(codec, 960)),
      `${name} cannot be carried in MPEG-TS, only in fMP4`,
      codec,
    );
  assert.match(tsRefusal({ ...videoTrack(), codec: 'av1' }) ?? '', /^AV1 cannot/, 'av1');
  assert.match(
    tsRefusal({ ...videoTrack(), config: new Uint8Array(3) }) ?? '',
    /AVC configuration/,
    'broken AVC',
  );
  assert.match(
    tsRefusal({ ...hevcTrack, config: new Uint8Array(3) }) ?? '',
    /HEVC configuration/,
    'broken HEVC',
  );
  assert.equal(tsRefusal(soundTrack('mp3', 1152)), undefined, 'MP3 is fine');
});
