import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeAmf0 } from '../../../src/amf/amf0-writer.ts';
import { AmfObject } from '../../../src/amf/value.ts';
import type { AmfValue } from '../../../src/amf/value.ts';
import { encodeMessage } from '../../../src/protocols/rtmp/chunk-writer.ts';
import { ProtocolError } from '../../../src/protocols/rtmp/errors.ts';
import { PLAIN_RTMP } from '../../../src/protocols/rtmp/session/enhanced.ts';
import { hex } from './chunk-tools.ts';
import { RawClient } from './session-tools.ts';

const u32 = (value: number) => value.toString(16).padStart(8, '0');
const text = (value: string) => encodeAmf0(value).toString('hex');

test('what the publisher is called, and by whom, from all that it said', () => {
  const client = new RawClient().shakeHands().connect('live?a=1', { flashVer: 'FMLE/3.0 (OBS)' });
  client.command(1, 'publish', 0, null, 'cam?b=2');
  assert.deepEqual(client.host.publishes, [
    {
      streamId: 1,
      app: 'live',
      name: 'cam',
      query: 'a=1&b=2',
      type: 'live',
      flashVersion: 'FMLE/3.0 (OBS)',
      tcUrl: 'rtmp://h/live?a=1',
    },
  ]);
});

test('an address that is none is refused by the session, in words', () => {
  const client = new RawClient().shakeHands().connect();
  client.command(1, 'publish', 0, null, 'a/b', 'live');
  client.command(1, 'play', 0, null, 'a/b');
  assert.deepEqual(client.host.events, [
    'refused 1 NetStream.Publish.BadName',
    'refused 1 NetStream.Play.StreamNotFound',
  ]);
  assert.deepEqual(client.codes(), ['NetStream.Publish.BadName', 'NetStream.Play.StreamNotFound']);
});

test('the first key frame is lost: media that comes before the verdict waits for it and is then delivered, in order, data as the rest of the gateway knows it', () => {
  const client = RawClient.publishing();
  client.message(18, 1, Buffer.concat([encodeAmf0('@setDataFrame', 'onMetaData', null)]), 5);
  client.message(9, 1, hex('17 00'), 10);
  client.message(8, 1, hex('af 00'), 11);
  assert.deepEqual(client.host.events, ['publish 1 live/cam']);
  client.session.verdicts.acceptPublish(1);
  client.message(9, 1, hex('27 01'), 20);
  assert.deepEqual(client.host.events.slice(1), [
    `media 1 18@5 ${text('onMetaData')}05`,
    'media 1 9@10 1700',
    'media 1 8@11 af00',
    'media 1 9@20 2701',
  ]);
});

test('a verdict spoken at once, from within the request', () => {
  const client: RawClient = new RawClient({
    publish: ({ streamId }) => client.session.verdicts.acceptPublish(streamId),
  });
  client.shakeHands().connect().command(1, 'publish', 0, null, 'cam');
  assert.deepEqual(client.codes(), ['NetStream.Publish.Start']);
  client.message(9, 1, hex('17'), 1);
  assert.deepEqual(client.host.events, ['publish 1 live/cam', 'media 1 9@1 17']);
});

test('media held for a publisher that is refused is gone', () => {
  const client = RawClient.publishing();
  client.message(9, 1, hex('17 00'));
  client.session.verdicts.refusePublish(1, 'NetStream.Publish.Unauthorized', 'no');
  client.message(9, 1, hex('27 01'));
  client.command(1, 'publish', 0, null, 'other');
  client.session.verdicts.acceptPublish(1);
  assert.deepEqual(client.host.events, ['publish 1 live/cam', 'publish 1 live/other']);
  assert.deepEqual(client.session.dropped, { unasked: 1, empty: 0, data: 0 });
});

test('a publisher that pours before it is let in is cut off: by bytes and by messages', () => {
  const big = Buffer.alloc(1024 * 1024, 0x27);
  const many = RawClient.publishing();
  for (let message = 0; message < 8; message++) many.message(9, 1, big);
  assert.throws(() => many.message(9, 1, hex('27')), { name: 'ProtocolError', code: 'RTMP_HELD_BYTES' });

  const small = RawClient.publishing();
  for (let message = 0; message < 4096; message++) small.message(8, 1, hex('af'));
  assert.throws(() => small.message(8, 1, hex('af')), { code: 'RTMP_HELD_BYTES' });
});

test('what is held counts for the whole connection', () => {
  const client = RawClient.publishing();
  client.command(2, 'publish', 0, null, 'second');
  for (let message = 0; message < 8; message++)
    client.message(9, 1 + (message % 2), Buffer.alloc(1024 * 1024, 1));
  assert.throws(() => client.message(9, 1, hex('27')), { code: 'RTMP_HELD_BYTES' });
});

const dataMessages: readonly { name: string; type?: number; body: Buffer; delivered: Buffer | undefined }[] =
  [
    { name: 'plain', body: encodeAmf0('onTextData', 'hi'), delivered: encodeAmf0('onTextData', 'hi') },
    {
      name: 'set as a data frame',
      body: encodeAmf0('@setDataFrame', 'onMetaData', 1),
      delivered: encodeAmf0('onMetaData', 1),
    },
    {
      name: 'with two numbers in front',
      body: encodeAmf0(0, 0, '@setDataFrame', 'onMetaData', AmfObject.of({ width: 1 }, 'ecma-array')),
      delivered: encodeAmf0('onMetaData', AmfObject.of({ width: 1 }, 'ecma-array')),
    },
    { name: 'without values', body: encodeAmf0('onMetaData'), delivered: encodeAmf0('onMetaData') },
    {
      name: 'with null for metadata',
      body: encodeAmf0('onMetaData', null),
      delivered: encodeAmf0('onMetaData', null),
    },
    {
      name: 'in an AMF3 message',
      type: 15,
      body: Buffer.concat([hex('00'), encodeAmf0('@setDataFrame', 'onMetaData', 1)]),
      delivered: encodeAmf0('onMetaData', 1),
    },
    {
      name: 'AMF3 without the zero',
      type: 15,
      body: encodeAmf0('onMetaData', 1),
      delivered: encodeAmf0('onMetaData', 1),
    },
    {
      name: 'that clears a data frame',
      body: encodeAmf0('@clearDataFrame', 'onMetaData'),
      delivered: undefined,
    },
    { name: 'without a name', body: encodeAmf0(true, 'onMetaData'), delivered: undefined },
    { name: 'of numbers only', body: encodeAmf0(...Array<number>(20).fill(1)), delivered: undefined },
    { name: 'that is empty', body: Buffer.alloc(0), delivered: undefined },
    { name: 'cut short', body: encodeAmf0('onMetaData', 'abc').subarray(0, 17), delivered: undefined },
    {
      name: 'nested too deep',
      body: Buffer.concat([encodeAmf0('onMetaData'), hex('0a00000001'.repeat(50))]),
      delivered: undefined,
    },
  ];

for (const { name, type = 18, body, delivered } of dataMessages) {
  test(`data ${name} is ${delivered === undefined ? 'dropped and counted' : 'delivered'}`, () => {
    const client = RawClient.publishing();
    client.session.verdicts.acceptPublish(1);
    client.message(type, 1, body, 7);
    const events = client.host.events.slice(1);
    assert.deepEqual(events, delivered === undefined ? [] : [`media 1 18@7 ${delivered.toString('hex')}`]);
    assert.equal(client.session.dropped.data, delivered === undefined ? 1 : 0);
    assert.equal(client.session.phase, 'publishing');
  });
}

test('empty audio and video are dropped and counted', () => {
  const client = RawClient.publishing();
  client.session.verdicts.acceptPublish(1);
  client.message(8, 1, Buffer.alloc(0));
  client.message(9, 1, Buffer.alloc(0));
  assert.deepEqual(client.session.dropped, { unasked: 0, empty: 2, data: 0 });
  assert.equal(client.host.events.length, 1);
});

test('media on another message stream goes to the only publisher there is', () => {
  const client = RawClient.publishing();
  client.session.verdicts.acceptPublish(1);
  client.message(9, 0, hex('17'), 3);
  client.command(2, 'publish', 0, null, 'second');
  client.session.verdicts.acceptPublish(2);
  client.message(9, 0, hex('18'), 4);
  assert.deepEqual(client.host.events, ['publish 1 live/cam', 'media 1 9@3 17', 'publish 2 live/second']);
  assert.equal(client.session.dropped.unasked, 1);
});

test('an aggregate message is delivered as what it carries; another aggregate within is not', () => {
  const client = RawClient.publishing();
  client.session.verdicts.acceptPublish(1);
  const inner = '09 000001 000078 00 000000 17 0000000c';
  client.message(
    22,
    1,
    hex(`08 000002 000064 00 000000 af01 0000000d ${inner} 16 000010 000078 00 000000 ${inner} 0000001b`),
    5000,
  );
  assert.deepEqual(client.host.events.slice(1), ['media 1 8@5000 af01', 'media 1 9@5020 17']);
});

for (const [name, value] of [
  ['false', false],
  ['null', null],
  ['nothing', undefined],
] as const) {
  test(`Wirecast stops with publish(${name}): it ends publishing, once, and is nothing without a publisher`, () => {
    const client = RawClient.publishing();
    client.session.verdicts.acceptPublish(1);
    client.said();
    client.command(1, 'publish', 0, null, value);
    client.command(1, 'publish', 0, null, value);
    client.command(7, 'publish', 0, null, value);
    assert.deepEqual(client.host.events, ['publish 1 live/cam', 'unpublish 1 publish(false)']);
    assert.deepEqual(client.codes(), ['NetStream.Unpublish.Success']);
  });
}

test('publish({}), publish(5) and the like are refused, and nothing is thrown', () => {
  const client = new RawClient().shakeHands().connect();
  for (const value of [new AmfObject(), 5, true, ['cam'], new Date(0)])
    client.command(1, 'publish', 0, null, value);
  assert.deepEqual(client.host.events, Array(5).fill('refused 1 NetStream.Publish.BadName'));
});

test('the same publish again changes nothing; another name on the same stream is refused, the first goes on', () => {
  const client = RawClient.publishing();
  client.command(1, 'publish', 0, null, 'cam', 'live');
  assert.deepEqual(client.said(), []);
  client.session.verdicts.acceptPublish(1);
  client.said();
  client.command(1, 'publish', 0, null, 'cam', 'live');
  client.command(1, 'publish', 0, null, 'other', 'live');
  client.command(1, 'play', 0, null, 'cam');
  assert.deepEqual(client.codes(), [
    'NetStream.Publish.Start',
    'NetStream.Publish.BadName',
    'NetStream.Play.Failed',
  ]);
  assert.deepEqual(client.host.events, ['publish 1 live/cam']);
  assert.equal(client.session.phase, 'publishing');
});

for (const [name, values, because] of [
  ['deleteStream', ['deleteStream', 0, null, 1], 'deleteStream'],
  ['closeStream', ['closeStream', 0, null], 'closeStream'],
  ['FCUnpublish', ['FCUnpublish', 0, null, 'cam'], 'FCUnpublish'],
] as const) {
  test(`${name} ends a publisher, also one that still waits; later verdicts come to nothing`, () => {
    for (const accepted of [true, false]) {
      const client = RawClient.publishing();
      if (accepted) client.session.verdicts.acceptPublish(1);
      client.command(1, ...values);
      client.command(1, ...values);
      client.session.end('socket closed');
      assert.deepEqual(client.host.events, ['publish 1 live/cam', `unpublish 1 ${because}`]);
      assert.equal(client.session.verdicts.acceptPublish(1), false);
    }
  });
}

test('FCUnpublish of another name, and deleteStream of another or no stream, end nothing', () => {
  const client = RawClient.publishing();
  client.session.verdicts.acceptPublish(1);
  client.command(0, 'FCUnpublish', 0, null, 'other');
  client.command(0, 'deleteStream', 0, null, 2);
  client.command(0, 'deleteStream', 0, null, 'x');
  assert.equal(client.session.phase, 'publishing');
});

test('the end of the connection ends every publisher and player once, with its reason', () => {
  const client = RawClient.publishing();
  client.command(2, 'play', 0, null, 'other');
  client.session.verdicts.acceptPlay(2);
  client.session.end('idle');
  client.session.end('again');
  client.message(9, 1, hex('17'));
  client.command(0, 'createStream', 9, null);
  assert.deepEqual(client.host.events, [
    'publish 1 live/cam',
    'play 2 live/other',
    'unpublish 1 idle',
    'stopPlay 2 idle',
  ]);
  assert.equal(client.session.phase, 'closed');
});

test('a host that ends the session at a message gets nothing after it, from this read or of what was held', () => {
  const client: RawClient = new RawClient({ media: () => client.session.end('had enough') });
  client.shakeHands().connect().command(1, 'publish', 0, null, 'cam');
  client.message(9, 1, hex('01'));
  client.message(9, 1, hex('02'));
  client.session.verdicts.acceptPublish(1);
  assert.deepEqual(client.host.events, ['publish 1 live/cam', 'media 1 9@0 01', 'unpublish 1 had enough']);
});

test('what stands behind the last message in the same read is not looked at', () => {
  const client: RawClient = new RawClient({ media: () => client.session.end('had enough') });
  client.shakeHands().connect().command(1, 'publish', 0, null, 'cam');
  client.session.verdicts.acceptPublish(1);
  const header = { chunkStreamId: 3, streamId: 1, timestamp: 0 };
  const call = encodeMessage({ ...header, type: 20 }, encodeAmf0('createStream', 9, null), 128);
  client.said();
  client.session.receive(Buffer.concat([encodeMessage({ ...header, type: 9 }, hex('17'), 128), call]));
  assert.deepEqual(client.said(), []);
});

for (const [name, body, code] of [
  ['that is not AMF', hex('ff'), 'RTMP_AMF'],
  ['cut short', hex('02 0007 636f6e'), 'RTMP_AMF'],
  ['nested without end', hex('0a00000001'.repeat(40)), 'RTMP_AMF'],
  ['without a name', encodeAmf0(5, 5), 'RTMP_COMMAND'],
  ['that is empty', Buffer.alloc(0), 'RTMP_COMMAND'],
] as const) {
  test(`a command ${name} ends the connection with ${code}`, () => {
    const client = new RawClient().shakeHands().connect();
    assert.throws(() => client.message(20, 0, body), { name: 'ProtocolError', code });
  });
}

test('“no track”: a chunk size that is set between publish and metadata is heeded, from the next chunk on', () => {
  for (const chunkSize of [1, 4096, 134_217_728, 0x80000000 + 4096]) {
    const client = RawClient.publishing();
    const body = Buffer.concat([
      encodeAmf0('@setDataFrame', 'onMetaData', AmfObject.of({ text: 'x'.repeat(300) })),
    ]);
    const metadata = encodeAmf0('onMetaData', AmfObject.of({ text: 'x'.repeat(300) }));
    const header = { chunkStreamId: 4, type: 18, streamId: 1, timestamp: 0 };
    client.session.verdicts.acceptPublish(1);
    client.message(1, 0, hex(u32(chunkSize)));
    client.session.receive(encodeMessage(header, body, Math.min(chunkSize % 2 ** 31, 0xffffff)));
    assert.deepEqual(
      client.host.events.slice(1),
      [`media 1 18@0 ${metadata.toString('hex')}`],
      `chunk size ${chunkSize}`,
    );
  }
});

test('acknowledges by the window that the peer names, and by our own if it names none', () => {
  const client = RawClient.publishing();
  client.session.verdicts.acceptPublish(1);
  client.message(5, 0, hex('00002000')); // 8,192
  client.said();
  const acknowledged: number[] = [];
  for (let message = 0; message < 12; message++) {
    client.message(9, 1, Buffer.alloc(1000, 0x27));
    for (const { csid, msid, type, values } of client.said()) {
      assert.deepEqual([csid, msid, type, values], [2, 0, 3, [u32(client.session.receivedBytes)]]);
      acknowledged.push(client.session.receivedBytes);
    }
  }
  assert.equal(acknowledged.length, 3);
  for (const [index, sequence] of acknowledged.entries()) {
    const since = sequence - (acknowledged[index - 1] ?? 0);
    assert.ok(since >= 4096 && since < 4096 + 1100, String(since));
  }
});

test('pings are answered; answers to ours are remembered; bandwidth is answered with a window, once', () => {
  const client = new RawClient().shakeHands();
  client.session.ping(1); // too early for it
  client.connect();
  client.message(4, 0, hex('0006 01020304'));
  client.message(6, 0, hex('00010000 02'));
  client.message(6, 0, hex('00010000 02'));
  client.session.ping(2 ** 32 + 9);
  client.message(4, 0, hex('0007 00000009'));
  client.message(4, 0, hex('0003 00000001 00000bb8'));
  assert.deepEqual(
    client.said().map(({ csid, type, values }) => [csid, type, values[0]]),
    [
      [2, 4, '000701020304'],
      [2, 5, '00010000'],
      [2, 4, '000600000009'],
    ],
  );
  assert.equal(client.session.lastPong, 9);
  assert.throws(() => client.message(4, 0, hex('00')), { code: 'RTMP_CONTROL' });
});

test('bytes on the way: what the session and the door sent, less what the peer acknowledged', () => {
  const client = new RawClient().shakeHands().connect();
  const sent = client.host.sent.reduce((sum, bytes) => sum + bytes.length, 0);
  assert.equal(client.session.unacknowledgedBytes, sent);
  client.session.sentBeside(1000);
  client.message(3, 0, hex(u32(sent + 400)));
  assert.equal(client.session.unacknowledgedBytes, 600);
});

test('facts for the log', () => {
  const client = new RawClient().shakeHands().connect('live', { objectEncoding: 3, flashVer: 'x' });
  client.message(1, 0, hex('00001000'));
  assert.deepEqual(client.session.facts, {
    app: 'live',
    tcUrl: 'rtmp://h/live',
    flashVersion: 'x',
    pageUrl: '',
    swfUrl: '',
    objectEncoding: 3,
    relayPath: [],
    enhanced: PLAIN_RTMP,
    digestScheme: undefined,
    chunkSize: 4096,
    chunkStreamIds: [3],
  });
});

test('a session learns commands without being edited, and may be taught others', () => {
  const client = new RawClient({}, [
    ['hello', (context, command) => context.out.call('_result', command.transactionId, null, 'world')],
    ['createStream', (context, command) => context.out.call('_result', command.transactionId, null, 77)],
  ]);
  client.shakeHands().connect();
  client.command(0, 'hello', 2, null);
  client.command(0, 'createStream', 3, null);
  assert.deepEqual(
    client.said().map((said) => said.values),
    [
      ['_result', 2, null, 'world'],
      ['_result', 3, null, 77],
    ],
  );
});

test('handshake, connect and publish may come in one piece or byte by byte', () => {
  const message = (streamId: number, body: Buffer) =>
    encodeMessage({ chunkStreamId: 3, type: 20, streamId, timestamp: 0 }, body, 128);
  const bytes = Buffer.concat([
    Buffer.from([3]),
    Buffer.alloc(3072, 7),
    message(0, encodeAmf0('connect', 1, AmfObject.of({ app: 'live' }))),
    message(0, encodeAmf0('createStream', 2, null)),
    message(1, encodeAmf0('publish', 3, null, 'cam', 'live')),
  ]);
  const inOne = new RawClient();
  inOne.session.receive(bytes);
  const byByte = new RawClient();
  for (const byte of bytes) byByte.session.receive(Buffer.from([byte]));
  assert.deepEqual(inOne.host.events, ['publish 1 live/cam']);
  assert.deepEqual(byByte.host.events, inOne.host.events);
  assert.deepEqual(Buffer.concat(byByte.host.sent), Buffer.concat(inOne.host.sent));
});

// prettier-ignore
const NAMES = [
  'connect', 'releaseStream', 'FCPublish', 'createStream', 'publish', 'FCUnpublish', 'deleteStream', 'closeStream',
  '_checkbw', 'getStreamLength', 'play', 'play2', 'pause', 'pauseRaw', 'seek', 'receiveAudio', 'receiveVideo',
  'FCSubscribe', 'FCUnsubscribe', 'getBandwidth', '__proto__',
];
const anyArgument: fc.Arbitrary<AmfValue> = fc.oneof(
  fc.constantFrom<AmfValue>(
    null,
    undefined,
    true,
    false,
    NaN,
    Infinity,
    -1,
    0,
    1,
    2 ** 40,
    '',
    'cam',
    'a/b',
    '?',
    [],
  ),
  fc.string(),
  fc.constantFrom(
    AmfObject.of({ app: 5, streamName: 7, tcUrl: null }),
    AmfObject.of({ app: 'live', streamName: 'cam' }),
  ),
  fc.constant([1, 'x'] as AmfValue),
  fc.constant(new Date(NaN)),
);
type Step = (client: RawClient) => void;
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom('publish', 'publish', 'play'),
        fc.nat({ max: 2 }),
        fc.constantFrom('cam', 'other'),
      )
      .map(
        ([name, streamId, key]): Step =>
          (client) =>
            client.command(streamId, name, 0, null, key),
      ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom(8, 9, 18), fc.nat({ max: 2 })).map(
      ([type, streamId]): Step =>
        (client) =>
          client.message(type, streamId, encodeAmf0('onTextData')),
    ),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...NAMES), fc.nat({ max: 3 }), fc.array(anyArgument, { maxLength: 5 }))
      .map(
        ([name, streamId, args]): Step =>
          (client) =>
            client.command(streamId, name, ...args),
      ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom(3, 4, 5, 6, 8, 9, 15, 16, 18, 19, 22),
        fc.nat({ max: 3 }),
        fc.uint8Array({ maxLength: 30 }),
      )
      .map(
        ([type, streamId, body]): Step =>
          (client) =>
            client.message(type, streamId, body),
      ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat({ max: 7 }), fc.nat({ max: 3 })).map(([verdict, id]): Step => (client) => {
      const { session } = client;
      if (verdict === 0) session.verdicts.acceptPublish(id);
      else if (verdict === 1) session.verdicts.acceptPlay(id);
      else if (verdict === 2) session.verdicts.playEnded(id);
      else if (verdict === 3) session.verdicts.publisherReturned(id);
      else if (verdict === 4) session.ping(id);
      else if (verdict === 5 && session.verdicts.refusePublish(id, 'x', 'no'))
        client.host.events.push(`unpublish ${id} refused`);
      else if (verdict === 6 && session.verdicts.refusePlay(id, 'x', 'no'))
        client.host.events.push(`stopPlay ${id} refused`);
      else session.sentBeside(id);
    }),
  },
);

test('any order of commands, arguments, media and verdicts: ProtocolErrors at most, and every end has its beginning', () => {
  let published = 0;
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 20, maxLength: 60 }), (steps) => {
      const client = new RawClient().shakeHands().connect();
      try {
        for (const step of steps) step(client);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, (error as Error).stack);
      }
      client.session.end('over');
      published += assertPaired(client.host.events);
    }),
    { numRuns: 150 },
  );
  assert.ok(published > 100, `only ${published} publishers were tried`);
});

/** Each publish is ended exactly once, each play too, and media comes only between. */
function assertPaired(events: readonly string[]): number {
  const open = new Map<string, string>();
  let publishes = 0;
  for (const event of events) {
    const [kind = '', id = ''] = event.split(' ');
    if (kind === 'publish' || kind === 'play') {
      assert.equal(open.get(id), undefined, events.join('\n'));
      open.set(id, kind);
      if (kind === 'publish') publishes++;
    } else if (kind === 'media') assert.equal(open.get(id), 'publish', events.join('\n'));
    else if (kind === 'control') assert.equal(open.get(id), 'play', events.join('\n'));
    else if (kind === 'unpublish' || kind === 'stopPlay') {
      assert.equal(open.get(id), kind === 'unpublish' ? 'publish' : 'play', events.join('\n'));
      open.delete(id);
    }
  }
  assert.equal(open.size, 0, events.join('\n'));
  return publishes;
}
