import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maskQuery } from '../../../src/observe/log.ts';

const cases = [
  ['/live/demo.flv', '/live/demo.flv'],
  ['/live/demo.flv?token=s3cret', '/live/demo.flv?token=***'],
  ['demo?a=1&b=&c=x=y', 'demo?a=***&b=***&c=***'],
  ['rtmp://host/live/demo?key=a/b?c#d', 'rtmp://host/live/demo?key=***'],
  ['?', '?'],
  ['', ''],
  ['a=b', 'a=b'],
] as const;
for (const [text, masked] of cases) test(`masks "${text}"`, () => assert.equal(maskQuery(text), masked));

test('no value of any parameter is left', () => {
  const value = fc.stringMatching(/^[A-Za-z0-9=/?#:;,.%+-]{1,12}$/);
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), (values) => {
      const url = `/live/demo?${values.map((one, index) => `p${index}=${one}`).join('&')}`;
      assert.equal(maskQuery(url), `/live/demo?${values.map((_, index) => `p${index}=***`).join('&')}`);
    }),
  );
});
