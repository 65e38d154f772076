import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hideKeys, kindOfKey } from '../../../src/media/key-shape.ts';
import { streamName, type StreamName } from '../../../src/media/stream-name.ts';
import { streamPattern, type StreamPattern } from '../../../src/media/stream-pattern.ts';

function pattern(text: string): StreamPattern {
  const read = streamPattern(text);
  if ('refused' in read) throw new Error(`${text}: ${read.refused}`);
  return read;
}

function name(path: string): StreamName {
  const [app = '', stream = ''] = path.split('/');
  const read = streamName(app, stream);
  if ('refused' in read) throw new Error(`${path}: ${read.refused}`);
  return read;
}

const CASES = [
  ['live/cam', ['live/cam'], ['live/cam2', 'live/ca', 'live2/cam']],
  ['live/*', ['live/cam', 'live/x'], ['live2/cam', 'liv/cam']],
  ['live/cam-*', ['live/cam-', 'live/cam-1'], ['live/cam', 'live/xcam-1']],
  ['*/cam', ['live/cam', 'x/cam'], ['live/cam2']],
  ['live/*-low-*', ['live/a-low-b', 'live/-low-', 'live/-low--low-'], ['live/a-low', 'live/low']],
  ['*', ['live/cam', 'x/y'], []],
  ['*/*', ['live/cam', 'x/y'], []],
] as const;
for (const [text, yes, no] of CASES) {
  test(`"${text}" means what it says`, () => {
    for (const path of yes) assert.ok(pattern(text).matches(name(path)), `${path} is meant`);
    for (const path of no) assert.ok(!pattern(text).matches(name(path)), `${path} is not meant`);
  });
}

test('only a pattern without a star means one stream', () => {
  assert.equal(pattern('live/cam').only?.path, 'live/cam');
  for (const text of ['live/*', '*', 'l*/cam']) assert.equal(pattern(text).only, undefined, text);
});

for (const text of [
  '',
  'live',
  'live/',
  '/cam',
  'live/a/b',
  'live/a b',
  'live/../x',
  'api/cam',
  'live/**/x',
  '**',
  'live/ü*',
  `live/${'a'.repeat(129)}`,
])
  test(`"${text.slice(0, 20)}" is no pattern`, () =>
    assert.ok('refused' in streamPattern(text), 'it is refused'));

const letters = fc.stringMatching(/^[ab*]{1,12}$/);
test('a star stands for any characters, as in a regular expression', () => {
  fc.assert(
    fc.property(letters, fc.stringMatching(/^[ab]{1,12}$/), (stars, stream) => {
      const expected = new RegExp(`^${stars.replaceAll('*', '.*')}$`).test(stream);
      assert.equal(
        pattern(`live/${stars}`).matches(name(`live/${stream}`)),
        expected,
        `${stars} on ${stream}`,
      );
    }),
    { numRuns: 2_000 },
  );
});

test('a pattern of many stars takes no more time than any other', () => {
  const evil = pattern(`live/${'*a'.repeat(60)}*b`);
  const started = process.cpuUsage().user;
  for (let round = 0; round < 100; round++)
    assert.ok(!evil.matches(name(`live/${'a'.repeat(128)}`)), 'no match');
  assert.ok(process.cpuUsage().user - started < 1_000_000, 'a hundred times in far less than a second');
});

test('keys are known by their looks and hidden wherever they stand', () => {
  assert.deepEqual(['pk_x', 'vk_x', 'cam', 'xpk_', 'PK_x'].map(kindOfKey), [
    'publish',
    'play',
    undefined,
    undefined,
    undefined,
  ]);
  assert.equal(hideKeys('live/pk_abc234'), 'live/pk_***');
  assert.equal(hideKeys('rtmp://h/live/vk_a.b-c~d?x=pk_q&y'), 'rtmp://h/live/vk_***?x=pk_***&y');
  assert.equal(hideKeys('live/back_pk'), 'live/back_pk');
  assert.equal(hideKeys('live/backpk_1'), 'live/backpk_1');
});
