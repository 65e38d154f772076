import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as control from '../../../src/protocols/rtmp/control.ts';
import { ProtocolError } from '../../../src/protocols/rtmp/errors.ts';
import { hex } from './chunk-tools.ts';

/** Chunk stream 2, message stream 0, time 0: §5.4 and §7.1.7. */
const wire: readonly { name: string; made: Buffer; bytes: string }[] = [
  {
    name: 'Set Chunk Size',
    made: control.setChunkSize(60000),
    bytes: '02 000000 000004 01 00000000 0000ea60',
  },
  {
    name: 'Acknowledgement',
    made: control.acknowledgement(0xfffffffe),
    bytes: '02 000000 000004 03 00000000 fffffffe',
  },
  {
    name: 'Window Acknowledgement Size',
    made: control.windowAckSize(2_500_000),
    bytes: '02 000000 000004 05 00000000 002625a0',
  },
  {
    name: 'Set Peer Bandwidth',
    made: control.setPeerBandwidth(2_500_000, control.BandwidthLimit.dynamic),
    bytes: '02 000000 000005 06 00000000 002625a0 02',
  },
  { name: 'Stream Begin', made: control.streamBegin(1), bytes: '02 000000 000006 04 00000000 0000 00000001' },
  { name: 'Stream EOF', made: control.streamEof(1), bytes: '02 000000 000006 04 00000000 0001 00000001' },
  {
    name: 'Stream Is Recorded',
    made: control.streamIsRecorded(1),
    bytes: '02 000000 000006 04 00000000 0004 00000001',
  },
  {
    name: 'Ping Request',
    made: control.pingRequest(2 ** 32 + 7),
    bytes: '02 000000 000006 04 00000000 0006 00000007',
  },
  {
    name: 'Ping Response',
    made: control.pingResponse(0x80000000),
    bytes: '02 000000 000006 04 00000000 0007 80000000',
  },
  {
    name: 'Set Buffer Length',
    made: control.setBufferLength(1, 3000),
    bytes: '02 000000 00000a 04 00000000 0003 00000001 00000bb8',
  },
];

for (const { name, made, bytes } of wire) {
  test(`writes ${name}`, () => assert.equal(made.toString('hex'), hex(bytes).toString('hex')));
}

test('reads user control messages, also those without a number', () => {
  assert.deepEqual(control.readUserControl(hex('0006 80000001')), { event: 6, value: 0x80000001 });
  assert.deepEqual(control.readUserControl(hex('0003 00000001 00000bb8')), { event: 3, value: 1 });
  assert.deepEqual(control.readUserControl(hex('0020')), { event: 0x20, value: 0 });
});

test('refuses control messages cut short', () => {
  assert.throws(() => control.readUserControl(hex('00')), { name: 'ProtocolError', code: 'RTMP_CONTROL' });
  assert.throws(() => control.readControlValue(hex('000001'), 'Acknowledgement'), ProtocolError);
  assert.equal(control.readControlValue(hex('fffffffe 02'), 'Set Peer Bandwidth'), 0xfffffffe);
});
