import FakeTimers from '@sinonjs/fake-timers';
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ClientAddresses } from '../../../src/servers/http/client-address.ts';
import { Turns } from '../../../src/servers/http/turns.ts';
import { MAX_WAITING_PER_CONNECTION, WaitingLimits } from '../../../src/servers/http/waiting-limits.ts';
import { WaitingRoom, type Awaited, type Waiter } from '../../../src/servers/http/waiting-room.ts';
import { networks } from '../../../src/servers/networks.ts';
import { waitFor } from '../../support/wait.ts';
import { stopwatch } from '../../support/stopwatch.ts';

const trusted = networks(['10.0.0.0/8']);
assert.ok(!('refused' in trusted), 'a network');
const clients = new ClientAddresses({ trusted, header: 'x-forwarded-for' });

/** A request that waits: `connection` is that of HTTP/2 which several share. */
function waiter(remoteAddress: string, connection?: object, forwarded?: string): Waiter & { hangUp(): void } {
  const response = new EventEmitter() as unknown as ServerResponse;
  const request = {
    socket: { remoteAddress },
    headers: { 'x-forwarded-for': forwarded },
    ...(connection && { stream: { session: connection } }),
  } as unknown as IncomingMessage;
  return { request, response, hangUp: () => void response.emit('close') };
}

const limits = (perAddress = 1_000): WaitingLimits =>
  new WaitingLimits({ clients, connections: 100_000, connectionsPerAddress: perAddress });

/** Something that comes when the test says so. */
function thing() {
  const answered: Waiter[] = [];
  const given: string[] = [];
  let come = (): void => undefined;
  const awaited: Awaited<Waiter> = {
    begin: (wake) => {
      come = wake;
      given.push('begun');
      return () => given.push('given up');
    },
    answer: (one) => answered.push(one),
    late: () => given.push('late'),
    patienceMs: 60_000,
    longestMs: 60_000,
  };
  return { answered, given, awaited, come: () => come() };
}

test('one connection may have so many requests waiting, whoever else is at its address', () => {
  const room = new WaitingRoom(limits());
  const { awaited } = thing();
  const place = { of: {}, key: 'x' };
  const session = {};
  const all = Array.from({ length: MAX_WAITING_PER_CONNECTION }, () => waiter('192.0.2.1', session));
  for (const one of all)
    assert.equal(
      room.wait(one, place, () => awaited),
      undefined,
    );
  const refusal = room.wait(waiter('192.0.2.1', session), place, () => awaited);
  assert.deepEqual(refusal, { refused: 'too many requests wait on one connection' });
  assert.equal(
    room.wait(waiter('192.0.2.1', {}), place, () => awaited),
    undefined,
    'another connection',
  );
  all[0]!.hangUp();
  assert.equal(
    room.wait(waiter('192.0.2.1', session), place, () => awaited),
    undefined,
    'there is room again',
  );
});

test('on the connection of a trusted proxy come the requests of many; each address behind it has its own limit', () => {
  const room = new WaitingRoom(limits(20));
  const { awaited } = thing();
  const place = { of: {}, key: 'x' };
  const proxy = {};
  for (let index = 0; index < 80; index++) {
    const from = `192.0.2.${1 + (index % 2)}`;
    assert.equal(
      room.wait(waiter('10.0.0.1', proxy, from), place, () => awaited),
      undefined,
      `request ${index}`,
    );
  }
  assert.ok(
    room.wait(waiter('10.0.0.1', proxy, '192.0.2.1'), place, () => awaited),
    'the 41st of one address',
  );
});

test('ten thousand that hang up at once leave nothing behind', () => {
  const counts = limits(10_000);
  const room = new WaitingRoom(counts);
  const one = thing();
  const all = Array.from({ length: 10_000 }, (_, index) => waiter(`192.0.${index % 50}.1`));
  const of = {};
  for (const each of all) room.wait(each, { of, key: 'x' }, () => one.awaited);
  assert.deepEqual(
    [room.size, counts.total, counts.addresses],
    [{ requests: 10_000, crowds: 1 }, 10_000, 50],
  );
  const elapsed = stopwatch();
  for (const each of all) each.hangUp();
  assert.ok(elapsed() < 1_000, 'at once');
  assert.deepEqual([room.size, counts.total, counts.addresses], [{ requests: 0, crowds: 0 }, 0, 0]);
  assert.deepEqual(one.given, ['begun', 'given up']);
});

test('what is there already when it is asked for is answered, and the next looks anew', async () => {
  const room = new WaitingRoom(limits());
  const answered: Waiter[] = [];
  let begun = 0;
  const awaited: Awaited<Waiter> = {
    ...thing().awaited,
    begin: (come) => {
      begun++;
      come();
      return () => undefined;
    },
    answer: (one) => answered.push(one),
  };
  const place = { of: {}, key: 'x' };
  for (let index = 0; index < 2; index++) room.wait(waiter('192.0.2.1'), place, () => awaited);
  await waitFor('both answers', () => answered.length === 2);
  assert.deepEqual([begun, room.size], [2, { requests: 0, crowds: 0 }]);
});

test('nothing to come is said at once and leaves nothing behind', () => {
  const counts = limits();
  const room = new WaitingRoom(counts);
  const awaited = { ...thing().awaited, begin: () => undefined };
  assert.equal(
    room.wait(waiter('192.0.2.1'), { of: {}, key: 'x' }, () => awaited),
    'nothing to come',
  );
  assert.deepEqual([room.size, counts.total], [{ requests: 0, crowds: 0 }, 0]);
});

for (const offsetMs of [1, 37, 99])
  test(`who has come ${offsetMs} ms after a look is told before the patience is over, and not long before`, async (context) => {
    const clock = FakeTimers.install({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    context.after(() => clock.uninstall());
    const room = new WaitingRoom(limits());
    const { awaited } = thing();
    const late: number[] = [];
    const told = (): void => void late.push(performance.now());
    const place = { of: {}, key: 'x' };
    room.wait(waiter('192.0.2.1'), { of: {}, key: 'from the beginning' }, () => awaited);
    clock.tick(offsetMs);
    const since = performance.now();
    room.wait(waiter('192.0.2.2'), place, () => ({ ...awaited, late: told, patienceMs: 900 }));
    for (let ms = 0; ms < 1_200; ms += 10) {
      clock.tick(10);
      await turn();
    }
    assert.equal(late.length, 1, 'told once');
    const waited = late[0]! - since;
    assert.ok(waited > 780 && waited <= 900, `${waited} ms`);
  });

test('who hangs up after it has come, and before its turn, is not answered', async () => {
  const room = new WaitingRoom(limits());
  const one = thing();
  const place = { of: {}, key: 'x' };
  const [first, second] = [waiter('192.0.2.1'), waiter('192.0.2.1')];
  for (const each of [first, second]) room.wait(each, place, () => one.awaited);
  one.come();
  first.hangUp();
  await waitFor('the answer', () => one.answered.length > 0);
  assert.deepEqual([one.answered, one.given], [[second], ['begun']]);
});

test('a long list is done in slices, in order, and what comes meanwhile gets its turn', async () => {
  const done: number[] = [];
  const turns = new Turns<number>((piece) => {
    done.push(piece);
    const until = performance.now() + 0.5;
    while (performance.now() < until); // work
  });
  for (let piece = 0; piece < 200; piece++) turns.add(piece);
  assert.deepEqual(done, [], 'not at once');
  let between = 0;
  while (done.length < 200) {
    await new Promise((resolve) => setImmediate(resolve));
    between++;
  }
  assert.ok(between >= 5, `${between} turns for others`);
  assert.deepEqual(done, [...Array(200).keys()]);
  turns.add(200);
  await waitFor('one more', () => done.length === 201);
});
