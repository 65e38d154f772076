import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamRegistry, type Claim } from '../../../src/stream/registry.ts';
import type { Stream } from '../../../src/stream/stream.ts';
import { Viewer } from '../../../src/stream/viewer.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { AUDIO, inter, key, sound, VIDEO } from '../../support/media.ts';
import { RecordingSink } from '../../support/recording-sink.ts';
import { nameOf, publisherFrom } from '../../support/stage.ts';
import { textFormat } from '../../support/text-format.ts';

const SHOW = nameOf('live/show');

class House {
  readonly time = new FakeTime();
  readonly opened: string[] = [];
  readonly ended: string[] = [];
  readonly registry = new StreamRegistry({
    now: this.time.now,
    clock: this.time.now,
    batchMs: 0,
    graceSeconds: 10,
    after: this.time.after,
    opened: (stream) => this.opened.push(stream.name.path),
    ended: (stream, reason) => this.ended.push(`${stream.name.path}: ${reason}`),
  });

  claim(address = '192.0.2.1', name = SHOW): Extract<Claim, { granted: true }> & ReturnType<typeof pub> {
    const { publisher } = pub(address);
    const claim = this.registry.claim(name, publisher);
    assert.ok(claim.granted);
    return { ...claim, publisher };
  }

  watch(stream: Stream): RecordingSink {
    const sink = new RecordingSink();
    stream.join(textFormat(), new Viewer(sink), true);
    return sink;
  }
}

const pub = (address: string) => ({ publisher: publisherFrom(address) });

test('a second publisher from the same address takes over; the first is kicked and can no longer write', () => {
  const house = new House();
  const first = house.claim();
  first.publication.write(key(0));
  first.publication.write(sound(0));
  first.publication.flush();
  const viewer = house.watch(first.stream);
  const second = house.claim();
  assert.equal(second.stream, first.stream);
  assert.equal(first.stream.publisher, second.publisher);
  assert.deepEqual(first.publisher.kicks, ['replaced by a new publisher from the same address']);
  first.publication.write(key(40));
  first.publication.flush();
  // Its connection closes now, which must not begin the grace time of a stream that is live.
  first.publication.release('closed');
  assert.equal(house.time.waiting, 0);
  assert.equal(second.publication.formerTracks.video, VIDEO);
  assert.equal(second.publication.formerTracks.audio, AUDIO);
  second.publication.write(key(1000));
  second.publication.write(sound(1005));
  second.publication.flush();
  assert.equal(viewer.text, 'H[va] C[v]0 C[a]0 K200 A200 K1200 A1205');
  assert.deepEqual([house.opened, house.ended], [['live/show'], []]);
});

test('one from another address is refused with a reason that names the stream; the first goes on', () => {
  const house = new House();
  const first = house.claim();
  const refused = house.registry.claim(SHOW, publisherFrom('198.51.100.7'));
  assert.ok(!refused.granted);
  assert.match(refused.reason, /"live\/show" is already being published/);
  assert.ok(!refused.reason.includes('192.0.2.1'), 'addresses are not told to strangers');
  assert.equal(first.stream.publisher, first.publisher);
  assert.deepEqual(first.publisher.kicks, []);
});

test('grace: the stream stays for ten seconds, then it and its viewers end, once', () => {
  const house = new House();
  const { stream, publication } = house.claim();
  publication.write(key(0));
  publication.write(sound(0));
  publication.flush();
  const viewer = house.watch(stream);
  publication.release('gone');
  house.time.advance(9_999);
  assert.equal(house.registry.find('live/show'), stream);
  assert.deepEqual([viewer.closed, house.ended], [[], []]);
  house.time.advance(1);
  assert.equal(house.registry.find('live/show'), undefined);
  assert.deepEqual([viewer.closed, house.ended], [['stream ended'], ['live/show: stream ended']]);
  const again = house.claim();
  assert.notEqual(again.stream, stream);
  assert.deepEqual([again.publication.origin, again.publication.formerTracks], [0, {}]);
  house.time.advance(60_000);
  assert.deepEqual(house.ended.length, 1);
});

test('a publisher that comes back within the grace time, also from elsewhere, goes on with the stream', () => {
  const house = new House();
  const { stream, publication } = house.claim();
  publication.newEpoch();
  publication.write(key(0));
  publication.write(inter(2000));
  publication.release('gone');
  house.time.advance(9_999);
  const back = house.claim('198.51.100.7');
  assert.equal(back.stream, stream);
  assert.equal(back.publication.origin, 2040 * 90);
  assert.equal(back.publication.newEpoch(), 2);
  house.time.advance(60_000);
  assert.deepEqual([stream.state, house.ended], ['live', []]);
  back.publication.release('gone');
  house.time.advance(10_000);
  assert.deepEqual(house.ended, ['live/show: stream ended'], 'each departure has its own grace time');
});

test('streams have nothing to do with each other', () => {
  const house = new House();
  house.claim();
  house.claim('198.51.100.7', nameOf('live/other'));
  house.claim('198.51.100.7', nameOf('tv/show'));
  assert.deepEqual(
    house.registry.list().map((stream) => stream.name.path),
    ['live/show', 'live/other', 'tv/show'],
  );
});

test('those who wait for a stream are called once when it comes, unless they have given up', () => {
  const house = new House();
  const called: string[] = [];
  const note = (who: string) => (stream: Stream | undefined) =>
    called.push(`${who} ${stream?.name.path} ${stream?.state}`);
  house.registry.whenPublished('live/show', note('one'));
  const giveUp = house.registry.whenPublished('live/show', note('two'));
  house.registry.whenPublished('live/other', note('three'));
  giveUp();
  giveUp();
  const { publication } = house.claim();
  assert.deepEqual(called, ['one live/show live']);
  house.registry.whenPublished('live/show', note('four'))();
  publication.release('gone');
  house.registry.whenPublished('live/show', note('five'));
  house.claim();
  assert.deepEqual(called.slice(1), ['four live/show live', 'five live/show grace']);
});

test('one who gives up while others are being called is not called; one who waits anew is called at once', () => {
  const house = new House();
  const called: string[] = [];
  let giveUp = (): void => undefined;
  house.registry.whenPublished('live/show', () => {
    giveUp();
    house.registry.whenPublished('live/show', () => called.push('anew'));
  });
  giveUp = house.registry.whenPublished('live/show', () => called.push('never'));
  house.claim();
  assert.deepEqual(called, ['anew']);
});

test('close ends what is live and what is in grace, tells those who wait that nothing will come, and takes nobody after it', () => {
  const house = new House();
  const live = house.claim();
  const inGrace = house.claim('192.0.2.1', nameOf('live/other'));
  inGrace.publication.release('gone');
  const told: unknown[] = [];
  house.registry.whenPublished('live/third', (stream) => told.push(stream));
  house.registry.whenPublished('live/third', (stream) => told.push(stream));
  const viewer = house.watch(live.stream);
  house.registry.close('shutting down');
  house.registry.close('shutting down');
  assert.deepEqual(house.ended, ['live/show: shutting down', 'live/other: shutting down']);
  assert.deepEqual(viewer.closed, ['shutting down']);
  assert.deepEqual(live.publisher.kicks, ['shutting down']);
  assert.deepEqual([house.registry.list(), told, house.time.waiting], [[], [undefined, undefined], 0]);
  house.registry.whenPublished('live/third', (stream) => told.push(stream));
  assert.equal(told.length, 3, 'who comes too late is told at once');
  const claim = house.registry.claim(SHOW, publisherFrom());
  assert.ok(!claim.granted);
  assert.match(claim.reason, /shutting down/);
});

test('a kick sends the publisher away and leaves the viewers to the grace time', () => {
  const house = new House();
  const { stream, publication, publisher } = house.claim();
  publication.write(key(0));
  publication.write(sound(0));
  publication.flush();
  const viewer = house.watch(stream);
  assert.equal(house.registry.kick('live/show', 'the operator said so'), true);
  assert.deepEqual([publisher.kicks, stream.state], [['the operator said so'], 'grace']);
  publication.write(key(40)); // its connection is half open and does not know yet
  publication.flush();
  publication.release('the connection was closed');
  assert.equal(house.registry.kick('live/show', 'again'), false, 'nobody publishes it any more');
  assert.equal(house.registry.kick('live/none', 'again'), false, 'no such stream');
  assert.deepEqual([publisher.kicks.length, viewer.closed], [1, []]);
  const back = house.claim('198.51.100.7');
  assert.equal(back.stream, stream, 'within the grace time anybody may go on with it');
  assert.equal(viewer.text, 'H[va] C[v]0 C[a]0 K200 A200');
});

test('twenty takeovers in a row: each former publisher is sent away once, the stream is one', () => {
  const house = new House();
  const claims = Array.from({ length: 20 }, () => house.claim());
  for (const [index, { publisher, publication, stream }] of claims.entries()) {
    assert.equal(stream, claims[0]!.stream, 'the same stream');
    assert.equal(publisher.kicks.length, index === 19 ? 0 : 1, `kicks of publisher ${index}`);
    if (index < 19) publication.release('closed'); // late, and in any order
  }
  assert.deepEqual([claims[0]!.stream.state, house.time.waiting, house.opened.length], ['live', 0, 1]);
});

test('a thousand publishers come and go and nothing is left behind', () => {
  const house = new House();
  for (let count = 0; count < 1000; count++) {
    const { publication } = house.claim('192.0.2.1', nameOf(`live/s${count}`));
    const stop = house.registry.whenPublished(`live/w${count}`, () => undefined);
    publication.release('gone');
    stop();
    house.time.advance(10_000);
  }
  assert.deepEqual([house.registry.list().length, house.time.waiting, house.ended.length], [0, 0, 1000]);
});

test('the same key takes over from another address; another key does not', () => {
  const house = new House();
  const first = publisherFrom('192.0.2.1');
  assert.ok(house.registry.claim(SHOW, { ...first, key: 'k1' }).granted, 'the first');
  assert.equal(house.registry.claim(SHOW, { ...publisherFrom('192.0.2.2'), key: 'k2' }).granted, false);
  assert.equal(house.registry.claim(SHOW, publisherFrom('192.0.2.2')).granted, false, 'no key at all');
  assert.ok(house.registry.claim(SHOW, { ...publisherFrom('192.0.2.2'), key: 'k1' }).granted, 'the same key');
  assert.deepEqual(first.kicks, ['replaced by a new publisher with the same key']);
});

test('a stream that is finished ends now, its grace time too', () => {
  const house = new House();
  const { stream, publication } = house.claim();
  publication.write(key(0));
  publication.write(sound(0));
  publication.flush();
  const viewer = house.watch(stream);
  publication.release('kicked');
  assert.equal(house.registry.finish('live/show', 'stream ended'), true);
  assert.deepEqual(
    [viewer.closed, house.ended, house.time.waiting],
    [['stream ended'], ['live/show: stream ended'], 0],
  );
  assert.equal(house.registry.finish('live/show', 'stream ended'), false, 'there is none any more');
});
