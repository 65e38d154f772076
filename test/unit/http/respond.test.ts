import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptsGzip, matchesEtag, parseRange } from '../../../src/servers/http/respond.ts';

const SIZE = 100;
const ranges = [
  ['bytes=0-0', { first: 0, last: 0 }],
  ['bytes=0-99', { first: 0, last: 99 }],
  ['bytes=10-', { first: 10, last: 99 }],
  ['bytes=99-', { first: 99, last: 99 }],
  ['bytes=50-1000', { first: 50, last: 99 }],
  ['bytes=-1', { first: 99, last: 99 }],
  ['bytes=-100', { first: 0, last: 99 }],
  ['bytes=-1000', { first: 0, last: 99 }],
  [' bytes=5-6 ', { first: 5, last: 6 }],
  [`bytes=0-${'9'.repeat(400)}`, { first: 0, last: 99 }],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=100-200', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  [`bytes=${'9'.repeat(400)}-`, 'unsatisfiable'],
  [undefined, undefined],
  ['', undefined],
  ['bytes=', undefined],
  ['bytes=-', undefined],
  ['bytes=5-4', undefined],
  ['bytes=0-1,5-6', undefined],
  ['bytes=a-b', undefined],
  ['bytes=0x1-5', undefined],
  ['bytes=1.5-2', undefined],
  ['bytes=--5', undefined],
  ['items=0-5', undefined],
] as const;
for (const [header, range] of ranges)
  test(`Range: ${header?.slice(0, 30) ?? '(none)'}`, () => assert.deepEqual(parseRange(header, SIZE), range));

test('nothing of an empty resource can be had', () => {
  for (const header of ['bytes=0-', 'bytes=0-0', 'bytes=-5'])
    assert.equal(parseRange(header, 0), 'unsatisfiable', header);
});

test('gzip is sent to who takes it', () => {
  const yes = ['gzip', 'GZIP', 'deflate, gzip;q=0.5', 'x-gzip', '*', 'br , gzip ; q=1', 'gzip;q=0.001'];
  const no = [
    undefined,
    '',
    'identity',
    'br',
    'gzip;q=0',
    'gzip;q=0.000',
    'gzip; q=0',
    '*;q=0',
    'gzip;q=0, *',
    'gzippy',
  ];
  for (const header of yes) assert.equal(acceptsGzip(header), true, header);
  for (const header of no) assert.equal(acceptsGzip(header), false, header);
});

test('If-None-Match compares weakly (RFC 9110 §13.1.2)', () => {
  const yes = ['"a"', 'W/"a"', '"x", "a"', '"x",W/"a"', '*', ' "a" '];
  const no = [undefined, '', 'a', '"b"', '"a', '"A"', '"a-gzip"'];
  for (const header of yes) assert.equal(matchesEtag(header, '"a"'), true, header);
  for (const header of no) assert.equal(matchesEtag(header, '"a"'), false, header);
});
