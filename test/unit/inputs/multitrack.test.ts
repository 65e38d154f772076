import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlvInput } from '../../../src/inputs/flv-input.ts';
import type { FrameTarget } from '../../../src/inputs/frame-target.ts';
import { MAX_TRACKS } from '../../../src/inputs/track-numbers.ts';
import type { Frame, MediaFrame } from '../../../src/media/frame.ts';
import { ticks, ticksFromMs } from '../../../src/media/time.ts';
import type { FormerTracks, TrackId } from '../../../src/media/track.ts';
import { OPUS_HEAD_51 } from '../../support/coded-bytes.ts';
import { COLOR_INFO } from '../../support/enhanced-bodies.ts';
import { ASC_44K, ASC_48K, AVCC_360P, AVCC_720P, hex, IDR, SLICE } from '../../support/media.ts';

class Target implements FrameTarget {
  readonly origin = ticks(0);
  formerTracks: FormerTracks = {};
  readonly frames: Frame[] = [];
  epochs = 0;

  newEpoch(): number {
    return ++this.epochs;
  }
  write(frame: Frame): void {
    this.frames.push(frame);
  }
  describe(): void {
    // nothing to see here
  }

  /** Frames of one track. */
  of(id: TrackId): MediaFrame[] {
    return this.frames.filter((frame) => frame.kind !== 'data').filter(({ track }) => track.id === id);
  }

  /** How many frames each track has. */
  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const frame of this.frames)
      if (frame.kind !== 'data') counts[frame.track.id] = (counts[frame.track.id] ?? 0) + 1;
    return counts;
  }
}

function begin(formerTracks: FormerTracks = {}): { target: Target; input: FlvInput } {
  const target = new Target();
  target.formerTracks = formerTracks;
  return { target, input: new FlvInput(target) };
}

type Type = 'one' | 'many' | 'codecs';
const TYPES: Readonly<Record<Type, number>> = { one: 0, many: 0x10, codecs: 0x20 };
const size = (bytes: Uint8Array): Buffer => hex(bytes.length.toString(16).padStart(6, '0'));

interface Share {
  readonly track: number;
  readonly data: Buffer;
  readonly codec?: string;
}

/** A multitrack message as the specification lays it out; `first`: its first byte. */
function multitrack(first: number, packet: number, type: Type, shares: readonly Share[]): Buffer {
  const codec = shares[0]!.codec ?? 'avc1';
  return Buffer.concat([
    Buffer.of(first, TYPES[type] | packet),
    ...(type === 'codecs' ? [] : [Buffer.from(codec)]),
    ...shares.flatMap((share) => [
      ...(type === 'codecs' ? [Buffer.from(share.codec ?? codec)] : []),
      Buffer.of(share.track),
      ...(type === 'one' ? [] : [size(share.data)]),
      share.data,
    ]),
  ]);
}

const KEY = 0x96;
const INTER = 0xa6;
const AUDIO = 0x95;
const configOf = (track: number, data = AVCC_360P): Buffer => multitrack(KEY, 0, 'one', [{ track, data }]);
const keyOf = (...tracks: readonly number[]): Buffer =>
  multitrack(KEY, 3, 'many', tracks.map((track) => ({ track, data: IDR }))); // prettier-ignore
const interOf = (...tracks: readonly number[]): Buffer =>
  multitrack(INTER, 3, 'many', tracks.map((track) => ({ track, data: SLICE }))); // prettier-ignore
const soundConfig = (track: number, data = ASC_48K): Buffer =>
  multitrack(AUDIO, 0, 'one', [{ track, data, codec: 'mp4a' }]);
const soundOf = (...tracks: readonly number[]): Buffer =>
  multitrack(AUDIO, 1, 'many', tracks.map((track) => ({ track, data: hex('2110045a'), codec: 'mp4a' }))); // prettier-ignore

test('H.264 and AAC by FourCC are H.264 and AAC', () => {
  const { target, input } = begin();
  input.video(0, Buffer.concat([hex('90 61766331'), AVCC_360P]));
  input.audio(0, Buffer.concat([hex('90 6d703461'), ASC_48K]));
  input.video(0, Buffer.concat([hex('91 61766331 000050'), IDR]));
  input.video(40, Buffer.concat([hex('a3 61766331'), SLICE]));
  input.audio(0, hex('91 6d703461 2110045a'));
  const [key, inter] = target.of('video');
  assert.ok(key?.kind === 'video' && inter);
  assert.deepEqual([key.track.codec, key.track.width, key.startsGop], ['avc', 640, true]);
  assert.deepEqual([key.pts - key.dts, inter.pts - inter.dts], [ticksFromMs(80), 0]);
  assert.equal(target.of('audio')[0]?.track.codecString, 'mp4a.40.2');
  assert.equal(input.dropped.size, 0);
});

test('tracks beside the main ones have names of their own, and the same time line', () => {
  const { target, input } = begin();
  for (const track of [0, 1, 2]) input.video(0, configOf(track, track === 0 ? AVCC_720P : AVCC_360P));
  input.video(1000, keyOf(0, 1, 2));
  input.video(1040, interOf(0, 1, 2));
  assert.deepEqual(target.counts, { video: 2, video1: 2, video2: 2 });
  for (const id of ['video', 'video1', 'video2'] as const)
    assert.deepEqual(
      target.of(id).map(({ dts, epoch }) => [dts, epoch]),
      [
        [0, 1],
        [3600, 1],
      ],
    );
  assert.equal(target.epochs, 1);
  const [main] = target.of('video');
  assert.ok(main?.kind === 'video');
  assert.equal(main.track.width, 1280);
});

test('a sound beside the usual one: the VOD track of OBS', () => {
  const { target, input } = begin();
  input.video(0, Buffer.concat([hex('17 00 000000'), AVCC_360P]));
  input.audio(0, Buffer.concat([hex('af 00'), ASC_48K]));
  input.audio(0, soundConfig(1, ASC_44K));
  input.video(0, Buffer.concat([hex('17 01 000000'), IDR]));
  for (let count = 0; count < 4; count++) {
    input.audio(count * 21, hex('af 01 2110045a'));
    input.audio(count * 23, multitrack(AUDIO, 1, 'one', [{ track: 1, data: hex('2122'), codec: 'mp4a' }]));
  }
  assert.deepEqual(target.counts, { video: 1, audio: 4, audio1: 4 });
  assert.deepEqual(
    target.of('audio1').map(({ dts }) => dts),
    [0, 2090, 4180, 6269],
    'each sound is timed by its own samples',
  );
  assert.deepEqual(
    target.of('audio').map(({ startsGop }) => startsGop),
    [false, false, false, false],
  );
  assert.deepEqual(
    target.of('audio1').map(({ startsGop }) => startsGop),
    [true, true, true, true],
    'it stands alone: a listener can start anywhere',
  );
});

test('many codecs in one message; a codec that is not carried leaves the others alone', () => {
  const { target, input } = begin();
  input.video(0, configOf(0));
  const body = (data: Buffer): Buffer =>
    multitrack(KEY, 3, 'codecs', [
      { track: 0, data },
      { track: 3, data: hex('aabb'), codec: 'vvc1' },
    ]);
  input.video(0, body(IDR));
  input.video(40, body(IDR));
  assert.deepEqual(target.counts, { video: 2 });
  assert.equal(input.dropped.get('a track of a codec that is not supported'), 2);
  assert.match(input.problems.get('video3') ?? '', /^the video is VVC \(vvc1\) in track 3, which is not/);
});

test('without a track 0 the lowest number is the main one', () => {
  const { target, input } = begin();
  input.video(0, configOf(5));
  input.video(0, configOf(3, AVCC_720P));
  input.video(0, configOf(4));
  input.video(0, keyOf(5, 4, 3));
  assert.deepEqual(target.counts, { video: 1, video4: 1, video5: 1 });
  const [main] = target.of('video');
  assert.ok(main?.kind === 'video');
  assert.equal(main.track.width, 1280);
});

test('a lower number that comes late takes over with its first picture, and time does not go back', () => {
  const { target, input } = begin();
  input.video(0, configOf(1));
  for (let at = 0; at < 200; at += 40) input.video(at, at === 0 ? keyOf(1) : interOf(1));
  input.video(180, configOf(0, AVCC_720P));
  input.video(200, interOf(1));
  assert.deepEqual(target.counts, { video: 6 }, 'until then the other is the main one');
  input.video(190, keyOf(0)); // before the last of the other
  input.video(240, interOf(0, 1));
  input.video(280, keyOf(0, 1));
  assert.deepEqual(target.counts, { video: 9, video1: 1 }, 'the other begins anew, with a key frame');
  const times = target.of('video').map(({ dts }) => dts);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
  const main = target.of('video').at(-1);
  assert.ok(main?.kind === 'video');
  assert.equal(main.track.width, 1280);
  assert.equal(target.of('video1')[0]!.dts, main.dts, 'in step');
  assert.equal(target.epochs, 1);
});

test('a sound that takes over counts on', () => {
  const { target, input } = begin();
  input.audio(0, soundConfig(2));
  input.audio(0, soundOf(2));
  input.audio(21, soundOf(2));
  input.audio(22, soundConfig(1));
  input.audio(22, soundOf(1));
  input.audio(43, soundOf(1, 2));
  assert.deepEqual(
    target.of('audio').map(({ dts }) => dts),
    [0, 1920, 3840, 5760],
  );
  assert.equal(target.of('audio2').length, 1);
});

test(`more than ${MAX_TRACKS} tracks of a kind are left out, and told of`, () => {
  const { target, input } = begin();
  const all = Array.from({ length: 20 }, (_, track) => track);
  for (const track of all) input.video(0, configOf(track));
  input.video(0, keyOf(...all));
  assert.equal(Object.keys(target.counts).length, MAX_TRACKS);
  assert.equal(input.dropped.get('more tracks of a kind than are carried'), 24);
});

test('a track that stops leaves the others going on; one that changes its codec begins anew', () => {
  const { target, input } = begin();
  for (const track of [0, 1]) input.video(0, configOf(track));
  input.video(0, keyOf(0, 1));
  for (let at = 40; at < 400; at += 40) input.video(at, interOf(0));
  assert.deepEqual(target.counts, { video: 10, video1: 1 });
  input.audio(0, soundConfig(0));
  input.audio(0, soundOf(0));
  input.audio(21, hex('91 4f707573 00'));
  input.audio(42, soundOf(0));
  assert.equal(
    input.dropped.get('audio before its configuration'),
    1,
    'what was before the other codec is gone',
  );
  input.audio(63, soundConfig(0));
  input.audio(63, soundOf(0));
  assert.equal(target.of('audio').at(-1)?.track.codec, 'aac');
});

test('nanoseconds make times exact', () => {
  const { target, input } = begin();
  input.video(0, configOf(0));
  const nano = (nanos: number): Buffer => hex(`97 02 ${nanos.toString(16).padStart(6, '0')} 03 61766331`);
  [0, 366_667, 733_333].forEach((nanos, index) =>
    input.video([0, 33, 66][index]!, Buffer.concat([nano(nanos), IDR])),
  );
  assert.deepEqual(
    target.of('video').map(({ dts }) => dts),
    [0, 3003, 6006],
  );
});

test('messages that are cut short or lie are dropped with a reason, and the rest of them is used', () => {
  const { target, input } = begin();
  for (const track of [0, 1]) input.video(0, configOf(track));
  const good = keyOf(0, 1);
  for (let end = 1; end < good.length; end++) input.video(0, good.subarray(0, end));
  const lie = Buffer.from(good);
  lie[lie.length - IDR.length - 1] = 0xff; // the second track's size
  input.video(40, lie);
  input.video(80, keyOf(0, 0, 1));
  input.video(120, hex('97 05 00'));
  input.video(120, hex('98 61766331 00'));
  assert.ok((input.dropped.get('an Enhanced RTMP message that is cut short') ?? 0) > 5);
  assert.ok((input.dropped.get('a track that is longer than its message') ?? 0) > 1);
  assert.equal(input.dropped.get('a track that is in one message twice'), 1);
  assert.equal(input.dropped.get('an unknown kind of Enhanced RTMP message'), 1);
  assert.equal(target.of('video').at(-1)!.dts, target.of('video1').at(-1)!.dts);
});

test('tracks of the publisher before are taken over if their bytes are the same, those beside the main ones too', () => {
  const before = begin();
  for (const track of [0, 1]) before.input.video(0, configOf(track));
  before.input.video(0, keyOf(0, 1));
  const video1 = before.target.of('video1')[0]!.track;
  assert.ok(video1.kind === 'video');
  const { target, input } = begin({ video1 });
  for (const track of [0, 1]) input.video(0, configOf(track));
  input.video(0, keyOf(0, 1));
  assert.equal(target.of('video1')[0]!.track, video1);
  assert.notEqual(target.of('video')[0]!.track, video1);
});

test('a configuration that cannot be used is told of by track', () => {
  const { input } = begin();
  input.video(0, configOf(0));
  input.video(0, configOf(2, hex('01 64')));
  input.audio(0, soundConfig(1, hex('ff')));
  assert.match(input.problems.get('video2') ?? '', /^the configuration of video track 2 cannot be used: /);
  assert.match(input.problems.get('audio') ?? '', /^the audio configuration cannot be used: /);
  assert.equal(input.problems.get('video'), undefined);
  input.video(0, configOf(2));
  assert.equal(input.problems.get('video2'), undefined);
});

test('colour metadata that cannot be read are dropped; what can be is no frame', () => {
  const { target, input } = begin();
  input.video(0, Buffer.concat([hex('94 68766331'), COLOR_INFO]));
  assert.equal(input.dropped.size, 0);
  input.video(0, Buffer.concat([hex('94 68766331'), COLOR_INFO.subarray(0, 40)]));
  assert.equal(input.dropped.get('bad colour metadata'), 1);
  assert.deepEqual(target.frames, []);
});

test('words of another codec wait for its frames: those that come go on', () => {
  const { target, input } = begin();
  input.video(0, configOf(0));
  input.video(0, keyOf(0));
  input.video(0, Buffer.concat([hex('d4 68766331'), COLOR_INFO])); // ffmpeg 8: of a second picture, without its number
  input.video(0, Buffer.concat([hex('90 68766331'), hex('01')]));
  input.video(40, interOf(0));
  input.audio(0, soundConfig(0));
  input.audio(0, soundOf(0));
  input.audio(0, hex('94 4f707573 0002'));
  input.audio(21, soundOf(0));
  assert.deepEqual(target.counts, { video: 2, audio: 2 });
  assert.deepEqual([...input.dropped], []);
  assert.deepEqual([...input.problems], []);
});

test('what was said of a codec before its first frame is in force with that frame', () => {
  const { target, input } = begin();
  input.audio(0, soundConfig(0));
  input.audio(0, soundOf(0));
  input.audio(20, Buffer.concat([hex('90 4f707573'), OPUS_HEAD_51]));
  input.audio(20, hex('90 4f707573 4f70757354616773')); // its comment header
  input.audio(20, soundOf(0));
  input.audio(40, hex('91 4f707573 fc00'));
  assert.deepEqual(
    target.of('audio').map(({ track }) => track.kind === 'audio' && [track.codec, track.channels]),
    [...Array.from({ length: 2 }, () => ['aac', 2]), ['opus', 6]],
  );
  assert.deepEqual([...input.dropped], []);
});

test('a main track that is only announced: the next one is the main track, until it comes after all', () => {
  const { target, input } = begin();
  input.video(0, configOf(0, AVCC_720P));
  input.video(0, configOf(1));
  for (let count = 0; count < 200; count++) input.video(count * 40, count % 25 === 0 ? keyOf(1) : interOf(1));
  const { video = 0, video1 = 0 } = target.counts;
  assert.ok(video1 > 100 && video1 < 150, `${video1} frames are waited`);
  assert.ok(video > 40, `${video} frames of the main track`);
  const [first] = target.of('video');
  assert.ok(first?.kind === 'video' && first.startsGop && first.track.width === 640, 'from a key frame on');
  input.video(8000, keyOf(0));
  input.video(8000, keyOf(1));
  input.video(8040, interOf(0, 1));
  const main = target.of('video').slice(video);
  assert.deepEqual(
    main.map(({ track }) => track.kind === 'video' && track.width),
    [1280, 1280],
    'the announced one takes its place',
  );
  assert.equal(target.counts['video1'], video1 + 2, 'the other one goes back to its own');
  assert.equal(input.dropped.get('bad video configuration'), undefined);
});

test('a configuration that changes with every frame: as many changes as there may be, and the rest is counted', () => {
  const { target, input } = begin();
  for (let count = 0; count < 300; count++) {
    input.video(count * 40, configOf(0, count % 2 ? AVCC_720P : AVCC_360P));
    input.video(count * 40, keyOf(0));
    input.audio(count * 40, soundConfig(0, count % 2 ? ASC_44K : ASC_48K));
    input.audio(count * 40, soundOf(0));
  }
  for (const id of ['video', 'audio'] as const) {
    const tracks = target.of(id).map(({ track }) => track);
    const changes = tracks.filter((track, index) => index > 0 && track !== tracks[index - 1]).length;
    assert.ok(changes >= 8 && changes <= 8 + 13, `${changes} changes of ${id} in 12 s`);
    assert.ok(tracks.length >= 20, `${tracks.length} frames of ${id} are there`);
  }
  assert.ok((input.dropped.get('a configuration that changes all the time') ?? 0) > 500, 'and it is told');
});

test('a configuration for each GOP of a second is followed', () => {
  const { target, input } = begin();
  for (let count = 0; count < 60; count++) {
    input.video(count * 1000, configOf(0, count % 2 ? AVCC_720P : AVCC_360P));
    input.video(count * 1000, keyOf(0));
    input.video(count * 1000 + 500, interOf(0));
  }
  assert.deepEqual([target.counts, input.dropped.size], [{ video: 120 }, 0]);
});

test('a clock that jumps with every frame: the time line goes on, and not each jump is told', () => {
  const { target, input } = begin();
  input.video(0, configOf(0));
  for (let count = 0; count < 300; count++) input.video((count % 2) * 60_000, keyOf(0));
  const times = target.of('video').map(({ dts }) => dts);
  assert.equal(times.length, 300);
  assert.ok(
    times.every((dts, index) => index === 0 || dts > times[index - 1]!),
    'forward',
  );
  assert.ok(target.epochs >= 8 && target.epochs <= 8 + 13, `${target.epochs} time lines in 12 s`);
});
