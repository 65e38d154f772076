import assert from 'node:assert/strict';
import { readAmf0Values } from '../../../src/amf/amf0-reader.ts';
import { encodeAmf0 } from '../../../src/amf/amf0-writer.ts';
import { AmfError } from '../../../src/amf/errors.ts';
import { AmfObject } from '../../../src/amf/value.ts';
import {
  PLAIN_RTMP,
  ownEnhanced,
  readEnhanced,
  takes,
} from '../../../src/protocols/rtmp/session/enhanced.ts';
import { hex } from '../../support/media.ts';
import { outcome, type Target } from '../engine/target.ts';

const seed = (members: Parameters<typeof AmfObject.of>[0]): Buffer => encodeAmf0(AmfObject.of(members));

/** What a peer says that it can do, in `connect` and in the answer to it. */
export const enhancedConnect: Target = {
  name: 'enhanced-connect',
  holds:
    'capabilities in connect: whatever the values are, the answer is one of codecs that there are, and AVC, AAC and MP3 are always taken',
  maxBytes: 65_536,
  deadlineMs: 20,
  seeds: () => [
    seed(ownEnhanced(15)),
    seed({ fourCcList: ['*'], capsEx: 1 }),
    seed({ fourCcList: AmfObject.of({ 0: 'hvc1', 1: 'Opus' }, 'ecma-array'), videoFunction: 6 }),
    seed({
      videoFourCcInfoMap: AmfObject.of({ '*': 4, av01: 3 }),
      audioFourCcInfoMap: AmfObject.of({ '*': 2 }),
    }),
  ],
  words: [
    ...['fourCcList', 'videoFourCcInfoMap', 'audioFourCcInfoMap', 'capsEx', 'videoFunction', 'hvc1', '*'],
    hex('00 7ff8000000000000'),
    hex('00 c1e0000000000000'),
    hex('0a 00000001'),
  ],
  run(bytes) {
    const read = outcome([AmfError], () => readAmf0Values(bytes));
    if ('error' in read) return;
    const enhanced = readEnhanced(...read.value);
    for (const codec of ['avc', 'aac', 'mp3'] as const) assert.ok(takes(enhanced, codec), `takes ${codec}`);
    assert.ok(enhanced.codecs.size <= 11, 'codecs that there are');
    assert.equal(enhanced === PLAIN_RTMP, !enhanced.isSpoken, 'said, or not');
  },
};
