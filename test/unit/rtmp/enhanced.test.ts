import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AmfObject, type AmfValue } from '../../../src/amf/value.ts';
import { clientTarget, reconnectTarget } from '../../../src/protocols/rtmp/session/client-url.ts';
import { PLAIN_RTMP, readEnhanced, takes } from '../../../src/protocols/rtmp/session/enhanced.ts';
import { RawClient } from './session-tools.ts';

const from = (members: Record<string, AmfValue>): ReturnType<typeof readEnhanced> =>
  readEnhanced(AmfObject.of(members));

/** Which of these codecs a peer with these members takes. */
function taken(members: Record<string, AmfValue>): string {
  const peer = from(members);
  const codecs = ['avc', 'hevc', 'av1', 'vp9', 'vp8', 'aac', 'opus', 'flac', 'ac3', 'eac3', 'mp3'] as const;
  return codecs.filter((codec) => takes(peer, codec)).join(' ');
}

test('a peer that says nothing takes what plain RTMP has', () => {
  assert.equal(from({ app: 'live' }), PLAIN_RTMP);
  assert.equal(taken({ videoFunction: 1, videoCodecs: 255 }), 'avc aac mp3');
});

test('fourCcList: a strict array, an ECMA array, an object with numbers for names', () => {
  const strict = ['hvc1', 'av01', 'Opus'];
  const numbered = { 0: 'hvc1', 1: 'av01', 2: 'Opus' };
  for (const fourCcList of [strict, AmfObject.of(numbered, 'ecma-array'), AmfObject.of(numbered)])
    assert.equal(taken({ fourCcList }), 'avc hevc av1 aac opus mp3');
  assert.equal(taken({ fourCcList: ['*'] }), 'avc hevc av1 vp9 vp8 aac opus flac ac3 eac3 mp3');
});

test('info maps: who decodes or forwards a codec takes it, who only encodes it does not', () => {
  const videoFourCcInfoMap = AmfObject.of({ hvc1: 1, av01: 2, vp09: 4, vp08: 0 });
  const audioFourCcInfoMap = AmfObject.of({ Opus: 3, fLaC: 2, 'ac-3': 7 }, 'ecma-array');
  assert.equal(taken({ videoFourCcInfoMap, audioFourCcInfoMap }), 'avc hevc vp9 aac opus ac3 mp3');
});

test('the wildcard of one map is for that kind alone', () => {
  assert.equal(taken({ videoFourCcInfoMap: AmfObject.of({ '*': 4 }) }), 'avc hevc av1 vp9 vp8 aac mp3');
  assert.equal(taken({ audioFourCcInfoMap: AmfObject.of({ '*': 4 }) }), 'avc aac opus flac ac3 eac3 mp3');
});

test('capsEx and videoFunction are flags', () => {
  const { reconnects, takesMultitrack, takesModEx, takesNanoseconds, takesColors } = from({
    capsEx: 0x01 | 0x04,
    videoFunction: 0x04,
  });
  assert.deepEqual(
    [reconnects, takesMultitrack, takesModEx, takesNanoseconds, takesColors],
    [true, false, true, false, true],
  );
});

test('members of other types than they should be count as missing, and lists have an end', () => {
  const odd: AmfValue[] = [
    'hvc1',
    7,
    null,
    true,
    new Date(0),
    AmfObject.of({ hvc1: 'x' }),
    [['hvc1']],
    NaN,
    -1,
    1e300,
  ];
  for (const value of odd) {
    const members = {
      fourCcList: value,
      videoFourCcInfoMap: value,
      audioFourCcInfoMap: value,
      capsEx: value,
    };
    assert.equal(takes(from(members), 'hevc'), false, `of a ${typeof value}`);
  }
  assert.equal(from({ capsEx: 0.5 }).isSpoken, false);
  const late = [...Array.from({ length: 64 }, (_, index) => `x${index}`), 'hvc1'];
  assert.equal(taken({ fourCcList: late }), 'avc aac mp3', 'the 65th name is not looked at');
});

test('the answer to connect: nothing new for a peer of plain RTMP, what is carried for one of Enhanced RTMP', () => {
  const info = (more: Record<string, AmfValue>): AmfObject => {
    const client = new RawClient().shakeHands();
    client.command(0, 'connect', 1, AmfObject.of({ app: 'live', tcUrl: 'rtmp://h/live', ...more }));
    const result = client.said().find(({ values }) => values[0] === '_result');
    return result?.values[3] as AmfObject;
  };
  assert.deepEqual([...info({}).values.keys()], ['level', 'code', 'description', 'objectEncoding']);
  const enhanced = info({ fourCcList: ['hvc1'] });
  assert.deepEqual(enhanced.get('fourCcList'), [
    ...['avc1', 'hvc1', 'av01', 'vp09', 'vp08'],
    ...['mp4a', 'Opus', 'fLaC', 'ac-3', 'ec-3', '.mp3'],
  ]);
  const video = enhanced.get('videoFourCcInfoMap') as AmfObject;
  assert.deepEqual([...video.entries()].at(1), ['hvc1', 4], 'CanForward');
  assert.equal((enhanced.get('audioFourCcInfoMap') as AmfObject).get('ec-3'), 4);
  assert.equal(enhanced.get('capsEx'), 0x0f);
});

test('only a peer that has said that it can is asked to connect again', () => {
  for (const [capsEx, asked] of [
    [0x02, false],
    [0x01, true],
  ] as const) {
    const client = new RawClient().shakeHands().connect('live', { capsEx });
    assert.equal(client.session.askToReconnect('soon over', 'rtmp://b.example/live'), asked);
    const [status] = client.said();
    if (!asked) assert.equal(status, undefined);
    else {
      assert.equal(status?.values[0], 'onStatus');
      assert.equal(status.msid, 0, 'of the connection, not of a stream');
      const told = status.values.at(-1) as AmfObject;
      assert.deepEqual(Object.fromEntries(told.entries()), {
        level: 'status',
        code: 'NetConnection.Connect.ReconnectRequest',
        description: 'soon over',
        tcUrl: 'rtmp://b.example/live',
      });
    }
  }
});

test('a reconnect request leads where its reference says, with the same stream', () => {
  const here = clientTarget('rtmp://me:pw@a.example/live/cam?key=1')!;
  const to = (reference: string | undefined): string | undefined => {
    const target = reconnectTarget(here, reference);
    return target && `${target.tcUrl} ${target.app} ${target.key} ${target.credentials?.user}`;
  };
  assert.equal(to(undefined), 'rtmp://a.example:1935/live live cam?key=1 me');
  assert.equal(to('rtmp://b.example:1936/x'), 'rtmp://b.example:1936/x x cam?key=1 me');
  assert.equal(to('rtmps://b.example/x/inst/'), 'rtmps://b.example:443/x/inst x/inst cam?key=1 me');
  assert.equal(to('//192.0.2.0/other'), 'rtmp://192.0.2.0:1935/other other cam?key=1 me');
  assert.equal(to('/other'), 'rtmp://a.example:1935/other other cam?key=1 me');
  assert.equal(to('other'), 'rtmp://a.example:1935/other other cam?key=1 me');
  assert.equal(to('rtmp://[::1]:5/live?t=3'), 'rtmp://[::1]:5/live?t=3 live?t=3 cam?key=1 me');
});

test('a reconnect request to another protocol, to nowhere, or out of TLS is not followed', () => {
  const here = clientTarget('rtmp://a.example/live/cam')!;
  for (const reference of [
    'http://b/x',
    'file:///etc/passwd',
    'rtmp://',
    'rtmp://b',
    '/',
    `/${'x'.repeat(2048)}`,
    '/a b',
  ])
    assert.equal(reconnectTarget(here, reference), undefined, reference.slice(0, 20));
  const secure = clientTarget('rtmps://a.example/live/cam')!;
  assert.equal(reconnectTarget(secure, 'rtmp://a.example/live'), undefined, 'no downgrade');
  assert.equal(reconnectTarget(secure, '//b.example/live')?.isSecure, true);
});
