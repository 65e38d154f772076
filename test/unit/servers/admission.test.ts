import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Admission,
  MAX_ARRIVING_PER_ADDRESS,
  PATIENCE_MS,
  PROXY,
  type Guest,
} from '../../../src/servers/admission.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { recordingLog } from '../../support/recording-log.ts';

/** A door with what became of each who came. */
function door(connections = 1e6, connectionsPerAddress = 1e6) {
  const { log, lines } = recordingLog();
  const time = new FakeTime();
  const admission = new Admission({ connections, connectionsPerAddress }, log, time.now);
  const turnedOut: string[] = [];
  const enter = (name: string, address: string): Guest | string =>
    admission.enter(address, () => turnedOut.push(name));
  const mustEnter = (name: string, address: string): Guest => {
    const guest = enter(name, address);
    if (typeof guest === 'string') return assert.fail(`${name}: ${guest}`);
    return guest;
  };
  return { admission, lines, time, turnedOut, enter, mustEnter };
}

const FOES = '192.0.2.1';
const FRIENDS = '192.0.2.2';

test('5,000 silent sockets from one address keep nobody out, not even from the same address', () => {
  const { admission, time, turnedOut, mustEnter } = door();
  for (let index = 0; index < 5_000; index++) {
    mustEnter(`silent ${index}`, FOES);
    time.advance(1);
  }
  const patient = MAX_ARRIVING_PER_ADDRESS + PATIENCE_MS;
  assert.ok(admission.total <= patient, `${admission.total} open, ${patient} allowed at a thousand a second`);
  assert.deepEqual(
    turnedOut.slice(0, 3),
    ['silent 0', 'silent 1', 'silent 2'],
    'who has waited longest goes',
  );
  const viewer = mustEnter('viewer', FOES);
  for (let index = 0; index < 1_400; index++) {
    mustEnter(`meanwhile ${index}`, FOES);
    time.advance(1);
  }
  viewer.become('busy');
  mustEnter('publisher', FRIENDS).become('busy');
  for (let index = 0; index < 5_000; index++) {
    mustEnter(`more ${index}`, FOES);
    time.advance(1);
  }
  assert.ok(
    !turnedOut.includes('viewer') && !turnedOut.includes('publisher'),
    'who comes to the point stays',
  );
});

test('a rush of thousands of honest viewers through one proxy loses nobody', () => {
  const { admission, time, turnedOut, mustEnter } = door();
  const viewers = Array.from({ length: 5_000 }, (_, index) => mustEnter(`viewer ${index}`, FRIENDS));
  time.advance(PATIENCE_MS - 1);
  for (const viewer of viewers) viewer.become('busy');
  time.advance(60_000);
  mustEnter('one more', FRIENDS);
  assert.deepEqual([turnedOut, admission.total], [[], 5_001]);
});

test('a crowd that has waited too long goes little by little, as others come', () => {
  const { admission, time, mustEnter, turnedOut } = door();
  for (let index = 0; index < 3_000; index++) mustEnter(`silent ${index}`, FOES);
  time.advance(PATIENCE_MS);
  let most = 0;
  for (let index = 0; index < 1_000; index++) {
    const before = turnedOut.length;
    mustEnter(`viewer ${index}`, FOES).become('busy');
    most = Math.max(most, turnedOut.length - before);
  }
  assert.equal(admission.total, MAX_ARRIVING_PER_ADDRESS - 1 + 1_000, 'the crowd is as large as may be');
  assert.equal(most, 4, 'closed at a time');
});

test('when arrivals from many addresses fill the room, the address with most of them makes room', () => {
  const { time, turnedOut, mustEnter } = door();
  mustEnter('friend', FRIENDS);
  for (let index = 0; index < MAX_ARRIVING_PER_ADDRESS; index++) mustEnter(`foe ${index}`, FOES);
  for (let index = 0; index < MAX_ARRIVING_PER_ADDRESS - 1; index++)
    mustEnter(`o${index}`, `10.0.0.${index}`);
  assert.equal(turnedOut.length, 0, 'the room is full');
  time.advance(PATIENCE_MS);
  for (let index = 0; index < 100; index++) mustEnter(`late ${index}`, `10.0.1.${index}`);
  assert.ok(
    turnedOut.every((name) => name.startsWith('foe')),
    'the friend who came first stays',
  );
  assert.equal(turnedOut.length, 100, 'one goes for each who comes');
});

test('beyond the connections of one address, the next from there is refused, and others are let in', () => {
  const { enter, mustEnter, turnedOut } = door(100, 3);
  const busy = ['a', 'b', 'c'].map((name) => mustEnter(name, FOES));
  for (const guest of busy) guest.become('busy');
  assert.equal(enter('d', FOES), 'too many connections from one address');
  mustEnter('e', FRIENDS);
  busy[0]!.left();
  busy[0]!.left();
  mustEnter('f', FOES);
  assert.deepEqual(turnedOut, []);
});

test('a whole IPv6 /64 is one address', () => {
  const { enter, mustEnter } = door(100, 2);
  mustEnter('a', '2001:db8::1').become('busy');
  mustEnter('b', '2001:db8::2').become('busy');
  assert.equal(enter('c', '2001:db8::3'), 'too many connections from one address');
  mustEnter('d', '2001:db8:0:1::3');
});

test('beyond all connections the next is refused, unless somebody has nothing to do', () => {
  const { admission, enter, mustEnter, turnedOut } = door(3);
  const first = mustEnter('first', FRIENDS);
  const second = mustEnter('second', FRIENDS);
  const third = mustEnter('third', FOES);
  for (const guest of [first, second, third]) guest.become('busy');
  assert.equal(enter('fourth', '192.0.2.3'), 'too many connections');
  second.become('idle');
  mustEnter('fifth', '192.0.2.3').become('busy');
  assert.deepEqual(turnedOut, ['second'], 'kept open for a next request only');
  second.become('busy'); // too late: it is closed
  second.left();
  assert.equal(admission.total, 3);
  assert.equal(enter('sixth', FOES), 'too many connections');
});

test('who comes at the limit of its own address takes the place of an idle one from there, not from elsewhere', () => {
  const { enter, time, mustEnter, turnedOut } = door(100, 2);
  mustEnter('elsewhere', FRIENDS).become('idle');
  mustEnter('a', FOES).become('idle');
  mustEnter('b', FOES).become('busy');
  mustEnter('c', FOES);
  assert.deepEqual(turnedOut, ['a']);
  assert.equal(
    enter('too soon', FOES),
    'too many connections from one address',
    'c is still coming to the point',
  );
  time.advance(PATIENCE_MS);
  mustEnter('d', FOES);
  assert.deepEqual(turnedOut, ['a', 'c'], 'who has not come to the point either');
});

test('a publisher that stops and says nothing waits with the others again', () => {
  const { time, mustEnter, turnedOut } = door();
  const guest = mustEnter('was busy', FOES);
  guest.become('busy');
  time.advance(PATIENCE_MS);
  guest.become('arriving');
  for (let index = 1; index < MAX_ARRIVING_PER_ADDRESS; index++) mustEnter(`${index}`, FOES);
  mustEnter('too soon', FOES).left();
  assert.deepEqual(turnedOut, [], 'its patience begins anew');
  time.advance(PATIENCE_MS);
  mustEnter('another', FOES);
  assert.deepEqual(turnedOut, ['was busy']);
});

test('turned away by the thousand: one line in the log a second, with the counts', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { enter, lines, mustEnter } = door(1);
  mustEnter('only', FRIENDS).become('busy');
  for (let index = 0; index < 1_000; index++) enter('x', FOES);
  assert.equal(lines.length, 0, 'nothing at once');
  context.mock.timers.tick(1_000);
  assert.deepEqual(
    lines.map(({ level, fields }) => [level, fields]),
    [['warn', { 'too many connections': 1_000, open: 1 }]],
  );
  context.mock.timers.tick(10_000);
  assert.equal(lines.length, 1, 'and nothing more when it is over');
  enter('x', FOES);
  context.mock.timers.tick(1_000);
  assert.equal(lines[1]?.fields['too many connections'], 1, 'counted anew');
});

test('guests of a proxy count as from where they are, each time the proxy says where', () => {
  const { admission, mustEnter } = door(1e6, 2);
  const guests = ['a', 'b', 'c', 'd'].map((name) => mustEnter(name, PROXY));
  for (const guest of guests) guest.become('busy');
  assert.equal(admission.total, 4, 'the proxy itself is not one address');
  const [a, b, c] = guests;
  assert.deepEqual([a?.comesFrom(FOES), b?.comesFrom(FOES)], [undefined, undefined]);
  assert.equal(a?.comesFrom(FOES), undefined, 'where it is already');
  assert.equal(c?.comesFrom(FOES), 'too many connections from one address');
  assert.equal(c.comesFrom(FRIENDS), undefined);
  assert.equal(a?.comesFrom(FRIENDS), undefined, 'the next request on it is of another client');
  assert.equal(c.comesFrom(FOES), undefined, 'where there is room again');
  for (const guest of guests) guest.left();
  assert.equal(admission.total, 0);
});

test('a proxy that keeps many connections in store is not a crowd', () => {
  const { admission, turnedOut, mustEnter, time } = door();
  for (let index = 0; index < MAX_ARRIVING_PER_ADDRESS + 100; index++) {
    mustEnter(`${index}`, PROXY);
    time.advance(PATIENCE_MS / 100);
  }
  assert.deepEqual([admission.total, turnedOut], [MAX_ARRIVING_PER_ADDRESS + 100, []]);
});
