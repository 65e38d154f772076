import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { parser } from '@prometheus-io/lezer-promql';
import { OPERATIONS } from '../../src/servers/http/api/operations/all.ts';
import { eventSchema } from '../../src/servers/http/api/schemas/server.ts';
import { call, type Called, type CallOptions } from '../support/api-stand.ts';
import { startGateway, whenLive, type TestGateway } from '../support/gateway.ts';
import { parsePrometheus, type Family } from '../support/prometheus-text.ts';
import { recordingLog } from '../support/recording-log.ts';
import { publishTo, playFrom } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** The API, the metrics and the dashboard's file on a gateway with all its real parts. */

const { log, lines } = recordingLog();
let gateway: TestGateway;
let stopShow: () => void;
let token = '';
const done = new Set<string>();

before(async () => {
  gateway = await startGateway({ api: { trustLoopback: false } }, log);
  token = readFileSync(join(gateway.folder, 'data', 'api-token'), 'utf8').trim();
  const peer = await publishTo(`${gateway.rtmp}/live/cam`);
  stopShow = new Show(peer).live();
  await playFrom(`${gateway.rtmp}/live/cam`);
  await whenLive(gateway, 'live/cam');
});
after(async () => {
  stopShow();
  await gateway.stop();
});

/** Does an operation as the operator; the answer must be as the table says. */
async function operate(id: string, path: string, options: CallOptions = {}): Promise<Called> {
  const operation = OPERATIONS.find((one) => one.id === id)!;
  const method = operation.method.toUpperCase();
  const answer = await call(gateway.httpPort, `/api/v1${path}`, { method, token, ...options });
  if (answer.status < 400) {
    assert.equal(answer.status, operation.answer.status, `${id}: ${answer.text}`);
    if ('schema' in operation.answer) {
      const result = operation.answer.schema.safeParse(answer.json);
      assert.ok(result.success, `${id}: ${result.error?.message ?? ''} in ${answer.text}`);
    }
    done.add(id);
  }
  return answer;
}
/* eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows what the schema has checked */
const json = <T>(answer: Called): T => answer.json as T;

test('the token is kept where the log says, for its owner alone, and nowhere else', async () => {
  const path = join(gateway.folder, 'data', 'api-token');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const line = lines.find(({ fields }) => fields['place'] === path);
  assert.match(line?.text ?? '', /a token for the API has been made/);
  assert.ok(!JSON.stringify(lines).includes(token), 'the log does not tell it');
  const settings = await operate('getSettings', '/settings');
  assert.ok(!settings.text.includes(token), 'nor do the settings');
  assert.equal((await call(gateway.httpPort, '/api/v1/settings')).status, 401);
});

test('real parts answer as the table says', async () => {
  await operate('getServer', '/server');
  await operate('getSession', '/session');
  await operate('getOpenApi', '/openapi.json');
  await operate('getDocs', '/docs');
  await operate('listStreams', '/streams');
  const stream = json<{ publisher: { address: string } }>(await operate('getStream', '/streams/live/cam'));
  assert.equal(stream.publisher.address, '127.0.0.1');
  for (const [id, rest] of [
    ['listTracks', 'tracks'],
    ['getPoster', 'poster.mp4'],
    ['listProblems', 'problems'],
    ['getHealth', 'health'],
  ] as const)
    await operate(id, `/streams/live/cam/${rest}`);
  const history = await waitFor('a point of the past', async () => {
    const { points } = json<{ points: { kbpsIn: number; fps: number; viewers: number }[] }>(
      await operate('getHistory', '/streams/live/cam/history'),
    );
    return points.find(({ fps }) => fps > 20);
  });
  assert.ok(history.kbpsIn > 20 && history.viewers === 1, JSON.stringify(history));
  const { publishers } = json<{ publishers: { stream: string; bytesIn: number }[] }>(
    await operate('listPublishers', '/publishers?protocol=rtmp'),
  );
  assert.equal(publishers.length, 1);
  assert.deepEqual([publishers[0]!.stream, publishers[0]!.bytesIn > 1000], ['live/cam', true]);
});

test('keys: made, used to publish, rotated, revoked; the secret is told once', async () => {
  const body = { action: 'publish', streams: 'live/studio', label: 'studio' };
  const key = json<{ id: string; secret: string }>(await operate('createKey', '/keys', { body }));
  const peer = await publishTo(`${gateway.rtmp}/live/${key.secret}`);
  const stop = new Show(peer).live();
  await whenLive(gateway, 'live/studio');
  const list = await operate('listKeys', '/keys');
  assert.ok(!list.text.includes(key.secret), 'not in the list');
  const { publishers } = json<{ publishers: { key?: string }[] }>(
    await operate('listPublishers', '/publishers?stream=live/studio'),
  );
  assert.equal(publishers[0]?.key, key.id, 'it is known by which key it came');
  stop();
  await operate('rotateKey', `/keys/${key.id}/rotate`);
  await operate('revokeKey', `/keys/${key.id}`);
  await waitFor('the publisher to be sent away', () => peer.isClosed);
  const bad = await operate('createKey', '/keys', { body: { action: 'publish', streams: '*/*/*' } });
  assert.deepEqual([bad.status, json<{ field: string }>(bad).field], [400, 'streams']);
  assert.equal((await operate('rotateKey', '/keys/none/rotate')).status, 404);
  const unsigned = { action: 'play', stream: 'live/cam', seconds: 60 };
  assert.ok(
    (await operate('signUrl', '/signatures', { body: unsigned })).status >= 400,
    'there is no secret to sign with',
  );
});

test('recordings: on demand, listed while they grow, closed, deleted', async () => {
  const begun = await operate('startRecording', '/streams/live/cam/recording', {
    body: { formats: ['flv'] },
  });
  assert.equal(begun.status, 201, begun.text);
  const { recordings } = json<{ recordings: { id: string; active: boolean }[] }>(begun);
  const { id } = recordings[0]!;
  await waitFor('bytes', async () => {
    const { bytes } = json<{ bytes: number }>(await operate('getRecording', `/recordings/${id}/info`));
    return bytes > 1000;
  });
  assert.equal((await operate('deleteRecording', `/recordings/${id}`)).status, 409, 'it is being written');
  await operate('stopRecording', '/streams/live/cam/recording');
  const { total } = json<{ total: number }>(await operate('listRecordings', '/recordings?stream=live/cam'));
  assert.equal(total, 1);
  await operate('deleteRecording', `/recordings/${id}`);
  assert.equal((await operate('getRecording', `/recordings/${id}/info`)).status, 404);
});

test('relays: added, told without their keys, removed', async () => {
  const body = { direction: 'push', stream: 'live/cam', url: 'rtmp://127.0.0.1:9/app/very-secret' };
  const relay = await operate('addRelay', '/relays', { body });
  assert.equal(relay.status, 201, relay.text);
  const list = await operate('listRelays', '/relays');
  assert.ok(!`${relay.text}${list.text}`.includes('very-secret'), list.text);
  const bad = await operate('addRelay', '/relays', { body: { ...body, url: 'file:///etc/passwd' } });
  assert.deepEqual([bad.status, json<{ field: string }>(bad).field], [400, 'url']);
  await operate('removeRelay', `/relays/${json<{ id: string }>(relay).id}`);
});

test('events are told as they happen, through the compressing step, and a kick is one of them', async () => {
  const patience = new AbortController();
  const response = await fetch(`${gateway.http}/api/v1/events?stream=live/cam`, {
    headers: { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip, br' },
    signal: patience.signal,
  });
  assert.equal(response.headers.get('content-encoding'), null);
  let text = '';
  void (async () => {
    for await (const bytes of response.body!) text += Buffer.from(bytes as Uint8Array).toString();
  })().catch(() => undefined);
  const player = await playFrom(`${gateway.rtmp}/live/cam`);
  const find = (type: string): { visit: string; reason?: string } | undefined =>
    [...text.matchAll(/^data: (.*)$/gm)]
      .map(([, data = '']) => eventSchema.parse(JSON.parse(data)))
      .find((event) => event.type === type) as { visit: string; reason?: string } | undefined;
  const { visit } = await waitFor('the event', () => find('play'));
  assert.equal((await operate('kickViewer', `/viewers/${visit}?reason=time+is+up`)).status, 204);
  await waitFor('the player to be closed', () => player.isClosed);
  const stop = await waitFor('the other event', () => find('stop'));
  assert.equal(stop.visit, visit);
  assert.match(stop.reason ?? '', /time is up/);
  patience.abort();
  done.add('listen');
});

test('what a page tells of its playing is told to the operator, and everybody is told the time', async () => {
  const before = Date.now();
  const { now } = json<{ now: number }>(await operate('getTime', '/time'));
  assert.ok(now >= before && now <= Date.now(), `${now} ms`);
  const report = { stream: 'live/cam', protocol: 'll-hls', startSeconds: 0.5, watchedSeconds: 20 };
  assert.equal((await operate('reportPlayback', '/playback', { body: report })).status, 204);
  const { playback } = json<{ playback: { protocol: string; watchedSeconds: number }[] }>(
    await operate('getPlayback', '/playback?stream=live/cam'),
  );
  assert.deepEqual(
    playback.map(({ protocol, watchedSeconds }) => [protocol, watchedSeconds]),
    [['ll-hls', 20]],
  );
});

test('who is not let in is counted, by the reason', async () => {
  const url = `${gateway.rtmp}/live/pk_0000000000000000000000000`;
  await assert.rejects(publishTo(url), 'a key that nobody has');
  const text = await (await fetch(`${gateway.http}/metrics`)).text();
  const { samples } = parsePrometheus(text).get('millrace_visits_refused_total')!;
  assert.equal(samples.length, 1, text);
  assert.deepEqual([samples[0]!.labels['action'], samples[0]!.value], ['publish', 1]);
});

test('nearly every operation has been done on the real parts', () => {
  const elsewhere = new Set([
    'reload',
    'signIn',
    'signOut',
    'fetchRecording',
    'getClientConfiguration',
    'getRecordingPlaylist',
    'getRecordingSegment',
    'kickPublisher',
    'listViewers',
    'signUrl',
  ]);
  const missing = OPERATIONS.filter(({ id }) => !done.has(id) && !elsewhere.has(id)).map(({ id }) => id);
  assert.deepEqual(missing, []);
});

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}

test('the Grafana dashboard asks for nothing that a scrape does not have', async () => {
  await (await fetch(`${gateway.http}/live/cam.m3u8?wait=5`)).text();
  const text = await (await fetch(`${gateway.http}/metrics`)).text();
  const families = parsePrometheus(text);
  const file = fileURLToPath(new URL('../../assets/grafana-dashboard.json', import.meta.url));
  const dashboard = JSON.parse(readFileSync(file, 'utf8')) as {
    panels: Panel[];
    templating: { list: { name: string; type: string; definition?: string }[] };
  };
  const { panels } = dashboard;
  assert.ok(
    dashboard.templating.list.some(({ name, type }) => name === 'datasource' && type === 'datasource'),
    'a variable for the source',
  );
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, 'ids are unique');
  let asked = 0;
  for (const { targets = [], title, type, datasource } of panels) {
    if (type !== 'row') assert.equal(datasource?.uid, '${datasource}', title);
    for (const { expr } of targets) {
      checkExpression(expr, families, title);
      asked++;
    }
  }
  assert.ok(asked >= 35, `${asked} expressions`);
  for (const { definition } of dashboard.templating.list) {
    const [, metric, label] = /^label_values\((\w+).*, (\w+)\)$/.exec(definition ?? '') ?? [];
    if (metric) checkLabels(families, metric, [label!], definition!);
  }
  checkGrid(panels);
});

/** As Prometheus' own grammar reads it: no errors, every metric is there, and has the labels. */
function checkExpression(expr: string, families: ReadonlyMap<string, Family>, title: string): void {
  const plain = expr.replaceAll('$__rate_interval', '1m');
  const metrics: string[] = [];
  const labels: string[] = [];
  parser.parse(plain).iterate({
    enter: ({ name, type, from, to }) => {
      assert.ok(!type.isError, `${title}: "${plain}" is not PromQL at ${from}`);
      const word = plain.slice(from, to);
      if (name === 'Identifier') metrics.push(word);
      if (name === 'LabelName') labels.push(word);
    },
  });
  assert.equal(metrics.length, 1, `${title}: one metric in ${plain}`);
  checkLabels(families, metrics[0]!, labels, `${title}: ${plain}`);
}

function checkLabels(
  families: ReadonlyMap<string, Family>,
  metric: string,
  labels: readonly string[],
  where: string,
): void {
  const family = families.get(metric) ?? families.get(metric.replace(/_(bucket|sum|count)$/, ''));
  assert.ok(family, `${where}: there is no ${metric}`);
  const [sample] = family.samples;
  if (!sample) return; // nothing of the kind has happened
  for (const label of labels) {
    if (label !== 'instance') assert.ok(label in sample.labels, `${where}: ${metric} has no label ${label}`);
  }
}

function checkGrid(panels: readonly Panel[]): void {
  const taken = new Map<string, string>();
  for (const { title, gridPos } of panels) {
    const { x, y, w, h } = gridPos;
    assert.ok(x >= 0 && x + w <= 24, `${title} is within the 24 columns`);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const other = taken.get(`${column} ${line}`);
        assert.equal(other, undefined, `${title} lies on ${other ?? ''}`);
        taken.set(`${column} ${line}`, title);
      }
    }
  }
}

test('counters of a stream are in a scrape by protocol, HLS too, and segments are measured', async () => {
  const families = await waitFor('a segment', async () => {
    await (await fetch(`${gateway.http}/live/cam/media.m3u8`)).text();
    const found = parsePrometheus(await (await fetch(`${gateway.http}/metrics`)).text());
    const { samples } = found.get('millrace_hls_segment_seconds')!;
    return samples.some(({ name, value }) => name.endsWith('_count') && value > 0) ? found : undefined;
  });
  const value = (name: string, labels: Readonly<Record<string, string>>): number =>
    families
      .get(`millrace_${name}_total`)
      ?.samples.find((one) => Object.entries(labels).every(([label, text]) => one.labels[label] === text))
      ?.value ?? 0;
  const cam = { stream: 'live/cam' };
  assert.ok(value('stream_received_bytes', { ...cam, protocol: 'rtmp' }) > 1000, 'in');
  assert.ok(value('stream_sent_bytes', { ...cam, protocol: 'rtmp' }) > 1000, 'out');
  assert.ok(value('stream_sent_bytes', { ...cam, protocol: 'hls' }) > 0, 'out by HLS');
  assert.ok(value('visits', { action: 'publish', protocol: 'rtmp' }) >= 1, 'let in');
  assert.ok(value('api_refusals', { status: '401' }) >= 1, 'refused by the API');
});

test('metrics can be kept for the operator', async () => {
  const other = await startGateway({
    api: { trustLoopback: false, metrics: 'token', token: 'a-token-for-this-test' },
  });
  const bare = await call(other.httpPort, '/metrics');
  assert.deepEqual([bare.status, bare.headers['www-authenticate']], [401, 'Bearer realm="millrace"']);
  const allowed = await call(other.httpPort, '/metrics', { token: 'a-token-for-this-test' });
  assert.equal(allowed.status, 200);
  await other.stop();
});

test('a gateway that stops ends the event streams, and does not wait for them', async () => {
  const other = await startGateway();
  const response = await fetch(`${other.http}/api/v1/events`);
  assert.equal(response.status, 200, 'this machine needs no token');
  const ended = response.text();
  const startedAt = performance.now();
  await other.stop();
  assert.match(await ended, /^retry: 2000/);
  assert.ok(performance.now() - startedAt < 1_400, 'it did not come to the end by force');
});
