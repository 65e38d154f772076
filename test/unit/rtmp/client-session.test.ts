import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { encodeAmf0 } from '../../../src/amf/amf0-writer.ts';
import { AmfObject } from '../../../src/amf/value.ts';
import { encodeMessage } from '../../../src/protocols/rtmp/chunk-writer.ts';
import { clientTarget } from '../../../src/protocols/rtmp/session/client-url.ts';
import { ClientSession } from '../../../src/protocols/rtmp/session/client-session.ts';
import { ServerSession } from '../../../src/protocols/rtmp/session/server-session.ts';
import { hex, ramp } from './chunk-tools.ts';
import { fixedRandom, info, loggingHost } from './session-tools.ts';

/** Two sessions and a wire between them that carries what is said, in pieces of `step` bytes, until all is quiet. */
class Wire {
  readonly host = loggingHost();
  readonly server: ServerSession;
  readonly client: ClientSession;
  readonly events: string[] = [];
  readonly toServer: Buffer[] = [];
  readonly paths: (readonly string[])[] = [];
  readonly #step: number;

  constructor(
    mode: 'publish' | 'play',
    url = 'rtmp://h/live/cam?t=1',
    step = 100_000,
    path: readonly string[] = [],
  ) {
    this.#step = step;
    this.server = new ServerSession(this.host, { random: randomBytes });
    this.client = new ClientSession(
      {
        send: (bytes) => void this.toServer.push(bytes),
        started: (theirs) => {
          this.events.push('started');
          this.paths.push(theirs);
        },
        media: (m) =>
          void this.events.push(`${m.type}@${m.timestamp} ${Buffer.from(m.body).toString('hex')}`),
        ended: (code, text) => void this.events.push(`ended ${code}: ${text}`),
      },
      { random: randomBytes, mode, target: clientTarget(url)!, path },
    );
    this.client.start();
  }

  run(): this {
    while (this.toServer.length + this.host.sent.length > 0) {
      this.#carry(this.toServer, (bytes) => this.server.receive(bytes));
      this.#carry(this.host.sent, (bytes) => this.client.receive(bytes));
    }
    return this;
  }

  #carry(from: Buffer[], deliver: (bytes: Buffer) => void): void {
    const bytes = Buffer.concat(from.splice(0));
    for (let at = 0; at < bytes.length; at += this.#step) deliver(bytes.subarray(at, at + this.#step));
  }
}

for (const step of [1, 7, 100_000]) {
  test(`publishes to our own server, ${step} bytes at a time`, () => {
    const wire = new Wire('publish', 'rtmp://h/live/cam?t=1', step).run();
    assert.equal(wire.client.phase, 'asking');
    assert.equal(wire.client.signed, true);
    assert.equal(wire.server.facts.digestScheme, 0);
    assert.equal(wire.client.sendMedia(9, 0, hex('17')), false, 'not before the server lets us');
    assert.deepEqual(
      wire.host.publishes.map(({ app, name, query, type }) => [app, name, query, type]),
      [['live', 'cam', 't=1', 'live']],
    );

    wire.server.verdicts.acceptPublish(1);
    wire.run();
    assert.deepEqual(wire.events, ['started']);
    const frame = ramp(70_000);
    const metadata = encodeAmf0('onMetaData', AmfObject.of({ width: 2 }, 'ecma-array'));
    wire.client.sendMedia(18, 0, metadata);
    wire.client.sendMedia(9, 0xffffff, frame);
    wire.client.sendMedia(8, 2 ** 32 + 3, hex('af01'));
    wire.run();
    wire.client.goodbye();
    wire.run();
    assert.deepEqual(wire.host.events, [
      'publish 1 live/cam',
      `media 1 18@0 ${metadata.toString('hex')}`,
      `media 1 9@16777215 ${frame.toString('hex')}`,
      'media 1 8@3 af01',
      'unpublish 1 FCUnpublish',
    ]);
    assert.equal(wire.client.phase, 'ended');
    assert.equal(wire.client.sendMedia(9, 1, frame), false);
    assert.deepEqual(wire.events, ['started']);
  });

  test(`plays from our own server, ${step} bytes at a time`, () => {
    const wire = new Wire('play', 'rtmp://h:1936/live/cam', step).run();
    wire.server.verdicts.acceptPlay(1);
    wire.run();
    const send = (type: number, timestamp: number, body: Buffer) =>
      wire.host.sent.push(encodeMessage({ chunkStreamId: 6, type, streamId: 1, timestamp }, body, 60_000));
    send(9, 40, hex('1700'));
    send(8, 41, hex('af00'));
    send(22, 100, hex('08 000001 000000 00 000000 af 0000000c'));
    wire.run();
    wire.server.verdicts.playEnded(1);
    wire.run();
    assert.deepEqual(wire.events, [
      'started',
      `18@0 ${encodeAmf0('|RtmpSampleAccess', true, true).toString('hex')}`,
      '9@40 1700',
      '8@41 af00',
      '8@100 af',
      'ended NetStream.Play.UnpublishNotify: The stream has ended.',
    ]);
  });
}

test('takes leave of a server whose stream it plays', () => {
  const wire = new Wire('play').run();
  wire.server.verdicts.acceptPlay(1);
  wire.run().client.goodbye();
  wire.client.goodbye();
  wire.run();
  assert.deepEqual(wire.host.events, ['play 1 live/cam', 'stopPlay 1 deleteStream']);
});

test('a refusal ends the client with the server’s code and words', () => {
  for (const mode of ['publish', 'play'] as const) {
    const wire = new Wire(mode).run();
    if (mode === 'publish')
      wire.server.verdicts.refusePublish(1, 'NetStream.Publish.Unauthorized', 'only from loopback');
    else wire.server.verdicts.refusePlay(1, 'NetStream.Play.StreamNotFound', 'no such stream');
    wire.run();
    assert.deepEqual(wire.events, [
      mode === 'publish'
        ? 'ended NetStream.Publish.Unauthorized: only from loopback'
        : 'ended NetStream.Play.StreamNotFound: no such stream',
    ]);
    wire.client.receive(hex('ffff')); // nothing is read any more
    wire.client.goodbye();
    assert.equal(wire.toServer.length, 0);
  }
});

test('the publisher acknowledges what it receives and knows what is on its way', () => {
  const wire = new Wire('publish').run();
  wire.server.verdicts.acceptPublish(1);
  wire.run();
  const before = wire.client.unacknowledgedBytes;
  for (let frame = 0; frame < 30; frame++) wire.client.sendMedia(9, frame, ramp(50_000));
  assert.ok(wire.client.unacknowledgedBytes >= before + 1_500_000);
  wire.run();
  assert.ok(wire.client.unacknowledgedBytes < before + 400_000, String(wire.client.unacknowledgedBytes));
});

/** A server that is not ours: says what the test wants it to say. */
function foreign(mode: 'publish' | 'play') {
  const sent: Buffer[] = [];
  const events: string[] = [];
  const client = new ClientSession(
    {
      send: (bytes) => void sent.push(bytes),
      started: () => void events.push('started'),
      media: () => void events.push('media'),
      ended: (code, text) => void events.push(`ended ${code}: ${text}`),
    },
    { random: fixedRandom, mode, target: clientTarget('rtmp://h/live/cam')! },
  );
  client.start();
  client.receive(Buffer.concat([Buffer.from([3]), Buffer.alloc(3072, 9)]));
  const say = (type: number, body: Buffer, streamId = 0) =>
    client.receive(encodeMessage({ chunkStreamId: 3, type, streamId, timestamp: 0 }, body, 128));
  return { client, events, say, sent };
}

test('servers that do not know releaseStream and FCPublish are no trouble', () => {
  const { client, events, say } = foreign('publish');
  assert.equal(client.signed, false);
  say(20, encodeAmf0('onBWDone', 0, null));
  say(20, encodeAmf0('_result', 1, null, null));
  say(20, encodeAmf0('_error', 3, null, info('error', 'NetConnection.Call.Failed', 'what?')));
  say(20, encodeAmf0('_error', 4, null));
  assert.equal(client.phase, 'creating');
  say(20, encodeAmf0('_result', 5, null, 7));
  say(20, encodeAmf0('onStatus', 0, null, info('status', 'NetStream.Publish.Start', '')), 7);
  assert.equal(client.phase, 'publishing');
  say(20, encodeAmf0('onStatus', 0, null, null));
  say(20, encodeAmf0('onStatus'));
  assert.deepEqual(events, ['started']);
});

test('connect and createStream refused, with and without words', () => {
  const first = foreign('publish');
  first.say(20, encodeAmf0('_error', 1, null, info('error', 'NetConnection.Connect.Rejected', 'full')));
  assert.deepEqual(first.events, ['ended NetConnection.Connect.Rejected: full']);

  const second = foreign('play');
  second.say(20, encodeAmf0('_result', 1, null, null));
  second.say(20, encodeAmf0('_error', 2, null, 'odd'));
  assert.deepEqual(second.events, ['ended NetConnection.Call.Failed: the server refused createStream']);
});

test('Stream EOF and close end a player', () => {
  const one = foreign('play');
  one.say(20, encodeAmf0('_result', 1, null, null));
  one.say(20, encodeAmf0('_result', 2, null, 1));
  one.say(9, hex('17'), 1); // before Play.Start: left out
  one.say(4, hex('0001 00000001')); // and so is this
  one.say(20, encodeAmf0('onStatus', 0, null, info('status', 'NetStream.Play.Start', '')), 1);
  one.say(4, hex('0001 00000001'));
  assert.deepEqual(one.events, ['started', 'ended NetStream.Play.Stop: the stream has ended']);

  const two = foreign('play');
  two.say(20, encodeAmf0('close', 0, null));
  assert.deepEqual(two.events, ['ended NetConnection.Connect.Closed: the server closed the connection']);
});

test('a redirect is handed on, of connect and of publish', () => {
  const ends: (string | undefined)[][] = [];
  const at = (): ((type: number, body: Buffer) => void) => {
    const client = new ClientSession(
      {
        send: () => undefined,
        started: () => undefined,
        media: () => undefined,
        ended: (code, text, redirect) => void ends.push([code, text, redirect]),
      },
      { random: fixedRandom, mode: 'publish', target: clientTarget('rtmp://h/live/cam')! },
    );
    client.start();
    client.receive(Buffer.concat([Buffer.from([3]), Buffer.alloc(3072, 9)]));
    return (type, body) =>
      client.receive(encodeMessage({ chunkStreamId: 3, type, streamId: 0, timestamp: 0 }, body, 128));
  };
  const ex = AmfObject.of({ code: 302, redirect: 'rtmp://other/live' });
  const rejected = AmfObject.of({
    level: 'error',
    code: 'NetConnection.Connect.Rejected',
    description: 'go there',
    ex,
  });
  at()(20, encodeAmf0('_error', 1, null, rejected));
  const say = at();
  say(20, encodeAmf0('_result', 1, null, null));
  say(20, encodeAmf0('onStatus', 0, null, rejected));
  const end = ['NetConnection.Connect.Rejected', 'go there', 'rtmp://other/live'];
  assert.deepEqual(ends, [end, end]);
});

test('relays passed are told in connect, and learnt from the answer to play; an encoder tells none', () => {
  const wire = new Wire('play', 'rtmp://h/live/cam', 100_000, ['one', 'two']).run();
  assert.deepEqual(wire.server.facts.relayPath, ['one', 'two']);
  wire.server.verdicts.acceptPlay(1, ['three', 'four']);
  wire.run();
  assert.deepEqual(wire.paths, [['three', 'four']]);

  const plain = new Wire('play').run();
  assert.deepEqual(plain.server.facts.relayPath, []);
  plain.server.verdicts.acceptPlay(1, ['three']);
  const said = Buffer.concat(plain.host.sent);
  assert.equal(said.includes('three'), false, 'players are not told');
  plain.run();
  assert.deepEqual(plain.paths, [[]]);
});

test('a client answers pings, sends some when it is let in, and knows of the answers', () => {
  const wire = new Wire('publish').run();
  wire.client.ping(7);
  assert.equal(wire.toServer.length, 0, 'not before');
  wire.server.verdicts.acceptPublish(1);
  wire.run();
  wire.server.ping(4711);
  wire.run();
  assert.equal(wire.server.lastPong, 4711);
});
