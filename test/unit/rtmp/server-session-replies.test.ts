import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AmfObject } from '../../../src/amf/value.ts';
import type { AmfValue } from '../../../src/amf/value.ts';
import { encodeAmf0 } from '../../../src/amf/amf0-writer.ts';
import { hex } from './chunk-tools.ts';
import { info, RawClient } from './session-tools.ts';
import type { Said } from './session-tools.ts';
import { encodeMessage } from '../../../src/protocols/rtmp/chunk-writer.ts';

const onCommandStream = (...values: AmfValue[]) => ({ csid: 3, msid: 0, type: 20, values });
const onStatus = (streamId: number, level: string, code: string, description: string) => ({
  csid: 5,
  msid: streamId,
  type: 20,
  values: ['onStatus', 0, null, info(level, code, description)],
});
const control = (type: number, body: string) => ({
  csid: 2,
  msid: 0,
  type,
  values: [body.replaceAll(' ', '')],
});
const failed = (transaction: number, text: string) =>
  onCommandStream('_error', transaction, null, info('error', 'NetConnection.Call.Failed', text));

test('connect: window, bandwidth and chunk size on chunk stream 2, the result on 3', () => {
  const client = new RawClient().shakeHands();
  assert.equal(client.session.phase, 'opened');
  client.command(0, 'connect', 1, AmfObject.of({ app: 'live', objectEncoding: 3 }));
  assert.deepEqual(client.said(), [
    control(5, '002625a0'),
    control(6, '002625a0 02'),
    control(1, '0000ea60'),
    onCommandStream(
      '_result',
      1,
      AmfObject.of({ fmsVer: 'FMS/3,0,1,123', capabilities: 31, mode: 1 }),
      AmfObject.of({
        level: 'status',
        code: 'NetConnection.Connect.Success',
        description: 'Connection succeeded.',
        objectEncoding: 3,
      }),
    ),
  ]);
  assert.equal(client.session.phase, 'connected');
});

test('Larix is deaf to replies on other chunk streams: control on 2, calls on 3, status on 5, each header byte for byte', () => {
  const client = new RawClient().shakeHands();
  client.command(0, 'connect', 1, AmfObject.of({ app: 'live' }));
  client.command(0, 'releaseStream', 2, null, 'cam');
  client.command(0, 'FCPublish', 3, null, 'cam');
  client.command(0, 'createStream', 4, null);
  client.command(1, 'publish', 5, null, 'cam', 'live');
  client.session.verdicts.acceptPublish(1);
  client.command(0, 'createStream', 6, null);
  client.command(2, 'play', 0, null, 'cam');
  client.session.verdicts.acceptPlay(2);
  client.message(4, 0, hex('0006 00000007'));
  // Basic header (format 0 and chunk stream), time, length, type, message stream in little-endian order.
  assert.deepEqual(
    client.host.sent.slice(1).map((bytes) => bytes.toString('hex', 0, 12)),
    [
      '02 000000 000004 05 00000000', // Window Acknowledgement Size
      '02 000000 000005 06 00000000', // Set Peer Bandwidth
      '02 000000 000004 01 00000000', // Set Chunk Size
      '03 000000 0000cd 14 00000000', // connect's _result
      '03 000000 000015 14 00000000', // releaseStream's
      '03 000000 000015 14 00000000', // FCPublish's
      '03 000000 00004f 14 00000000', // onFCPublish
      '03 000000 00001d 14 00000000', // createStream's
      '02 000000 000006 04 00000000', // Stream Begin 1
      '05 000000 00006e 14 01000000', // NetStream.Publish.Start
      '03 000000 00001d 14 00000000', // createStream's
      '02 000000 000006 04 00000000', // Stream Begin 2
      '05 000000 00006c 14 02000000', // NetStream.Play.Reset
      '05 000000 000068 14 02000000', // NetStream.Play.Start
      '05 000000 000018 12 02000000', // |RtmpSampleAccess
      '02 000000 000006 04 00000000', // Ping Response
    ].map((header) => header.replaceAll(' ', '')),
  );
});

test('cameras send control messages on any chunk stream: they count all the same', () => {
  for (const chunkStreamId of [2, 3, 4, 5, 6, 63]) {
    const client = new RawClient().shakeHands().connect();
    const send = (type: number, body: string): void =>
      client.session.receive(
        encodeMessage({ chunkStreamId, type, streamId: 0, timestamp: 0 }, hex(body), 128),
      );
    send(1, '00001000');
    send(4, '0006 01020304');
    assert.equal(client.session.facts.chunkSize, 4096, `chunk stream ${chunkStreamId}`);
    assert.deepEqual(client.said(), [control(4, '0007 01020304')]);
  }
});

test('the control messages of connect, byte for byte', () => {
  const client = new RawClient().shakeHands();
  client.command(0, 'connect', 1, AmfObject.of({ app: 'live' }));
  assert.deepEqual(
    Buffer.concat(client.host.sent.slice(1, 4)),
    hex(`02 000000 000004 05 00000000 002625a0
         02 000000 000005 06 00000000 002625a0 02
         02 000000 000004 01 00000000 0000ea60`),
  );
});

const replies: readonly {
  command: [name: string, transaction: number, ...AmfValue[]];
  streamId?: number;
  said: Said[];
}[] = [
  { command: ['releaseStream', 2, null, 'cam'], said: [onCommandStream('_result', 2, null, undefined)] },
  {
    command: ['FCPublish', 3, null, 'cam'],
    said: [
      onCommandStream('_result', 3, null, undefined),
      onCommandStream(
        'onFCPublish',
        0,
        null,
        AmfObject.of({ code: 'NetStream.Publish.Start', description: 'cam' }),
      ),
    ],
  },
  { command: ['createStream', 4, null], said: [onCommandStream('_result', 4, null, 1)] },
  {
    command: ['FCUnpublish', 6, null, 'cam'],
    said: [
      onCommandStream('_result', 6, null, undefined),
      onCommandStream(
        'onFCUnpublish',
        0,
        null,
        AmfObject.of({ code: 'NetStream.Unpublish.Success', description: 'cam' }),
      ),
    ],
  },
  { command: ['_checkbw', 7, null], said: [onCommandStream('_result', 7, null, undefined)] },
  { command: ['getStreamLength', 8, null, 'cam'], said: [onCommandStream('_result', 8, null, 0)] },
  {
    command: ['FCSubscribe', 9, null, 'cam'],
    said: [
      onCommandStream('_result', 9, null, undefined),
      onCommandStream(
        'onFCSubscribe',
        0,
        null,
        AmfObject.of({ code: 'NetStream.Play.Start', description: 'cam' }),
      ),
    ],
  },
  { command: ['FCUnsubscribe', 10, null, 'cam'], said: [onCommandStream('_result', 10, null, undefined)] },
  { command: ['getBandwidth', 11, null], said: [failed(11, 'unknown command "getBandwidth"')] },
  { command: ['getBandwidth', 0, null], said: [] },
  { command: ['releaseStream', 0, null, 'cam'], said: [] },
  { command: ['connect', 12, new AmfObject()], said: [failed(12, 'this connection is connected already')] },
  { command: ['_result', 13, null, 1], said: [] },
  { command: ['_error', 14, null, 1], said: [] },
  { command: ['onStatus', 15, null], said: [] },
  { command: ['deleteStream', 16, null, 1], said: [] },
  { command: ['closeStream', 17, null], streamId: 1, said: [] },
  { command: ['toString', 18], said: [failed(18, 'unknown command "toString"')] },
  { command: ['x'.repeat(100), 19], said: [failed(19, `unknown command "${'x'.repeat(64)}…"`)] },
];

for (const { command, streamId = 0, said } of replies) {
  test(`encoders wait for the answer to ${command[0].slice(0, 20)} with transaction ${command[1]}`, () => {
    const client = new RawClient().shakeHands().connect();
    client.command(streamId, ...command);
    assert.deepEqual(client.said(), said);
  });
}

test('commands before connect are not carried out', () => {
  const client = new RawClient().shakeHands();
  client.command(0, 'createStream', 2, null);
  client.command(1, 'publish', 0, null, 'cam', 'live');
  assert.deepEqual(client.said(), [failed(2, '"createStream" before "connect"')]);
  assert.deepEqual(client.host.events, []);
});

test('streams are numbered from 1, deleted numbers are given again, and 16 are enough', () => {
  const client = new RawClient().shakeHands().connect();
  const create = () => {
    client.command(0, 'createStream', 2, null);
    return client.said()[0]?.values;
  };
  for (let id = 1; id <= 16; id++) assert.deepEqual(create(), ['_result', 2, null, id]);
  assert.equal(create()?.[0], '_error');
  client.command(0, 'deleteStream', 0, null, 7);
  assert.deepEqual(create(), ['_result', 2, null, 7]);
  client.command(99, 'publish', 0, null, 'cam');
  assert.deepEqual(client.host.events, ['refused 99 NetStream.Publish.BadName']);
});

test('publish: nothing before the verdict, then Stream Begin and the status on chunk stream 5', () => {
  const client = RawClient.publishing();
  assert.equal(client.session.phase, 'waiting');
  assert.deepEqual(client.said(), []);
  assert.equal(client.session.verdicts.acceptPublish(1), true);
  assert.deepEqual(client.said(), [
    control(4, '0000 00000001'),
    onStatus(1, 'status', 'NetStream.Publish.Start', 'Publishing has begun.'),
  ]);
  assert.equal(client.session.phase, 'publishing');
});

test('a refused publisher is told why, and never Publish.Start', () => {
  const client = RawClient.publishing();
  assert.equal(
    client.session.verdicts.refusePublish(1, 'NetStream.Publish.Unauthorized', 'only from this machine'),
    true,
  );
  assert.deepEqual(client.said(), [
    onStatus(1, 'error', 'NetStream.Publish.Unauthorized', 'only from this machine'),
    onStatus(1, 'error', 'NetStream.Publish.Denied', 'only from this machine'),
  ]);
  assert.equal(client.session.phase, 'connected');
  assert.equal(client.session.verdicts.acceptPublish(1), false);
  assert.deepEqual(client.said(), []);
});

test('a publisher that was let in can be sent away later', () => {
  const client = RawClient.publishing();
  client.session.verdicts.acceptPublish(1);
  client.said();
  client.session.verdicts.refusePublish(1, 'NetStream.Publish.BadName', 'another publisher took over');
  assert.deepEqual(client.codes(), ['NetStream.Publish.BadName']);
  client.session.end('taken over');
  assert.deepEqual(client.host.events, ['publish 1 live/cam']); // the door knows: it was its own doing
});

test('play: Stream Begin, Reset, Start and sample access, in this order', () => {
  const client = RawClient.playing();
  assert.deepEqual(client.said(), []);
  client.session.verdicts.acceptPlay(1);
  assert.deepEqual(client.said(), [
    control(4, '0000 00000001'),
    onStatus(1, 'status', 'NetStream.Play.Reset', 'Playing and resetting.'),
    onStatus(1, 'status', 'NetStream.Play.Start', 'Playing has begun.'),
    { csid: 5, msid: 1, type: 18, values: ['|RtmpSampleAccess', true, true] },
  ]);
  assert.equal(client.session.phase, 'playing');
});

for (const reset of [false, 0]) {
  test(`play with reset ${reset} is not told of one`, () => {
    const client = new RawClient().shakeHands().connect();
    client.command(1, 'play', 0, null, 'cam', -1, -1, reset);
    client.session.verdicts.acceptPlay(1);
    assert.deepEqual(client.codes(), ['NetStream.Play.Start']);
    assert.equal(client.host.plays[0]?.start, -1);
  });
}

test('a player is told when the publisher goes and comes back', () => {
  const client = RawClient.playing();
  client.session.verdicts.acceptPlay(1);
  client.said();
  client.session.verdicts.playEnded(1);
  client.session.verdicts.publisherReturned(1);
  assert.deepEqual(client.said(), [
    onStatus(1, 'status', 'NetStream.Play.UnpublishNotify', 'The stream has ended.'),
    control(4, '0001 00000001'),
    control(4, '0000 00000001'),
    onStatus(1, 'status', 'NetStream.Play.PublishNotify', 'The stream goes on.'),
  ]);
  client.session.verdicts.refusePlay(1, 'NetStream.Play.Failed', 'too slow');
  client.session.verdicts.playEnded(1);
  client.session.verdicts.publisherReturned(1);
  assert.deepEqual(client.said(), [onStatus(1, 'error', 'NetStream.Play.Failed', 'too slow')]);
});

test('a player that is refused is told why', () => {
  const client = RawClient.playing();
  client.session.verdicts.refusePlay(1, 'NetStream.Play.StreamNotFound', 'no stream "live/cam"');
  assert.deepEqual(client.said(), [
    onStatus(1, 'error', 'NetStream.Play.StreamNotFound', 'no stream "live/cam"'),
  ]);
  assert.equal(client.session.verdicts.acceptPlay(1), false);
});

test('pause, seek and the like: told to the door, answered to the player', () => {
  const client = RawClient.playing();
  client.session.verdicts.acceptPlay(1);
  client.said();
  client.command(1, 'pause', 0, null, true, 100);
  client.command(1, 'pauseRaw', 0, null, false, 100);
  client.command(1, 'receiveAudio', 0, null, false);
  client.command(1, 'receiveVideo', 0, null, true);
  client.command(1, 'seek', 0, null, 5000);
  assert.deepEqual(client.host.events, [
    'play 1 live/cam',
    'control 1 {"paused":true}',
    'control 1 {"paused":false}',
    'control 1 {"audio":false}',
    'control 1 {"video":true}',
  ]);
  assert.deepEqual(client.codes(), [
    'NetStream.Pause.Notify',
    'NetStream.Unpause.Notify',
    'NetStream.Seek.Notify',
  ]);
  for (const name of ['pause', 'pauseRaw', 'receiveAudio', 'seek']) client.command(2, name, 0, null, true);
  assert.deepEqual(client.said(), [], 'a stream that does not play');
});

test('play of another stream on the same message stream, and play2', () => {
  const client = RawClient.playing();
  client.session.verdicts.acceptPlay(1);
  client.command(1, 'play', 0, null, 'other');
  client.session.verdicts.acceptPlay(1);
  client.said();
  client.command(1, 'play2', 0, null, AmfObject.of({ streamName: 'other', transition: 'switch' }));
  assert.deepEqual(client.codes(), ['NetStream.Play.Transition']);
  client.command(1, 'play2', 0, null, AmfObject.of({ streamName: 'third', start: -1 }));
  client.session.verdicts.acceptPlay(1);
  client.command(1, 'play', 0, null, false);
  assert.deepEqual(client.codes().at(-1), 'NetStream.Play.Stop');
  client.command(1, 'play2', 0, null, 'not an object');
  assert.deepEqual(client.host.events, [
    'play 1 live/cam',
    'stopPlay 1 play of another stream',
    'play 1 live/other',
    'stopPlay 1 play of another stream',
    'play 1 live/third',
    'stopPlay 1 play(false)',
    'play 1 live/',
  ]);
});

test('commands in AMF3 messages (type 17) are read as AMF0 behind a zero', () => {
  const client = new RawClient().shakeHands().connect();
  client.message(17, 0, Buffer.concat([hex('00'), encodeAmf0('createStream', 4, null)]));
  client.message(17, 0, encodeAmf0('createStream', 5, null));
  assert.deepEqual(
    client.said().map((said) => said.values),
    [
      ['_result', 4, null, 1],
      ['_result', 5, null, 2],
    ],
  );
});
