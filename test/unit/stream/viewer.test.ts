import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Batch } from '../../../src/stream/batch.ts';
import { Viewer } from '../../../src/stream/viewer.ts';
import { RecordingSink } from '../../support/recording-sink.ts';

const limits = { queueBytes: 1000, lagMs: 5000 };

function batchOf(text: string, opensAt?: number): Batch {
  const opening = {
    first: () => Batch.of(Buffer.from('HEADER CONFIG '), 0),
    resume: () => Batch.of(Buffer.from('CONFIG '), 0),
  };
  const gop = opensAt === undefined ? undefined : { at: opensAt, opening };
  return new Batch(Buffer.from(`${text} `), 0, gop);
}

function live(): { sink: RecordingSink; viewer: Viewer } {
  const sink = new RecordingSink();
  const viewer = new Viewer(sink, limits);
  viewer.deliver(batchOf('K0', 0), 0);
  viewer.deliver(batchOf('P'), 0); // nothing waits: what it was given at first has been taken
  sink.writes.length = 0;
  return { sink, viewer };
}

test('joining: waits for a key frame, then header and all in one write, then each batch as it is', () => {
  const sink = new RecordingSink();
  const viewer = new Viewer(sink, limits);
  viewer.deliver(batchOf('P0'), 0);
  assert.deepEqual([viewer.state, sink.writes.length], ['joining', 0]);
  viewer.deliver(batchOf('P1 K2', 3), 40);
  assert.deepEqual([viewer.state, sink.writes.length], ['live', 1]);
  assert.equal(sink.text, 'HEADER CONFIG K2');
  const next = batchOf('P3');
  viewer.deliver(next, 80);
  assert.equal(sink.buffers.at(-1), next.bytes);
  assert.equal(
    viewer.bytesOut,
    sink.buffers.reduce((sum, bytes) => sum + bytes.length, 0),
  );
});

test('lags from one byte over the limit; comes back at a key frame at half of it, with configurations', () => {
  const { sink, viewer } = live();
  viewer.deliver(batchOf('P1'), 40);
  sink.queuedBytes = 1000;
  viewer.deliver(batchOf('P2'), 80);
  assert.equal(viewer.state, 'live', 'at the limit');
  sink.queuedBytes = 1001;
  viewer.deliver(batchOf('P3'), 120);
  assert.deepEqual([viewer.state, viewer.lags], ['lagging', 1]);
  sink.queuedBytes = 0;
  viewer.deliver(batchOf('P4'), 160);
  assert.equal(viewer.state, 'lagging', 'room alone is not enough: P4 needs P3');
  sink.queuedBytes = 501;
  viewer.deliver(batchOf('K5', 0), 200);
  assert.equal(viewer.state, 'lagging', 'a key frame alone is not enough');
  sink.queuedBytes = 500;
  viewer.deliver(batchOf('P6'), 240);
  viewer.deliver(batchOf('P7 K8', 3), 280);
  viewer.deliver(batchOf('P9'), 320);
  assert.equal(sink.text, 'P1 P2 CONFIG K8 P9');
  assert.deepEqual([viewer.state, viewer.skippedBatches, viewer.lags], ['live', 4, 1]);
  assert.equal(sink.writes[2]?.length, 2, 'configuration and key frame leave in one write');
});

test('a key frame that comes just as it falls behind is lost too: nothing more until the next', () => {
  const { sink, viewer } = live();
  sink.queuedBytes = 1001;
  viewer.deliver(batchOf('K1', 0), 40);
  sink.queuedBytes = 0;
  viewer.deliver(batchOf('P2'), 80);
  viewer.deliver(batchOf('K3', 0), 120);
  assert.equal(sink.text, 'CONFIG K3');
});

test('is closed once it has lagged longer than allowed, with the reason, once', () => {
  const { sink, viewer } = live();
  sink.queuedBytes = 5000;
  viewer.deliver(batchOf('P1'), 1000);
  viewer.deliver(batchOf('P2'), 6000);
  assert.deepEqual(sink.closed, [], 'at the limit');
  viewer.deliver(batchOf('K3', 0), 6001);
  assert.deepEqual(sink.closed, ['too slow']);
  sink.queuedBytes = 0;
  viewer.deliver(batchOf('K4', 0), 6100);
  viewer.close('stream ended');
  assert.deepEqual([viewer.state, sink.closed, sink.writes.length], ['closed', ['too slow'], 0]);
});

test('lagging time counts from each time it falls behind', () => {
  const { sink, viewer } = live();
  for (const start of [1000, 9000]) {
    sink.queuedBytes = 5000;
    viewer.deliver(batchOf('P'), start);
    sink.queuedBytes = 0;
    viewer.deliver(batchOf('K', 0), start + 4000);
  }
  assert.deepEqual([viewer.state, viewer.lags, sink.closed], ['live', 2, []]);
});

test('what it was given at once when it joined is not held against it, until it has been taken', () => {
  const sink = new RecordingSink();
  const viewer = new Viewer(sink, limits);
  const start = 'K'.repeat(3000);
  viewer.deliver(batchOf(start, 0), 0);
  const given = viewer.bytesOut;
  sink.queuedBytes = given;
  viewer.deliver(batchOf('P1'), 40);
  sink.queuedBytes = given + 1000;
  viewer.deliver(batchOf('P2'), 80);
  assert.equal(viewer.state, 'live');
  sink.queuedBytes = 0;
  viewer.deliver(batchOf('P3'), 120);
  sink.queuedBytes = 1001;
  viewer.deliver(batchOf('P4'), 160);
  assert.equal(viewer.state, 'lagging', 'once it was taken, the plain limit holds');
});

test('closed is for ever: neither a batch nor a beginning wakes it', () => {
  for (const leave of [(viewer: Viewer) => viewer.close('kicked'), (viewer: Viewer) => viewer.gone()]) {
    const sink = new RecordingSink();
    const viewer = new Viewer(sink, limits);
    leave(viewer);
    const batch = batchOf('K0', 0);
    viewer.begin(batch.opening!, [batch]);
    viewer.deliver(batch, 0);
    assert.deepEqual([viewer.state, sink.writes.length, viewer.bytesOut], ['closed', 0, 0]);
  }
});

test('a connection that is gone is not told anything', () => {
  const { sink, viewer } = live();
  viewer.gone();
  viewer.close('stream ended');
  assert.deepEqual(sink.closed, []);
});
