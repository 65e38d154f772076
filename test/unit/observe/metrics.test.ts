import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { measureStream, measureViewers } from '../../../src/app/reports.ts';
import { Metrics, type MetricsSource, type StreamMetrics } from '../../../src/observe/metrics.ts';
import { reportStream } from '../../../src/servers/http/stream-report.ts';
import { ViewerTally } from '../../../src/stream/viewer-tally.ts';
import { inter, key, sound } from '../../support/media.ts';
import { Stage } from '../../support/stage.ts';
import { textFormat } from '../../support/text-format.ts';

interface Described {
  readonly name: string;
  readonly labels: string;
  readonly help: string;
}

/** Rows of the README's table: `| \`millrace_…\` | labels | what |`. */
function documented(): Described[] {
  const readme = readFileSync(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8');
  return [...readme.matchAll(/^\| `(millrace_\w+)` \|([^|]*)\|([^|]*)\|$/gm)].map(
    ([, name = '', labels = '', help = '']) => ({ name, labels: labels.trim(), help: help.trim() }),
  );
}

const own = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('millrace_'));

/** A stream with one viewer that is live and one that has fallen behind and will be closed. */
function stage(): { stream: Stage['stream']; tally: ViewerTally; closeSlow: () => void } {
  const tally = new ViewerTally();
  const show = new Stage(0, tally);
  show.send(key(0), sound(0));
  show.join(textFormat());
  const slow = show.join(textFormat(), { limits: { queueBytes: 1000, lagMs: 5000 } });
  show.send(inter(20)); // what they were given when they joined has been taken
  slow.sink.queuedBytes = 1001;
  show.send(inter(40));
  show.send(key(80));
  const closeSlow = (): void => {
    show.time.advance(5001);
    show.send(inter(120));
  };
  return { stream: show.stream, tally, closeSlow };
}

const AROUND = { hlsViewers: 0, hlsBytes: 0, lateMs: undefined };

function metricsOf(
  measure: () => StreamMetrics,
  tally: ViewerTally,
  more: Partial<MetricsSource> = {},
): Metrics {
  return new Metrics({
    streams: () => [measure()],
    viewers: () => measureViewers(tally),
    batchMs: () => 40,
    utilization: () => 0.5,
    now: () => 0,
    version: '1.2.3',
    ...more,
  });
}

test('/metrics has exactly the metrics of the README’s table, with their labels and words', async () => {
  const { stream, tally, closeSlow } = stage();
  closeSlow();
  const full: StreamMetrics = {
    ...measureStream(stream, { hlsViewers: 1, hlsBytes: 5, lateMs: 120 }),
    framesPerSecond: 25,
    gopSeconds: 2,
    dropped: { 'bad script data': 1 },
  };
  const metrics = metricsOf(() => full, tally, {
    operation: {
      relays: () => [{ id: 'r', direction: 'push', stream: 'live/show', state: 'running', bytes: 1 }],
      hooks: () => ({ queued: 1, delivered: 2, failed: 3, dropped: 4 }),
    },
  });
  const who = { visit: 'v', stream: 'live/show', protocol: 'rtmp', address: 'a', program: 'p', query: '' };
  metrics.happened({ id: '1', at: '', type: 'publish', ...who });
  metrics.visitRefused('publish', 'the key is not known');
  metrics.apiRefused(401);
  metrics.connectionClosed('rtmp', 'publisher gone');
  metrics.playback.heard({
    stream: 'live/show',
    protocol: 'hls',
    startSeconds: 1,
    watchedSeconds: 30,
    stalls: 1,
    stalledSeconds: 0.5,
    delaySeconds: 5,
    troubles: ['network'],
  });
  const { text } = await metrics.render();
  const given = [...text.matchAll(/^# HELP (millrace_\w+) (.*)$/gm)].map(([, name = '', help = '']) => {
    const line =
      own(text).find((one) =>
        [`${name}{`, `${name} `, `${name}_sum`].some((start) => one.startsWith(start)),
      ) ?? '';
    const labels = [...line.matchAll(/(\w+)="/g)].map(([, label]) => label);
    return { name, labels: labels.join(', '), help };
  });
  const byName = (one: Described, other: Described): number => one.name.localeCompare(other.name);
  assert.ok(given.length >= 17, 'metrics were found');
  assert.deepEqual(given.sort(byName), documented().sort(byName));
});

test('viewers who fall behind and are closed are counted, and what waits for them is told', async () => {
  const { stream, tally, closeSlow } = stage();
  const metrics = metricsOf(() => measureStream(stream, AROUND), tally);
  const lines = async (): Promise<string[]> => own((await metrics.render()).text);
  const behind = await lines();
  for (const line of [
    'millrace_stream_viewers_by_state{stream="live/show",state="live"} 1',
    'millrace_stream_viewers_by_state{stream="live/show",state="lagging"} 1',
    'millrace_stream_viewers_by_state{stream="live/show",state="joining"} 0',
    'millrace_stream_queued_bytes{stream="live/show"} 1001',
    'millrace_stream_max_queued_bytes{stream="live/show"} 1001',
    'millrace_viewer_lags_total{protocol="http-flv"} 1',
    'millrace_viewer_skipped_batches_total{protocol="http-flv"} 2',
    'millrace_viewer_skipped_gops_total{protocol="http-flv"} 1',
    'millrace_viewer_lags_total{protocol="rtmp"} 0',
  ])
    assert.ok(behind.includes(line), `${line} is missing in\n${behind.join('\n')}`);
  assert.ok(
    !behind.some((line) => line.startsWith('millrace_viewers_closed_total')),
    'nobody was closed yet',
  );
  closeSlow();
  const closed = await lines();
  const line = 'millrace_viewers_closed_total{protocol="http-flv",reason="too slow"} 1';
  assert.ok(closed.includes(line), closed.join('\n'));
  assert.ok(
    closed.includes('millrace_viewer_skipped_batches_total{protocol="http-flv"} 3'),
    'counters go on',
  );
  assert.deepEqual(await lines(), closed, 'asking changes nothing');
});

test('counts of viewers outlive their stream and its viewers, those of one stream do not', () => {
  const { stream, tally } = stage();
  for (const fanout of stream.fanouts) for (const viewer of [...fanout.viewers()]) stream.leave(viewer);
  const other = new Stage(0, tally);
  assert.equal(stream.tally.total('lags'), 1);
  assert.equal(other.stream.tally.total('lags'), 0);
  assert.equal(tally.total('lags'), 1);
});

test('the API tells the same of one stream', () => {
  const { stream, closeSlow } = stage();
  const report = (): ReturnType<typeof reportStream> =>
    reportStream(stream, { now: 0, startedAt: 0, hlsViewers: 0 });
  const behind = { joining: 0, live: 1, lagging: 1, queuedBytes: 1001, maxQueuedBytes: 1001 };
  const skipped = { lags: 1, skippedGops: 1, skippedBatches: 2 };
  assert.deepEqual(report().delivery, { ...behind, ...skipped, closed: {} });
  assert.deepEqual(report().dropped, {});
  closeSlow();
  assert.deepEqual(report().delivery.closed, { 'too slow': 1 });
});
