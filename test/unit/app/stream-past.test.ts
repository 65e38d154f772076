import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamPast } from '../../../src/app/stream-past.ts';
import type { Stream } from '../../../src/stream/stream.ts';
import { inter, key } from '../../support/media.ts';
import { Stage } from '../../support/stage.ts';
import { textFormat } from '../../support/text-format.ts';

const START = Date.parse('2026-01-01T00:00:00Z');

/** A stage whose past is looked at every second. */
class Rig {
  readonly stage = new Stage();
  now = START;
  late: number | undefined;
  hlsBytes = 0;
  hlsViewers = 0;
  readonly past = new StreamPast({
    clock: () => this.now,
    hls: () => ({ bytes: this.hlsBytes, viewers: this.hlsViewers }),
    lateMs: () => this.late,
  });

  seconds(
    count: number,
    each?: (second: number) => void,
    streams: readonly Stream[] = [this.stage.stream],
  ): void {
    for (let second = 0; second < count; second++) {
      this.past.tick(streams);
      each?.(second);
      this.now += 1000;
    }
  }

  of = (): ReturnType<StreamPast['of']> => this.past.of('live/show');
}

test('a point every two seconds: what came, what went, pictures, viewers, the latest frame', () => {
  const rig = new Rig();
  rig.stage.join(textFormat());
  rig.hlsViewers = 3;
  rig.seconds(7, (second) => {
    for (let frame = 0; frame < 25; frame++) {
      const at = second * 1000 + frame * 40;
      rig.stage.send(frame === 0 ? key(at, { bytes: 100 }) : inter(at, { bytes: 100 }));
    }
    rig.hlsBytes += 1000;
    rig.late = second === 2 ? 480 : 20;
  });
  const points = rig.of();
  assert.deepEqual(
    points.map(({ at }) => (at - START) / 1000),
    [2, 4, 6],
  );
  for (const { kbpsIn, fps, viewers, kbpsOut } of points) {
    assert.deepEqual([kbpsIn, fps, viewers], [20, 25, 4]);
    assert.ok(kbpsOut !== null && kbpsOut > 8, `${kbpsOut} kbit/s went out, HLS included`);
  }
  assert.deepEqual(
    points.map(({ lateMs }) => lateMs),
    [20, 480, 20],
    'the worst of the two seconds',
  );
});

test('no more than half an hour is kept, whatever the clock does', () => {
  const rig = new Rig();
  rig.seconds(2 * 3600);
  assert.ok(rig.of().length >= 898 && rig.of().length <= 900, `${rig.of().length} points`);
  const [first] = rig.of();
  assert.ok(first!.at >= rig.now - 30 * 60_000, 'none is older');
  rig.now -= 3_600_000; // set back by somebody
  rig.seconds(10);
  assert.ok(rig.of().length > 0, 'points go on at once');
  for (const { kbpsIn, fps } of rig.of())
    assert.ok((kbpsIn ?? 0) >= 0 && (fps ?? 0) >= 0, 'nothing is negative');
});

test('the past outlives its stream, goes on with the next of its name, and is forgotten in the end', () => {
  const rig = new Rig();
  rig.seconds(5);
  assert.equal(rig.of().length, 2);
  rig.past.ended(rig.stage.stream);
  rig.seconds(60, undefined, []);
  assert.equal(rig.of().length, 2, 'a minute later');
  const next = new Stage();
  next.send(key(0, { bytes: 1_000_000 }));
  rig.seconds(5, undefined, [next.stream]);
  const points = rig.of();
  assert.equal(points.length, 4);
  assert.equal(points[2]!.kbpsIn, 0, 'what came before it was looked at counts for no second');
  rig.past.ended(rig.stage.stream);
  assert.equal(rig.past.size, 1, 'the former one has nothing more to say');
  rig.past.ended(next.stream);
  rig.now += 31 * 60_000;
  assert.deepEqual(rig.of(), []);
  const other = new Stage();
  rig.past.tick([other.stream]);
  rig.past.ended(other.stream);
  assert.deepEqual([rig.past.size], [0], 'it has been forgotten');
});
