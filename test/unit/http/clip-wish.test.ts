import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clipWish, type ClipWish } from '../../../src/servers/http/clip-wish.ts';

const NOW = Date.UTC(2026, 5, 1, 12);
const wish = (query: string): ClipWish | string =>
  clipWish(new URLSearchParams(query), { now: NOW, longestSeconds: 600 });

test('the last seconds, 30 if nobody says', () => {
  assert.deepEqual(wish(''), { last: 30 });
  assert.deepEqual(wish('last=600'), { last: 600 });
  assert.deepEqual(wish('last=0.5'), { last: 0.5 });
});

test('from a date to another one or to now, in ISO 8601, seconds or milliseconds', () => {
  const from = NOW - 60_000;
  assert.deepEqual(wish('from=2026-06-01T11:59:00Z'), { from, to: NOW });
  assert.deepEqual(wish(`from=${from / 1000}&to=${NOW - 1}`), { from, to: NOW - 1 });
  assert.deepEqual(
    wish(`from=${NOW / 1000 - 600}`),
    { from: NOW - 600_000, to: NOW },
    'the longest there is',
  );
  assert.deepEqual(
    wish('from=2026-06-01T13:59:00.5+02:00'),
    { from: from + 500, to: NOW },
    'a plus is a space',
  );
});

test('a date without a zone is one of UTC', (context) => {
  const TZ = process.env['TZ'];
  process.env['TZ'] = 'America/St_Johns';
  context.after(() => {
    if (TZ === undefined) delete process.env['TZ'];
    else process.env['TZ'] = TZ;
  });
  assert.deepEqual(wish('from=2026-06-01T11:59:00'), { from: NOW - 60_000, to: NOW });
  assert.deepEqual(wish('from=2026-06-01T11:59:00.5&to=2026-06-01T11:59:30'), {
    from: NOW - 59_500,
    to: NOW - 30_000,
  });
});

test('everything else is refused in words', () => {
  const refused: Readonly<Record<string, RegExp>> = {
    'last=': /^last is a number/,
    'last=0': /^last is a number/,
    'last=-3': /^last is a number/,
    'last=Infinity': /^last is a number/,
    'last=NaN': /^last is a number/,
    'last=600.001': /600 seconds/,
    'last=5&from=1': /do not go together/,
    'to=5': /goes together with from/,
    'from=': /are dates/,
    'from=yesterday': /are dates/,
    'from=-5': /are dates/,
    'from=1e9': /are dates/,
    'from=June 1': /are dates/,
    'from=2026-06-01T11:59:00Z&to=': /are dates/,
    [`from=${'9'.repeat(400)}`]: /are dates/,
    'from=2026-06-01T12:00:00Z': /in the future/,
    'from=2026-06-01T11:00:00Z&to=2026-06-01T10:00:00Z': /not later/,
    'from=2026-06-01T11:00:00Z': /600 seconds/,
    'from=0': /600 seconds/,
  };
  for (const [query, why] of Object.entries(refused))
    assert.match(JSON.stringify(wish(query)).slice(1), why, query);
});
