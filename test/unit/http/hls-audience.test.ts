import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { HlsAudience } from '../../../src/servers/http/hls-audience.ts';
import { FakeTime } from '../../support/fake-time.ts';

const from = (remoteAddress: string, agent?: string): IncomingMessage => {
  const request: unknown = {
    socket: { remoteAddress },
    headers: agent === undefined ? {} : { 'user-agent': agent },
  };
  return request as IncomingMessage;
};

test('same address and same program is one viewer, however often it asks', () => {
  const audience = new HlsAudience(
    () => 0,
    () => 2,
  );
  for (const address of ['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.1'])
    audience.seen('live/a', from(address, 'Player'));
  assert.equal(audience.count('live/a'), 1);
  audience.seen('live/a', from('192.0.2.1', 'Other'));
  audience.seen('live/a', from('192.0.2.1'));
  audience.seen('live/a', from('192.0.2.2', 'Player'));
  audience.seen('live/b', from('192.0.2.1', 'Player'));
  assert.deepEqual([audience.count('live/a'), audience.count('live/b'), audience.total], [4, 1, 5]);
  assert.equal(audience.count('live/c'), 0);
});

test('who has not asked for 15 s has left; who asks again has not', () => {
  const time = new FakeTime();
  const audience = new HlsAudience(time.now, () => 2);
  audience.seen('live/a', from('192.0.2.1'));
  audience.seen('live/a', from('192.0.2.2'));
  time.advance(10_000);
  audience.seen('live/a', from('192.0.2.2'));
  time.advance(5_000);
  audience.tick();
  assert.equal(audience.count('live/a'), 2, 'at the limit');
  time.advance(1);
  audience.tick();
  assert.equal(audience.count('live/a'), 1);
  time.advance(10_000);
  audience.tick();
  assert.equal(audience.total, 0);
});

test('where segments are long, players ask more rarely', () => {
  const time = new FakeTime();
  const audience = new HlsAudience(time.now, (path) => (path === 'live/a' ? 10 : 2));
  audience.seen('live/a', from('192.0.2.1'));
  audience.seen('live/b', from('192.0.2.1'));
  time.advance(30_000);
  audience.tick();
  assert.deepEqual([audience.count('live/a'), audience.count('live/b')], [1, 0]);
  time.advance(1);
  audience.tick();
  assert.equal(audience.count('live/a'), 0);
});

test('what players say they are does not fill the memory', () => {
  const audience = new HlsAudience(
    () => 0,
    () => 2,
  );
  for (let index = 0; index < 20_050; index++) audience.seen('live/a', from('192.0.2.1', `${index}`));
  assert.equal(audience.count('live/a'), 20_000);
  const long = new HlsAudience(
    () => 0,
    () => 2,
  );
  for (const end of ['one', 'two']) long.seen('live/a', from('192.0.2.1', 'x'.repeat(14_000) + end));
  assert.equal(long.count('live/a'), 1, 'only the beginning of a name counts');
});
