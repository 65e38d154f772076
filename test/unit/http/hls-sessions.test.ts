import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HlsSessions } from '../../../src/servers/http/hls-sessions.ts';
import type { Pass, Visit } from '../../../src/servers/gate.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { nameOf } from '../../support/stage.ts';

const PATH = 'live/cam';

function hall(maxPerAddress = 100, goneMs = 15_000) {
  const time = new FakeTime();
  const sessions = new HlsSessions({ now: time.now, goneMs: () => goneMs, maxPerAddress });
  const told: string[] = [];
  const kicks: ((reason: string) => void)[] = [];
  const enter = (address = '192.0.2.1', query = '') => {
    const name = nameOf(PATH);
    const visit: Visit = { action: 'play', protocol: 'hls', name, query, address, isThisMachine: false };
    const pass: Pass = {
      id: 'v',
      began: (kick) => {
        told.push('began');
        kicks.push(kick);
      },
      over: (reason) => told.push(reason),
    };
    return { session: sessions.open(visit, PATH, pass), visit, pass };
  };
  return { time, sessions, told, kicks, enter };
}

test('a session watches from its first media playlist on, and is gone when it has not fetched one for 15 s', () => {
  const { time, sessions, told, enter } = hall();
  const { session } = enter();
  assert.match(session.id, /^[\w-]{22}$/);
  assert.deepEqual([sessions.count(PATH), session.state, told], [0, 'entered', []]);
  sessions.seen(session);
  sessions.seen(session);
  assert.deepEqual([sessions.count(PATH), sessions.total, told], [1, 1, ['began']]);
  time.advance(15_000);
  sessions.tick();
  assert.equal(session.state, 'watching', 'at the limit');
  time.advance(1);
  sessions.tick();
  assert.deepEqual([sessions.count(PATH), session.state, told], [0, 'gone', ['began', 'the viewer left']]);
});

test('where playlists are fetched more rarely, players are waited for longer', () => {
  const { time, sessions, enter } = hall(100, 90_000);
  sessions.seen(enter().session);
  time.advance(90_000);
  sessions.tick();
  assert.equal(sessions.count(PATH), 1, 'at the limit');
  time.advance(1);
  sessions.tick();
  assert.equal(sessions.count(PATH), 0);
});

test('one that has gone is known for ten minutes, and may be let in again under the same id', () => {
  const { time, sessions, told, enter } = hall();
  const { session, pass } = enter();
  time.advance(16_000);
  sessions.tick();
  sessions.seen(session);
  assert.equal(session.state, 'gone', 'it is not back by itself');
  time.advance(9 * 60_000);
  sessions.tick();
  assert.equal(sessions.find(session.id, PATH), session);
  sessions.reopen(session, PATH, pass);
  sessions.seen(session);
  assert.deepEqual([sessions.count(PATH), told.at(-1)], [1, 'began']);
  sessions.reopen(session, PATH, { ...pass, over: (reason) => told.push(`second ${reason}`) });
  assert.equal(told.at(-1), 'second it is here already');
  time.advance(16_000);
  sessions.tick();
  time.advance(10 * 60_000 + 1);
  sessions.tick();
  assert.equal(sessions.find(session.id, PATH), undefined, 'forgotten');
});

test('a session is good for one stream only', () => {
  const { sessions, enter } = hall();
  const { session } = enter();
  assert.equal(sessions.find(session.id, 'live/other'), undefined);
  assert.equal(sessions.find('nobody', PATH), undefined);
});

test('who came with just the same from the same place is found; another token is another player', () => {
  const { time, sessions, enter } = hall();
  const { session, visit } = enter('192.0.2.1', 'token=1');
  assert.equal(sessions.alike({ ...visit }), session);
  for (const other of [{ query: 'token=2' }, { address: '192.0.2.2' }, { program: 'VLC' }, { bearer: 'x' }])
    assert.equal(sessions.alike({ ...visit, ...other }), undefined, JSON.stringify(other));
  time.advance(16_000);
  sessions.tick();
  assert.equal(sessions.alike(visit), undefined, 'one that has gone');
});

test('a kicked session is over at once and says why as long as it is known', () => {
  const { sessions, told, kicks, enter } = hall();
  const { session } = enter();
  sessions.seen(session);
  kicks[0]?.('enough');
  kicks[0]?.('twice');
  assert.deepEqual([session.state, session.reason, told], ['kicked', 'enough', ['began', 'kicked: enough']]);
  sessions.seen(session);
  assert.equal(sessions.count(PATH), 0);
});

test('so many sessions from one address, also when none of them watches; others have room', () => {
  const { time, sessions, enter } = hall(3);
  const visits = [1, 2, 3].map(() => enter().visit);
  assert.equal(sessions.hasRoom(visits[0]!, PATH), false);
  assert.equal(sessions.hasRoom({ ...visits[0]!, address: '192.0.2.2' }, PATH), true);
  time.advance(16_000);
  sessions.tick();
  assert.equal(sessions.hasRoom(visits[0]!, PATH), true, 'they have gone');
});

test('of those that are gone the oldest are forgotten when they are too many', () => {
  const { time, sessions, enter } = hall();
  const first = enter().session;
  time.advance(16_000);
  sessions.tick();
  for (let index = 0; index < 10_000; index++) enter();
  time.advance(16_000);
  sessions.tick();
  assert.equal(sessions.find(first.id, PATH), undefined);
});

test('when the gateway stops every player is gone', () => {
  const { sessions, told, enter } = hall();
  sessions.seen(enter().session);
  enter();
  sessions.close('shutting down');
  assert.deepEqual([told, sessions.total], [['began', 'shutting down', 'shutting down'], 0]);
});
