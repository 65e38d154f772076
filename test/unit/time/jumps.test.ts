import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AVCC_720P } from '../../support/media.ts';
import { assertEven, assertPlayable, discontinuities, HOUR, numbersOf, range, readHls, Rig } from './rig.ts';

/*
 * An encoder's clock jumps by an hour: it was set, or the encoder has started anew behind the same connection. Nobody may
 * see more of it than one discontinuity.
 */

const START = 50 * HOUR;
/** A picture, a frame of sound, and what the one may be ahead of the other. */
const STEP = { video: 100, audio: 80 };

for (const jump of [HOUR, -HOUR, -49.9 * HOUR]) {
  const much = `${jump / HOUR} h`;
  for (const [which, video, audio] of [
    ['both clocks', true, true],
    ['the pictures’ clock only', true, false],
    ['the sound’s clock only', false, true],
  ] as const) {
    test(`giant or negative durations: ${which} jump by ${much} between key frames`, () => {
      const rig = new Rig().configure();
      const hls = rig.hls(2);
      const first = rig.show(START, 60);
      const watchers = rig.watchAll();
      // In the middle of a GOP: the next pictures need those before the jump.
      for (let count = 0; count < 15; count++) {
        const at = first + count * 40;
        rig.video(at + (video ? jump : 0), false);
        for (const half of [0, 20]) rig.audio(at + half + (audio ? jump : 0));
      }
      const go = first + 600;
      rig.show(go + (video ? jump : 0), 60, { soundAt: go + (audio ? jump : 0) });
      const epochs = new Set(rig.frames.map(({ epoch }) => epoch));
      assert.equal(epochs.size, 2, 'one new time line');
      assertEven(watchers, STEP);
      hls.end();
      const read = readHls(hls);
      assertPlayable(read);
      assert.deepEqual(
        numbersOf(read, 'video'),
        range(0, rig.videos),
        'every picture, also those before the key frame',
      );
      assert.equal(discontinuities(read), 1);
      const at = read.segments.findIndex(({ discontinuity }) => discontinuity);
      assert.equal(read.segments[at]!.video[0]!.number, 75, 'told at the first key frame behind the jump');
      assert.ok(
        read.segments.every(({ seconds }) => seconds <= 2.1),
        read.segments.map((one) => one.seconds).join(' '),
      );
    });
  }
}

for (const [name, soundLag] of [
  ['at once', 0],
  ['three seconds later', 75],
] as const) {
  for (const apart of [0, 12_000]) {
    const clocks = apart ? 'clocks of their own' : 'one clock';
    test(`sound follows the pictures’ jump ${name}, with ${clocks}: one new time line, one discontinuity`, () => {
      const rig = new Rig().configure();
      const hls = rig.hls();
      let at = rig.show(START, 50, { soundAt: START + apart });
      const watchers = rig.watchAll();
      if (soundLag) at = rig.show(at + HOUR, soundLag, { soundAt: at + apart }) - HOUR;
      // Clocks that had nothing to do with each other have no more to do with each other behind the jump.
      rig.show(at + HOUR, 75, { soundAt: at + HOUR + 2.5 * apart });
      assert.equal(new Set(rig.frames.map(({ epoch }) => epoch)).size, 2);
      assertEven(watchers, STEP);
      hls.end();
      const read = readHls(hls);
      assertPlayable(read);
      assert.equal(discontinuities(read), 1);
      assert.deepEqual(numbersOf(read, 'video'), range(0, rig.videos));
    });
  }
}

test('a clock that jumps every second does not drive sound and picture apart', () => {
  const rig = new Rig().configure();
  for (let second = 0; second < 60; second++) {
    for (let count = 0; count < 50; count++) {
      rig.video(START + second * (HOUR + 1000) + count * 20, count === 0);
      rig.audio(START + second * 1000 + count * 20);
    }
  }
  const last = (kind: 'video' | 'audio'): number =>
    rig.frames.findLast((frame) => frame.kind === kind)!.dts / 90;
  assert.ok(Math.abs(last('video') - last('audio')) < 100, `${last('video')} ms against ${last('audio')} ms`);
});

test('sound alone: the discontinuity is where the clock jumped', () => {
  const rig = new Rig().configure(false);
  const hls = rig.hls();
  const at = rig.show(START, 130, { video: false });
  const before = rig.sounds;
  rig.show(at - HOUR, 130, { video: false });
  hls.end();
  const read = readHls(hls);
  assertPlayable(read);
  assert.equal(discontinuities(read), 1);
  const segment = read.segments.find(({ discontinuity }) => discontinuity)!;
  assert.equal(segment.audio[0]!.numbers[0], before);
  assert.deepEqual(numbersOf(read, 'audio'), range(0, rig.sounds));
});

test('a picture that stands still for a minute while sound goes on is no jump', () => {
  const rig = new Rig().configure();
  const at = rig.show(START, 50);
  rig.show(at, 1500, { video: false });
  rig.show(at + 60_000, 50);
  assert.equal(new Set(rig.frames.map(({ epoch }) => epoch)).size, 1);
  const [video, audio] = (['video', 'audio'] as const).map((kind) =>
    rig.frames.findLast((frame) => frame.kind === kind)!,
  );
  assert.ok(Math.abs(video!.dts - audio!.dts) < 9000, 'and both are where they belong');
});

test('two jumps far apart are two time lines', () => {
  const rig = new Rig().configure();
  const hls = rig.hls();
  let at = rig.show(START, 50);
  at = rig.show(at + HOUR, 400);
  rig.show(at - 2 * HOUR, 50);
  hls.end();
  assert.equal(discontinuities(readHls(hls)), 2);
  assertPlayable(readHls(hls));
});

for (const [name, wire] of [
  ['sound’s clock began 10 s after the pictures’', 10_000],
  ['sound’s clock began 10 s before the pictures’', -10_000],
  ['sound’s clock has nothing to do with the pictures’', -0x70000000],
] as const) {
  test(`players wait for sound for ever: ${name}, but both come together`, () => {
    const rig = new Rig().configure();
    const hls = rig.hls();
    rig.show(START, 125, { soundAt: START + wire });
    hls.end();
    const read = readHls(hls);
    assertPlayable(read);
    assert.equal(discontinuities(read), 0);
    for (const { video, audio } of read.segments)
      assert.ok(Math.abs(video[0]!.dts - audio[0]!.pts) < 9000, 'sound and picture within 100 ms');
  });
}

test('sound really begins ten seconds after the picture, and the other way round', () => {
  for (const late of ['audio', 'video'] as const) {
    const rig = new Rig().configure();
    const hls = rig.hls();
    const at = rig.show(START, 250, { [late]: false });
    rig.show(at, 100);
    hls.end();
    const read = readHls(hls);
    assertPlayable(read);
    assert.equal(discontinuities(read), 1, `${late}: where the late track begins`);
    const { video, audio } = read.segments.at(-1)!;
    assert.ok(Math.abs(video[0]!.dts - audio[0]!.pts) < 9000, `${late}: in step`);
    const seconds = read.segments.reduce((sum, segment) => sum + segment.seconds, 0);
    assert.ok(Math.abs(seconds - 14) < 0.1, `${late}: ${seconds} s of media`);
  }
});

test('a publisher that begins between key frames: pictures that nothing precedes are put nowhere', () => {
  const rig = new Rig().configure();
  const hls = rig.hls();
  rig.show(0, 50);
  const watchers = rig.watchAll();
  rig.show(2000, 20);
  const before = rig.videos;
  rig.publish();
  rig.configure(AVCC_720P);
  for (let count = 0; count < 20; count++) rig.video(7000 + count * 40, false);
  rig.show(7800, 50);
  assert.equal(rig.input.dropped.get('before the first key frame'), 20);
  for (const watcher of watchers) {
    const seen = watcher.of('video');
    const next = seen.findIndex(({ number }) => number >= before);
    assert.deepEqual([seen[next]!.number, seen[next]!.isKey], [before + 20, true], watcher.protocol);
    const pause = seen[next]!.at - seen[next - 1]!.at;
    assert.ok(pause > 0 && pause <= 100, `${watcher.protocol}: goes on after ${pause} ms`);
  }
  hls.end();
  const read = readHls(hls);
  assertPlayable(read);
  assert.deepEqual(numbersOf(read, 'video'), [...range(0, before), ...range(before + 20, rig.videos)]);
  assert.equal(discontinuities(read), 1);
});

test('sound of a stream whose first key frame is ten seconds away does not begin it alone', () => {
  const rig = new Rig().configure();
  const hls = rig.hls();
  const watcher = rig.watch('http-flv');
  for (let at = 0; at < 9_800; at += 40) {
    rig.video(at, false);
    rig.audio(at);
  }
  assert.equal(watcher.seen.length, 0, 'nothing that cannot be shown');
  rig.show(9_800, 100);
  hls.end();
  const read = readHls(hls);
  assertPlayable(read);
  assert.equal(discontinuities(read), 0, 'no part without the picture');
  assert.ok(watcher.of('video')[0]!.isKey);
});

test('a publisher that is taken over: its last frames are in the playlist when the next one has only said hello', () => {
  for (const release of [true, false]) {
    const rig = new Rig().configure();
    const hls = rig.hls();
    rig.show(0, 60);
    if (release) rig.publication.release('gone');
    rig.publish();
    const read = readHls(hls);
    assert.deepEqual(numbersOf(read, 'video'), range(0, 60));
    rig.configure().show(500_000, 60);
    hls.end();
    assertPlayable(readHls(hls));
    assert.deepEqual(
      readHls(hls).segments.map(({ discontinuity }) => discontinuity),
      [false, false, false, true, false, false],
    );
  }
});
