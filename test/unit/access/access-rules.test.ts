import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';
import { AccessRules, type AccessSettings } from '../../../src/access/access-rules.ts';
import { streamName } from '../../../src/media/stream-name.ts';
import type { KeyWish } from '../../../src/servers/http/api/parts.ts';
import type { AccessVerdict } from '../../../src/servers/judges.ts';
import type { Visit } from '../../../src/servers/gate.ts';
import { settingsSchema } from '../../../src/config/schema.ts';
import { BEGIN, SECRETS, stand, type Stand } from './store-tools.ts';

const DEFAULTS: AccessSettings = settingsSchema.parse({}).access;
const FAR = '198.51.100.7';

interface Desk extends Stand {
  readonly rules: AccessRules;
  /** Asks for `app/stream` or `app/stream?query`; from far away unless said otherwise. */
  readonly ask: (action: Visit['action'], url: string, more?: Partial<Visit>) => AccessVerdict;
  readonly key: (streams: string, more?: Partial<KeyWish>) => Promise<string>;
}

function desk(settings: Partial<AccessSettings> = {}): Desk {
  const base = stand();
  const rules = new AccessRules({
    settings: { ...DEFAULTS, ...settings },
    keys: base.store,
    clock: () => BEGIN + base.time.now(),
    fetch: () => Promise.reject(new Error('no network in this test')),
    onProblem: () => undefined,
  });
  return {
    ...base,
    rules,
    ask: (action, url, more = {}) => {
      const verdict = rules.judge(visit(action, url, more));
      if (verdict instanceof Promise) throw new Error('an answer at once was expected');
      return verdict;
    },
    key: async (streams, more = {}) =>
      (await base.store.create({ action: 'publish', streams, ...more })).secret,
  };
}

function visit(action: Visit['action'], url: string, more: Partial<Visit>): Visit {
  const [path = '', query = ''] = url.split('?');
  const [app = '', stream = ''] = path.split('/');
  const name = streamName(app, stream);
  if ('refused' in name) throw new Error(name.refused);
  return {
    action,
    protocol: action === 'publish' ? 'rtmp' : 'hls',
    name,
    query,
    address: FAR,
    isThisMachine: false,
    ...more,
  };
}

const HERE = { address: '127.0.0.1', isThisMachine: true };
const ledTo = (verdict: AccessVerdict): string =>
  verdict.allowed ? verdict.name.path : `refused: ${verdict.reason}`;
const why = (verdict: AccessVerdict): string =>
  verdict.allowed ? `led to ${verdict.name.path}` : verdict.reason;

test('by default: this machine publishes without a key, others need one, and everybody watches', () => {
  const { ask, rules } = desk();
  assert.equal(ledTo(ask('publish', 'live/cam', HERE)), 'live/cam');
  const refused = ask('publish', 'live/cam');
  assert.match(why(refused), /^publishing needs a stream key: enter it as the Stream Key/);
  assert.ok(!refused.allowed && refused.missing, 'nothing was shown: HTTP says 401');
  assert.equal(ledTo(ask('play', 'live/cam')), 'live/cam');
  assert.equal(rules.playIsOpen, true);
});

test('a key stands where the name would and leads to its stream', async () => {
  const { ask, key, store } = desk();
  const secret = await key('live/cam');
  const verdict = ask('publish', `live/${secret}`);
  assert.equal(ledTo(verdict), 'live/cam');
  assert.equal(verdict.allowed && verdict.key?.id, store.list()[0]?.id);
  assert.equal(store.list()[0]?.lastUsedAt, new Date(BEGIN).toISOString());
  for (const url of [
    `other/${secret}`,
    `live/any?key=${secret}`,
    `live/cam?a=b&key=${secret}`,
    `live/any?token=${secret}`,
  ])
    assert.equal(ledTo(ask('publish', url)), 'live/cam', url.replace(secret, 'KEY'));
});

test('a key of this machine is used all the same', async () => {
  const { ask, key } = desk();
  const secret = await key('live/cam');
  assert.equal(ledTo(ask('publish', `live/${secret}`, HERE)), 'live/cam');
  assert.equal(ledTo(ask('publish', `live/x?key=${secret}`, HERE)), 'live/cam');
});

test('a key of a pattern comes behind a name that it is for', async () => {
  const { ask, key } = desk();
  const secret = await key('live/team-*');
  assert.equal(ledTo(ask('publish', `live/team-a?key=${secret}`)), 'live/team-a');
  assert.match(why(ask('publish', `live/cam?key=${secret}`)), /is for live\/team-\*, not for live\/cam/);
  assert.match(
    why(ask('publish', `live/${secret}`)),
    /is for live\/team-\*: give the stream's name, and the key behind it as \?key=/,
  );
});

test('what looks like a key is never a stream’s name: not in open mode, not from this machine, not with a typing error', async () => {
  const { ask, key, rules } = desk({ publish: 'open' });
  const secret = await key('live/cam');
  assert.equal(ledTo(ask('publish', `live/${secret}`)), 'live/cam');
  for (const wrong of [`${secret}2`, secret.slice(0, -1), 'pk_', 'vk_x']) {
    for (const from of [{}, HERE]) {
      for (const url of [`live/${wrong}`, `live/cam?key=${wrong}`])
        assert.ok(!ask('publish', url, from).allowed, `not as a name: ${url}`);
      assert.ok(!ask('play', `live/${wrong}`, from).allowed, `not to watch: ${wrong}`);
    }
  }
  // Back ends of other servers have parameters of this name, too; what looks like a key of ours has to be one.
  assert.equal(ledTo(ask('publish', 'live/anything?token=hunter2&key=hunter3', HERE)), 'live/anything');
  assert.equal(
    ledTo(ask('publish', 'live/anything?key=pk_aaaaaaaaaaaaaaaaaaaaaaaaaa', HERE)),
    'refused: this stream key is not known: check it for typing errors',
  );
  assert.equal(rules.playIsOpen, true);
});

test('a publish key does not play, and the answer does not tell whether it exists', async () => {
  for (const play of ['open', 'keys'] as const) {
    const { ask, key, store } = desk({ play });
    const secret = await key('live/cam');
    const other = `pk_${'2'.repeat(26)}`;
    for (const from of [{}, HERE]) {
      const verdict = ask('play', `live/${secret}`, from);
      assert.deepEqual(verdict, ask('play', `live/${other}`, from));
      assert.match(why(verdict), /looks like a publish key: it cannot be watched with/);
      assert.ok(!JSON.stringify(verdict).includes('cam'), 'nothing of where it leads');
    }
    assert.deepEqual(ask('play', `live/cam?key=${secret}`), ask('play', `live/cam?key=${other}`));
    assert.equal(store.list()[0]?.lastUsedAt, undefined, 'not used');
  }
});

test('a play key opens the streams it is for, as ?key=, as bearer or as the name', async () => {
  const { ask, key, rules } = desk({ play: 'keys' });
  const one = await key('live/cam', { action: 'play', maxViewers: 2 });
  const many = await key('live/*', { action: 'play' });
  assert.equal(rules.playIsOpen, false);
  assert.match(why(ask('play', 'live/cam')), /^watching needs a key/);
  const verdict = ask('play', `live/cam?key=${one}`);
  assert.equal(ledTo(verdict), 'live/cam');
  assert.equal(verdict.allowed && verdict.key?.maxViewers, 2);
  assert.equal(ledTo(ask('play', `live/${one}`)), 'live/cam');
  assert.equal(ledTo(ask('play', 'live/cam', { bearer: one })), 'live/cam');
  assert.equal(ledTo(ask('play', `live/x?key=${many}`)), 'live/x');
  assert.match(
    why(ask('play', `live/x?key=${one}`)),
    /for live\/cam, not for live\/x/,
    'who asks for one stream is not shown another',
  );
  assert.match(why(ask('publish', `live/cam?key=${one}`)), /looks like a key for watching/);
  assert.equal(ledTo(ask('play', 'live/cam', HERE)), 'live/cam', 'this machine needs none');
});

test('an old key in the link keeps nobody from a stream that is open to all', () => {
  const { ask } = desk();
  assert.equal(ledTo(ask('play', 'live/cam?key=vk_old')), 'live/cam');
});

test('keys that are revoked, expired, or of another network say so to who has them', async () => {
  const { ask, key, store, time } = desk();
  const near = await key('live/cam', { networks: ['10.0.0.0/8'] });
  assert.match(why(ask('publish', `live/${near}`)), /may not be used from 198\.51\.100\.7/);
  assert.equal(ledTo(ask('publish', `live/${near}`, { address: '10.9.9.9' })), 'live/cam');
  const short = await key('live/cam', { expiresAt: new Date(BEGIN + 1_000).toISOString() });
  assert.equal(ledTo(ask('publish', `live/${short}`)), 'live/cam');
  time.advance(1_000);
  assert.match(why(ask('publish', `live/${short}`)), /expired at 2030-01-01T00:00:01/);
  await store.revoke(store.list()[0]!.id);
  assert.match(why(ask('publish', `live/${near}`)), /was revoked/);
});

test('networks come first, this machine included; deny beats allow', () => {
  const { ask, rules } = desk({
    publish: 'open',
    allowPublish: ['198.51.100.0/24', '2001:db8::/32'],
    denyPublish: ['198.51.100.7'],
    denyPlay: ['203.0.113.0/24', '127.0.0.0/8'],
  });
  assert.match(
    why(ask('publish', 'live/cam')),
    /publishing from 198\.51\.100\.7 is not allowed \(access\.denyPublish\)/,
  );
  assert.equal(ledTo(ask('publish', 'live/cam', { address: '198.51.100.8' })), 'live/cam');
  assert.equal(ledTo(ask('publish', 'live/cam', { address: '2001:db8::9' })), 'live/cam');
  assert.match(why(ask('publish', 'live/cam', HERE)), /access\.allowPublish/);
  assert.match(
    why(ask('play', 'live/cam', { address: '203.0.113.9' })),
    /watching from 203\.0\.113\.9 .*access\.denyPlay/,
  );
  assert.match(why(ask('play', 'live/cam', HERE)), /access\.denyPlay/);
  assert.equal(rules.playIsOpen, false, 'somebody is refused to watch');
});

test('loopback: this machine only, whatever others show; open: everybody', async () => {
  const { ask, key } = desk({ publish: 'loopback' });
  const secret = await key('live/cam');
  assert.equal(ledTo(ask('publish', 'live/x', HERE)), 'live/x');
  for (const url of ['live/x', `live/${secret}`]) {
    const reason = why(ask('publish', url));
    for (const word of [FAR, 'own machine', 'access.publish', 'keys', 'open'])
      assert.ok(reason.includes(word), `${word} in ${reason}`);
  }
  assert.equal(ledTo(desk({ publish: 'open' }).ask('publish', 'live/x')), 'live/x');
});

test('without trustLoopback this machine is like any other', async () => {
  const { ask, key, rules } = desk({ trustLoopback: false, play: 'keys' });
  const secret = await key('live/cam');
  assert.ok(!ask('publish', 'live/cam', HERE).allowed, 'publishing needs a key');
  assert.ok(!ask('play', 'live/cam', HERE).allowed, 'watching, too');
  assert.equal(ledTo(ask('publish', `live/${secret}`, HERE)), 'live/cam');
  const house = `live/demo?key=${rules.houseKey}`;
  assert.equal(ledTo(ask('publish', house, HERE)), 'live/demo', 'what the gateway itself starts comes in');
  assert.equal(ledTo(ask('play', house, HERE)), 'live/demo');
  assert.ok(!ask('publish', house).allowed, 'but not from elsewhere');
});

test('relays of the gateway itself are not asked for anything', () => {
  assert.equal(ledTo(desk().ask('publish', 'live/far', { protocol: 'relay' })), 'live/far');
});

test('only pages of the sites that are allowed play; players that are no browsers do', () => {
  const { ask, rules } = desk({
    origins: ['https://example.org', '*.example.com', 'localhost:3000'],
  });
  const play = (origin?: string, more = {}): boolean => ask('play', 'live/cam', { origin, ...more }).allowed;
  for (const origin of [
    'https://example.org',
    'https://example.org/page?x',
    'http://a.example.com',
    'https://a.b.example.com',
    'http://localhost:3000',
  ])
    assert.ok(play(origin), `${origin} may`);
  for (const origin of [
    'http://example.org',
    'https://example.org:8443',
    'https://example.org.evil.net',
    'https://evilexample.com',
    'https://example.com',
    'http://localhost',
    'null',
    'https://evil.net/?https://example.org',
  ])
    assert.ok(!play(origin), `${origin} may not`);
  assert.ok(play(undefined), 'VLC sends none');
  assert.ok(play('http://localhost:8080', HERE), 'the operator’s own page');
  assert.match(why(ask('play', 'live/cam', { origin: 'https://evil.net' })), /access\.origins/);
  assert.equal(rules.playIsOpen, false);
  assert.ok(
    !ask('publish', 'live/cam', { origin: 'https://evil.net' }).allowed,
    'publishing is another matter',
  );
});

test('signed links open the stream, the action and the time they are for', () => {
  const { ask, store, time } = desk({
    play: 'keys',
    publishSecret: SECRETS.publish,
    playSecret: SECRETS.play,
  });
  const play = store.sign({ action: 'play', stream: 'live/cam', seconds: 60 });
  const publish = store.sign({ action: 'publish', stream: 'live/cam', seconds: 60 });
  assert.equal(play.expiresAt, '2030-01-01T00:01:00.000Z');
  assert.equal(ledTo(ask('play', `live/cam?${play.query}`)), 'live/cam');
  assert.equal(ledTo(ask('publish', `live/cam?x=1&${publish.query}`)), 'live/cam');
  const wrong = /the signature of this link is not right for live\//;
  assert.match(why(ask('publish', `live/cam?${play.query}`)), wrong, 'each action has a secret of its own');
  assert.match(why(ask('play', `live/other?${play.query}`)), wrong);
  assert.match(
    why(ask('play', `live/cam?${play.query.replace(/expires=\d+/, 'expires=1999999999')}`)),
    wrong,
  );
  assert.match(why(ask('play', `live/cam?${play.query.replace(/expires=/, 'expires=0')}`)), wrong);
  assert.match(why(ask('play', `live/cam?${play.query.slice(0, -3)}`)), wrong);
  assert.match(why(ask('play', 'live/cam?sign=x')), wrong);
  time.advance(59_999);
  assert.equal(ledTo(ask('play', `live/cam?${play.query}`)), 'live/cam');
  time.advance(1);
  assert.match(why(ask('play', `live/cam?${play.query}`)), /this link has expired/);
});

test('one secret for both actions is not one signature for both', () => {
  const same = 'the very same secret';
  const { ask } = desk({ play: 'keys', publishSecret: same, playSecret: same });
  const expires = 1_893_459_600;
  const sign = crypto.createHmac('sha256', same).update(`play:live/cam:${expires}`).digest('hex');
  assert.equal(ledTo(ask('play', `live/cam?expires=${expires}&sign=${sign}`)), 'live/cam');
  assert.equal(ledTo(ask('play', `live/cam?expires=${expires}&sign=${sign.toUpperCase()}`)), 'live/cam');
  assert.ok(!ask('publish', `live/cam?expires=${expires}&sign=${sign}`).allowed, 'not to publish');
});

test('without a secret no signed link is taken, not even one signed with nothing', () => {
  const { ask } = desk({ play: 'keys' });
  const sign = crypto.createHmac('sha256', '').update('play:live/cam:1999999999').digest('hex');
  assert.match(
    why(ask('play', `live/cam?expires=1999999999&sign=${sign}`)),
    /takes no signed links \(access\.playSecret is empty\)/,
  );
});

test('after many wrong keys all are answered alike; right ones of the same address come in; other addresses notice nothing', async () => {
  const { ask, key, time } = desk();
  const secret = await key('live/cam');
  const guess = (more = {}): AccessVerdict => ask('publish', 'live/pk_guess', more);
  for (let count = 0; count < 10; count++) assert.match(why(guess()), /is not known/);
  assert.match(why(guess()), /too many wrong keys from this address: check the key and wait a minute/);
  assert.equal(ledTo(ask('publish', `live/${secret}`)), 'live/cam');
  assert.match(why(guess({ address: '198.51.100.8' })), /is not known/);
  time.advance(60_000);
  assert.match(why(guess()), /is not known/, 'after a minute it begins anew');
});

test('all of one IPv6 network are counted as one', () => {
  const { ask } = desk();
  for (let count = 0; count < 11; count++)
    ask('publish', 'live/pk_guess', { address: `2001:db8:1:2::${count + 1}` });
  assert.match(why(ask('publish', 'live/pk_guess', { address: '2001:db8:1:2:ffff::1' })), /too many/);
  assert.match(why(ask('publish', 'live/pk_guess', { address: '2001:db8:1:3::1' })), /is not known/);
});

test('no key, a key that has expired and a wrong stream are no tries', async () => {
  const { ask, key, time } = desk();
  const secret = await key('live/*', { expiresAt: new Date(BEGIN + 1_000).toISOString() });
  time.advance(2_000);
  for (let count = 0; count < 30; count++) {
    assert.match(why(ask('publish', 'live/cam')), /needs a stream key/);
    assert.match(why(ask('publish', `live/cam?key=${secret}`)), /expired/);
  }
});

test('secrets and signatures are compared in constant time', async (context) => {
  const { ask, key } = desk({ play: 'keys', playSecret: SECRETS.play });
  const secret = await key('live/cam');
  const real = crypto.timingSafeEqual;
  let calls = 0;
  crypto.timingSafeEqual = (...both) => {
    calls++;
    return real(...both);
  };
  syncBuiltinESMExports();
  context.after(() => {
    crypto.timingSafeEqual = real;
    syncBuiltinESMExports();
  });
  ask('publish', `live/${secret}`);
  assert.equal(calls, 1, 'a key');
  ask('play', `live/cam?expires=1999999999&sign=${'0'.repeat(64)}`);
  assert.equal(calls, 2, 'a signature');
});

test('new settings are in force at once', () => {
  const { ask, rules } = desk();
  assert.ok(!ask('publish', 'live/cam').allowed, 'a key is needed');
  rules.apply({ ...DEFAULTS, publish: 'open', denyPlay: ['0.0.0.0/0'] });
  assert.equal(ledTo(ask('publish', 'live/cam')), 'live/cam');
  assert.ok(!ask('play', 'live/cam').allowed, 'nobody watches');
});

test('no secret is in any sentence', async () => {
  const { ask, key } = desk({ play: 'keys', playSecret: SECRETS.play });
  const secret = await key('live/team-*');
  for (const url of [
    `live/${secret}`,
    `live/cam?key=${secret}`,
    `live/${secret}x`,
    'live/cam?sign=hunter2&expires=hunter2',
    'live/cam?key=hunter2',
  ]) {
    for (const action of ['publish', 'play'] as const) {
      const reason = why(ask(action, url));
      assert.ok(!/hunter2|k_[2-9a-z]{5}/.test(reason), reason);
      assert.ok(reason.length < 200, 'and it fits OBS’s window');
    }
  }
});
