import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitAggregate } from '../../../src/protocols/rtmp/aggregate.ts';
import type { RtmpMessage } from '../../../src/protocols/rtmp/message.ts';
import { hex } from './chunk-tools.ts';

const split = (body: string, timestamp: number) => {
  const messages: RtmpMessage[] = [];
  splitAggregate({ chunkStreamId: 6, type: 22, streamId: 1, timestamp, body: hex(body) }, (m) =>
    messages.push(m),
  );
  return messages.map((m) => [m.type, m.streamId, m.timestamp, Buffer.from(m.body).toString('hex')]);
};

const AUDIO_100 = '08 000002 000064 00 000000 af01 0000000d';
const VIDEO_120 = '09 000001 000078 00 000009 17 0000000c';

test('times count from the aggregate’s own, order and bodies stay', () => {
  assert.deepEqual(split(AUDIO_100 + VIDEO_120, 5000), [
    [8, 1, 5000, 'af01'],
    [9, 1, 5020, '17'],
  ]);
  assert.deepEqual(split(VIDEO_120 + AUDIO_100, 5000), [
    [9, 1, 5000, '17'],
    [8, 1, 4980, 'af01'],
  ]);
});

test('times run over 2^32, and the high byte inside comes last', () => {
  assert.deepEqual(
    split(AUDIO_100 + VIDEO_120, 2 ** 32 - 10).map(([, , timestamp]) => timestamp),
    [2 ** 32 - 10, 10],
  );
  assert.deepEqual(
    split('08 000000 ffffff fe 000000 0000000b 08 000000 000001 ff 000000 0000000b', 7).map(([, , t]) => t),
    [7, 9],
  );
});

test('the last back pointer may be missing or short, nothing else', () => {
  const whole = hex(AUDIO_100 + VIDEO_120).toString('hex');
  for (let length = 2; length <= whole.length; length += 2) {
    const bytes = length / 2;
    const complete = (bytes >= 13 && bytes <= 17) || bytes >= 17 + 12;
    const attempt = () => split(whole.slice(0, length), 0);
    if (complete) assert.equal(attempt().length, bytes > 17 ? 2 : 1, `${bytes} bytes`);
    else assert.throws(attempt, { name: 'ProtocolError', code: 'RTMP_AGGREGATE' }, `${bytes} bytes`);
  }
});

test('an empty aggregate carries nothing', () => assert.deepEqual(split('', 5), []));
