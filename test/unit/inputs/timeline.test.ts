import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Timeline } from '../../../src/inputs/timeline.ts';
import { ticks, ticksFromMs } from '../../../src/media/time.ts';
import type { TrackId } from '../../../src/media/track.ts';

const HOUR = 3_600_000;
const wire = (ms: number): number => ((ms % 2 ** 32) + 2 ** 32) % 2 ** 32;

/** Places frames and gives their times in ms; counts the time lines begun. */
class Run {
  readonly timeline: Timeline;
  epochs = 0;
  readonly #last = new Map<TrackId, number>();

  constructor(originMs = 0) {
    this.timeline = new Timeline(ticksFromMs(originMs));
  }

  place(kind: TrackId, timestamp: number): number {
    const { dts, isNewEpoch } = this.timeline.place(kind, wire(timestamp));
    if (isNewEpoch) this.epochs++;
    const last = this.#last.get(kind);
    assert.ok(last === undefined || dts > last, `${kind} went from ${last} to ${dts}`);
    this.#last.set(kind, dts);
    return dts / 90;
  }

  video = (timestamp: number): number => this.place('video', timestamp);
  audio = (timestamp: number): number => this.place('audio', timestamp);
}

test('both tracks keep their distance; the first frame lies at the origin', () => {
  const run = new Run(5000);
  assert.equal(run.video(700), 5000);
  assert.equal(run.audio(712), 5012);
  assert.equal(run.video(740), 5040);
  assert.equal(run.audio(733), 5033);
  assert.equal(run.epochs, 1);
});

for (const [name, edge] of [
  ['2^24', 2 ** 24],
  ['2^31', 2 ** 31],
  ['2^32', 2 ** 32],
] as const) {
  test(`goes on evenly over ${name} ms, on both tracks`, () => {
    const run = new Run();
    const start = edge - 100;
    for (let at = 0; at <= 400; at += 20) {
      assert.equal(run.video(start + at), at);
      assert.equal(run.audio(start + at + 7), at + 7);
    }
    assert.equal(run.epochs, 1);
  });
}

test('goes on evenly where ffmpeg begins again at 0, after 2^31 ms, on both tracks', () => {
  const run = new Run();
  const start = 2 ** 31 - 100;
  for (let at = 0; at <= 400; at += 20) {
    assert.equal(run.video((start + at) % 2 ** 31), at);
    assert.equal(run.audio((start + at + 7) % 2 ** 31), at + 7);
  }
  assert.equal(run.epochs, 1);
  const late = new Run(1000);
  late.video(2 ** 31 - 10);
  assert.equal(late.audio(13), 1023, 'a track that begins behind it lies beside the other');
});

test('a track that begins just past the wrap lies beside the other, just before it', () => {
  const run = new Run(1000);
  run.video(2 ** 32 - 10);
  assert.equal(run.audio(2 ** 32 + 10), 1020);
  const back = new Run(1000);
  back.video(2 ** 32 + 10);
  assert.equal(back.audio(2 ** 32 + 33), 1023);
});

test('goes on for 120 days of a frame every eight seconds, over the wrap twice', () => {
  const run = new Run();
  const step = 8_000;
  let dts = 0;
  for (let at = 0; at < 120 * 24 * HOUR; at += step) dts = run.video(at);
  assert.ok(dts > 2 * 2 ** 32);
  assert.equal(dts % step, 0);
  assert.equal(run.epochs, 1);
});

test('huge first timestamps, on either track', () => {
  for (const first of [1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
    const run = new Run(40);
    assert.equal(run.audio(first), 40);
    assert.equal(run.video(first + 15), 55);
    assert.equal(run.audio(first + 21), 61);
    assert.equal(run.epochs, 1);
  }
});

for (const jump of [HOUR, -HOUR, 25 * 24 * HOUR, 11_000, -1_500]) {
  for (const first of ['video', 'audio'] as const) {
    test(`both tracks jump by ${jump} ms, ${first} first: one new time line, in step, close behind`, () => {
      const run = new Run();
      const start = 50 * HOUR;
      for (let at = 0; at <= 400; at += 40) {
        run.video(start + at);
        run.audio(start + at + 5);
      }
      const second = first === 'video' ? 'audio' : 'video';
      const one = run.place(first, start + jump + 440);
      run.place(second, start + 440); // still by the old clock
      const two = run.place(second, start + jump + 480);
      assert.equal(run.epochs, 2);
      assert.ok(one > 400 && one <= 500, `goes on at ${one}`);
      assert.equal(two - one, 40, 'the distance between the tracks is what it was');
      assert.equal(run.video(start + jump + 1000) - one, 560);
      assert.equal(run.audio(start + jump + 1000) - one, 560);
      assert.equal(run.epochs, 2);
    });
  }
}

test('steps just within the limits are no jump', () => {
  const run = new Run();
  run.video(100_000);
  assert.equal(run.video(110_000), 10_000);
  assert.ok(run.video(109_000) > 10_000, 'a second back: late, not earlier');
  assert.equal(run.video(119_000), 19_000, 'and nothing is lost of the right time');
  assert.equal(run.epochs, 1);
  assert.ok(run.video(129_001) < 19_100);
  assert.equal(run.epochs, 2);
});

test('one wild timestamp on one track, then all as before: the tracks are in step again', () => {
  const run = new Run();
  for (let at = 0; at <= 400; at += 40) {
    run.video(HOUR + at);
    run.audio(HOUR + at);
  }
  run.video(9 * HOUR);
  run.audio(HOUR + 440);
  run.video(HOUR + 480);
  run.audio(HOUR + 480);
  assert.equal(run.video(HOUR + 1000), 1000);
  assert.equal(run.audio(HOUR + 1000), 1000);
});

test('tracks whose clocks begin ten seconds apart are laid side by side and stay so', () => {
  for (const apart of [10_000, -10_000, 2 ** 31]) {
    const run = new Run();
    run.video(100_000);
    assert.equal(run.audio(100_000 + apart), 0);
    for (let at = 40; at <= 4000; at += 40) {
      assert.equal(run.video(100_000 + at), at);
      assert.equal(run.audio(100_000 + apart + at), at);
    }
    assert.equal(run.epochs, 1);
  }
});

test('tracks less than five seconds apart are taken at their word', () => {
  const run = new Run(60_000);
  run.video(10_000);
  assert.equal(run.audio(14_900), 64_900);
});

test('negative deltas: late frames are never earlier than the one before, and the clock recovers', () => {
  const run = new Run();
  const given = [0, 40, 80, 60, 120, 110, 160].map((at) => run.video(5000 + at));
  assert.deepEqual(
    given.map((at) => Math.round(at)),
    [0, 40, 80, 80, 120, 120, 160],
  );
  assert.equal(run.epochs, 1);
});

test('frames with the same timestamp get times of their own', () => {
  const run = new Run();
  const given = [run.audio(10), run.audio(10), run.audio(10)];
  assert.equal(new Set(given).size, 3);
});

test('no frame lies before the origin: the former publisher’s frames are there', () => {
  const run = new Run(60_000);
  run.video(10_000);
  assert.ok(run.audio(9_800) >= 60_000);
  assert.ok(run.audio(9_821) >= 60_000);
  assert.ok(Math.abs(run.audio(10_100) - 60_100) < 1);
});

test('the newest time is the later of both tracks’, or the origin', () => {
  const run = new Run(1000);
  assert.equal(run.timeline.newest, ticks(90_000));
  run.video(0);
  run.audio(30);
  run.video(20);
  assert.equal(run.timeline.newest, ticksFromMs(1030));
});

const anyTimestamp = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.constantFrom(0, 1, 2 ** 24 - 1, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
);
const anyFrame = fc.record({
  kind: fc.constantFrom<TrackId>('video', 'audio', 'video1', 'audio2'),
  timestamp: anyTimestamp,
});

test('whatever timestamps come: whole ticks, never back within a track, never before the origin', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 60 }), fc.nat(10_000), (frames, origin) => {
      const timeline = new Timeline(ticks(origin));
      const last = new Map<TrackId, number>();
      frames.forEach(({ kind, timestamp }, index) => {
        const { dts, isNewEpoch } = timeline.place(kind, timestamp);
        assert.ok(Number.isSafeInteger(dts) && dts > (last.get(kind) ?? origin - 1));
        if (index === 0) assert.ok(isNewEpoch && dts === origin);
        last.set(kind, dts);
      });
    }),
  );
});

test('whatever timestamps come: the time line never runs ahead by more than the steps allow', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 60 }), (frames) => {
      const timeline = new Timeline(ticks(0));
      let newest = 0;
      for (const { kind, timestamp } of frames) {
        timeline.place(kind, timestamp);
        assert.ok(timeline.newest - newest <= ticksFromMs(11_000), 'a jump must not open a gap');
        newest = timeline.newest;
      }
    }),
  );
});

test('steps of ordinary size: tracks that share a clock keep their distance to the tick', () => {
  const step = fc.record({
    video: fc.integer({ min: 1, max: 900 }),
    audio: fc.integer({ min: 1, max: 900 }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.array(step, { maxLength: 40 }),
      (start, steps) => {
        const run = new Run();
        let [video, audio] = [start, start + 3];
        const base = run.video(video) - video;
        run.audio(audio);
        for (const { video: v, audio: a } of steps) {
          assert.equal(run.video((video += v)) - video, base);
          assert.equal(run.audio((audio += a)) - audio, base);
        }
        assert.equal(run.epochs, 1);
      },
    ),
  );
});

test('tracks beside the main ones lie where their timestamps are beside theirs', () => {
  const run = new Run(1000);
  assert.equal(run.video(500), 1000);
  assert.equal(run.place('video1', 500), 1000);
  assert.equal(run.audio(510), 1010);
  assert.equal(run.place('audio1', 510), 1010);
  for (let at = 540; at < 700; at += 40) {
    assert.equal(run.video(at), at + 500);
    assert.equal(run.place('video1', at), at + 500);
  }
  assert.equal(run.epochs, 1);
});

test('an encoder that starts anew with four tracks makes one time line, whichever comes first', () => {
  const ids = ['video', 'audio', 'video1', 'audio1'] as const;
  for (let first = 0; first < ids.length; first++) {
    const run = new Run();
    const order = [...ids.slice(first), ...ids.slice(0, first)];
    for (let at = 7_200_000; at < 7_200_400; at += 40) for (const id of ids) run.place(id, at);
    const times = order.map((id) => run.place(id, 0));
    assert.equal(run.epochs, 2, `${order[0]} first`);
    assert.ok(Math.max(...times) - Math.min(...times) < 1, `in step: ${times.join(' ')}`);
    assert.deepEqual(
      order.map((id) => run.place(id, 40) - times[0]!).map(Math.round),
      [40, 40, 40, 40],
      'and stay so',
    );
    assert.equal(run.epochs, 2);
  }
});

test('a track that pauses for a minute comes back where the others are', () => {
  const run = new Run();
  run.video(0);
  run.place('video1', 0);
  for (let at = 40; at <= 60_000; at += 40) run.video(at);
  assert.equal(run.place('video1', 60_000), 60_000);
  assert.equal(run.epochs, 1);
});

test('nanoseconds are added to the ms, in ticks', () => {
  const timeline = new Timeline(ticks(0));
  const place = (ms: number, nanos: number): number => timeline.place('video', ms, nanos).dts;
  // 29.97 fps: 33.366… ms
  assert.deepEqual(
    [place(0, 0), place(33, 366_667), place(66, 733_333), place(100, 100_000)],
    [0, 3003, 6006, 9009],
  );
  assert.equal(timeline.place('audio', 0, 500_000).dts, 45);
});
