import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { OPERATIONS } from '../../../../src/servers/http/api/operations/all.ts';
import { visit } from '../../../support/api-parts.ts';
import { ApiStand, TOKEN, type Called, type CallOptions } from '../../../support/api-stand.ts';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}
interface Described {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>
  >;
}

const stand = await new ApiStand().start();
after(() => stand.stop());
const document = (await stand.call('/openapi.json')).json as Document;
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const done = new Set<string>();
const refusals = new Set<string>();

before(() => ajv.addSchema({ $id: 'document', components: document.components }));
beforeEach(() => {
  stand.parts.here.clear();
  stand.parts.here.set('v-1', visit('v-1', 'publish'));
  for (const id of ['v-2', 'v-3', 'v-4']) stand.parts.here.set(id, visit(id, 'play', { protocol: 'hls' }));
  stand.parts.here.set(
    'v-5',
    visit('v-5', 'play', { stream: 'live/other', address: '192.0.2.8', key: 'k-1' }),
  );
});

/** Does an operation, and checks the answer against the schema in the table and the one in the document. */
async function perform(id: string, path: string, options: CallOptions = {}): Promise<Called> {
  const operation = OPERATIONS.find((one) => one.id === id);
  assert.ok(operation, `${id} is in the table`);
  const described = document.paths[operation.path]?.[operation.method];
  assert.ok(described, `${id} is in the document`);
  const who = operation.who === 'operator' ? { token: TOKEN } : {};
  const answer = await stand.call(path, { method: operation.method.toUpperCase(), ...who, ...options });
  const response = described.responses[String(answer.status)];
  assert.ok(response, `${id} promises ${answer.status}: ${answer.text}`);
  const schema = response.content?.['application/json']?.schema;
  if (schema) {
    const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object;
    assert.ok(
      ajv.validate(absolute, answer.json),
      `${id} ${answer.status}: ${ajv.errorsText()} in ${answer.text}`,
    );
  } else assert.equal(answer.json, undefined, `${id} ${answer.status} promises no JSON`);
  if (answer.status >= 400) refusals.add(id);
  else {
    done.add(id);
    assert.equal(answer.status, operation.answer.status, id);
    if ('schema' in operation.answer) operation.answer.schema.parse(answer.json);
  }
  return answer;
}

test('the document is a valid OpenAPI 3.1 document, and tells of every operation', async () => {
  const result = await new Validator().validate(
    structuredClone(document) as unknown as Record<string, unknown>,
  );
  assert.ok(result.valid, JSON.stringify(result.errors));
  assert.equal(document.openapi, '3.1.0');
  const told = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map((one) => one.operationId),
  );
  assert.deepEqual(told.sort(), OPERATIONS.map(({ id }) => id).sort());
  assert.equal(new Set(told).size, told.length, 'each has a name of its own');
  for (const { path, method, who, id } of OPERATIONS) {
    const hasSecurity = document.paths[path]?.[method]?.security !== undefined;
    assert.equal(hasSecurity, who === 'operator', `${id} says whether it needs the token`);
  }
});

test('every $ref of the document leads somewhere', () => {
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
  assert.ok(refs.length > 20, 'there are some');
  for (const [, name = ''] of refs) assert.ok(document.components.schemas[name], name);
});

test('server, settings, reload', async () => {
  await perform('getServer', '/server');
  assert.deepEqual((await perform('getSettings', '/settings')).json, { api: { token: '***' } });
  await perform('reload', '/reload');
});

test('streams: list, one, tracks, problems, health, history', async () => {
  const { streams } = (await perform('listStreams', '/streams')).json as { streams: object[] };
  assert.deepEqual((await perform('getStream', '/streams/live/cam')).json, streams[0]);
  const { tracks } = (await perform('listTracks', '/streams/live/cam/tracks')).json as { tracks: object[] };
  assert.deepEqual(
    tracks.map((track) => 'kind' in track && track.kind),
    ['video', 'audio'],
  );
  assert.deepEqual((await perform('listProblems', '/streams/live/cam/problems')).json, {
    problems: ['a track is odd'],
    dropped: { 'bad script data': 1 },
  });
  const { verdicts } = (await perform('getHealth', '/streams/live/cam/health')).json as {
    verdicts: object[];
  };
  assert.equal(verdicts.length, 1);
  const history = async (query: string): Promise<unknown[]> =>
    (
      (await perform('getHistory', `/streams/live/cam/history${query}`)).json as { points: { at: number }[] }
    ).points.map(({ at }) => at);
  assert.deepEqual(await history(''), [1000, 3000]);
  assert.deepEqual(await history('?since=1000'), [3000], 'only what is new');
  for (const [id, path] of [
    ['getStream', ''],
    ['listTracks', '/tracks'],
    ['getHealth', '/health'],
    ['getHistory', '/history'],
  ] as const) {
    const none = await perform(id, `/streams/live/none${path}`);
    assert.deepEqual(
      [none.status, none.json],
      [404, { error: 'no stream "live/none" is being published' }],
      id,
    );
  }
});

test('publishers and viewers: filtered, in pages, and sent away with a reason', async () => {
  const ids = (answer: Called, list: string): unknown[] =>
    (answer.json as Record<string, { id: string }[]>)[list]!.map(({ id }) => id);
  assert.deepEqual(ids(await perform('listPublishers', '/publishers'), 'publishers'), ['v-1']);
  const list = async (query: string): Promise<unknown[]> =>
    ids(await perform('listViewers', `/viewers${query}`), 'viewers');
  assert.deepEqual(await list(''), ['v-2', 'v-3', 'v-4', 'v-5']);
  assert.deepEqual(await list('?stream=live/other'), ['v-5']);
  assert.deepEqual(await list('?protocol=hls&address=192.0.2.7'), ['v-2', 'v-3', 'v-4']);
  assert.deepEqual(await list('?address=192.0.2.9'), []);
  const page = await perform('listViewers', '/viewers?offset=1&limit=2');
  assert.deepEqual(ids(page, 'viewers'), ['v-3', 'v-4']);
  assert.deepEqual({ ...(page.json as object), viewers: 0 }, { viewers: 0, total: 4, offset: 1 });

  await perform('kickPublisher', '/publishers/v-1?reason=the+show+is+over');
  await perform('kickViewer', '/viewers/v-2');
  assert.deepEqual(stand.parts.kicked, [
    ['v-1', 'the show is over'],
    ['v-2', 'sent away by the operator'],
  ]);
  assert.equal((await perform('kickViewer', '/viewers/v-2')).status, 404, 'it has gone');
  stand.parts.here.set('v-1', visit('v-1', 'publish'));
  assert.equal((await perform('kickViewer', '/viewers/v-1')).status, 404, 'a publisher is no viewer');
});

test('keys: create, list, rotate, revoke, sign', async () => {
  const wish = { action: 'publish', streams: 'live/cam', label: 'the studio', networks: ['192.0.2.0/24'] };
  const created = (await perform('createKey', '/keys', { body: wish })).json as {
    id: string;
    secret: string;
  };
  assert.match(created.secret, /^\w{32}$/);
  const listed = await perform('listKeys', '/keys');
  assert.equal((listed.json as { total: number }).total, 1);
  assert.ok(!listed.text.includes(created.secret), 'the secret is told once');
  const rotated = (await perform('rotateKey', `/keys/${created.id}/rotate`)).json as { secret: string };
  assert.notEqual(rotated.secret, created.secret);
  const revoked = (await perform('revokeKey', `/keys/${created.id}`)).json as { revokedAt?: string };
  assert.ok(revoked.revokedAt, 'it says when');
  assert.equal((await perform('revokeKey', '/keys/nobody')).status, 404);
  const viewer = { action: 'play', streams: 'live/*', maxViewers: 3, expiresAt: '2030-01-31T12:00:00+02:00' };
  await perform('createKey', '/keys', { body: viewer });

  const signed = { action: 'publish', stream: 'live/cam', seconds: 60 };
  await perform('signUrl', '/signatures', { body: signed });
  const impossible = await perform('signUrl', '/signatures', { body: { ...signed, action: 'play' } });
  assert.deepEqual(
    [impossible.status, impossible.json],
    [409, { error: 'there is no secret for play: set access.playSecret' }],
  );
});

test('recordings: start, list, one, stop, delete', async () => {
  const body = { formats: ['mp4', 'flv'] };
  await perform('startRecording', '/streams/live/cam/recording', { body });
  assert.equal((await perform('startRecording', '/streams/live/none/recording', { body })).status, 404);
  const list = async (query: string): Promise<number> =>
    ((await perform('listRecordings', `/recordings${query}`, { token: TOKEN })).json as { total: number })
      .total;
  assert.deepEqual([await list(''), await list('?stream=live/other')], [2, 0]);
  assert.equal(
    (await perform('deleteRecording', '/recordings/live/cam/a.mp4')).status,
    409,
    'it is being written',
  );
  await perform('stopRecording', '/streams/live/cam/recording');
  const { json } = await perform('getRecording', '/recordings/live/cam/a.mp4/info');
  assert.equal((json as { seconds: number }).seconds, 1.5);
  await perform('deleteRecording', '/recordings/live/cam/a.mp4');
  assert.equal((await perform('getRecording', '/recordings/live/cam/a.mp4/info')).status, 404);
  assert.equal(
    (await perform('fetchRecording', '/recordings/live/cam/a.flv')).status,
    404,
    'nobody sends them here',
  );
});

test('a recording is fetched from whoever sends them, who decides by itself', async () => {
  const other = await new ApiStand({
    sendRecording: ({ id, part, caller, response }) =>
      void response
        .type('video/mp4')
        .send(`${id} ${JSON.stringify(part)} for ${caller.isOperator ? 'the operator' : 'anyone'}`),
  }).start();
  const path = '/recordings/live/cam/a.mp4';
  for (const [id, more, part] of [
    ['fetchRecording', '', { kind: 'file' }],
    ['getRecordingPlaylist', '/index.m3u8', { kind: 'playlist' }],
    ['getRecordingSegment', '/segments/0-9.ts', { kind: 'segment', name: '0-9.ts' }],
  ] as const) {
    const said = `live/cam/a.mp4 ${JSON.stringify(part)}`;
    assert.equal((await other.call(path + more)).text, `${said} for anyone`);
    assert.equal((await other.operate(path + more)).text, `${said} for the operator`);
    done.add(id);
  }
  await other.stop();
});

test('recordings of streams that everybody may play are listed to everybody, if viewers may watch any', async () => {
  const other = await new ApiStand({
    recordingIsPublic: () => (stream) => stream === 'live/cam',
  }).start();
  const begin = (stream: string): Promise<unknown> =>
    other.parts.recordings.start(stream, { formats: ['mp4'] });
  await begin('live/cam');
  const listed = async (query = ''): Promise<unknown> => (await other.call(`/recordings${query}`)).json;
  assert.equal(((await listed()) as { total: number }).total, 1);
  await other.stop();
  const shut = await new ApiStand({ recordingIsPublic: () => () => false }).start();
  await shut.parts.recordings.start('live/cam', { formats: ['mp4'] });
  assert.deepEqual((await shut.call('/recordings')).json, { recordings: [], total: 0, offset: 0 });
  await shut.stop();
  assert.equal((await stand.call('/recordings')).status, 401, 'to nobody where none may');
});

test('a poster is fetched from whoever makes them; without one there is none', async () => {
  const path = '/streams/live/cam/poster.mp4';
  assert.equal((await perform('getPoster', path)).status, 404);
  const other = await new ApiStand({
    sendPoster: ({ app, stream, caller, response }) => {
      response.setHeader('Content-Type', 'video/mp4');
      response.end(`${app}/${stream} for ${caller.isOperator ? 'the operator' : 'anyone'}`);
      return Promise.resolve();
    },
  }).start();
  assert.equal((await other.call(path)).text, 'live/cam for anyone');
  assert.equal((await other.operate(path)).text, 'live/cam for the operator');
  await other.stop();
  done.add('getPoster');
});

test('relays: add, list, remove', async () => {
  const wish = { direction: 'push', stream: 'live/cam', url: 'rtmp://example.org/app/very-secret-key' };
  const added = await perform('addRelay', '/relays', { body: wish });
  const listed = await perform('listRelays', '/relays');
  assert.ok(!`${added.text}${listed.text}`.includes('very-secret-key'), 'keys of other servers are not told');
  await perform('removeRelay', '/relays/r-1');
  assert.equal((await perform('removeRelay', '/relays/r-1')).status, 404);
});

test('playback: the clock, a report, what was reported', async () => {
  await perform('getTime', '/time');
  const body = { stream: 'live/cam', protocol: 'll-hls', startSeconds: 0.8, watchedSeconds: 30 };
  await perform('reportPlayback', '/playback', { body });
  assert.equal((await perform('reportPlayback', '/playback', { body: {} })).status, 400, 'nothing told');
  const { playback } = (await perform('getPlayback', '/playback')).json as { playback: object[] };
  assert.equal(playback.length, 1, 'one protocol');
});

test('multitrack: what an encoder is to send', async () => {
  const body = {
    schema_version: '2025-01-25',
    authentication: 'cam',
    client: {},
    capabilities: {},
    preferences: {},
  };
  await perform('getClientConfiguration', '/multitrack/config', { body });
});

test('session and documents', async () => {
  await perform('getSession', '/session');
  const signedIn = await perform('signIn', '/session', { body: { token: TOKEN } });
  assert.equal((await perform('signIn', '/session', { body: { token: 'wrong' } })).status, 401);
  await perform('signOut', '/session', { headers: { cookie: String(signedIn.headers['set-cookie']) } });
  await perform('getOpenApi', '/openapi.json');
  const { text, headers } = await perform('getDocs', '/docs');
  assert.match(headers['content-type'] ?? '', /^text\/html/);
  for (const { path, summary } of OPERATIONS)
    assert.ok(text.includes(path) && text.includes(summary.slice(0, 20)), `${path} is on the page`);
  assert.doesNotMatch(text, /<script|src=|https?:\/\//, 'the page needs nothing but itself');
});

test('every operation was done, and those that may refuse have refused', () => {
  const missing = OPERATIONS.filter(({ id }) => !done.has(id) && id !== 'listen').map(({ id }) => id);
  assert.deepEqual(missing, [], 'the event stream has a test of its own');
  assert.ok(refusals.size >= 10, `${[...refusals].join(', ')} have refused`);
});
