import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Relaying, viewersOf } from '../../../src/app/relaying.ts';
import { isOwnDoor } from '../../../src/app/own-address.ts';
import { ConfigError, loadSettings, type SettingsInput } from '../../../src/config/load.ts';
import type { EventNews } from '../../../src/observe/events.ts';
import { ApiRefusal } from '../../../src/servers/http/api/parts.ts';
import { StreamRegistry } from '../../../src/stream/registry.ts';
import { fakeLinks } from '../../support/fake-links.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { key, sound } from '../../support/media.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { nameOf, publisherFrom } from '../../support/stage.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-relaying-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function houseWith(relay: SettingsInput[string] = {}) {
  const time = new FakeTime();
  const { now, after } = time;
  const { open, links } = fakeLinks();
  const { log, lines } = recordingLog();
  const told: EventNews[] = [];
  const streams: StreamRegistry = new StreamRegistry({
    now,
    clock: now,
    batchMs: 0,
    graceSeconds: 10,
    after,
    opened: (stream) => relaying.opened(stream),
    ended: () => undefined,
  });
  const relaying: Relaying = new Relaying({
    settings: loadSettings({ flags: { relay, data: { dir } } }),
    streams,
    viewers: (path) => viewersOf(streams.find(path)),
    tell: (news) => void told.push(news),
    log,
    time: { now, clock: now, after, random: () => 0.5 },
    open,
  });
  const publish = (path = 'live/cam'): void => {
    const claim = streams.claim(nameOf(path), publisherFrom());
    assert.ok(claim.granted, 'published');
    claim.publication.write(key(0));
    claim.publication.write(sound(0));
    claim.publication.flush();
  };
  return { time, links, lines, told, streams, relaying, publish };
}

const PUSH = { direction: 'push', stream: 'live/cam', url: 'rtmp://far.example/in/KEY-1' } as const;

test('events and log lines tell of a relay by its id, without secrets', () => {
  const house = houseWith({ push: [{ streams: 'live/*', to: 'rtmp://me:pass@far.example/in/KEY-1' }] });
  house.publish();
  house.links[0]!.end('KEY-1 is not known to pass');
  assert.deepEqual(house.told, [
    { type: 'relay', stream: 'live/cam', relay: 'push-1', state: 'waiting', text: '*** is not known to ***' },
  ]);
  assert.deepEqual(
    house.lines.map(({ level, text }) => `${level} ${text}`),
    ['warn relay: *** is not known to ***'],
  );
  const [rule, stream] = house.relaying.list();
  assert.deepEqual(
    [rule?.id, rule?.stream, rule?.url, rule?.state, rule?.problem],
    ['push-1', 'live/*', 'rtmp://***@far.example/in/***', 'waiting', '*** is not known to ***'],
  );
  assert.deepEqual([stream?.id, stream?.stream], ['push-1:live/cam', 'live/cam']);
});

test('what the API makes is there again after a restart, and what it removes is not', () => {
  const first = houseWith();
  first.relaying.load();
  const made = first.relaying.add(PUSH);
  const other = first.relaying.add({
    direction: 'pull',
    stream: 'live/far',
    url: 'rtmp://far.example/live/far',
  });
  assert.deepEqual([made.state, made.origin], ['idle', 'api']);
  const second = houseWith();
  second.relaying.load();
  assert.deepEqual(
    second.relaying.list().map(({ id, direction }) => [id, direction]),
    [
      [made.id, 'push'],
      [other.id, 'pull'],
    ],
  );
  second.publish();
  assert.equal(second.links[0]?.options.target.key, 'KEY-1');
  assert.equal(second.relaying.remove(made.id), true);
  assert.equal(second.relaying.remove(made.id), false);
  assert.equal(second.links[0].isClosed, true);
  const third = houseWith();
  third.relaying.load();
  assert.deepEqual(
    third.relaying.list().map(({ id }) => id),
    [other.id],
  );
  assert.deepEqual(readdirSync(dir), ['relays.json'], 'nothing is left lying about');
});

test('a wish that cannot be met is refused with its field, and nothing is kept', () => {
  const { relaying } = houseWith({ push: [{ streams: 'live/cam', to: 'rtmp://far.example/in/KEY' }] });
  const refusal = (wish: Parameters<typeof relaying.add>[0]): unknown => {
    try {
      relaying.add(wish);
      return undefined;
    } catch (error) {
      assert.ok(error instanceof ApiRefusal, String(error));
      return [error.status, error.field];
    }
  };
  assert.deepEqual(refusal({ ...PUSH, url: 'http://far.example/in/KEY' }), [400, 'url']);
  assert.deepEqual(refusal({ ...PUSH, url: 'rtmp://far.example/in' }), [400, 'url']);
  assert.deepEqual(refusal({ ...PUSH, stream: '../etc' }), [400, 'stream']);
  assert.deepEqual(refusal({ ...PUSH, direction: 'pull', stream: 'live/*', when: 'always' }), [
    400,
    'stream',
  ]);
  assert.deepEqual(readdirSync(dir), []);
  assert.throws(() => relaying.remove('push-1'), /in the settings: remove it there/);
  assert.equal(relaying.list().length, 1);
});

test('two hundred relays are enough, and a disk that fails is said', () => {
  const { relaying } = houseWith();
  const relays = Array.from({ length: 200 }, (_, number) => ({
    ...PUSH,
    id: `r-${String(number).padStart(12, '0')}`,
    url: `${PUSH.url}-${number}`,
    when: 'watched',
  }));
  writeFileSync(join(dir, 'relays.json'), JSON.stringify({ relays }));
  relaying.load();
  assert.throws(() => relaying.add(PUSH), /there are 200 relays already/);
  rmSync(dir, { recursive: true });
  const [first] = relaying.list();
  assert.throws(() => relaying.remove(first!.id), /cannot be kept on the disk: ENOENT/);
  assert.equal(relaying.list().length, 200, 'it is still there');
});

test('a file that is not ours is left alone, and named', () => {
  const file = join(dir, 'relays.json');
  for (const text of ['', '{', '{"relays":[{"id":"x"}]}', '{"relays":[],"more":1}']) {
    writeFileSync(file, text);
    assert.throws(() => houseWith().relaying.load(), /relays\.json does not hold relays/, text);
    assert.equal(readFileSync(file, 'utf8'), text);
  }
});

test('changed settings: what is as it was goes on, the rest comes and goes', () => {
  const one = { streams: 'live/cam', to: 'rtmp://one.example/in/KEY' };
  const two = { streams: 'live/cam', to: 'rtmp://two.example/in/KEY' };
  const three = { streams: 'live/cam', to: 'rtmp://three.example/in/KEY' };
  const { relaying, links, publish } = houseWith({ push: [one, two] });
  publish();
  for (const link of links) link.start();
  relaying.apply(loadSettings({ flags: { relay: { push: [two, three] } } }).relay);
  assert.deepEqual(
    links.map(({ options, isClosed }) => [options.target.host, isClosed]),
    [
      ['one.example', true],
      ['two.example', false],
    ],
  );
  assert.deepEqual(
    relaying.list().map(({ id, state }) => [id, state]),
    [
      ['push-2', 'running'],
      ['push-3', 'idle'],
    ],
  );
});

test('settings that cannot be are refused, naming the entry', () => {
  const refused = (relay: SettingsInput[string], pattern: RegExp): void =>
    assert.throws(
      () => loadSettings({ flags: { relay } }),
      (error) => error instanceof ConfigError && pattern.test(error.message),
    );
  refused(
    { push: [{ streams: 'live/*', to: 'http://x/y/z' }] },
    /relay\.push\[0\]\.to.*rtmp:\/\/HOST\/APP\/STREAM/,
  );
  refused({ push: [{ streams: 'live', to: 'rtmp://x/y/z' }] }, /relay\.push\[0\]\.streams.*APP\/STREAM/);
  refused(
    { pull: [{ stream: 'live/*', from: 'rtmp://x/y/{stream}', when: 'always' }] },
    /relay\.pull\[0\]\.stream.*always/,
  );
});

test('which doors are our own', () => {
  const everywhere = { host: '*', port: 1935 };
  assert.equal(isOwnDoor({ address: '127.0.0.1', port: 1935 }, everywhere), true);
  assert.equal(isOwnDoor({ address: '::ffff:127.0.0.1', port: 1935 }, everywhere), true);
  assert.equal(isOwnDoor({ address: '::1', port: 1935 }, everywhere), true);
  assert.equal(isOwnDoor({ address: '127.0.0.1', port: 1936 }, everywhere), false);
  assert.equal(isOwnDoor({ address: '192.0.2.1', port: 1935 }, everywhere), false);
  const there = { host: '192.0.2.1', port: 1935 };
  assert.equal(isOwnDoor({ address: '192.0.2.1', port: 1935 }, there), true);
  assert.equal(isOwnDoor({ address: '127.0.0.1', port: 1935 }, there), false, 'another program may be there');
});
