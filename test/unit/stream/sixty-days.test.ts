import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Batch } from '../../../src/stream/batch.ts';
import { Viewer, type ViewerEnd, type ViewerSink } from '../../../src/stream/viewer.ts';
import type { WireFormat } from '../../../src/stream/wire-format.ts';
import { key, sound } from '../../support/media.ts';
import { Stage } from '../../support/stage.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** A day in the life: one picture every two minutes, one new viewer every six hours. */
const FRAME_MS = 2 * MINUTE;
const JOIN_MS = 6 * 60 * MINUTE;

/** Six bytes for each frame or configuration: its time. */
const timesOnly: WireFormat = {
  id: 'times',
  headroom: 0,
  wants: () => true,
  metadata: () => Buffer.alloc(0),
  header: () => Buffer.alloc(0),
  configuration: (_track, at) => time(at),
  measure: () => 6,
  write: (_frame, at, out, offset) => offset + time(at).copy(out, offset),
};

function time(at: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(at, 0, 6);
  return bytes;
}

/** Looks at each shared buffer once, however many viewers have it. */
const firstAndLast = new Map<Buffer, readonly [number, number]>();
function timesIn(bytes: Buffer): readonly [number, number] {
  let found = firstAndLast.get(bytes);
  if (!found) {
    const times: number[] = [];
    for (let at = 0; at < bytes.length; at += 6) times.push(bytes.readUIntBE(at, 6));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    found = [times[0]!, times.at(-1)!];
    firstAndLast.set(bytes, found);
  }
  return found;
}

class LongViewer implements ViewerSink {
  readonly protocol = 'ws-flv';
  readonly queuedBytes = 0;
  readonly viewer = new Viewer(this);
  last = 0;
  end: ViewerEnd | undefined;

  write(batch: Batch): void {
    if (batch.bytes.length === 0) return;
    const [first, last] = timesIn(batch.bytes);
    assert.ok(first >= this.last, `time went back from ${this.last} to ${first}`);
    this.last = last;
  }

  writeAll(batches: readonly Batch[]): void {
    for (const batch of batches) this.write(batch);
  }

  close(reason: ViewerEnd): void {
    this.end = reason;
  }
}

test('sixty days, viewers joining throughout: no time reaches 2^31, none goes back, nobody is cut short', () => {
  const stage = new Stage();
  const watching = new Set<LongViewer>();
  const everybody: { joinedAt: number; leftAt: number; sink: LongViewer }[] = [];
  let mostAtOnce = 0;
  stage.send(key(0), sound(0));
  for (let now = FRAME_MS; now <= 60 * DAY; now += FRAME_MS) {
    firstAndLast.clear();
    if (now % JOIN_MS === 0) {
      const sink = new LongViewer();
      stage.stream.join(timesOnly, sink.viewer, true);
      assert.ok(
        sink.viewer.state === 'live' && sink.last < 2 ** 30 + 2 * FRAME_MS,
        `a late start: ${sink.last}`,
      );
      watching.add(sink);
      everybody.push({ joinedAt: now, leftAt: 60 * DAY, sink });
    }
    stage.send(key(now), sound(now + 20));
    for (const sink of watching) {
      if (!sink.end) continue;
      stage.stream.leave(sink.viewer);
      watching.delete(sink);
      everybody.find((one) => one.sink === sink)!.leftAt = now;
    }
    mostAtOnce = Math.max(mostAtOnce, watching.size);
  }
  const reconnected = everybody.filter(({ sink }) => sink.end !== undefined);
  assert.equal(everybody.length, 240);
  assert.ok(reconnected.length > 100 && mostAtOnce > 50);
  for (const { sink, joinedAt, leftAt } of everybody) {
    assert.ok(sink.last < 2 ** 31, `a viewer was given ${sink.last}`);
    if (sink.end) assert.ok(leftAt - joinedAt >= 12 * DAY, `closed after ${(leftAt - joinedAt) / DAY} days`);
    assert.ok(sink.end === undefined || sink.end === 'timestamps used up, connect again');
  }
});
