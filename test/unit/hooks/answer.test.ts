import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDecision, type AnswerContext } from '../../../src/hooks/answer.ts';
import type { PostAnswer } from '../../../src/hooks/http-post.ts';
import { nameOf } from '../../support/stage.ts';

const context: AnswerContext = { format: 'json', name: nameOf('live/key'), isRtmp: true, ownPort: 1935 };
const answer = (status: number, body = '', more: Partial<PostAnswer> = {}): PostAnswer => ({
  status,
  body,
  location: undefined,
  contentType: '',
  ...more,
});

/** In one line: what a visitor would get. */
function outcome(given: PostAnswer, more: Partial<AnswerContext> = {}): string {
  const said = readDecision(given, { ...context, ...more });
  if ('failed' in said) return `failed: ${said.failed}`;
  if (said.allowed) return said.name ? `to ${said.name.path}` : 'allowed';
  return said.redirect === undefined ? `denied: ${said.reason}` : `elsewhere: ${said.redirect}`;
}

const nginx = { format: 'nginx-rtmp' } as const;
const DENIED = 'denied: refused by the operator';

test('JSON: a 2xx allows, and its body may deny, rename or redirect', () => {
  const bodies: [body: string, expected: string][] = [
    ['', 'allowed'],
    [' \n', 'allowed'],
    ['{}', 'allowed'],
    ['{"allow":true}', 'allowed'],
    ['{"allow":false}', DENIED],
    ['{"allow":false,"reason":"Not on air yet"}', 'denied: Not on air yet'],
    ['{"allow":false,"reason":7}', DENIED],
    ['{"allow":false,"stream":"live/other"}', DENIED],
    ['{"stream":"live/other"}', 'to live/other'],
    ['{"stream":"other"}', 'to live/other'],
    ['{"stream":null,"redirect":null}', 'allowed'],
    ['{"redirect":"rtmp://b.example/live/x?k=1"}', 'elsewhere: rtmp://b.example/live/x?k=1'],
  ];
  for (const [body, expected] of bodies) assert.equal(outcome(answer(200, body)), expected, body);
  assert.equal(outcome(answer(204)), 'allowed', '204');
});

test('JSON: rubbish is no decision, and says what is wrong with it', () => {
  const bodies: [body: string, expected: RegExp][] = [
    ['OK', /^failed: answers with 200 and something that is no JSON object$/],
    ['[]', /no JSON object/],
    ['null', /no JSON object/],
    ['{"allow":', /no JSON object/],
    ['<html>', /no JSON object/],
    ['{"allow":"false"}', /^failed: .*neither true nor false/],
    ['{"stream":5}', /^failed: .*no text/],
    ['{"stream":"a/b/c"}', /^failed: .*APP\/STREAM/],
    ['{"stream":"live/../x"}', /^failed: /],
    ['{"stream":"api/x"}', /^failed: .*reserved/],
    ['{"stream":""}', /^failed: .*empty/],
    ['{"redirect":"http://web.example/"}', /^failed: .*where RTMP cannot go/],
    ['{"redirect":"rtmp://x/\\r\\ny"}', /^failed: .*no URL/],
    [`{"redirect":"rtmp://x/${'y'.repeat(3000)}"}`, /^failed: .*no URL/],
  ];
  for (const [body, expected] of bodies) assert.match(outcome(answer(200, body)), expected, body);
  for (const status of [400, 418, 429, 500, 502, 100])
    assert.equal(outcome(answer(status)), `failed: answers with ${status}`, String(status));
});

test('401, 403 and 404 deny with the reason from the body, but never with a page', () => {
  const said = '{"reason":"Key\\nexpired\\u0000"}';
  assert.equal(outcome(answer(403, said)), 'denied: Key expired', 'JSON');
  assert.equal(outcome(answer(401, '{"message":"Who are you?"}')), 'denied: Who are you?', 'message');
  assert.equal(outcome(answer(404, 'no such stream\n')), 'denied: no such stream', 'text');
  assert.equal(outcome(answer(403, '<h1>Forbidden</h1>')), DENIED, 'HTML');
  assert.equal(outcome(answer(403, 'Forbidden', { contentType: 'text/html' })), DENIED, 'called HTML');
  assert.equal(outcome(answer(403, 'x'.repeat(999))).length, 'denied: '.length + 200, 'cut');
});

test('a 3xx leads elsewhere as with nginx-rtmp: a name renames, an address redirects', () => {
  const to = (location: string, more: Partial<AnswerContext> = {}): string =>
    outcome(answer(302, '', { location }), { ...nginx, ...more });
  assert.equal(to('cam'), 'to live/cam', 'a name');
  assert.equal(to('other/cam'), 'to other/cam', 'a path');
  assert.equal(to('cam?x=1'), 'to live/cam', 'a name with parameters');
  assert.equal(to('rtmp://b.example/live/cam'), 'elsewhere: rtmp://b.example/live/cam', 'another server');
  assert.equal(to('rtmp://127.0.0.1/hls/cam'), 'to hls/cam', 'this gateway');
  assert.equal(to('rtmp://localhost:1935/hls/cam'), 'to hls/cam', 'this gateway with its port');
  assert.equal(
    to('rtmp://127.0.0.1:1936/hls/cam'),
    'elsewhere: rtmp://127.0.0.1:1936/hls/cam',
    'a neighbour',
  );
  assert.match(to('http://b.example/x'), /^failed: .*where RTMP cannot go/, 'the web, for RTMP');
  const http = { isRtmp: false };
  assert.equal(to('https://b.example/x.m3u8', http), 'elsewhere: https://b.example/x.m3u8', 'the web');
  assert.equal(to('/live/other.m3u8', http), 'elsewhere: /live/other.m3u8', 'a path of this server');
  assert.match(to('//evil.example/x', http), /^failed/, 'another server that looks like a path');
  assert.match(to('rtmp://b.example/live/cam', http), /^failed: .*where HTTP cannot go/, 'RTMP, for the web');
});

test('nginx-rtmp: bodies mean nothing, every 4xx denies, a 3xx without Location allows', () => {
  assert.equal(outcome(answer(200, '{"allow":false}'), nginx), 'allowed', 'body');
  assert.equal(outcome(answer(200, 'OK'), nginx), 'allowed', 'text');
  for (const status of [400, 403, 429]) assert.equal(outcome(answer(status), nginx), DENIED, String(status));
  assert.equal(outcome(answer(302), nginx), 'allowed', '302 without Location');
  assert.equal(outcome(answer(500), nginx), 'failed: answers with 500', '500');
  assert.match(outcome(answer(302)), /^failed: .*without Location/, 'JSON');
});

test('connect can be allowed and denied, not renamed', () => {
  const asked = { name: undefined };
  assert.equal(outcome(answer(200, '{}'), asked), 'allowed', '2xx');
  assert.match(
    outcome(answer(302, '', { location: 'x' }), { ...nginx, ...asked }),
    /^failed: .*connect/,
    '3xx',
  );
});
