import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import type { VideoFrame } from '../../../src/media/frame.ts';
import { ApiRefusal } from '../../../src/servers/http/api/parts.ts';
import { ClientAddresses } from '../../../src/servers/http/client-address.ts';
import { PosterRoute } from '../../../src/servers/http/poster-route.ts';
import { httpStand } from '../../support/http-stand.ts';
import { key } from '../../support/media.ts';
import { TestGate } from '../../support/test-gate.ts';

/** Streams by path: their newest key frame, or null for one without a picture. */
const streams = new Map<string, VideoFrame | null>();
let gate = new TestGate();
let isOperator = false;
let route: PosterRoute;

const stand = await httpStand((request, response) => {
  const [, app = '', stream = ''] = (request.url ?? '').split('?')[0]!.split('/');
  const caller = { isOperator, by: undefined, isStillWelcome: () => true };
  route.send({ app, stream, caller, request, response }).catch((error: unknown) => {
    if (!(error instanceof ApiRefusal)) throw error;
    response.writeHead(error.status).end(error.message);
  });
});
after(() => stand.close());
beforeEach(() => {
  gate = new TestGate();
  isOperator = false;
  streams.clear();
  streams.set('live/cam', key(0));
  route = new PosterRoute({ gate, clients: new ClientAddresses(), keyFrame: (path) => streams.get(path) });
});

const isMovie = (body: Buffer): boolean => body.subarray(4, 8).toString('latin1') === 'ftyp';

test('a stream that everybody may watch shows its newest key frame as a movie, without a visit', async () => {
  const first = await stand.ask('/live/cam');
  assert.deepEqual([first.status, first.headers['content-type']], [200, 'video/mp4']);
  assert.ok(isMovie(first.body), 'it begins like a movie');
  assert.equal(first.headers['cache-control'], 'public, max-age=5');
  assert.equal(gate.visits.length, 0, 'nobody is asked');
  const again = await stand.ask('/live/cam', { headers: { 'if-none-match': String(first.headers.etag) } });
  assert.deepEqual([again.status, again.body.length], [304, 0]);
});

test('it is made once for a key frame, and anew for the next', async () => {
  const one = await stand.ask('/live/cam');
  assert.equal((await stand.ask('/live/cam')).headers.etag, one.headers.etag);
  streams.set('live/cam', { ...key(2000), payload: Buffer.from('0000000465888455', 'hex') });
  assert.notEqual((await stand.ask('/live/cam')).headers.etag, one.headers.etag);
});

test('ranges are answered, as Safari wants it, and HEAD has no body', async () => {
  const whole = await stand.ask('/live/cam');
  const two = await stand.ask('/live/cam', { headers: { range: 'bytes=0-1' } });
  assert.deepEqual([two.status, two.body.length], [206, 2]);
  assert.equal(two.headers['content-range'], `bytes 0-1/${whole.body.length}`);
  const none = await stand.ask('/live/cam', { headers: { range: `bytes=${whole.body.length}-` } });
  assert.equal(none.status, 416);
  const head = await stand.ask('/live/cam', { method: 'HEAD' });
  assert.deepEqual([head.status, head.body.length], [200, 0]);
  assert.equal(head.headers['content-length'], String(whole.body.length));
});

test('a stream that is not there, has no picture, or cannot be called so is 404 with a sentence', async () => {
  streams.set('live/radio', null);
  for (const [path, sentence] of [
    ['/live/none', /no stream "live\/none" is being published/],
    ['/live/radio', /"live\/radio" has no picture/],
    ['/live/a%00b', /may use/],
    ['/api/cam', /reserved/],
  ] as const) {
    const answer = await stand.ask(path);
    assert.equal(answer.status, 404, path);
    assert.match(answer.body.toString(), sentence, path);
  }
});

test('where not everybody may watch, who only looks at a list is refused without asking anybody', async () => {
  gate.open = false;
  const answer = await stand.ask('/live/cam');
  assert.equal(answer.status, 403);
  assert.equal(gate.visits.length, 0, 'no back end hears of it');
  isOperator = true;
  const own = await stand.ask('/live/cam');
  assert.deepEqual([own.status, own.headers['cache-control']], [200, 'private, max-age=5']);
});

test('who shows a key is judged like a viewer, led where it leads, and stays no longer than that', async () => {
  gate.open = false;
  streams.set('live/other', { ...key(0), payload: Buffer.from('0000000465888455', 'hex') });
  gate.verdict = (visit) =>
    visit.query === 'key=good'
      ? { app: 'live', stream: 'other', path: 'live/other' }
      : { reason: 'this stream key is not known', missing: visit.query === '' };
  const good = await stand.ask('/live/cam?key=good');
  assert.ok(good.status === 200 && isMovie(good.body), 'let in');
  isOperator = true;
  assert.equal(
    good.headers.etag,
    (await stand.ask('/live/other')).headers.etag,
    'the picture of where it leads',
  );
  isOperator = false;
  assert.equal(good.headers['cache-control'], 'private, max-age=5');
  assert.equal(gate.passes[0]?.ended, 'asked for a poster');
  const bad = await stand.ask('/live/cam?key=bad');
  assert.deepEqual([bad.status, bad.body.toString()], [403, 'this stream key is not known']);
});

test('who goes away while the gate thinks is forgotten', async () => {
  gate.open = false;
  gate.verdict = () => new Promise(() => undefined);
  await stand.hangUp('/live/cam?key=slow');
  assert.equal(gate.givenUp.length, 1);
});
