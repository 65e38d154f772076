import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flvFormat } from '../../../src/outputs/flv/flv-format.ts';
import { MAX_QUEUED_MS, SINK_BYTES, Viewer, VIEWER_LIMITS } from '../../../src/stream/viewer.ts';
import { inter, key, sound } from '../../support/media.ts';
import { SlowConnection, type GivenTag } from '../../support/slow-connection.ts';
import { Stage } from '../../support/stage.ts';

/** Viewers whose connections are too slow, for as long as it takes; the clock is simulated. */

const FRAME_MS = 40;

interface Slow {
  readonly stage: Stage;
  readonly viewer: Viewer;
  readonly connection: SlowConnection;
  /** Bytes a second of the stream. */
  readonly rate: number;
  /** Goes on for so many seconds; `each` is called after every frame. */
  go(seconds: number, each?: () => void): void;
}

/** One viewer of a stream of 25 pictures a second, with sound. `speed`: of its connection, 1 is the stream's. */
function watch(options: { speed: number; frameBytes?: number; gopFrames?: number; ahead?: number }): Slow {
  const { speed, frameBytes = 10_000, gopFrames = 50, ahead = 0 } = options;
  const stage = new Stage();
  const rate = (frameBytes + 43) * (1000 / FRAME_MS); // 20 bytes around a picture, 23 of sound
  const connection = new SlowConnection(stage.time.now, rate * speed);
  const viewer = new Viewer(connection);
  // Frames share their payload: hours of them are gigabytes.
  const { payload } = key(0, { bytes: frameBytes });
  let frames = 0;
  const step = (): void => {
    const at = frames * FRAME_MS;
    const isKey = frames % gopFrames === 0;
    stage.send({ ...(isKey ? key(at) : inter(at)), payload }, sound(at));
    frames++;
  };
  for (let count = 0; count < Math.max(ahead, 1); count++) step();
  stage.stream.join(flvFormat, viewer, true);
  return {
    stage,
    viewer,
    connection,
    rate,
    go(seconds, each = () => undefined) {
      for (let count = 0; count < (seconds * 1000) / FRAME_MS; count++) {
        stage.time.advance(FRAME_MS);
        step();
        each();
      }
    },
  };
}

interface Gop {
  readonly from: number;
  frames: number;
}

/** Checks what any viewer may rely on: time goes on, gaps end at key frames with both configurations in front. */
function assertClean(given: readonly GivenTag[]): Gop[] {
  const gops: Gop[] = [];
  let last = -1;
  let configurations = 0;
  for (const { kind, timestamp } of given) {
    if (kind === 'configuration') configurations++;
    if (kind !== 'key' && kind !== 'inter') continue;
    assert.ok(timestamp > last, `time goes back from ${last} to ${timestamp}`);
    if (timestamp !== last + FRAME_MS) {
      assert.equal(kind, 'key', `what follows the gap before ${timestamp} is no key frame`);
      assert.equal(configurations, 2, `configurations in front of the key frame at ${timestamp}`);
    }
    if (kind === 'key') gops.push({ from: timestamp, frames: 0 });
    gops.at(-1)!.frames++;
    configurations = 0;
    last = timestamp;
  }
  return gops;
}

/** The most that may wait: the limit, what was given at the start, and one batch. */
const bound = ({ rate }: Slow, startSeconds = 0): number =>
  VIEWER_LIMITS.queueBytes + (startSeconds + 1) * rate;

test('a viewer that reads at half the stream’s speed gets about every second GOP, whole, for half an hour, and is not closed', () => {
  // The queue's limit in bytes is 4 s of an 8 Mb/s stream, which is two GOPs: there some are begun and not ended.
  for (const [frameBytes, atLeast, cut] of [
    [2_500, 0.49, 2],
    [10_000, 0.49, 2],
    [40_000, 0.38, 200],
  ] as const) {
    const slow = watch({ speed: 0.5, frameBytes });
    let worst = 0;
    slow.go(1800, () => (worst = Math.max(worst, slow.viewer.queuedBytes)));
    const { viewer, connection } = slow;
    assert.deepEqual(
      [connection.closed, viewer.state === 'closed'],
      [[], false],
      `${frameBytes} bytes a frame`,
    );
    assert.ok(worst < bound(slow), `${worst} bytes waited`);
    const gops = assertClean(connection.given);
    const whole = gops.filter(({ frames }) => frames === 50).length;
    assert.ok(whole >= 900 * atLeast, `${whole} of 900 GOPs were whole`);
    assert.ok(gops.length - whole <= cut, `${gops.length - whole} GOPs were cut, ${whole} whole`);
    // Not for long without a picture: what a viewer sees is never older than what may wait at its speed.
    const gaps = gops.map(({ from }, index) => from - (gops[index - 1]?.from ?? 0));
    assert.ok(Math.max(...gaps) <= MAX_QUEUED_MS + 4_000, `${Math.max(...gaps)} ms between two GOPs`);
    assert.ok(viewer.lags < 1800 / 8, `fell behind ${viewer.lags} times in half an hour`);
  }
});

test('however slow: each gets its share of whole GOPs while it can take one in time, else it is closed', () => {
  for (const [speed, stays] of [
    [0.95, true],
    [0.75, true],
    [0.25, true],
    [0.125, true],
    [0.01, false],
    [0, false],
  ] as const) {
    const slow = watch({ speed });
    slow.go(600);
    assert.equal(slow.viewer.state !== 'closed', stays, `at ${speed}`);
    const gops = assertClean(slow.connection.given);
    if (stays) assert.ok(gops.length >= 300 * speed * 0.8, `${gops.length} of 300 GOPs at ${speed}`);
    else assert.deepEqual(slow.connection.closed, ['too slow']);
  }
});

test('a viewer that reads nothing for 10 minutes is closed within two minutes, and nothing is heaped up for it', () => {
  for (const frameBytes of [160, 10_000, 100_000]) {
    const slow = watch({ speed: 0, frameBytes });
    let closedAfter = 0;
    let worst = 0;
    slow.go(600, () => {
      worst = Math.max(worst, slow.viewer.queuedBytes);
      if (closedAfter === 0 && slow.viewer.state === 'closed') closedAfter = slow.stage.time.now() / 1000;
    });
    assert.deepEqual(slow.connection.closed, ['too slow']);
    assert.ok(
      closedAfter >= 90 && closedAfter <= 102 + SINK_BYTES / slow.rate,
      `closed after ${closedAfter} s`,
    );
    assert.ok(worst <= bound(slow), `${worst} bytes waited`);
    assert.equal(slow.viewer.lags, 1);
  }
});

test('a viewer that pauses for a minute and goes on gets the end of its GOP, then the newest, and is live again at once', () => {
  const slow = watch({ speed: 3 });
  slow.go(10);
  slow.connection.bytesPerSecond = 0;
  slow.go(60);
  assert.equal(slow.viewer.state, 'lagging');
  slow.connection.bytesPerSecond = slow.rate * 3;
  slow.go(10);
  const gops = assertClean(slow.connection.given);
  assert.deepEqual([slow.viewer.state, slow.viewer.lags], ['live', 1]);
  const last = slow.connection.given.at(-1)!.timestamp;
  assert.ok(slow.stage.time.now() - last <= 2 * FRAME_MS, 'it is at the newest frame');
  assert.ok(
    gops.every(({ frames }, index) => frames === 50 || index === gops.length - 1),
    'no GOP was cut',
  );
});

test('a viewer that pauses for two minutes is closed with the reason before it comes back', () => {
  const slow = watch({ speed: 3 });
  slow.go(10);
  slow.connection.bytesPerSecond = 0;
  slow.go(120);
  assert.deepEqual(slow.connection.closed, ['too slow']);
  assertClean(slow.connection.given);
});

test('GOPs of 10 s at 20 Mb/s, far over the queue’s limit: who is quick enough loses nothing, not even when joining', () => {
  for (const speed of [1.1, 1.5, 4]) {
    const slow = watch({ speed, frameBytes: 100_000, gopFrames: 250, ahead: 249 });
    slow.go(120);
    const gops = assertClean(slow.connection.given);
    assert.deepEqual([slow.viewer.lags, slow.connection.closed], [0, []], `at ${speed}`);
    assert.equal(gops[0]?.frames, 250, 'the GOP that was there when it joined');
    assert.ok(
      slow.viewer.queuedBytes < bound(slow),
      `it has caught up at ${speed}: ${slow.viewer.queuedBytes}`,
    );
  }
});

test('GOPs of 10 s at 20 Mb/s at half the speed: starts at key frames, bounded, not closed', () => {
  const slow = watch({ speed: 0.5, frameBytes: 100_000, gopFrames: 250, ahead: 249 });
  let worst = 0;
  slow.go(600, () => (worst = Math.max(worst, slow.viewer.queuedBytes)));
  const gops = assertClean(slow.connection.given);
  assert.ok(gops.length >= 20, `${gops.length} of 60 GOPs begun`);
  assert.deepEqual(slow.connection.closed, []);
  assert.ok(worst <= bound(slow, 10), `${worst} bytes waited`);
});

test('key frames larger than all that may wait: who is quick enough loses nothing, who is too slow is held to a bound', () => {
  const payload = key(0, { bytes: VIEWER_LIMITS.queueBytes * 1.5 }).payload;
  const rate = payload.length / 2 + 25 * 50_000;
  for (const [speed, isQuick] of [
    [10, true],
    [1.2, true],
    [0.5, false],
    [0, false],
  ] as const) {
    const stage = new Stage();
    const connection = new SlowConnection(stage.time.now, rate * speed);
    const viewer = new Viewer(connection, { ...VIEWER_LIMITS, lagMs: 30_000 });
    const small = inter(0, { bytes: 50_000 }).payload;
    let worst = 0;
    for (let index = 0; index < 120 * 25; index++) {
      const at = index * FRAME_MS;
      stage.send(index % 50 === 0 ? { ...key(at), payload } : { ...inter(at), payload: small }, sound(at));
      if (index === 0) stage.stream.join(flvFormat, viewer, true);
      worst = Math.max(worst, viewer.queuedBytes);
      stage.time.advance(FRAME_MS);
    }
    const gops = assertClean(connection.given);
    if (isQuick) {
      assert.equal(viewer.lags, 0, `fell behind at ${speed}`);
      assert.equal(gops.length, 60, `GOPs at ${speed}`);
      assert.ok(
        gops.slice(0, -1).every(({ frames }) => frames === 50),
        `all whole at ${speed}`,
      );
    }
    assert.deepEqual(connection.closed, speed === 0 ? ['too slow'] : [], `at ${speed}`);
    const most = VIEWER_LIMITS.queueBytes + 2 * payload.length;
    assert.ok(worst <= most, `${worst} bytes waited at ${speed}, at most ${most}`);
  }
});

test('a listener of sound alone at half the speed is not minutes behind', () => {
  const stage = new Stage();
  const connection = new SlowConnection(stage.time.now, 8_000);
  const viewer = new Viewer(connection);
  const { payload } = sound(0, { bytes: 320 });
  const step = (index: number): void => stage.send({ ...sound(index * 20, { alone: true }), payload });
  for (let index = 0; index < 60; index++) step(index); // a stream is complete after a second of one track
  stage.stream.join(flvFormat, viewer, true);
  let latest = 0;
  for (let index = 60; index < 50 * 600; index++) {
    stage.time.advance(20);
    step(index);
    if (viewer.state === 'closed') break;
    latest = Math.max(latest, viewer.queuedBytes);
  }
  assert.deepEqual(connection.closed, []);
  assert.ok(latest < 16_000 * (MAX_QUEUED_MS / 1000) + 100_000, `${latest} bytes waited`);
  const times = connection.given.filter(({ kind }) => kind === 'sound').map(({ timestamp }) => timestamp);
  assert.ok(times.length > 50 * 600 * 0.4, `${times.length} frames`);
  assert.ok(
    times.every((time, index) => index === 0 || time > times[index - 1]!),
    'time goes on',
  );
});

test('the publisher going away does not keep a viewer from what still waits for it', () => {
  const slow = watch({ speed: 0.5 });
  slow.go(5);
  assert.ok(slow.viewer.queuedBytes > 0);
  const sent = slow.connection.given.length;
  for (let tick = 0; tick < 400; tick++) {
    slow.stage.time.advance(20);
    slow.stage.stream.flush(); // the gateway's clock
  }
  assert.ok(slow.connection.given.length > sent);
  assert.equal(slow.viewer.queuedBytes, 0);
});
