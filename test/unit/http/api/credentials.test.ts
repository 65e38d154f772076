import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Debts, WRONG_TOKENS } from '../../../../src/servers/http/api/debts.ts';
import { Sessions } from '../../../../src/servers/http/api/sessions.ts';
import { FakeTime } from '../../../support/fake-time.ts';

test('ten wrong tokens at once, then one every six seconds, by address', () => {
  const time = new FakeTime();
  const failures = new Debts(time.now, WRONG_TOKENS);
  for (let count = 0; count < 10; count++) {
    assert.equal(failures.wait('192.0.2.1'), 0, `${count} before`);
    failures.count('192.0.2.1');
  }
  assert.equal(failures.wait('192.0.2.1'), 6);
  assert.equal(failures.wait('::ffff:192.0.2.1'), 6, 'the same in other words');
  assert.equal(failures.wait('192.0.2.2'), 0);
  time.advance(5_999);
  assert.equal(failures.wait('192.0.2.1'), 1);
  time.advance(1);
  assert.equal(failures.wait('192.0.2.1'), 0);
  failures.count('192.0.2.1');
  assert.equal(failures.wait('192.0.2.1'), 6);
  time.advance(60_000);
  assert.equal(failures.wait('192.0.2.1'), 0, 'all is forgiven');
});

test('a network of IPv6 is one address, and only so many are remembered', () => {
  const time = new FakeTime();
  const failures = new Debts(time.now, WRONG_TOKENS);
  for (let host = 1; host <= 10; host++) failures.count(`2001:db8::${host}`);
  assert.ok(failures.wait('2001:db8::99') > 0);
  for (let count = 0; count < 12_000; count++)
    failures.count(`10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`);
  assert.equal(failures.size, 10_000);
  assert.equal(failures.wait('2001:db8::99'), 0, 'the oldest had to make room');
});

test('only so many browsers are signed in, and the oldest is signed out for one more', () => {
  const time = new FakeTime();
  const sessions = new Sessions(time.now);
  const cookies = Array.from({ length: 101 }, () => sessions.begin(false).split(';')[0]!);
  assert.equal(new Set(cookies).size, 101);
  assert.deepEqual(
    [sessions.size, sessions.isIn(cookies[0]), sessions.isIn(cookies[100])],
    [100, false, true],
  );
  assert.equal(
    sessions.isIn(`a=b; millrace_session=stale; ${cookies[50]!}`),
    true,
    'whichever of the name is good',
  );
  time.advance(12 * 3_600_000 - 1);
  assert.equal(sessions.isIn(cookies[50]), true);
  time.advance(1);
  assert.equal(sessions.isIn(cookies[50]), false);
  sessions.begin(false);
  assert.equal(sessions.size, 1, 'those that are over are forgotten');
});
