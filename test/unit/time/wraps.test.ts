import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunks } from '../rtmp/chunk-tools.ts';
import {
  assertEven,
  assertPlayable,
  audioConfig,
  discontinuities,
  HOUR,
  numbersOf,
  picture,
  range,
  readHls,
  Rig,
  sound,
  videoConfig,
} from './rig.ts';

/* Times that do not fit: an encoder's clock passes 2^24, 2^31 and 2^32 ms, a transport stream's 2^33 ticks. */

const STEP = { video: 60, audio: 60 };
const EDGES = [
  ['the stream dies after 4 h 39 m (2^24 ms)', 2 ** 24],
  ['the stream dies after 24.8 days (2^31 ms)', 2 ** 31],
  ['the stream dies after 49.7 days (2^32 ms)', 2 ** 32],
] as const;

for (const [name, edge] of EDGES) {
  for (const repeat of [true, false]) {
    const chunks = repeat ? 'chunks repeat the timestamp' : 'chunks do not repeat the timestamp';
    test(`${name}: RTMP, HTTP-FLV, WebSocket and HLS go on evenly; ${chunks}`, () => {
      for (const size of [16, 128, 65_536]) {
        const rig = new Rig({ size, repeat }).configure(undefined, undefined, edge - 2000);
        const hls = rig.hls();
        let at = rig.show(edge - 2000, 25);
        const watchers = rig.watchAll();
        at = rig.show(at, 50);
        watchers.push(...rig.watchAll()); // right behind the edge
        rig.show(at, 50);
        assert.equal(new Set(rig.frames.map(({ epoch }) => epoch)).size, 1, 'one time line');
        assertEven(watchers, STEP);
        hls.end();
        const read = readHls(hls);
        assertPlayable(read);
        assert.deepEqual(numbersOf(read, 'video'), range(0, rig.videos));
        assert.deepEqual(numbersOf(read, 'audio'), range(0, rig.sounds));
        assert.equal(discontinuities(read), 0);
      }
    });
  }
}

/** Encoders differ in how they write a time that does not fit in 24 bits: absolute, as a difference, or not at all. */
for (const format of [0, 1, 2, 3] as const) {
  test(`the stream dies after 4 h 39 m: encoders that send headers of type ${format}`, () => {
    for (const repeat of [true, false]) {
      for (const chunkSize of [128, 4096, 65_536]) {
        const rig = new Rig({ size: chunkSize, repeat }).configure(undefined, false, 2 ** 24 - 1000);
        const watcher = rig.watch('rtmp');
        // Two seconds of pictures, the first with all of its header, so that the rest may leave parts of it out.
        for (let count = 0; count < 50; count++) {
          const body = picture(count, count % 25 === 0);
          const isWhole = format === 0 || count < 2;
          const field = isWhole && (format === 0 || count === 0) ? 2 ** 24 - 1000 + count * 40 : 40;
          const asked = count === 0 ? 0 : isWhole && format !== 0 ? 1 : format;
          rig.receive(chunks({ csid: 6, format: asked, field, body, chunkSize, repeat }));
        }
        const seen = watcher.of('video');
        assert.deepEqual(
          seen.map(({ number }) => number),
          range(25, 50), // admitted after a second, from the key frame on
          `chunks of ${chunkSize}, ${repeat}`,
        );
        assert.deepEqual(
          rig.frames.map(({ dts }) => dts / 90),
          range(0, 50).map((index) => index * 40),
        );
        seen.forEach(({ at }, index) => assert.equal(at - seen[0]!.at, index * 40));
      }
    }
  });
}

test('a difference of 2^24 ms and more is a difference, not a time', () => {
  // Two frames five hours apart, the second with a header of type 1 and four bytes of difference: a pause, told as a jump.
  const rig = new Rig().configure(undefined, false, 1000);
  const send = (format: 0 | 1, field: number, number: number): void =>
    rig.receive(
      chunks({ csid: 6, format, field, body: picture(number, true), chunkSize: 4096, repeat: true }),
    );
  send(0, 1000, 0);
  send(1, 5 * HOUR, 1);
  rig.send('video', 1000 + 5 * HOUR + 40, picture(2, true));
  const times = rig.frames.map(({ dts }) => dts / 90);
  assert.equal(times[2]! - times[1]!, 40, 'the frame behind it shows what time that was');
});

test('times explode: sound and picture share a chunk stream, so differences are below zero', () => {
  for (const [first, cut24] of [
    [5000, true],
    [5000, false],
    [2 ** 24 - 500, false],
    [2 ** 32 - 500, false],
  ] as const) {
    const rig = new Rig({ size: 4096, repeat: true });
    const hls = rig.hls();
    let last = first;
    const send = (type: 8 | 9, at: number, body: Buffer): void => {
      const difference = at - last;
      last = at;
      const field = difference < 0 ? difference + (cut24 ? 2 ** 24 : 2 ** 32) : difference;
      rig.receive(chunks({ csid: 4, format: 1, field, type, body, chunkSize: 4096, repeat: true }));
    };
    rig.receive(
      chunks({
        csid: 4,
        format: 0,
        field: first % 2 ** 32,
        type: 9,
        body: videoConfig(),
        chunkSize: 4096,
        repeat: true,
      }),
    );
    send(8, first, audioConfig());
    const watchers: ReturnType<Rig['watchAll']> = [];
    // Pictures are sent 100 ms before their sound, so that every change between them is a step back.
    for (let count = 0; count < 100; count++) {
      send(9, first + 100 + count * 40, picture(rig.videos++, count % 25 === 0));
      for (let half = 0; half < 2; half++) send(8, first + count * 40 + half * 20, sound(rig.sounds++));
      if (count === 30) watchers.push(...rig.watchAll());
    }
    assertEven(watchers, STEP);
    assert.equal(new Set(rig.frames.map(({ epoch }) => epoch)).size, 1, 'nothing of it is a jump');
    hls.end();
    assertPlayable(readHls(hls));
    assert.equal(discontinuities(readHls(hls)), 0);
  }
});

test('a clock that goes back a little and forth again: no frame is lost, none goes back', () => {
  const rig = new Rig().configure();
  const hls = rig.hls();
  const watchers: ReturnType<Rig['watchAll']> = [];
  for (let count = 0; count < 150; count++) {
    const late = count % 7 === 3 ? -60 : 0;
    rig.video(10_000 + count * 40 + late, count % 25 === 0);
    rig.audio(10_000 + count * 40 + late);
    rig.audio(10_020 + count * 40 - late);
    if (count === 30) watchers.push(...rig.watchAll());
  }
  assertEven(watchers, { video: 150, audio: 100 });
  hls.end();
  assertPlayable(readHls(hls));
  assert.equal(discontinuities(readHls(hls)), 0);
});

for (const first of [0, 1, 0xfffff0, 0x7ffffff0, 0xfffffff0, 0xffffffb0]) {
  test(`the first timestamp is ${first}: viewers begin at nought all the same`, () => {
    const rig = new Rig().configure();
    const hls = rig.hls();
    rig.show(first, 25);
    const watchers = rig.watchAll();
    rig.show(first + 1000, 50);
    assertEven(watchers, STEP);
    for (const watcher of watchers)
      assert.ok(watcher.seen[0]!.at < 1000, `${watcher.protocol} begins at ${watcher.seen[0]!.at} ms`);
    hls.end();
    const read = readHls(hls);
    assertPlayable(read);
    assert.ok(read.segments[0]!.video[0]!.dts < 90_000);
    assert.equal(discontinuities(read), 0);
  });
}

test('HLS stops after 26.5 h (2^33 ticks): all times of the transport stream wrap together', () => {
  const rig = new Rig().configure();
  // To a minute before the edge in steps that are no jumps; what is looked at begins there.
  const edge = 2 ** 33 / 90;
  let at = 0;
  for (; at < edge - 20_000; at += 9000) {
    rig.video(at, true);
    rig.audio(at);
    rig.clock += 9000;
  }
  const hls = rig.hls();
  const watchers = rig.watchAll();
  at = rig.show(at, 750);
  rig.show(at, 100);
  hls.end();
  const read = readHls(hls);
  assertPlayable(read);
  assert.equal(discontinuities(read), 0);
  assert.ok(read.segments.at(-1)!.video.at(-1)!.dts > 2 ** 33, 'the edge has been passed');
  assert.ok(read.segments[0]!.video[0]!.dts < 2 ** 33);
  for (const { video, audio } of read.segments) {
    video.forEach(
      ({ dts }, index) => index > 0 && assert.ok(Math.abs(dts - video[index - 1]!.dts - 3600) < 2, 'even'),
    );
    assert.ok(Math.abs(video[0]!.dts - audio[0]!.pts) < 9000, 'sound wraps with the picture');
  }
  assertEven(watchers, { video: 9001, audio: 9001 });
});
