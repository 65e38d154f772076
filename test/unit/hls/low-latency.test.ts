import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MediaFrame } from '../../../src/media/frame.ts';
import type { VideoTrack } from '../../../src/media/track.ts';
import { AUDIO_TICKS, audio, audioTrack, stream, video, videoTrack } from '../mpegts/frames.ts';
import { media, rigOf, SEQUENCE, type Rig } from './harness.ts';
import { LowLatencyWatch, readLowLatency, type ReadLowLatency } from './ll-rules.ts';

const v = videoTrack();
const a = audioTrack();
const S = 90_000;

const low = (windowSegments = 6): Rig => rigOf({ lowLatency: true, windowSegments });

/** Feeds frames and looks at the playlist behind each of them. */
function watched(r: Rig, frames: readonly MediaFrame[], watch = new LowLatencyWatch(r.hls)): LowLatencyWatch {
  for (const frame of frames) {
    r.feed([frame]);
    watch.look();
  }
  return watch;
}

/** Pictures whose times are given by a function, with sound or without. */
function uneven(
  frames: number,
  at: (index: number) => number,
  { gop = 60, sound = true }: { gop?: number; sound?: boolean } = {},
): MediaFrame[] {
  const list: MediaFrame[] = [];
  for (let index = 0; index < frames; index++)
    list.push(video(v, Math.round(at(index)), { key: index % gop === 0 }));
  const end = at(frames - 1);
  for (let dts = 0; sound && dts < end; dts += AUDIO_TICKS) list.push(audio(a, dts));
  return list.sort((one, other) => one.dts - other.dts || (one.kind === 'video' ? -1 : 1));
}

const now = (r: Rig): ReadLowLatency => readLowLatency(media(r.hls)!.bytes.toString());

test('a well-behaved stream: parts of nine frames, each segment behind its own, the next one promised', () => {
  const r = low();
  const watch = watched(r, stream({ frames: 280, gop: 60, video: v, audio: a }));
  const { segments, partTarget, hint, text } = now(r);
  assert.equal(partTarget, 0.325);
  assert.deepEqual(
    segments.map(({ uri, parts }) => [uri, parts.map(({ seconds }) => seconds)]),
    [
      [`${SEQUENCE}.m4s`, []],
      [`${SEQUENCE + 1}.m4s`, []],
      [`${SEQUENCE + 2}.m4s`, [0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.2]],
      [`${SEQUENCE + 3}.m4s`, [0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.2]],
      [undefined, [0.3, 0.3, 0.3, 0.3]],
    ],
  );
  assert.equal(hint, `${SEQUENCE + 4}.4.m4s`);
  assert.ok(watch.changes > 25, `${watch.changes} changes`);
  assert.ok(
    text.indexOf(`URI="${SEQUENCE + 3}.6.m4s"`) < text.indexOf(`\n${SEQUENCE + 3}.m4s\n`),
    'parts come first',
  );
  const independent = segments.map(({ parts }) => parts.map((part) => part.independent));
  assert.ok(
    independent.every((marks) => marks.every((mark, index) => mark === (index === 0))),
    'the key frame',
  );
});

test('parts, one behind the other, are the segment', () => {
  const r = low();
  r.feed(stream({ frames: 280, gop: 60, video: v, audio: a }));
  for (const { uri, parts } of now(r).segments) {
    if (uri === undefined || parts.length === 0) continue;
    const before = parts.map((part) => Buffer.from(r.hls.file(part.uri)!.bytes));
    const whole = r.hls.file(uri)!;
    assert.deepEqual(Buffer.concat(before), whole.bytes, uri);
    assert.equal(whole.type, 'video/mp4');
    for (const [index, part] of parts.entries())
      assert.deepEqual(r.hls.file(part.uri)!.bytes, before[index], 'a part stays what it was');
  }
});

for (const [what, rate] of [
  ['5', 5],
  ['10', 10],
  ['15', 15],
  ['23.976', 24_000 / 1001],
  ['25', 25],
  ['29.97', 30_000 / 1001],
  ['30', 30],
  ['50', 50],
  ['59.94', 60_000 / 1001],
  ['60', 60],
  ['120', 120],
] as const) {
  for (const sound of [true, false]) {
    test(`${what} pictures a second, times in whole milliseconds, ${sound ? 'with sound' : 'without sound'}`, () => {
      const r = low();
      const frames = Math.ceil(12 * rate);
      const at = (index: number): number => Math.round((index * 1000) / rate) * 90;
      watched(r, uneven(frames, at, { gop: Math.round(2 * rate), sound }));
      const { partTarget, segments } = now(r);
      assert.ok(partTarget <= 0.33, `PART-TARGET ${partTarget}`);
      assert.ok(
        segments.some(({ parts }) => parts.length >= 2),
        'there are parts',
      );
    });
  }
}

test('slow pictures: one a second, with sound in between, and without', () => {
  const r = low();
  watched(
    r,
    uneven(20, (index) => index * S, { gop: 2 }),
  );
  assert.ok(now(r).partTarget <= 0.33, 'cut by the sound');
  const silent = low();
  watched(
    silent,
    uneven(20, (index) => index * S, { gop: 2, sound: false }),
  );
  assert.ok(now(silent).partTarget > 1, 'one picture is a part');
});

test('slow pictures with long frames of sound: a part may be short, but says how long it is', () => {
  const flac = { ...a, codec: 'flac' as const, samplesPerFrame: 4608 };
  for (const offset of [0.01, 0.03, 0.06, 0.08]) {
    const r = low();
    const frames = uneven(20, (index) => index * S, { gop: 2, sound: false });
    for (let at = offset; at < 19; at += 4608 / 48_000) frames.push(audio(flac, Math.round(at * S)));
    r.feed(frames.toSorted((one, other) => one.dts - other.dts));
    const { segments, partTarget } = now(r);
    const whole = segments.filter(({ seconds, parts }) => seconds !== undefined && parts.length > 0);
    assert.ok(whole.length > 0, 'segments with parts');
    for (const { sequence, seconds = 0, parts } of whole) {
      const sum = parts.reduce((total, part) => total + part.seconds, 0);
      assert.ok(Math.abs(sum - seconds) < 1e-3, `segment ${sequence}: parts of ${sum} s in ${seconds} s`);
      for (const part of parts)
        assert.ok(part.seconds <= partTarget + 1e-5, `${part.seconds} of ${partTarget}`);
    }
  }
});

test('one picture in two seconds and more, without sound: no parts, no promises', () => {
  const r = low();
  r.feed(uneven(10, (index) => index * 2.05 * S, { gop: 1, sound: false }));
  const { text } = now(r);
  assert.ok(!text.includes('EXT-X-PART') && !text.includes('SERVER-CONTROL'), text);
  assert.equal(r.hls.playlist('media.m3u8')!.lowLatency, undefined);
});

test('jittered pictures keep the rule, whatever their times', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(15, 24, 25, 30, 50, 60),
      fc.array(fc.double({ min: -0.45, max: 0.45, noNaN: true }), { minLength: 60, maxLength: 240 }),
      (rate, jitter) => {
        const interval = S / rate;
        const at = (index: number): number => (index + (jitter[index % jitter.length] ?? 0) + 0.5) * interval;
        watched(low(), uneven(6 * rate, at, { gop: rate }));
      },
    ),
    { numRuns: 40 },
  );
});

test('a frame rate that changes later keeps the rule where there is sound to cut at', () => {
  for (const [before, after] of [
    [30, 10],
    [30, 15],
    [60, 25],
    [25, 60],
    [30, 7],
    [5, 30],
  ] as const) {
    const r = low();
    const at = (index: number): number => {
      const change = 6 * before;
      return index <= change ? (index * S) / before : 6 * S + ((index - change) * S) / after;
    };
    watched(r, uneven(6 * before + 8 * after, at, { gop: 30 }));
  }
});

test('sound alone', () => {
  const r = low();
  watched(r, stream({ frames: 400, gop: 1, audio: a }));
  const { segments, partTarget } = now(r);
  assert.ok(partTarget <= 0.33 && partTarget > 0.28, `${partTarget}`);
  assert.ok(
    segments.flatMap(({ parts }) => parts).every((part) => part.independent),
    'begin anywhere',
  );
  assert.equal(r.hls.file(segments[0]!.uri!)!.type, 'audio/mp4');
});

test('sound far ahead of the picture, and far behind', () => {
  for (const shift of [-0.4, 0.4, 0.9]) {
    const frames = stream({ frames: 400, gop: 60, video: v, audio: a });
    const order = (frame: MediaFrame): number => frame.dts + (frame.kind === 'audio' ? shift * S : 0);
    watched(
      low(),
      frames.sort((one, other) => order(one) - order(other)),
    );
  }
});

test('pictures that stall while the sound goes on: parts go on, and nothing is ever too long', () => {
  const r = low();
  const frames = stream({ frames: 900, gop: 60, video: v, audio: a });
  const stalled = frames.filter(({ kind, dts }) => kind === 'audio' || dts < 7 * S || dts > 15 * S);
  const watch = watched(
    r,
    stalled.filter(({ dts }) => dts < 9 * S),
  );
  const before = watch.changes;
  watched(
    r,
    stalled.filter(({ dts }) => dts >= 9 * S && dts < 9.4 * S),
    watch,
  );
  assert.ok(watch.changes > before, 'a part of sound alone');
  watched(
    r,
    stalled.filter(({ dts }) => dts >= 9.4 * S),
    watch,
  );
});

test('a hole in everything, a reconnect, another configuration: constants stay, the seam is told once', () => {
  const r = low(20);
  const watch = watched(r, stream({ frames: 200, gop: 60, video: v, audio: a }));
  const first = now(r);
  r.hls.interrupt();
  assert.equal(watch.look()?.hint, undefined, 'nobody is there to keep a promise');
  const other = videoTrack();
  watched(
    r,
    stream({ from: 12 * S, frames: 300, interval: 3600, gop: 50, video: other, audio: a, epoch: 1 }),
    watch,
  );
  const { segments, constants } = now(r);
  assert.equal(constants, first.constants);
  assert.equal(segments.filter(({ discontinuity }) => discontinuity).length, 1);
  const maps = new Set(segments.map(({ map }) => map));
  assert.equal(maps.size, 2, 'an initialization segment for each configuration');
  assert.ok(maps.has(`init-${SEQUENCE}.mp4`) && maps.has(`init-${SEQUENCE + 4}.mp4`), [...maps].join());
  r.hls.end();
  const last = watch.look();
  assert.deepEqual([last?.ended, last?.hint], [true, undefined]);
});

test('who waits for a place is called when it is there, once', () => {
  const r = low();
  const frames = stream({ frames: 400, gop: 60, video: v, audio: a });
  r.feed(frames.filter(({ dts }) => dts < 4.5 * S));
  const list = r.hls.playlist('media.m3u8')!;
  assert.deepEqual(list.newest, { msn: SEQUENCE + 1, parts: 1 });
  const called: string[] = [];
  const wait = (msn: number, part?: number) =>
    list.when({ msn: SEQUENCE + msn, part }, () => called.push(`${msn}.${part}`));
  wait(0);
  wait(0, 40);
  wait(1, 6);
  wait(1, 7);
  wait(2, 0);
  assert.deepEqual(called, ['0.undefined', '0.40', '1.6', '1.7', '2.0'], 'what is there');
  called.length = 0;
  wait(2, 1);
  wait(2, 6);
  wait(2, 7);
  wait(2);
  wait(3, 0);
  wait(2, 2)();
  r.feed(frames.filter(({ dts }) => dts >= 4.5 * S && dts < 4.65 * S));
  assert.deepEqual(called, ['2.1']);
  r.feed(frames.filter(({ dts }) => dts >= 4.65 * S && dts < 6.1 * S));
  assert.deepEqual(called, ['2.1', '2.6', '2.undefined']);
  assert.equal(list.has({ msn: SEQUENCE + 2, part: 7 }), false, 'it means the first of the next');
  r.feed(frames.filter(({ dts }) => dts >= 6.1 * S && dts < 6.35 * S));
  assert.deepEqual(called.toSorted(), ['2.1', '2.6', '2.7', '2.undefined', '3.0']);
  wait(9, 0);
  r.hls.end();
  assert.equal(called.at(-1), '9.0', 'at the end all are let go');
});

test('the promised part is given when it is whole, and never if the stream ends', () => {
  const r = low();
  const frames = stream({ frames: 400, gop: 60, video: v, audio: a });
  r.feed(frames.filter(({ dts }) => dts < 4.5 * S));
  const hint = now(r).hint ?? '';
  assert.equal(hint, `${SEQUENCE + 2}.1.m4s`);
  const got: (Buffer | undefined)[] = [];
  assert.equal(
    r.hls.whenFile(`${SEQUENCE + 2}.2.m4s`, () => got.push(undefined)),
    undefined,
    'nobody promised it',
  );
  r.hls.whenFile(hint, (file) => got.push(file && 'bytes' in file ? file.bytes : undefined));
  r.hls.whenFile(hint, () => assert.fail('gave up'))?.();
  r.feed(frames.filter(({ dts }) => dts >= 4.5 * S && dts < 5 * S));
  assert.deepEqual(got, [r.hls.file(hint)?.bytes]);
  const { hint: next } = now(r);
  r.hls.whenFile(next!, (file) => got.push(file && 'bytes' in file ? file.bytes : undefined));
  r.hls.end();
  assert.equal(got.length, 2, 'the running part is whole at the end');
});

test('a delta update leaves out what is older than the boundary, and only if there is such', () => {
  const r = low(20);
  r.feed(stream({ frames: 60 * 6, gop: 60, video: v, audio: a }));
  assert.equal(media(r.hls, 'media.m3u8', true), media(r.hls), 'nothing can be left out');
  r.feed(stream({ from: 12 * S, frames: 60 * 8, gop: 60, video: v, audio: a }));
  const full = now(r);
  const delta = readLowLatency(media(r.hls, 'media.m3u8', true)!.bytes.toString());
  assert.ok(delta.skipped > 0 && delta.skipped < full.segments.length - 6, `${delta.skipped} skipped`);
  const left = delta.segments.reduce(
    (sum, { seconds, parts }) => sum + (seconds ?? parts.reduce((total, part) => total + part.seconds, 0)),
    0,
  );
  assert.ok(left >= Number(full.control.get('CAN-SKIP-UNTIL')), `${left} s are left`);
  assert.deepEqual(
    delta.segments.map(({ uri, parts }) => [uri, parts]),
    full.segments.slice(delta.skipped).map(({ uri, parts }) => [uri, parts]),
  );
  assert.equal(media(r.hls, 'media.m3u8', true), media(r.hls, 'media.m3u8', true), 'made once');
  r.hls.end();
  assert.equal(media(r.hls, 'media.m3u8', true), media(r.hls), 'an ended one is whole');
});

test('MPEG-TS begins when somebody asks, with what is in the window, goes on, and stops when nobody asks any more', () => {
  const r = low();
  r.feed(stream({ frames: 60 * 5, gop: 60, video: v, audio: a }));
  const held = r.hls.facts().bytesHeld;
  const uris = (): string[] =>
    media(r.hls, 'media-ts.m3u8')!
      .bytes.toString()
      .split('\n')
      .filter((line) => line.endsWith('.ts'));
  const first = uris();
  assert.equal(first.length, 4);
  assert.ok(
    first.every((uri) => r.hls.file(uri)?.type === 'video/mp2t'),
    'all can be fetched',
  );
  assert.ok(r.hls.facts().bytesHeld > 1.8 * held, 'made now');
  r.feed(stream({ from: 10 * S, frames: 60 * 5, gop: 60, video: v, audio: a }));
  assert.ok(uris().length === 6, 'goes on');
  r.feed(stream({ from: 20 * S, frames: 60 * 40, gop: 60, video: v, audio: a }));
  const { bytesHeld } = r.hls.facts();
  r.feed(stream({ from: 100 * S, frames: 60, gop: 60, video: v, audio: a }));
  assert.ok(bytesHeld < 3.5 * held, `${bytesHeld} of ${held}: stopped`);
  assert.ok(
    uris().every((uri) => r.hls.file(uri)),
    'and begins again',
  );
});

test('AV1 is not offered in MPEG-TS, in words; in CMAF it is', () => {
  const r = low();
  const av1: VideoTrack = {
    id: 'video',
    kind: 'video',
    codec: 'av1',
    width: 640,
    height: 360,
    config: Uint8Array.of(0x81, 0, 0x0c, 0),
    codecString: 'av01.0.04M.08',
  };
  r.feed(
    stream({ frames: 130, gop: 60, video: v, audio: a }).map((frame) =>
      frame.kind === 'video' ? { ...frame, track: av1 } : frame,
    ),
  );
  assert.match(r.hls.refusal({ container: 'ts', dvr: true }) ?? '', /AV1|av1/);
  assert.equal(r.hls.multivariant({ container: 'ts', dvr: true }), undefined);
  assert.equal(r.hls.playlist('media-ts.m3u8'), undefined);
  assert.match(
    r.hls.multivariant({ dvr: false })!.bytes.toString(),
    /CODECS="av01.0.04M.08,mp4a.40.2"[^]*demo\/media\.m3u8\?dvr=0/,
  );
});
