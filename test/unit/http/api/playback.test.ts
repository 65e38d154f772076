import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { PlaybackMetrics } from '../../../../src/observe/playback-metrics.ts';
import { PlaybackTally, type PlaybackReport } from '../../../../src/observe/playback.ts';
import { Debts, REPORTS } from '../../../../src/servers/http/api/debts.ts';
import { Registry } from 'prom-client';
import { ApiStand, type CallOptions, type Called } from '../../../support/api-stand.ts';
import { FakeTime } from '../../../support/fake-time.ts';

const stand = await new ApiStand().start();
after(() => stand.stop());
beforeEach(() => {
  stand.parts.reports.length = 0;
  Object.assign(stand.parts.playing, { isWanted: true, wait: 0 });
});

const REPORT = {
  stream: 'live/cam',
  protocol: 'ws-flv',
  startSeconds: 0.4,
  watchedSeconds: 30,
  stalls: 1,
  stalledSeconds: 0.6,
  delaySeconds: 0.9,
  lines: 720,
  troubles: ['network'],
};

const send = (body: unknown, options: CallOptions = {}): Promise<Called> =>
  stand.call('/playback', { method: 'POST', body, ...options });

test('a report needs no token and no cookie, and is heard as it was told', async () => {
  const { status, text, headers } = await send(REPORT);
  assert.deepEqual([status, text], [204, '']);
  assert.equal(headers['set-cookie'], undefined, 'nobody is recognised again');
  assert.deepEqual(stand.parts.reports, [REPORT]);
});

test('pages of other sites that show our streams may report; a beacon is sent as plain text', async () => {
  const foreign = { origin: 'https://embedder.example', 'sec-fetch-site': 'cross-site' };
  const beacon = await send(JSON.stringify(REPORT), {
    headers: { ...foreign, 'content-type': 'text/plain;charset=UTF-8' },
  });
  assert.equal(beacon.status, 204, beacon.text);
  assert.equal(beacon.headers['access-control-allow-origin'], '*');
  assert.equal(stand.parts.reports.length, 1);
  const preflight = await stand.call('/playback', { method: 'OPTIONS', headers: foreign });
  assert.deepEqual([preflight.status, preflight.headers['access-control-allow-origin']], [204, '*']);
  assert.match(String(preflight.headers['access-control-allow-headers']), /content-type/i);
  const other = await stand.call('/keys', { method: 'OPTIONS', headers: foreign });
  assert.equal(other.headers['access-control-allow-origin'], undefined, 'nothing else is open to them');
});

const wrong: readonly [name: string, body: unknown][] = [
  ['no stream', { ...REPORT, stream: undefined }],
  ['a stream that is no name', { ...REPORT, stream: 'live/<script>' }],
  ['a protocol that there is not', { ...REPORT, protocol: 'carrier pigeon' }],
  ['a negative time', { ...REPORT, watchedSeconds: -1 }],
  ['an hour in one report', { ...REPORT, watchedSeconds: 3600 }],
  ['a number that is none', { ...REPORT, delaySeconds: '1' }],
  ['stalls beyond all bounds', { ...REPORT, stalls: 1e9 }],
  ['half a stall', { ...REPORT, stalls: 0.5 }],
  ['troubles in words of their own', { ...REPORT, troubles: ['my password is'] }],
  ['more standing than watching', { ...REPORT, stalledSeconds: 31 }],
  ['many troubles', { ...REPORT, troubles: Array.from({ length: 17 }, () => 'network') }],
  ['fields of others', { ...REPORT, address: '192.0.2.1' }],
  ['a list', [REPORT]],
  ['no JSON', '{'],
  ['no numbers of JSON', '{"stream":"live/cam","protocol":"hls","watchedSeconds":1e999}'],
];
for (const [name, body] of wrong) {
  test(`a report with ${name} is refused and not counted`, async () => {
    const { status, text } = await send(body);
    assert.equal(status, 400, text);
    assert.equal(stand.parts.reports.length, 0);
  });
}

test('a report that is too large is not read', async () => {
  assert.equal((await send({ ...REPORT, stream: 'x'.repeat(20_000) })).status, 413);
});

test('viewers who do not wish to be counted are not', async () => {
  for (const headers of [{ dnt: '1' }, { 'sec-gpc': '1' }])
    assert.equal((await send(REPORT, { headers })).status, 204);
  assert.equal(stand.parts.reports.length, 0);
});

test('where the operator does not want reports they are refused in words', async () => {
  stand.parts.playing.isWanted = false;
  const { status, text } = await send(REPORT);
  assert.equal(status, 403);
  assert.match(text, /api\.playbackReports/);
});

test('too many from one address wait', async () => {
  stand.parts.playing.wait = 3;
  const { status, headers, text } = await send(REPORT);
  assert.deepEqual([status, headers['retry-after']], [429, '3']);
  assert.match(text, /too many reports/);
  assert.equal(stand.parts.reports.length, 0);
});

test('one address may send a hundred and twenty at once, then ten a second', () => {
  const time = new FakeTime();
  const debts = new Debts(time.now, REPORTS);
  for (let count = 0; count < 120; count++) {
    assert.equal(debts.wait('192.0.2.1'), 0, `${count} before`);
    debts.count('192.0.2.1');
  }
  assert.equal(debts.wait('192.0.2.1'), 1);
  assert.equal(debts.wait('192.0.2.2'), 0, 'others may');
  time.advance(100);
  assert.equal(debts.wait('192.0.2.1'), 0);
});

test('only the operator is told what was reported, of all streams and of one', async () => {
  await send(REPORT);
  await send({ ...REPORT, startSeconds: undefined, stalls: 0, stalledSeconds: 0, troubles: [] });
  await send({ ...REPORT, stream: 'live/other', protocol: 'hls' });
  assert.equal((await stand.call('/playback')).status, 401);
  const { playback } = (await stand.operate('/playback?stream=live/other')).json as {
    playback: { protocol: string; reports: number }[];
  };
  assert.deepEqual(
    playback.map(({ protocol, reports }) => [protocol, reports]),
    [['hls', 1]],
  );
  const none = (await stand.operate('/playback?stream=live/none')).json;
  assert.deepEqual(none, { playback: [] });
});

const told = (more: Partial<PlaybackReport>): PlaybackReport => ({
  stream: 'live/cam',
  protocol: 'hls',
  watchedSeconds: 30,
  stalls: 0,
  stalledSeconds: 0,
  troubles: [],
  ...more,
});

test('means are of what was told, and unknown while nothing was', () => {
  const tally = new PlaybackTally();
  tally.heard(told({}), true);
  tally.heard(told({ startSeconds: 1, delaySeconds: 4, stalls: 2, stalledSeconds: 3 }), true);
  tally.heard(told({ startSeconds: 2, delaySeconds: 5 }), true);
  const [hls] = tally.summary();
  assert.deepEqual(
    [hls?.reports, hls?.starts, hls?.meanStartSeconds, hls?.meanDelaySeconds, hls?.stalls, hls?.stallRatio],
    [3, 2, 1.5, 4.5, 2, 0.03333],
  );
  tally.heard(told({ protocol: 'll-hls', watchedSeconds: 0 }), true);
  const [, low] = tally.summary();
  assert.deepEqual([low?.meanStartSeconds, low?.meanDelaySeconds, low?.stallRatio], [null, null, null]);
  assert.deepEqual(
    [low?.medianStartSeconds, low?.medianDelaySeconds, low?.stallsPerHour],
    [null, null, null],
    'unknown, not 0',
  );
  assert.equal(hls?.stallsPerHour, 80, 'two in 90 s');
});

test('medians: one viewer who waited long does not count for more, and they are right within a fortieth', () => {
  const tally = new PlaybackTally();
  for (const startSeconds of [0.3, 0.41, 0.4, 0.39, 120])
    tally.heard(told({ startSeconds, delaySeconds: startSeconds * 10 }), true);
  const [hls] = tally.summary();
  assert.ok(Math.abs(hls!.medianStartSeconds! - 0.4) <= 0.01, `${hls!.medianStartSeconds} s`);
  assert.ok(Math.abs(hls!.medianDelaySeconds! - 4) <= 0.1, `${hls!.medianDelaySeconds} s`);
  for (const [delaySeconds, least, most] of [
    [0, 0, 0.03],
    [604_800, 590_000, 620_000],
  ] as const) {
    const other = new PlaybackTally();
    other.heard(told({ delaySeconds }), true);
    const found = other.summary()[0]!.medianDelaySeconds!;
    assert.ok(found >= least && found <= most, `${found} s of ${delaySeconds} s`);
  }
});

test('so many streams are remembered and no more; all of them count in the sum', () => {
  const tally = new PlaybackTally();
  for (let stream = 0; stream < 600; stream++) tally.heard(told({ stream: `live/${stream}` }), true);
  assert.deepEqual([tally.summary('live/99'), tally.summary('live/100')[0]?.reports], [[], 1]);
  assert.equal(tally.summary()[0]?.reports, 600);
});

test('names that somebody makes up drive out no stream, and one that has ended is still known', () => {
  const tally = new PlaybackTally();
  tally.heard(told({ stream: 'live/real' }), true);
  for (let stream = 0; stream < 600; stream++) tally.heard(told({ stream: `live/made-up-${stream}` }), false);
  tally.heard(told({ stream: 'live/real' }), false);
  assert.deepEqual([tally.summary('live/real')[0]?.reports, tally.summary('live/made-up-1')], [2, []]);
  assert.equal(tally.summary()[0]?.reports, 602);
});

test('whatever pages tell, labels of metrics are few', async () => {
  const registry = new Registry();
  const metrics = new PlaybackMetrics(registry);
  for (let lines = 0; lines <= 16_384; lines += 7) metrics.heard(told({ lines, delaySeconds: lines }));
  metrics.heard(told({ stream: 'live/other', startSeconds: 0.3, troubles: ['codec', 'codec'] }));
  const text = await registry.metrics();
  const pictures = new Set([...text.matchAll(/picture="(\w+)"/g)].map(([, one]) => one));
  assert.deepEqual(
    [...pictures].sort(),
    ['1080', '1440', '2160', '240', '360', '480', '540', '720', 'none', 'small'].sort(),
  );
  assert.match(text, /troubles_total\{protocol="hls",trouble="codec"\} 2/);
  assert.match(text, /start_seconds_bucket\{le="0.35",protocol="hls"\} 1/);
  assert.doesNotMatch(text, /live/, 'no names of streams');
});
