import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  hlsAsk,
  MediaPaths,
  parseMediaPath,
  parseQuery,
  startsAtLastKeyFrame,
  waitMs,
} from '../../../src/servers/http/media-url.ts';
import { nameOf } from '../../support/stage.ts';

const name = nameOf('live/demo');

const paths = [
  ['/live/demo.flv', { kind: 'flv', name }],
  ['/live/demo.m3u8', { kind: 'multivariant', name }],
  ['/live/demo/media.m3u8', { kind: 'media playlist', name, file: 'media.m3u8' }],
  ['/live/demo/media-ts.m3u8', { kind: 'media playlist', name, file: 'media-ts.m3u8' }],
  ['/live/demo/video1.m3u8', { kind: 'media playlist', name, file: 'video1.m3u8' }],
  ['/live/demo/audio255-ts.m3u8', { kind: 'media playlist', name, file: 'audio255-ts.m3u8' }],
  ['/live/demo/7.m4s', { kind: 'segment', name, file: '7.m4s' }],
  ['/live/demo/7.2.m4s', { kind: 'segment', name, file: '7.2.m4s' }],
  ['/live/demo/video1-7.2.m4s', { kind: 'segment', name, file: 'video1-7.2.m4s' }],
  ['/live/demo/init-3.mp4', { kind: 'segment', name, file: 'init-3.mp4' }],
  ['/live/demo/audio2-init-3.mp4', { kind: 'segment', name, file: 'audio2-init-3.mp4' }],
  ['/live/demo/7-abc.ts', { kind: 'segment', name, file: '7-abc.ts' }],
  ['/live/de.mo.flv', { kind: 'flv', name: nameOf('live/de.mo') }],
  ['/live/demo.flv.m3u8', { kind: 'multivariant', name: nameOf('live/demo.flv') }],
  [
    '/live/demo.flv/media.m3u8',
    { kind: 'media playlist', name: nameOf('live/demo.flv'), file: 'media.m3u8' },
  ],
] as const;
for (const [path, target] of paths) test(path, () => assert.deepEqual(parseMediaPath(path), target));

const others = [
  '/',
  '',
  '/live',
  '/live/demo',
  '/live/demo/',
  '/live/demoflv',
  '/live/demo.FLV',
  '/live/demo.flv/',
  '/live/demo/other.m3u8',
  '/live/demo/video0.m3u8',
  '/live/demo/video1000.m3u8',
  '/live/demo/media-ts-ts.m3u8',
  '/live/demo/init-x.mp4',
  '/live/demo/index.html',
  '/live/a/b/c.ts',
  'live/demo.flv',
  '/api/v1.flv',
  '/watch/live/demo.ts',
  '/assets/x.flv',
  '/metrics/x.m3u8',
  '/healthz/x.flv',
];
for (const path of others) test(`not media: "${path}"`, () => assert.equal(parseMediaPath(path), undefined));

const refused = [
  '/live/.flv',
  '/live/..flv',
  '/live/...flv',
  '//demo.flv',
  '/../demo.flv',
  '/live/%2e%2e.flv',
  '/live/../media.m3u8',
  '/live//media.m3u8',
  '/li ve/demo.m3u8',
  '/live/%2e%2e/7.ts',
  `/live/${'x'.repeat(129)}.flv`,
];
for (const path of refused) {
  test(`refused: "${path.slice(0, 40)}"`, () => {
    const target = parseMediaPath(path);
    assert.ok(target?.kind === 'refused' && target.reason.length > 10);
  });
}

test('whatever the path, nothing throws and no name gets through that could leave its folder', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('/.%2eab\\ts.flvm3u8')) }), (text) => {
      const target = parseMediaPath(`/${text}`);
      if (target && target.kind !== 'refused') assert.match(target.name.path, /^[\w.~-]+\/[\w.~-]+$/);
    }),
  );
});

test('?wait: seconds, at least none, at most a minute; what is no number is none', () => {
  const wait = (query: string): number => waitMs(new URLSearchParams(query));
  const cases = { '': 0, 'wait=5': 5000, 'wait=0.5': 500, 'wait=60': 60_000, 'wait=61': 60_000 };
  for (const [query, ms] of Object.entries(cases)) assert.equal(wait(query), ms, query);
  for (const bad of ['wait=', 'wait=-1', 'wait=x', 'wait=Infinity', 'wait=NaN', 'wait=1e999'])
    assert.equal(wait(bad), 0, bad);
});

test('?gop=0 alone starts at the next key frame', () => {
  const starts = (query: string): boolean => startsAtLastKeyFrame(new URLSearchParams(query));
  assert.deepEqual(['', 'gop=1', 'gop=', 'wait=0', 'gop=0', 'wait=1&gop=0'].map(starts), [
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('remembered paths are read as others are, also after more than can be remembered', () => {
  const paths = new MediaPaths();
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 300; index++) {
      for (const path of [
        `/live/cam${index}/media.m3u8`,
        `/live/cam${index}.m3u8`,
        `/live/cam${index}/1.ts`,
        `/x${index}`,
      ])
        assert.deepEqual(paths.parse(path), parseMediaPath(path), path);
    }
  }
});

test('?container: its names, and no others; ?dvr=0 alone is without the past', () => {
  const ask = (query: string) => hlsAsk(new URLSearchParams(query));
  assert.deepEqual(['', 'dvr=1', 'dvr=0', 'container=ts', 'container=cmaf&dvr=0'].map(ask), [
    { dvr: true },
    { dvr: true },
    { dvr: false },
    { dvr: true, container: 'ts' },
    { dvr: false, container: 'fmp4' },
  ]);
  for (const other of ['', 'TS', 'webm', '__proto__', 'toString'])
    assert.equal(typeof ask(`container=${other}`), 'string', other);
});

test('a query is read only where there is one', () => {
  assert.equal(parseQuery('').get('wait'), null);
  assert.equal(parseQuery('session=a&wait=2').get('session'), 'a');
});
