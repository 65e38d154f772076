import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AskedVisit } from '../../../src/hooks/decision.ts';
import { PostError, type PostAnswer, type PostRequest } from '../../../src/hooks/http-post.ts';
import { HookJudge } from '../../../src/hooks/judge.ts';
import { HookTarget, type TargetSettings } from '../../../src/hooks/target.ts';
import { isSignedBy } from '../../support/hook-receiver.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { nameOf } from '../../support/stage.ts';

const target = (more: Partial<TargetSettings> = {}): TargetSettings => ({
  url: 'http://a.example/hook',
  events: ['connect', 'publish', 'play'],
  streams: '*',
  format: 'json',
  decides: true,
  secret: '',
  timeoutMs: 3_000,
  onFailure: 'deny',
  ...more,
});

const visit: AskedVisit = {
  id: 'v-1',
  action: 'publish',
  protocol: 'rtmp',
  name: nameOf('live/cam'),
  query: 'key=s3cret&key=2&a=b%20c',
  address: '10.1.2.3',
  program: 'obs',
  tcUrl: 'rtmp://x/live',
  connection: 17,
};
const caller = { address: '10.1.2.3', app: 'live', query: '', tcUrl: 'rtmp://x/live', program: 'obs' };

type Reply = Partial<PostAnswer> | Error;

/** A judge whose targets answer by host what the test says; all that is asked is kept. */
function bench(targets: readonly TargetSettings[], answers: Readonly<Record<string, Reply>> = {}) {
  const asked: PostRequest[] = [];
  const { log, lines } = recordingLog();
  const time = { now: 1_700_000_000_000 };
  const judge = new HookJudge({
    targets: () => targets.map((one) => new HookTarget(one)),
    post: (request) => {
      asked.push(request);
      const answer = answers[new URL(request.url).hostname] ?? {};
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve({ status: 200, location: undefined, contentType: '', body: '', ...answer });
    },
    clock: () => time.now,
    run: 'run',
    ownPort: () => 1935,
    log,
  });
  return { judge, asked, lines, time };
}

test('asks with what the visitor sent, signed, and allows', async () => {
  const { judge, asked } = bench([target({ secret: 'geheim' })]);
  assert.deepEqual(await judge.decide(visit), { allowed: true }, 'decision');
  const [request] = asked;
  assert.deepEqual(
    JSON.parse(request?.body ?? ''),
    {
      type: 'publish',
      decide: true,
      id: 'run-q1',
      at: '2023-11-14T22:13:20.000Z',
      visit: 'v-1',
      stream: 'live/cam',
      app: 'live',
      name: 'cam',
      protocol: 'rtmp',
      address: '10.1.2.3',
      program: 'obs',
      query: 'key=s3cret&key=2&a=b%20c',
      args: { key: 's3cret', a: 'b c' },
      tcUrl: 'rtmp://x/live',
    },
    'body',
  );
  const header = request?.headers['X-Millrace-Signature'] ?? '';
  assert.ok(isSignedBy('geheim', header, request?.body ?? ''), 'signature');
  assert.equal(request?.timeoutMs, 3_000, 'time-out');
});

test('a back end of nginx-rtmp is asked with its form at the address of the call', async () => {
  const { judge, asked } = bench([target({ format: 'nginx-rtmp', url: 'http://a.example/on_{event}' })]);
  await judge.decide(visit);
  await judge.decide({ ...visit, action: 'play', protocol: 'http-flv', connection: undefined });
  await judge.connect({ ...caller, connection: 17 });
  assert.deepEqual(
    asked.map(({ url }) => url),
    ['http://a.example/on_publish', 'http://a.example/on_play', 'http://a.example/on_connect'],
    'addresses',
  );
  const [publish, play] = asked.map(({ body }) => new URLSearchParams(body));
  assert.deepEqual(
    ['call', 'app', 'name', 'clientid', 'addr', 'key'].map((field) => publish?.get(field)),
    ['publish', 'live', 'cam', '17', '10.1.2.3', 's3cret'],
    'fields',
  );
  assert.ok(Number(play?.get('clientid')) >= 1_000_000_000, 'a viewer over HTTP has a number of its own');
  assert.equal(asked[0]?.headers['Content-Type'], 'application/x-www-form-urlencoded', 'type');
});

test('all must allow, in order; the first who does not has the last word', async () => {
  const targets = ['a', 'b', 'c'].map((name) => target({ url: `http://${name}.example/` }));
  const answers = { 'b.example': { status: 403, body: 'not you' } };
  const { judge, asked } = bench(targets, answers);
  assert.deepEqual(await judge.decide(visit), { allowed: false, reason: 'not you' }, 'decision');
  assert.deepEqual(
    asked.map(({ url }) => url),
    ['http://a.example/', 'http://b.example/'],
    'asked',
  );
  const counts = targets.map(({ url }) => judge.counts.get(url));
  assert.deepEqual(
    counts,
    [{ allowed: 1, denied: 0, failed: 0 }, { allowed: 0, denied: 1, failed: 0 }, undefined],
    'counts',
  );
});

test('who renames does so for those after it, and for their patterns', async () => {
  const targets = [
    target(),
    target({ url: 'http://b.example/', streams: 'studio/*' }),
    target({ url: 'http://c.example/', streams: 'live/*' }),
  ];
  const { judge, asked } = bench(targets, { 'a.example': { body: '{"stream":"studio/one"}' } });
  const decision = await judge.decide(visit);
  assert.deepEqual(decision, { allowed: true, name: nameOf('studio/one') }, 'decision');
  assert.equal(asked.length, 2, 'asked');
  assert.equal((JSON.parse(asked[1]?.body ?? '') as { stream: string }).stream, 'studio/one', 'second');
});

test('who does not decide, or is not for this stream or event, is not asked', async () => {
  const { judge, asked } = bench([
    target({ decides: false }),
    target({ streams: 'studio/*' }),
    target({ events: ['play', 'unpublish'] }),
  ]);
  assert.equal(judge.isAsked('publish', visit.name), false, 'publish');
  assert.equal(judge.isAsked('play', visit.name), true, 'play');
  assert.equal(judge.isAsked('publish', nameOf('studio/a')), true, 'another application');
  assert.equal(judge.isAskedToConnect('live'), false, 'connect to live');
  assert.equal(judge.isAskedToConnect('studio'), true, 'connect to studio');
  assert.deepEqual(await judge.decide(visit), { allowed: true }, 'decision');
  assert.equal(asked.length, 0, 'asked');
});

test('without an answer the setting decides, the visitor is told, and so is the operator, now and then', async () => {
  const failure = new PostError('does not answer within 3 s');
  for (const onFailure of ['deny', 'allow'] as const) {
    const { judge, lines, time } = bench([target({ onFailure, url: 'http://a.example/hook?token=abc' })], {
      'a.example': failure,
    });
    const expected =
      onFailure === 'allow'
        ? { allowed: true }
        : { allowed: false, reason: 'the server that decides does not answer within 3 s; try again later' };
    for (let round = 0; round < 50; round++) assert.deepEqual(await judge.decide(visit), expected, onFailure);
    time.now += 60_000;
    await judge.decide(visit);
    assert.deepEqual(
      lines.map(({ level, text }) => [level, text]),
      [
        [
          'warn',
          `http://a.example/hook?token=*** does not answer within 3 s: publish is ${onFailure === 'allow' ? 'allowed' : 'denied'} (onFailure: ${onFailure})`,
        ],
        [
          'warn',
          `http://a.example/hook?token=*** does not answer within 3 s: publish is ${onFailure === 'allow' ? 'allowed' : 'denied'} (onFailure: ${onFailure}); 49 more like this`,
        ],
      ],
      onFailure,
    );
  }
});

test('rubbish counts as no answer', async () => {
  const { judge } = bench([target()], { 'a.example': { body: '<html>' } });
  const decision = await judge.decide(visit);
  assert.ok(!decision.allowed && /no JSON object/.test(decision.reason), JSON.stringify(decision));
  assert.equal(judge.counts.get('http://a.example/hook')?.failed, 1, 'failed');
});

test('connect is allowed and denied; a redirect carries its address', async () => {
  const { judge } = bench([target()], { 'a.example': { body: '{"redirect":"rtmp://b.example/live"}' } });
  assert.deepEqual(
    await judge.connect(caller),
    { allowed: false, reason: 'this stream is elsewhere', redirect: 'rtmp://b.example/live' },
    'redirect',
  );
});

test('a visitor who has gone is not asked about any more, and nobody is blamed', async () => {
  const controller = new AbortController();
  const gone = new PostError('is not asked any more');
  const targets = [target(), target({ url: 'http://b.example/' })];
  const { judge, asked, lines } = bench(targets, { 'a.example': gone });
  controller.abort();
  const decision = await judge.decide(visit, controller.signal);
  assert.equal(decision.allowed, false, 'decision');
  assert.deepEqual([asked.length, lines.length], [0, 0], 'asked and logged');
});
