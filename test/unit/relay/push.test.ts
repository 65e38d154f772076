import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAmf0Values } from '../../../src/amf/amf0-reader.ts';
import { AmfObject } from '../../../src/amf/value.ts';
import { ChunkReader } from '../../../src/protocols/rtmp/chunk-reader.ts';
import { setChunkSize } from '../../../src/protocols/rtmp/control.ts';
import { OUT_CHUNK_SIZE, type RtmpMessage } from '../../../src/protocols/rtmp/message.ts';
import type { FakeLink } from '../../support/fake-links.ts';
import { inter, key, sound } from '../../support/media.ts';
import { RelayRig } from './rig.ts';

/** What a server was sent, as `type@timestamp`; metadata by its commands. */
function sentTo({ written }: FakeLink): string[] {
  const messages: RtmpMessage[] = [];
  const reader = new ChunkReader();
  for (const bytes of [setChunkSize(OUT_CHUNK_SIZE), ...written])
    reader.push(bytes, (message) => messages.push({ ...message, body: Buffer.from(message.body) }));
  return messages
    .filter(({ type }) => type !== 1)
    .map(({ type, timestamp, body }) => {
      if (type === 18)
        return readAmf0Values(body)
          .filter((value) => typeof value === 'string')
          .join();
      const isConfig = body[1] === 0;
      return `${type}@${timestamp}${isConfig ? ' config' : ''}`;
    });
}

function show(rig: RelayRig, from = 0): ReturnType<RelayRig['publish']> {
  const on = rig.publish();
  on.publication.write(key(from));
  on.publication.write(sound(from));
  on.publication.flush();
  return on;
}

test('a stream goes to its target from the first frame on: metadata, configurations, then the newest key frame', () => {
  const rig = new RelayRig();
  rig.push();
  const on = rig.publish();
  assert.equal(rig.links.length, 0, 'nobody is called for a stream without a frame');
  on.publication.write(key(0));
  on.publication.write(sound(0));
  on.publication.flush();
  assert.equal(rig.link.options.target.key, 'secret-key');
  assert.deepEqual(rig.link.options.path, ['us'], 'it says who has passed it on');
  on.publication.write(inter(40));
  on.publication.flush();
  on.publication.write(key(80));
  on.publication.write(sound(80));
  on.publication.flush();
  rig.link.start();
  on.publication.write(inter(120));
  on.publication.flush();
  assert.deepEqual(sentTo(rig.link), [
    '@setDataFrame,onMetaData',
    '9@0 config',
    '8@0 config',
    '9@200',
    '8@200',
    '9@240',
  ]);
  assert.deepEqual(rig.told, ['push-1 live/show running: running']);
});

test('metadata says which tracks there are, in the form that servers keep for their players', () => {
  const rig = new RelayRig();
  rig.push();
  show(rig);
  rig.link.start();
  const reader = new ChunkReader();
  const bodies: Uint8Array[] = [];
  for (const bytes of [setChunkSize(OUT_CHUNK_SIZE), ...rig.link.written])
    reader.push(bytes, ({ type, body }) => {
      if (type === 18) bodies.push(Buffer.from(body));
    });
  const [command, name, values] = readAmf0Values(bodies[0]!);
  assert.deepEqual([command, name], ['@setDataFrame', 'onMetaData']);
  assert.ok(values instanceof AmfObject, 'values');
  assert.deepEqual([values.get('hasVideo'), values.get('hasAudio')], [true, true]);
});

test('the bytes are made once for all targets', () => {
  const rig = new RelayRig();
  rig.push('live/*', 'rtmp://one.example/app/a-key', 'push-1');
  rig.push('live/*', 'rtmp://two.example/app/b-key', 'push-2');
  const on = show(rig);
  const [one, two] = rig.links;
  one!.start();
  two!.start();
  on.publication.write(inter(40));
  on.publication.flush();
  assert.equal(one!.written.at(-1), two!.written.at(-1), 'the same buffer');
});

test('after a failure it waits longer each time, and goes on with headers and a key frame on the same clock', () => {
  const rig = new RelayRig();
  rig.push();
  const on = show(rig);
  rig.link.start();
  rig.time.advance(60_000);
  rig.link.end('the server closed the connection');
  assert.equal(rig.links.length, 1, 'not at once');
  rig.time.advance(1000);
  assert.equal(rig.links.length, 2, 'after a second');
  on.publication.write(key(60_000));
  on.publication.write(sound(60_000));
  on.publication.flush();
  rig.link.start();
  on.publication.write(inter(60_040));
  on.publication.flush();
  assert.deepEqual(sentTo(rig.link), [
    '@setDataFrame,onMetaData',
    '9@0 config',
    '8@0 config',
    '9@60200',
    '8@60200',
    '9@60240',
  ]);
  assert.deepEqual(rig.told, [
    'push-1 live/show running: running',
    'push-1 live/show waiting: the server closed the connection',
    'push-1 live/show running: running',
  ]);
});

test('an hour without the target costs one timer, one line in the log and nothing else', () => {
  const rig = new RelayRig((link) => rig.time.after(50, () => link.end('nothing listens there')));
  rig.push();
  const on = show(rig);
  let most = 0;
  for (let second = 1; second <= 3600; second++) {
    rig.time.advance(1000);
    on.publication.write(key(second * 1000));
    on.publication.flush();
    most = Math.max(most, rig.time.waiting);
  }
  assert.ok(most <= 1, `${most} timers`);
  assert.ok(rig.links.length > 110 && rig.links.length < 140, `${rig.links.length} attempts`);
  assert.deepEqual(rig.told, ['push-1 live/show waiting: nothing listens there']);
  assert.deepEqual([...on.stream.fanouts], [], 'no bytes are made for it');
  const [report] = rig.pushes.reports('push-1');
  assert.equal(report?.health.attempts, rig.links.length);
  assert.equal(report.health.problem, 'nothing listens there');
});

test('a server that fails in other ways each time is told of once a minute', () => {
  let number = 0;
  const rig = new RelayRig((link) => rig.time.after(50, () => link.end(`trouble ${++number}`)));
  rig.push();
  show(rig);
  rig.time.advance(3_600_000);
  assert.ok(number > 100, `${number} attempts`);
  assert.ok(rig.told.length > 1 && rig.told.length <= 61, `${rig.told.length} lines`);
});

test('a publisher that comes back within the grace time finds the target still there', () => {
  const rig = new RelayRig();
  rig.push();
  const on = show(rig);
  rig.link.start();
  on.publication.release('lost');
  rig.time.advance(3000);
  const back = rig.publish();
  back.publication.write(key(Number(back.publication.origin) / 90));
  back.publication.flush();
  assert.equal(rig.links.length, 1, 'the same connection');
  assert.equal(rig.link.isClosed, false);
  assert.equal(sentTo(rig.link).at(-1), '9@240', 'its clock goes on');
});

test('the end of the stream is a goodbye', () => {
  const rig = new RelayRig();
  rig.push();
  const on = show(rig);
  rig.link.start();
  on.publication.release('done');
  rig.time.advance(10_000);
  assert.equal(rig.link.isClosed, true, 'goodbye');
  assert.equal(rig.time.waiting, 0, 'nothing goes on');
  assert.deepEqual(rig.pushes.reports('push-1'), []);
  assert.ok(rig.pushes.formerBytes('push-1') > 0, 'what it sent is not forgotten');
});

test('a stream that ends while its target is away is not tried any more', () => {
  const rig = new RelayRig();
  rig.push();
  const on = show(rig);
  rig.link.end('away');
  on.publication.release('done');
  rig.time.advance(10_000);
  const { length } = rig.links;
  rig.time.advance(3_600_000);
  assert.equal(rig.links.length, length);
  assert.equal(rig.time.waiting, 0);
});

test('a target that is slower than the stream loses whole GOPs, and is tried anew if it stays behind', () => {
  const rig = new RelayRig(undefined, { queueBytes: 64 * 1024, lagMs: 30_000 });
  rig.push();
  const on = show(rig);
  rig.link.start();
  const { link } = rig;
  link.queuedBytes = 10_000_000; // it takes nothing any more
  for (let frame = 1; frame <= 1000 && !link.isClosed; frame++) {
    rig.time.advance(40);
    on.publication.write(
      frame % 50 === 0 ? key(frame * 40, { bytes: 5000 }) : inter(frame * 40, { bytes: 5000 }),
    );
    on.publication.flush();
  }
  assert.equal(link.isClosed, true, 'it was given up');
  assert.ok(on.stream.tally.of('skippedGops').relay > 0, 'GOPs were skipped before');
  const [report] = rig.pushes.reports('push-1');
  assert.equal(report?.health.problem, 'the server is slower than the stream');
  rig.time.advance(1000);
  assert.equal(rig.links.length, 2, 'and comes back');
});

test('a loop is not tried again until the stream comes another way', () => {
  const rig = new RelayRig();
  rig.push();
  const on = show(rig);
  rig.link.end('NetStream.Publish.BadName: relay loop: it has been through this gateway already', true);
  rig.time.advance(3_600_000);
  assert.equal(rig.links.length, 1);
  assert.equal(rig.pushes.reports('push-1')[0]?.health.state, 'stopped');
  on.publication.release('gone');
  const other = rig.publish('192.0.2.9', ['them']);
  other.publication.write(key(0));
  assert.equal(rig.links.length, 2);
  assert.deepEqual(rig.link.options.path, ['them', 'us']);
});

test('a target that has been told where a stream comes from is told again when that changes', () => {
  const rig = new RelayRig();
  rig.push();
  const on = show(rig);
  rig.link.start();
  on.publication.release('gone');
  const other = rig.publish('192.0.2.9', ['them']);
  other.publication.write(key(0));
  assert.equal(rig.links[0]?.isClosed, true);
  assert.deepEqual(rig.link.options.path, ['them', 'us']);
});

test('a rule that comes late is for streams that are there already; one that goes says goodbye', () => {
  const rig = new RelayRig();
  const on = show(rig);
  rig.push('*', 'rtmp://far.example/{app}/{stream}', 'r-1');
  on.publication.write(inter(40));
  assert.equal(rig.link.options.target.tcUrl, 'rtmp://far.example:1935/live');
  assert.equal(rig.link.options.target.key, 'show');
  rig.link.start();
  assert.equal(rig.pushes.remove('r-1'), true);
  assert.equal(rig.link.isClosed, true);
  assert.equal(rig.pushes.remove('r-1'), false);
  assert.deepEqual([...on.stream.fanouts], []);
});

test('what the server says is shown without the key', () => {
  const rig = new RelayRig();
  rig.push('live/show', 'rtmp://u:pass-word@far.example/app/secret-key?token=t0k3n');
  show(rig);
  rig.link.end('no such key secret-key?token=t0k3n for u with pass-word\n(t0k3n)');
  assert.deepEqual(rig.told, ['push-1 live/show waiting: no such key *** for u with *** (***)']);
});
