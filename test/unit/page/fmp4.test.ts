import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlvFrames } from '../../../public/player/fmp4/flv-frames.ts';
import { Starts } from '../../../public/player/fmp4/starts.ts';
import { Rate } from '../../../public/player/fmp4/rate.ts';
import { TrackBuffer, type Sink } from '../../../public/player/fmp4/track-buffer.ts';
import { TrackWriter, UnplayableError, type Piece } from '../../../public/player/fmp4/track-writer.ts';
import { encodeAmf0 } from '../../../src/amf/amf0-writer.ts';
import { AmfObject } from '../../../src/amf/value.ts';
import { flvFileHeader } from '../../../src/containers/flv/file-header.ts';
import { FlvError } from '../../../src/containers/flv/reader.ts';
import {
  TAG_AUDIO,
  TAG_SCRIPT,
  TAG_VIDEO,
  tagBytes,
  writeTag,
  type TagType,
} from '../../../src/containers/flv/tag.ts';
import { readMovie } from '../../../src/containers/fmp4/movie-reader.ts';
import { UnsupportedCodecError } from '../../../src/inputs/unsupported.ts';
import type { MediaFrame } from '../../../src/media/frame.ts';
import { secondsFromTicks, ticksFromMs } from '../../../src/media/time.ts';
import type { Track } from '../../../src/media/track.ts';
import { samplesIn, type SampleWithBytes } from '../../support/samples.ts';
import {
  ASC_48K,
  audioTrack,
  AVCC_360P,
  hex,
  IDR,
  inter,
  key,
  SLICE,
  sound,
  videoTrack,
} from '../../support/media.ts';

function tag(
  type: TagType,
  timestamp: number,
  head: string,
  payload: Uint8Array = new Uint8Array(0),
): Buffer {
  const out = Buffer.alloc(tagBytes(hex(head).length + payload.length));
  writeTag(out, 0, { type, timestamp, head: hex(head), payload });
  return out;
}
const avcc = (): Buffer => tag(TAG_VIDEO, 0, '17 00 000000', AVCC_360P);
const keyTag = (at: number): Buffer => tag(TAG_VIDEO, at, '17 01 000000', IDR);
const interTag = (at: number): Buffer => tag(TAG_VIDEO, at, '27 01 000000', SLICE);
const asc = (): Buffer => tag(TAG_AUDIO, 0, 'af 00', ASC_48K);
const soundTag = (at: number): Buffer => tag(TAG_AUDIO, at, 'af 01', Buffer.alloc(6, 0x21));
const clockTag = (at: number, wallClock: number): Buffer =>
  tag(TAG_SCRIPT, at, '', encodeAmf0('onClock', AmfObject.of({ wallClock })));

/** What comes of a stream, each frame as `kind` and ms, each mark as the server's time and the ms that it is for. */
function heard(bytes: Buffer, cut = bytes.length): string[] {
  const all: string[] = [];
  const ms = (ticks: number): number => Math.round(secondsFromTicks(ticks) * 1000);
  const frames = new FlvFrames({
    frame: ({ kind, dts }) => all.push(`${kind} ${ms(dts)}`),
    clock: (wallClock, at) => all.push(`clock ${wallClock} ${ms(at)}`),
  });
  for (let at = 0; at < bytes.length; at += cut) frames.push(bytes.subarray(at, at + cut));
  return all;
}

test('a live stream begins with 0, wherever its own clock stands, and is read however it is cut', () => {
  const start = 2 ** 32 - 40;
  const stream = Buffer.concat([
    flvFileHeader({ video: true, audio: true }),
    avcc(),
    asc(),
    clockTag(start, 1_700_000_000_000),
    keyTag(start),
    soundTag(start),
    interTag(0), // its clock wraps
    interTag(40),
    clockTag(80, 1_700_000_000_120),
    keyTag(80),
  ]);
  const all = heard(stream);
  assert.deepEqual(all, [
    'clock 1700000000000 0',
    'video 0',
    'audio 0',
    'video 40',
    'video 80',
    'clock 1700000000120 120',
    'video 120',
  ]);
  assert.deepEqual(heard(stream, 7), all, 'in pieces of seven bytes');
});

test('a clock that jumps is followed without a hole, and renditions beside the main one are left out', () => {
  const beside = hex('96 01 61766331 01'); // Multitrack, one track: avc1, number 1
  const stream = Buffer.concat([
    flvFileHeader({ video: true, audio: false }),
    avcc(),
    keyTag(1000),
    interTag(1040),
    tag(TAG_VIDEO, 1040, '', Buffer.concat([beside, hex('000000'), IDR])),
    keyTag(90_000_000),
    interTag(90_000_040),
  ]);
  assert.deepEqual(heard(stream), ['video 0', 'video 40', 'video 80', 'video 120']);
});

test('what is not FLV, and a codec that nobody knows, are told apart', () => {
  assert.throws(() => heard(Buffer.from('<!doctype html><title>no</title>')), FlvError);
  const sorenson = Buffer.concat([
    flvFileHeader({ video: true, audio: false }),
    tag(TAG_VIDEO, 0, '12', Buffer.alloc(9)),
  ]);
  assert.throws(() => heard(sorenson), UnsupportedCodecError);
});

const MP4 = ({ kind, codecString }: Track): string => `${kind}/mp4; codecs="${codecString}"`;

function written(writer: TrackWriter, ...frames: MediaFrame[]): Piece[] {
  for (const frame of frames) writer.add(frame);
  const pieces: Piece[] = [];
  for (let piece = writer.next(); piece; piece = writer.next()) pieces.push(piece);
  return pieces;
}
const samplesOf = (pieces: readonly Piece[]): SampleWithBytes[] =>
  pieces.flatMap((piece) => (piece.kind === 'media' ? [...samplesIn(piece.bytes)] : []));
const timesOf = (pieces: readonly Piece[]): number[][] =>
  samplesOf(pieces).map(({ decodeTime, duration }) => [decodeTime / 90, duration / 90]);

test('a picture waits for its successor, and is exactly as long as until that', () => {
  const writer = new TrackWriter(MP4);
  const begun = written(writer, key(0), inter(40), inter(90));
  assert.deepEqual(
    begun.map(({ kind }) => kind),
    ['head', 'media'],
  );
  const [head] = begun;
  assert.ok(head?.kind === 'head', 'a head first');
  assert.equal(head.type, MP4(key(0).track));
  assert.equal(readMovie(head.bytes)[0]?.entry.codec, 'avc');
  assert.deepEqual(timesOf(begun), [
    [0, 40],
    [40, 50],
  ]);
  assert.deepEqual(timesOf(written(writer, inter(590))), [[90, 500]], 'a slow one');
  writer.complete();
  assert.equal(samplesOf(written(writer)).length, 1, 'the last one, when no other comes');
});

test('sound is written at once, each frame as long as its samples', () => {
  const pieces = written(new TrackWriter(MP4), sound(0), sound(21), sound(43));
  assert.deepEqual(
    samplesOf(pieces).map(({ decodeTime, duration }) => [decodeTime, duration]),
    [
      [0, 1024],
      [1024, 1024],
      [2048, 1024],
    ],
  );
});

test('another configuration has a head of its own, behind all frames of the one before', () => {
  const large = videoTrack('large');
  const pieces = written(
    new TrackWriter(MP4),
    key(0),
    inter(40),
    key(80, { track: large }),
    inter(120, { track: large }),
  );
  assert.deepEqual(
    pieces.map(({ kind }) => kind),
    ['head', 'media', 'head', 'media'],
  );
  assert.deepEqual(timesOf(pieces), [
    [0, 40],
    [40, 40],
    [80, 40],
  ]);
});

test('sound of another rate goes on at its own time, however its units are counted', () => {
  const slow = { ...audioTrack('slow'), sampleRate: 32_000, coreRate: 32_000 };
  const writer = new TrackWriter(MP4);
  const before = [0, 21, 43].map((at) => sound(at));
  const pieces = written(writer, ...before, sound(64, { track: slow }), sound(96, { track: slow }));
  const [first, second] = samplesOf(pieces).slice(3);
  assert.deepEqual([first?.decodeTime, second?.decodeTime], [2048, 3072]);
});

test('a track that the browser has no type for is told', () => {
  assert.throws(() => written(new TrackWriter(() => undefined), key(0)), UnplayableError);
});

test('a long wait is cut into pieces that a full buffer can take one by one', () => {
  const frames = Array.from({ length: 50 }, (_, index) => inter(index * 40, { bytes: 100_000 }));
  const pieces = written(new TrackWriter(MP4), key(0), ...frames.slice(1));
  const sizes = pieces.map(({ bytes }) => bytes.length);
  assert.ok(pieces.length > 4 && Math.max(...sizes) < 1_300_000, sizes.join(' '));
  assert.equal(samplesOf(pieces).length, 49, 'nothing is lost');
});

test('what waited too long is left out up to a key frame, and goes on at its own time', () => {
  const writer = new TrackWriter(MP4);
  for (const frame of [key(0), inter(40), key(80), inter(120)]) writer.add(frame);
  assert.equal(writer.latestStart, ticksFromMs(80));
  writer.leaveOut(ticksFromMs(80));
  assert.equal(writer.waitingBytes, IDR.length + SLICE.length);
  writer.leaveOut(ticksFromMs(1000));
  assert.deepEqual([writer.waitingBytes, writer.waitingSeconds, writer.track], [0, 0, undefined]);
  assert.deepEqual(timesOf(written(writer, inter(160), key(200), inter(240), inter(280))), [
    [200, 40],
    [240, 40],
  ]);
});

test('MP3 outside of MP4 is given as it is, with its time where it begins and after a gap', () => {
  const mp3 = { ...audioTrack('mp3'), codec: 'mp3' as const, samplesPerFrame: 1152 };
  const writer = new TrackWriter(() => 'audio/mpeg');
  const at = (ms: number): MediaFrame => sound(ms, { track: mp3, bytes: 4 });
  const pieces = [written(writer, at(8), at(32)), written(writer, at(56)), written(writer, at(2000))].flat();
  assert.deepEqual(
    pieces.map((piece) => [piece.kind, piece.bytes.length, piece.kind === 'media' ? piece.at : undefined]),
    [
      ['head', 0, undefined],
      ['media', 8, 0.008],
      ['media', 4, undefined],
      ['media', 4, 2],
    ],
  );
});

/** A source buffer that finishes when it is told to. */
class FakeSink implements Sink {
  updating = false;
  mode: Sink['mode'] = 'segments';
  timestampOffset = 0;
  /** Bytes of room. */
  room = Infinity;
  start = 0;
  readonly done: string[] = [];
  readonly #heard = new Map<string, () => void>();

  get buffered(): Sink['buffered'] {
    return { length: 1, start: () => this.start };
  }
  get listeners(): number {
    return this.#heard.size;
  }
  appendBuffer({ length }: Uint8Array): void {
    if (length > this.room) throw Object.assign(new Error('full'), { name: 'QuotaExceededError' });
    this.#begin(`append ${length}`);
  }
  changeType(type: string): void {
    if (type === 'audio/mpeg') this.mode = 'sequence'; // as browsers do where media tell no times
    this.done.push(`type ${type}`);
  }
  remove(from: number, to: number): void {
    this.start = to;
    this.room = Infinity;
    this.#begin(`remove ${from}-${to}`);
  }
  addEventListener(name: string, heard: () => void): void {
    this.#heard.set(name, heard);
  }
  removeEventListener(name: string): void {
    this.#heard.delete(name);
  }
  finish(): void {
    this.updating = false;
    this.#heard.get('updateend')?.();
  }
  #begin(what: string): void {
    assert.equal(this.updating, false, 'one thing at a time');
    this.updating = true;
    this.done.push(what);
  }
}

const media = (bytes: number, at?: number): Piece => ({
  kind: 'media',
  bytes: new Uint8Array(bytes),
  ...(at !== undefined && { at }),
});

function bufferOf(pieces: Piece[], spare = 0): { sink: FakeSink; buffer: TrackBuffer; failures: unknown[] } {
  const sink = new FakeSink();
  const failures: unknown[] = [];
  const buffer = new TrackBuffer({
    sink,
    type: 'a',
    next: () => pieces.shift(),
    spare: () => spare,
    changed: () => undefined,
    failed: (error) => failures.push(error),
  });
  return { sink, buffer, failures };
}

test('a source buffer is given one piece after the other, and another type before the head of one', () => {
  const head = (type: string): Piece => ({ kind: 'head', type, bytes: new Uint8Array(9) });
  const { sink, buffer } = bufferOf([head('a'), media(1), head('b'), media(2, 7.5)]);
  buffer.pump();
  buffer.pump(); // while it is busy
  assert.deepEqual(sink.done, ['append 9']);
  for (let turn = 0; turn < 4; turn++) sink.finish();
  assert.deepEqual(sink.done, ['append 9', 'append 1', 'type b', 'append 9', 'append 2']);
  assert.equal(sink.timestampOffset, 7.5);
  assert.ok(buffer.isIdle, 'all is done');
});

test('a full buffer gives up what is behind the picture, and then takes what it had no room for', () => {
  const { sink, buffer, failures } = bufferOf([media(5)], 30);
  sink.room = 4;
  buffer.pump();
  sink.finish();
  assert.deepEqual(sink.done, ['remove 0-30', 'append 5']);
  assert.deepEqual(failures, []);
});

test('a buffer that is full before a picture that stands still waits, and tries again', () => {
  const { sink, buffer, failures } = bufferOf([media(5), media(6)]);
  sink.room = 4;
  buffer.pump();
  buffer.pump();
  assert.deepEqual([sink.done, buffer.isIdle, failures], [[], false, []]);
  sink.room = 10;
  buffer.pump();
  sink.finish();
  assert.deepEqual(sink.done, ['append 5', 'append 6']);
});

test('old media are removed between two pieces, and a closed buffer does nothing more', () => {
  const { sink, buffer } = bufferOf([media(1), media(2)]);
  buffer.pump();
  buffer.remove(60);
  sink.finish();
  assert.deepEqual(sink.done, ['append 1', 'remove 0-60']);
  buffer.close();
  sink.finish();
  buffer.pump();
  assert.deepEqual([sink.done.length, sink.listeners], [2, 0]);
});

test('media that tell their times come where they say, also behind some that do not', () => {
  const head = (type: string, bytes: number): Piece => ({
    ...{ kind: 'head', type, bytes: new Uint8Array(bytes) },
  });
  const { sink, buffer } = bufferOf([head('audio/mpeg', 0), media(3, 7.5), head('a', 9), media(1)]);
  buffer.pump();
  assert.deepEqual([sink.mode, sink.timestampOffset], ['sequence', 7.5]);
  for (let turn = 0; turn < 3; turn++) sink.finish();
  assert.deepEqual([sink.mode, sink.timestampOffset], ['segments', 0]);
  assert.deepEqual(sink.done, ['type audio/mpeg', 'append 3', 'type a', 'append 9', 'append 1']);
});

test('media are given up between GOPs alone, or the one that is shown would go with its key frame', () => {
  const starts = new Starts();
  for (const time of [0.08, 0.12, 20.08, 40.08]) starts.add(time);
  const cut = (time: number): number => Math.round(starts.before(time) * 1000);
  assert.deepEqual([cut(0.05), cut(19), cut(20.5), cut(39)], [0, 75, 20_075, 20_075]);
  assert.equal(cut(5), 0, 'a viewer who went back keeps what is left');
  assert.equal(cut(100), 40_075);
  assert.equal(new Starts().before(100), 0, 'no key frame was ever there');
});

test('nothing is removed for less than a second', () => {
  const { sink, buffer } = bufferOf([]);
  sink.start = 59.5;
  buffer.remove(0);
  buffer.remove(60);
  assert.deepEqual(sink.done, []);
  buffer.remove(61);
  assert.deepEqual(sink.done, ['remove 0-61']);
});

test('the bitrate is the stream’s own, not that of the first burst', () => {
  const rate = new Rate();
  rate.heard(5_000_000, 0);
  for (let ms = 100; ms <= 2000; ms += 100) rate.heard(12_500, ms);
  const atFirst = rate.kbps;
  for (let ms = 2100; ms <= 5000; ms += 100) rate.heard(12_500, ms);
  assert.deepEqual([atFirst, rate.kbps], [undefined, 1000]);
});
