import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { errorSchema } from '../../../../src/servers/http/api/schemas/common.ts';
import { OPERATIONS } from '../../../../src/servers/http/api/operations/all.ts';
import { ApiStand, TOKEN, type Called, type CallOptions } from '../../../support/api-stand.ts';
import { exchange } from '../../../support/raw-http.ts';

const stand = await new ApiStand().start();
after(() => stand.stop());
beforeEach(() => {
  stand.trustLoopback = false;
  stand.time.advance(3_600_000); // whatever was wrong before is forgiven
});

/** Status and sentence; every refusal must be the one kind of JSON. */
function refusal(answer: Called): [status: number, error: string, field: string | undefined] {
  const { error, field } = errorSchema.parse(answer.json);
  assert.match(error, /^\S.*\S$/, 'one line');
  return [answer.status, error, field];
}

const examples: Readonly<Record<string, string>> = { app: 'live', stream: 'cam', file: 'a.mp4', id: 'x' };
const pathOf = (path: string): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => examples[name] ?? '');

test('without the token nothing but public reads is answered, and 401 says how to send it', async () => {
  let refused = 0;
  for (const { id, who, method, path } of OPERATIONS) {
    const answer = await stand.call(pathOf(path), { method: method.toUpperCase() });
    if (who === 'anyone') {
      assert.notEqual(answer.status, 403, id);
      // Recordings may be the operator's alone: `record.watch`.
      const mayRefuse = id === 'signIn' || id === 'listRecordings';
      if (!mayRefuse) assert.notEqual(answer.status, 401, id);
      continue;
    }
    const [status, error] = refusal(answer);
    assert.equal(status, 401, id);
    assert.match(error, /Authorization: Bearer/, id);
    assert.equal(answer.headers['www-authenticate'], 'Bearer realm="millrace"', id);
    assert.equal(
      answer.headers['access-control-allow-origin'],
      undefined,
      `${id}: for no page of another site`,
    );
    refused++;
  }
  assert.ok(refused >= 15, `${refused} operations are for the operator`);
});

test('what a viewer may see does not say where a publisher sits', async () => {
  const addressFor = async (options: CallOptions): Promise<unknown> =>
    ((await stand.call('/streams/live/cam', options)).json as { publisher: { address: string } }).publisher
      .address;
  assert.equal(await addressFor({}), 'hidden');
  assert.equal(await addressFor({ token: 'wrong' }), 'hidden');
  assert.equal(await addressFor({ token: TOKEN }), '192.0.2.7');
});

test('a token that is wrong, empty, or of another kind is not the token', async () => {
  for (const authorization of [
    'Bearer wrong',
    'Bearer',
    'Bearer ',
    `Basic ${TOKEN}`,
    TOKEN,
    `Bearer ${TOKEN}x`,
  ]) {
    const [status] = refusal(await stand.call('/keys', { headers: { authorization } }));
    assert.equal(status, 401, authorization);
  }
  const lower = await stand.call('/keys', { headers: { authorization: `bearer ${TOKEN}` } });
  assert.equal(lower.status, 200, 'the scheme’s name is not case-sensitive');
});

test('the password of a proxy in front of the page is none of ours: the session counts, and it is no try', async () => {
  const { headers } = await stand.operate('/session', { method: 'POST', body: { token: TOKEN } });
  const cookie = String(headers['set-cookie']).split(';')[0] ?? '';
  for (let count = 0; count < 12; count++) {
    const answer = await stand.call('/keys', { headers: { cookie, authorization: 'Basic YTpi' } });
    assert.equal(answer.status, 200, 'with the session');
  }
  const [status] = refusal(await stand.call('/keys', { headers: { authorization: 'Basic YTpi' } }));
  assert.equal(status, 401, 'without');
});

test('who tries many tokens has to wait, though one of them be right; others do not', async () => {
  for (let tried = 0; tried < 10; tried++)
    assert.equal(
      (await stand.call('/keys', { token: `guess ${tried}`.replace(' ', '-') })).status,
      401,
      `${tried}`,
    );
  const answer = await stand.operate('/keys');
  const [status, error] = refusal(answer);
  assert.deepEqual([status, answer.headers['retry-after']], [429, '6']);
  assert.match(error, /try again in 6 s/);
  const signIn = await stand.call('/session', { method: 'POST', body: { token: TOKEN } });
  assert.equal(signIn.status, 429, 'the other way in as well');
  assert.equal((await stand.call('/streams')).status, 200, 'what is public stays so');
  stand.time.advance(6_000);
  assert.equal((await stand.operate('/keys')).status, 200);
});

test('wrong tokens at public addresses count too, those of viewers do not', async () => {
  for (let tried = 0; tried < 20; tried++)
    for (const token of ['eyJhbGciOiJIUzI1NiJ9.e30.c2ln', 'vk_23456789abcdefghijkmnpqrst'])
      await stand.call('/streams', { token });
  assert.equal((await stand.operate('/keys')).status, 200);
  for (let tried = 0; tried < 10; tried++) await stand.call('/streams', { token: 'guess' });
  assert.equal((await stand.operate('/keys')).status, 429);
});

test('this machine needs no token, unless a proxy or a page of another site stands behind it', async () => {
  stand.trustLoopback = true;
  const host = `127.0.0.1:${stand.port}`;
  const tries: [headers: Record<string, string>, status: number][] = [
    [{}, 200],
    [{ host: 'localhost' }, 200],
    [{ host: '[::1]:80' }, 200],
    [{ host: 'evil.example' }, 401],
    [{ host: `evil.example:${stand.port}` }, 401],
    [{ host: 'localhost.evil.example' }, 401],
    [{ host: '203.0.113.5' }, 401],
    [{ authorization: 'Basic YTpi' }, 401],
    [{ 'x-forwarded-for': '127.0.0.1' }, 401],
    [{ forwarded: 'for=127.0.0.1' }, 401],
    [{ 'x-real-ip': '127.0.0.1' }, 401],
    [{ via: '1.1 proxy' }, 401],
    [{ origin: 'https://evil.example' }, 401],
    [{ origin: 'null' }, 401],
    [{ origin: 'http://127.0.0.1:3000' }, 401],
    [{ referer: 'https://evil.example/page' }, 401],
    [{ origin: `http://${host}` }, 200],
    [{ referer: `http://${host}/page` }, 200],
    [{ 'sec-fetch-site': 'cross-site' }, 401],
    [{ 'sec-fetch-site': 'same-site' }, 401],
    [{ 'sec-fetch-site': 'same-origin', referer: `http://${host}/` }, 200],
    [{ 'sec-fetch-site': 'none' }, 200],
  ];
  for (const [headers, status] of tries)
    assert.equal((await stand.call('/keys', { headers })).status, status, JSON.stringify(headers));
  const old = await exchange(stand.port, `GET /api/v1/keys HTTP/1.0\r\nHost: ${host}\r\n\r\n`);
  assert.match(old, /^HTTP\/1\.1 401 /, 'HTTP/1.0 is a proxy’s');
});

test('a page of another site cannot change anything, whatever right its visitor has', async () => {
  stand.trustLoopback = true;
  const { headers } = await stand.call('/session', { method: 'POST', body: { token: TOKEN } });
  const cookie = String(headers['set-cookie']);
  for (const from of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'same-site', origin: `http://127.0.0.1:${stand.port}` },
    { referer: 'http://evil.example/' },
  ]) {
    for (const right of [{}, { cookie }, { authorization: `Bearer ${TOKEN}` }]) {
      const body = { action: 'publish', streams: 'live/cam' };
      const answer = await stand.call('/keys', { method: 'POST', body, headers: { ...from, ...right } });
      const [status, error] = refusal(answer);
      assert.equal(status, 403, JSON.stringify({ from, right: Object.keys(right) }));
      assert.match(error, /other web sites/);
    }
  }
  assert.equal(stand.parts.keys.list().length, 0, 'nothing has happened');
  const own = { origin: `http://127.0.0.1:${stand.port}`, cookie };
  const allowed = await stand.call('/keys', {
    method: 'POST',
    body: { action: 'publish', streams: 'live/a' },
    headers: own,
  });
  assert.equal(allowed.status, 201, 'our own page can');
});

test('a session: signed in by the token, a cookie that scripts cannot read, signed out, ended by time', async () => {
  const signIn = (headers = {}): Promise<Called> =>
    stand.call('/session', { method: 'POST', body: { token: TOKEN }, headers });
  const cookieOf = (answer: Called): string => String(answer.headers['set-cookie']);
  const signedIn = await signIn();
  const header = cookieOf(signedIn);
  assert.match(header, /^millrace_session=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
  assert.ok(!header.includes(TOKEN) && !signedIn.text.includes(TOKEN), 'the token is not in it');
  assert.match(cookieOf(await signIn({ 'x-forwarded-proto': 'https' })), /; Secure$/);
  const cookie = `theme=dark; ${header.split(';')[0]}`;
  const as = (more = {}): Promise<Called> => stand.call('/keys', { headers: { cookie, ...more } });
  assert.equal((await as()).status, 200);
  assert.deepEqual((await stand.call('/session', { headers: { cookie } })).json, {
    operator: true,
    by: 'session',
  });
  assert.equal((await as({ origin: 'https://evil.example' })).status, 401, 'not for another site’s page');
  const out = await stand.call('/session', { method: 'DELETE', headers: { cookie } });
  assert.deepEqual([out.status, out.text], [204, '']);
  assert.match(cookieOf(out), /^millrace_session=; Path=\/; Max-Age=0;/);
  assert.equal((await as()).status, 401, 'the cookie is worth nothing now');

  const other = cookieOf(await signIn()).split(';')[0] ?? '';
  const later = (): Promise<Called> => stand.call('/keys', { headers: { cookie: other } });
  assert.equal((await later()).status, 200);
  stand.time.advance(12 * 3_600_000);
  assert.equal((await later()).status, 401, 'after twelve hours');
  for (const wrong of ['millrace_session=', 'millrace_session', 'millrace_session=x', ';;='])
    assert.equal((await stand.call('/keys', { headers: { cookie: wrong } })).status, 401, wrong);
});

test('a field that is wrong is named, with what is allowed, and never with its value', async () => {
  const key = { action: 'publish', streams: 'live/cam' };
  const relay = { direction: 'push', stream: 'live/cam', url: 'rtmp://h/a/b' };
  const tries: [method: string, path: string, body: unknown, field: string, error: RegExp][] = [
    ['GET', '/viewers?limit=0', undefined, 'limit', /must be 1 or more/],
    ['GET', '/viewers?limit=5000', undefined, 'limit', /must be at most 1000/],
    ['GET', '/viewers?limit=ten', undefined, 'limit', /must be a number|whole number/],
    ['GET', '/viewers?limit=1.5', undefined, 'limit', /whole number/],
    ['GET', '/viewers?limit=1&limit=2', undefined, 'limit', /given once/],
    ['GET', '/viewers?stream=nothing', undefined, 'stream', /app\/stream/],
    [
      'GET',
      '/viewers?nonsense=1',
      undefined,
      'nonsense',
      /allowed: stream, protocol, address, offset, limit/,
    ],
    ['GET', '/streams/live/%20/health', undefined, 'stream', /A-Z a-z 0-9/],
    ['GET', '/streams/%2e%2e/x/health', undefined, 'app', /not \. or \.\./],
    ['DELETE', '/recordings/live/cam/..%2f..%2fx', undefined, 'file', /A-Z a-z 0-9/],
    ['GET', '/streams/live/cam/history?since=-1', undefined, 'since', /0 or more/],
    ['GET', '/events?type=nonsense', undefined, 'type.0', /one of connect, disconnect, publish/],
    ['GET', '/events?stream=a/b/c', undefined, 'stream.0', /not a stream or a pattern/],
    ['POST', '/keys', {}, 'action', /is missing; it must be one of publish, play/],
    ['POST', '/keys', { ...key, action: 'fly' }, 'action', /must be one of publish, play/],
    ['POST', '/keys', { ...key, streams: 5 }, 'streams', /must be text/],
    ['POST', '/keys', { ...key, streams: '../x' }, 'streams', /may use/],
    ['POST', '/keys', { ...key, networks: 'all' }, 'networks', /must be a list/],
    ['POST', '/keys', { ...key, networks: ['a', 5] }, 'networks.1', /must be text/],
    ['POST', '/keys', { ...key, maxViewers: 0 }, 'maxViewers', /1 or more/],
    ['POST', '/keys', { ...key, expiresAt: 'tomorrow' }, 'expiresAt', /2030-01-31T12:00:00Z/],
    ['POST', '/keys', { ...key, secret: 'mine' }, 'secret', /allowed: label, action, streams/],
    ['POST', '/keys', JSON.parse('{"__proto__": {"action": "publish"}}'), 'action', /is missing/],
    ['POST', '/relays', { ...relay, url: 'http://user:hunter2@h/' }, 'url', /rtmp:\/\/ or rtmps:\/\//],
    ['POST', '/session', { token: 5 }, 'token', /must be text/],
    ['POST', '/session', {}, 'token', /is missing; it must be text/],
    ['POST', '/signatures', { action: 'play', stream: 'live/cam', seconds: 0 }, 'seconds', /1 or more/],
    ['POST', '/streams/live/cam/recording', { formats: [] }, 'formats', /1 or more entries/],
    ['POST', '/streams/live/cam/recording', { formats: ['avi'] }, 'formats.0', /one of mp4, flv/],
  ];
  for (const [method, path, body, field, expected] of tries) {
    const answer = await stand.operate(path, { method, body });
    const [status, error, named] = refusal(answer);
    assert.deepEqual([status, named], [400, field], `${method} ${path} ${JSON.stringify(body)}: ${error}`);
    assert.match(error, expected);
    assert.doesNotMatch(error, /hunter2|undefined|invalid|Invalid/, error);
  }
});

test('bodies: broken, too large, of another type, compressed, no object', async () => {
  const post = (body: unknown, headers: Record<string, string> = {}): Promise<Called> =>
    stand.operate('/keys', { method: 'POST', body, headers });
  assert.deepEqual(refusal(await post('{"action":'))[0], 400, 'broken JSON');
  assert.deepEqual(refusal(await post('5'))[0], 400);
  assert.deepEqual(refusal(await post('[]')).slice(0, 2), [400, 'the body must be a JSON object']);
  const large = refusal(await post({ label: 'x'.repeat(20_000) }));
  assert.deepEqual(large.slice(0, 2), [413, 'the body must have at most 16384 bytes']);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])
    assert.equal(refusal(await post('{}', { 'content-type': type }))[0], 415, type);
  assert.equal(refusal(await post('{}', { 'content-encoding': 'gzip' }))[0], 415);
  const withCharset = await post(
    { action: 'play', streams: 'live/*' },
    { 'content-type': 'application/json; charset=utf-8' },
  );
  assert.equal(withCharset.status, 201);
  const stream = await stand.operate('/reload', {
    method: 'POST',
    body: 'a=b',
    headers: { 'content-type': 'text/plain' },
  });
  assert.equal(refusal(stream)[0], 415, 'also where no body is wanted');
  assert.equal((await stand.operate('/reload', { method: 'POST' })).status, 200, 'no body at all is fine');
});

test('unknown paths are 404, other methods 405 with what is allowed, OPTIONS says the same', async () => {
  assert.deepEqual(refusal(await stand.call('/nothing')).slice(0, 2), [404, 'there is nothing here']);
  assert.equal(refusal(await stand.call('/streams/%/%'))[0], 400, 'a path that cannot be decoded');
  const allowed: [path: string, allow: string][] = [
    ['/streams', 'GET, HEAD, OPTIONS'],
    ['/keys', 'GET, HEAD, POST, OPTIONS'],
    ['/keys/x', 'DELETE, OPTIONS'],
    ['/session', 'GET, HEAD, POST, DELETE, OPTIONS'],
  ];
  for (const [path, allow] of allowed) {
    const wrong = await stand.call(path, { method: 'PUT' });
    assert.deepEqual([refusal(wrong)[0], wrong.headers['allow']], [405, allow], path);
    const options = await stand.call(path, { method: 'OPTIONS' });
    assert.deepEqual([options.status, options.headers['allow']], [204, allow], path);
  }
  const head = await stand.call('/streams', { method: 'HEAD' });
  assert.deepEqual([head.status, head.text], [200, '']);
});

test('what fails inside is 500 without a word about it, logged, and every refusal is counted', async () => {
  const { parts } = stand;
  const own = await new ApiStand({
    parts: {
      ...parts,
      reload: () => Promise.reject(new Error('the secret place is /etc/secret')),
    },
  }).start();
  const answer = await own.operate('/reload', { method: 'POST' });
  assert.deepEqual(refusal(answer).slice(0, 2), [500, 'the gateway failed to answer']);
  assert.ok(
    own.lines.some(({ level, text }) => level === 'error' && text === 'request failed'),
    'it is in the log',
  );
  await own.call('/keys');
  await own.call('/nothing');
  assert.deepEqual(own.refused, [500, 401, 404]);
  await own.stop();
});
