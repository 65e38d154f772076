import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureStream, measureViewers } from '../../../src/app/reports.ts';
import type { EventNews } from '../../../src/observe/events.ts';
import { LifeTotals } from '../../../src/observe/life-totals.ts';
import { Metrics, type MetricsSource, type StreamMetrics } from '../../../src/observe/metrics.ts';
import { ViewerTally } from '../../../src/stream/viewer-tally.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { inter, key } from '../../support/media.ts';
import { parsePrometheus, type Family } from '../../support/prometheus-text.ts';
import { Stage } from '../../support/stage.ts';

const live = (stream: string, received: number, sent = 0) => ({
  stream,
  received: { rtmp: received },
  sent: { flv: sent },
});
const bytesOf = (totals: LifeTotals, streams: ReturnType<typeof live>[]): Record<string, number> =>
  Object.fromEntries([...totals.each('received', streams)].map(({ stream, bytes }) => [stream, bytes]));

test('a counter of a stream goes on where it stopped when the stream begins again', () => {
  const time = new FakeTime();
  const totals = new LifeTotals(time.now);
  assert.deepEqual(bytesOf(totals, [live('a/b', 100)]), { 'a/b': 100 });
  totals.ended('a/b', { rtmp: 150 }, { flv: 10 });
  assert.deepEqual(bytesOf(totals, []), { 'a/b': 150 }, 'the last bytes are seen by the next scrape');
  time.advance(5 * 60_000);
  assert.deepEqual(bytesOf(totals, []), {}, 'a stream that is over is not told of for ever');
  assert.deepEqual(bytesOf(totals, [live('a/b', 7)]), { 'a/b': 157 }, 'but its count is remembered');
  assert.deepEqual(totals.all('received', [live('a/b', 7)]), { rtmp: 157 });
  assert.deepEqual(totals.all('sent', [live('a/b', 7, 5)]), { flv: 15 });
  totals.ended('a/b', { rtmp: 7 }, { flv: 5 });
  assert.deepEqual(bytesOf(totals, [live('a/b', 1)]), { 'a/b': 158 }, 'through a third life');
});

test('only so many names are remembered, and the sum of all never goes back', () => {
  const totals = new LifeTotals(() => 0);
  for (let count = 0; count < 3000; count++) totals.ended(`live/${count}`, { rtmp: 1, relay: 1 }, {});
  assert.equal(Object.keys(bytesOf(totals, [])).length, 1000);
  assert.deepEqual(totals.all('received', []), { rtmp: 3000, relay: 3000 });
});

function scrape(metrics: Metrics): Promise<(name: string) => Family> {
  return metrics.render().then(({ text }) => {
    const families = parsePrometheus(text);
    return (name) => families.get(`millrace_${name}`) ?? assert.fail(`there is no ${name}`);
  });
}

function metricsOf(streams: () => StreamMetrics[], more: Partial<MetricsSource> = {}): Metrics {
  return new Metrics({
    streams,
    viewers: () => measureViewers(new ViewerTally()),
    batchMs: () => 0,
    utilization: () => 0,
    now: () => 0,
    version: '1.2.3',
    ...more,
  });
}

test('bytes of publishers and of relays are told apart, through a takeover', async () => {
  const stage = new Stage();
  stage.send(key(0, { bytes: 1000 }), inter(40, { bytes: 500 }));
  const publisher = { address: '192.0.2.1', encoder: undefined, kick: () => undefined };
  stage.publication = stage.stream.publish({ ...publisher, isPulled: true }, () => undefined);
  stage.send(key(80, { bytes: 300 }));
  stage.publication = stage.stream.publish(publisher, () => undefined);
  stage.send(key(120, { bytes: 7 }));
  assert.deepEqual(stage.stream.meter.bytesInBy, { rtmp: 1507, relay: 300 });
  assert.equal(stage.stream.meter.bytesIn, 1807);
  const around = { hlsViewers: 2, hlsBytes: 99, lateMs: 250 };
  const find = await scrape(metricsOf(() => [measureStream(stage.stream, around)]));
  const values = (name: string, label: string): unknown =>
    Object.fromEntries(find(name).samples.map(({ labels, value }) => [labels[label], value]));
  assert.deepEqual(values('stream_received_bytes_total', 'protocol'), { rtmp: 1507, relay: 300 });
  assert.deepEqual(values('received_bytes_total', 'protocol'), { rtmp: 1507, relay: 300 });
  assert.deepEqual(values('stream_sent_bytes_total', 'protocol'), { hls: 99 });
  assert.deepEqual(values('stream_frame_lateness_seconds', 'stream'), { 'live/show': 0.25 });
});

test('events of recordings and alarms, refusals, relays, hooks and segments are counted', async () => {
  const metrics = metricsOf(() => [], {
    operation: {
      relays: () => [
        { id: 'r-1', direction: 'push', stream: 'live/a', state: 'running', bytes: 5 },
        { id: 'r-2', direction: 'push', stream: 'live/b', state: 'running', bytes: 6 },
        { id: 'r-3', direction: 'pull', stream: 'live/c', state: 'waiting', bytes: 0 },
      ],
      hooks: () => ({ queued: 3, delivered: 10, failed: 2, dropped: 1 }),
    },
  });
  const happen = (news: EventNews): void => metrics.happened({ id: 'x', at: '', ...news });
  const recording = { stream: 'live/a', seconds: 1, bytes: 0, reason: '' };
  happen({ type: 'recordStarted', recording: '1', ...recording });
  happen({ type: 'recordStarted', recording: '2', ...recording });
  happen({ type: 'recordDone', recording: '1', ...recording, bytes: 1000 });
  happen({ type: 'alarm', text: 'the disk is full' });
  metrics.visitRefused('publish', '"live/a" is already being published from another address');
  metrics.visitRefused('publish', '"live/b" is already being published from another address');
  for (const [address, path] of [
    ['192.0.2.1', 'live/a'],
    ['2001:db8::7', 'live/b'],
  ] as const) {
    metrics.visitRefused('play', `watching from ${address} is not allowed (access.denyPlay)`);
    metrics.visitRefused('play', `this stream key is for x/*, not for ${path}`);
  }
  metrics.apiRefused(401);
  for (const seconds of [1.9, 2, 2.1, 60]) metrics.segmentMade(seconds);
  const find = await scrape(metrics);
  const samples = (name: string): unknown =>
    find(name).samples.map(({ labels, value }) => ({ ...labels, value }));
  assert.deepEqual(samples('recordings_active'), [{ value: 1 }]);
  assert.deepEqual(samples('recorded_bytes_total'), [{ value: 1000 }]);
  assert.deepEqual(samples('alarms_total'), [{ value: 1 }]);
  assert.deepEqual(samples('visits_refused_total'), [
    { action: 'publish', reason: '… is already being published from another address', value: 2 },
    { action: 'play', reason: 'watching from … is not allowed (access.denyPlay)', value: 2 },
    { action: 'play', reason: 'this stream key is for …, not for …', value: 2 },
  ]);
  assert.deepEqual(samples('api_refusals_total'), [{ status: '401', value: 1 }]);
  assert.deepEqual(samples('relays'), [
    { direction: 'push', state: 'running', value: 2 },
    { direction: 'pull', state: 'waiting', value: 1 },
  ]);
  assert.deepEqual(samples('hooks_failed_total'), [{ value: 2 }]);
  assert.equal(find('hls_segment_seconds').samples.find(({ labels }) => labels['le'] === '2')?.value, 2);
});

test('labels with quotes, backslashes and line ends stay one line, and reasons stay few', async () => {
  const metrics = metricsOf(() => []);
  const odd = 'a \\ "b"\nc';
  metrics.connectionClosed('rtmp', odd);
  for (let count = 0; count < 500; count++) metrics.visitRefused('play', `reason ${'a'.repeat(count)}`);
  const find = await scrape(metrics);
  assert.equal(find('connections_closed_total').samples[0]?.labels['reason'], odd);
  const refused = find('visits_refused_total').samples;
  assert.equal(refused.length, 61);
  assert.equal(refused.find(({ labels }) => labels['reason'] === 'other')?.value, 440);
});

test('the strict reader refuses what Prometheus refuses', () => {
  const head = '# HELP a_total x y\n# TYPE a_total counter\n';
  for (const [text, what] of [
    [`${head}a_total{x="1"} 1\na_total{x="1"} 2\n`, 'the same series twice'],
    [`${head}a_total{x="a"b"} 1\n`, 'a quote that is not escaped'],
    [`${head}a_total{x="a\\q"} 1\n`, 'an unknown escape'],
    [`${head}a_total -1\n`, 'a negative counter'],
    [`${head}b 1\n`, 'a sample of another family'],
    [`a_total 1\n${head}`, 'a sample before its TYPE'],
    [`${head}a_total one\n`, 'no number'],
    [`${head}a_total 1`, 'no end of line'],
    ['# TYPE a_total counter\na_total 1\n', 'no HELP'],
  ] as const)
    assert.throws(() => parsePrometheus(text), what);
  assert.equal(
    parsePrometheus(`${head}a_total{x="\\"\\\\\\n"} 1.5e+3\n`).get('a_total')?.samples[0]?.labels['x'],
    '"\\\n',
  );
});
