import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_MOVES, MOVES_MS } from '../../../src/clients/relay-move.ts';
import { PLAIN_RTMP, readEnhanced } from '../../../src/protocols/rtmp/session/enhanced.ts';
import { AmfObject } from '../../../src/amf/value.ts';
import type { NalTrack } from '../../../src/media/track.ts';
import { hex, inter, key, sound, VIDEO } from '../../support/media.ts';
import { avcConfig } from '../../support/show.ts';
import { AVCC_360P } from '../../support/media.ts';
import { patternOf, RelayRig } from './rig.ts';

const patternOfShow = patternOf('live/show');

type On = ReturnType<RelayRig['publish']>;

function frame({ publication }: On, at: number, isKey = false): void {
  publication.write(isKey ? key(at) : inter(at));
  publication.flush();
}

/** A push that runs over its first link. */
function pushing(): { rig: RelayRig; on: On } {
  const rig = new RelayRig();
  rig.push();
  const on = rig.publish();
  on.publication.write(key(0));
  on.publication.write(sound(0));
  on.publication.flush();
  rig.link.start();
  frame(on, 40);
  return { rig, on };
}

const state = (rig: RelayRig): string | undefined => rig.pushes.reports('push-1')[0]?.health.state;

test('a push that is asked to connect again has its second connection before it leaves the first', () => {
  const { rig, on } = pushing();
  const [first] = rig.links;
  first!.ask('rtmp://b.example/live', 'an update');
  assert.equal(rig.links.length, 2);
  assert.deepEqual(
    [rig.link.options.target.host, rig.link.options.target.app, rig.link.options.target.key],
    ['b.example', 'live', 'secret-key'],
  );
  const before = first!.written.length;
  frame(on, 80);
  assert.equal(first!.written.length, before + 1, 'the first goes on meanwhile');
  assert.equal(first!.isClosed, false);
  rig.link.start();
  frame(on, 120);
  assert.equal(first!.written.length, before + 2, 'also when the second stands');
  assert.deepEqual([rig.link.written, first!.isClosed], [[], false], 'which begins with the next key frame');
  frame(on, 160, true);
  assert.equal(first!.written.length, before + 2, 'that is not sent to the first any more');
  assert.ok(first!.isClosed, 'which is left then');
  assert.ok(rig.link.written.length > 0, 'but to the second');
  assert.equal(state(rig), 'running');
});

test('a push whose first connection ends, or sees no key frame, goes on with the GOP it is in', () => {
  for (const how of ['ends', 'waits'] as const) {
    const { rig, on } = pushing();
    const [first] = rig.links;
    first!.ask('rtmp://b.example/live');
    rig.link.start();
    frame(on, 80);
    assert.deepEqual(rig.link.written, [], how);
    if (how === 'ends') first!.end('the server closed the connection');
    else rig.time.advance(5_100);
    assert.ok(rig.link.written.length > 0, `${how}: it gets what there is since the last key frame`);
    assert.equal(first!.isClosed, how === 'waits', how);
    const before = first!.written.length;
    frame(on, 120);
    assert.equal(first!.written.length, before, how);
    assert.equal(state(rig), 'running', how);
  }
});

test('a push that is moved while its publisher leaves says goodbye to both servers', () => {
  const { rig } = pushing();
  const [first] = rig.links;
  first!.ask('rtmp://b.example/live');
  rig.link.start();
  rig.streams.finish('live/show', 'stream ended');
  assert.deepEqual([first!.isClosed, rig.link.isClosed], [true, true]);
});

test('a second connection that fails is tried again, and the first goes on', () => {
  const { rig, on } = pushing();
  const [first] = rig.links;
  first!.ask('rtmp://b.example/live');
  rig.link.end('nothing listens there');
  assert.equal(rig.links.length, 2);
  rig.time.advance(1_100);
  assert.equal(rig.links.length, 3, 'after the usual wait');
  const before = first!.written.length;
  frame(on, 80);
  assert.equal(first!.written.length, before + 1);
  for (let failure = 0; failure < 10; failure++) {
    rig.link.end('nothing listens there');
    rig.time.advance(31_000);
  }
  assert.equal(rig.links.length, 6, 'not for ever');
  assert.equal(state(rig), 'running');
});

test('a server that ends the first connection before the second stands: the second is gone on with', () => {
  const { rig, on } = pushing();
  const [first] = rig.links;
  first!.ask('rtmp://b.example/live');
  first!.end('the server closed the connection');
  assert.equal(rig.links.length, 2, 'it is on its way already');
  rig.link.start();
  frame(on, 80);
  assert.equal(state(rig), 'running');
  assert.ok(rig.link.written.length > 0, 'it gets the stream');
});

test('the same server will not have one stream twice: then the first connection goes first', () => {
  const { rig } = pushing();
  const [first, second] = [rig.link, (rig.link.ask(), rig.link)];
  second.end('NetStream.Publish.BadName: published already', false, true);
  assert.ok(first.isClosed, 'it makes room');
  assert.equal(rig.links.length, 3, 'and the next attempt is made at once');
  rig.link.start();
  assert.equal(state(rig), 'running');
});

test('servers that send a relay to and fro are not followed for ever', () => {
  const { rig } = pushing();
  for (let round = 0; round < 20; round++) {
    rig.link.ask(`rtmp://${round}.example/live`);
    if (rig.link.options.target.host === `${round}.example`) rig.link.start();
  }
  assert.equal(rig.links.length, 1 + MAX_MOVES);
  rig.time.advance(MOVES_MS);
  rig.link.ask('rtmp://later.example/live');
  assert.equal(rig.link.options.target.host, 'later.example');
});

test('a place that no relay may go to is not gone to, and that is told without secrets', () => {
  const { rig } = pushing();
  rig.link.ask('file:///etc/passwd', 'come here, secret-key');
  assert.equal(rig.links.length, 1);
  assert.match(rig.told.at(-1) ?? '', /no RTMP URL, or gives up TLS: left undone/);
  assert.ok(!(rig.told.at(-1) ?? '').includes('secret-key'), rig.told.at(-1));
  assert.equal(state(rig), 'running');
});

test('where it was sent it stays, until that place fails: then it asks where it asked first', () => {
  const { rig } = pushing();
  rig.link.ask('rtmp://b.example/live');
  rig.link.start();
  rig.link.end('the server closed the connection');
  rig.time.advance(1_100);
  assert.equal(rig.link.options.target.host, 'b.example');
  rig.link.end('nothing listens there');
  rig.time.advance(3_000);
  assert.equal(rig.link.options.target.host, 'far.example');
});

const config = { type: 9, timestamp: 0, streamId: 1, chunkStreamId: 4, body: avcConfig(AVCC_360P) };
const picture = (timestamp: number, isKey: boolean) => ({
  ...config,
  timestamp,
  body: hex(isKey ? '17 01 000000 00000004 65888400' : '27 01 000000 00000003 419a00'),
});

/** A pull that has been given two pictures by its first connection. */
function pulling() {
  const rig = new RelayRig();
  rig.pull('always');
  rig.pulls.start();
  const first = rig.link;
  first.start();
  for (const message of [config, picture(0, true), picture(40, false)]) first.options.media?.(message);
  return { rig, first };
}

test('a pull goes over when the second connection brings a key frame, and its stream stays', () => {
  const { rig, first } = pulling();
  first.options.flush?.();
  const stream = rig.streams.find('live/show');
  assert.ok(stream?.publisher, 'on the air');
  first.ask();
  const second = rig.link;
  assert.notEqual(second, first);
  second.start();
  for (const message of [config, picture(9_000, false)]) second.options.media?.(message);
  assert.equal(first.isClosed, false, 'nothing to start with yet');
  first.options.media?.(picture(80, false));
  second.options.media?.(picture(9_040, true));
  assert.ok(first.isClosed, 'now there is');
  assert.equal(rig.streams.find('live/show'), stream, 'the same stream');
  assert.ok(stream.publisher, 'which has its publisher');
  second.options.media?.(picture(9_080, false));
  assert.equal(rig.pulls.reports('pull-1')[0]?.health.state, 'running');
});

test('a second connection that breaks off is not gone over to, and the one after it begins anew', () => {
  const { rig, first } = pulling();
  first.ask();
  const second = rig.link;
  second.start();
  const other = { ...picture(9_000, true), body: hex('17 01 000000 00000004 65888499') };
  for (const message of [config, other]) second.options.media?.(message);
  second.end('the server closed the connection');
  for (let ms = 80; ms < 6_000; ms += 40) {
    rig.time.advance(40);
    first.options.media?.(picture(ms, false));
  }
  const third = rig.link;
  assert.notEqual(third, second, 'it was tried again');
  assert.equal(first.isClosed, false, 'what the second has brought leads nowhere');
  third.start();
  third.options.media?.(config);
  third.options.media?.(picture(70_000, false));
  assert.equal(first.isClosed, false, 'nor does it make the third one playable');
  first.end('the server closed the connection');
  third.options.media?.({ ...other, timestamp: 70_040 });
  assert.equal(rig.pulls.reports('pull-1')[0]?.health.state, 'running');
  const stream = rig.streams.find('live/show');
  assert.ok(stream?.publisher, 'the stream has its publisher');
});

test('two pushes to servers of one kind: the one that is moved gets each frame once', async () => {
  const rig = new RelayRig();
  rig.push();
  rig.push('live/show', 'rtmp://other.example/app/key', 'push-2');
  const on = rig.publish();
  on.publication.write(key(0));
  on.publication.write(sound(0));
  on.publication.flush();
  const [first, other] = rig.links;
  first!.start();
  other!.start();
  frame(on, 40);
  first!.ask('rtmp://b.example/live');
  rig.link.start();
  frame(on, 80, true);
  await Promise.resolve();
  frame(on, 120);
  const text = Buffer.concat(rig.link.written).toString('latin1');
  const payload = Buffer.from(key(80).payload).toString('latin1');
  assert.equal(text.split(payload).length - 1, 1, 'the key frame');
  assert.ok(!other!.isClosed, 'the other one is not concerned');
});

const HEVC: NalTrack = { ...VIDEO, codec: 'hevc', codecString: 'hvc1.1.6.L93.B0' };

function hevc(rig: RelayRig): On {
  const on = rig.publish();
  on.publication.write(key(0, { track: HEVC }));
  on.publication.write(sound(0));
  on.publication.flush();
  return on;
}

test('a server that has not announced HEVC is sent none: the relay says so, and tries later', () => {
  const rig = new RelayRig();
  rig.push();
  hevc(rig);
  const { link } = rig;
  link.start();
  assert.deepEqual(link.written, []);
  assert.ok(link.isClosed, 'nothing to be done there');
  const { health } = rig.pushes.reports('push-1')[0]!;
  assert.equal(health.state, 'waiting');
  assert.match(health.problem ?? '', /^the picture is HEVC, which the server has not announced/);
});

test('a server that has announced HEVC gets it, and so does one that a rule forces it on', () => {
  for (const codecs of ['announced', 'any'] as const) {
    const rig = new RelayRig();
    rig.pushes.add({ id: 'push-1', streams: patternOfShow, url: 'rtmp://far.example/app/key', codecs });
    hevc(rig);
    const enhanced = readEnhanced(AmfObject.of({ fourCcList: ['hvc1'] }));
    rig.link.enhanced = codecs === 'any' ? PLAIN_RTMP : enhanced;
    rig.link.start();
    assert.ok(Buffer.concat(rig.link.written).includes('hvc1'), codecs);
    assert.equal(state(rig), 'running');
  }
});

test('a codec that changes while the relay runs is looked at again', () => {
  const { rig, on } = pushing();
  const { link } = rig;
  on.publication.write(key(80, { track: HEVC }));
  on.publication.flush();
  assert.equal(state(rig), 'waiting');
  assert.ok(!Buffer.concat(link.written).includes('hvc1'), 'none of it was sent');
});
