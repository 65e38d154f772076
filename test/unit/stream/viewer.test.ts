import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Batch } from '../../../src/stream/batch.ts';
import { ViewerTally } from '../../../src/stream/viewer-tally.ts';
import { SINK_BYTES, Viewer } from '../../../src/stream/viewer.ts';
import { RecordingSink } from '../../support/recording-sink.ts';

const limits = { queueBytes: 1000, lagMs: 5000 };

function batchOf(text: string, opensAt?: number): Batch {
  const opening = {
    first: () => Batch.of(Buffer.from('HEADER CONFIG '), 0),
    resume: () => Batch.of(Buffer.from('CONFIG '), 0),
  };
  const gop = opensAt === undefined ? undefined : { at: opensAt, opening };
  return new Batch(Buffer.from(`${text} `), 0, { gop });
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

test('falls behind from one byte over the limit; comes back at a key frame at half of it, with configurations', () => {
  const { sink, viewer } = live();
  viewer.deliver(batchOf('P1'), 40);
  sink.queuedBytes = 1000;
  viewer.deliver(batchOf('P2'), 80);
  assert.deepEqual([viewer.state, viewer.queuedBytes], ['live', 1003], 'at the limit: P2 waits here');
  viewer.deliver(batchOf('P3'), 120);
  assert.deepEqual([viewer.state, viewer.lags, viewer.queuedBytes], ['lagging', 1, 1000]);
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
  assert.equal(sink.text, 'P1 CONFIG K8 P9');
  assert.deepEqual([viewer.state, viewer.lags], ['live', 1]);
  assert.deepEqual([viewer.skippedBatches, viewer.skippedGops], [5, 1], 'P2, P3, P4, K5 and P6');
  assert.equal(sink.writes[1]?.length, 2, 'configuration and key frame leave in one write');
});

test('what does not fit into the connection waits, and follows in order as soon as there is room', () => {
  const { sink, viewer } = live();
  sink.queuedBytes = 501;
  for (const text of ['P1', 'P2', 'K3', 'P4'])
    viewer.deliver(batchOf(text, text === 'K3' ? 0 : undefined), 40);
  assert.equal(sink.writes.length, 0);
  assert.equal(viewer.queuedBytes, 501 + 4 * 3);
  sink.queuedBytes = 500;
  viewer.pump();
  assert.equal(sink.text, 'P1 P2 K3 P4', 'nothing was left out, so nothing is repeated');
  assert.deepEqual([viewer.state, viewer.lags, viewer.queuedBytes], ['live', 0, 500]);
});

test('whole GOPs are left out between the one it is in and the newest; the first is brought to its end', () => {
  const sink = new RecordingSink();
  const viewer = new Viewer(sink, { queueBytes: 160_000, lagMs: 5000 });
  const send = (text: string, opensAt?: number): void =>
    viewer.deliver(batchOf(`${text}${'x'.repeat(4_500)}`, opensAt), 0);
  send('K0', 0);
  viewer.deliver(batchOf('P'), 0);
  sink.writes.length = 0;
  sink.queuedBytes = SINK_BYTES + 1;
  send('P1');
  for (let number = 2; number <= 20; number += 2) {
    send(`K${number}`, 0);
    send(`P${number + 1}`);
  }
  assert.deepEqual([viewer.state, viewer.lags], ['live', 0], 'at the limit, nearly');
  send('K22', 0);
  assert.deepEqual([viewer.state, viewer.lags], ['lagging', 1]);
  sink.queuedBytes = SINK_BYTES;
  viewer.pump();
  assert.equal(sink.text.replaceAll('x', ''), 'P1 CONFIG K20 P21 K22');
  assert.deepEqual([viewer.state, viewer.skippedBatches, viewer.skippedGops], ['live', 18, 9]);
});

test('a publisher who sends no key frame for a long time does not get a quick viewer closed', () => {
  const { sink, viewer } = live();
  sink.queuedBytes = 1001;
  viewer.deliver(batchOf('P1'), 1000);
  sink.queuedBytes = 0;
  for (let now = 2000; now <= 60_000; now += 1000) viewer.deliver(batchOf('P'), now);
  viewer.deliver(batchOf('K2', 0), 61_000);
  assert.deepEqual([viewer.state, sink.closed, sink.text], ['live', [], 'CONFIG K2']);
});

test('what waits is handed over at the end of the stream, and dropped for who is too slow', () => {
  for (const [reason, text] of [
    ['stream ended', 'P1 P2'],
    ['too slow', ''],
  ] as const) {
    const { sink, viewer } = live();
    sink.queuedBytes = 501;
    viewer.deliver(batchOf('P1'), 40);
    viewer.deliver(batchOf('P2'), 80);
    viewer.close(reason);
    assert.deepEqual([sink.text, sink.closed, viewer.queuedBytes], [text, [reason], 501]);
  }
});

test('what happens to a viewer is counted for its stream and, above it, for all streams', () => {
  const all = new ViewerTally();
  const one = new ViewerTally(all);
  const { sink, viewer } = live();
  viewer.countIn(one);
  sink.queuedBytes = 1001;
  viewer.deliver(batchOf('P1'), 1000);
  viewer.deliver(batchOf('K2', 0), 2000);
  viewer.deliver(batchOf('P3'), 7001);
  for (const tally of [one, all]) {
    assert.deepEqual(
      (['lags', 'skippedGops', 'skippedBatches'] as const).map((what) => tally.of(what)),
      [1, 1, 3].map((count) => ({ rtmp: 0, 'http-flv': count, 'ws-flv': 0, relay: 0 })),
    );
    assert.deepEqual([...tally.closed], [['too slow', { rtmp: 0, 'http-flv': 1, 'ws-flv': 0, relay: 0 }]]);
  }
  assert.equal(all.total('skippedBatches'), 3);
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
  sink.queuedBytes = viewer.bytesOut;
  viewer.deliver(batchOf('P'.repeat(900)), 40);
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
