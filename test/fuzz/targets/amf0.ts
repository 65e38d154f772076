import assert from 'node:assert/strict';
import { readAmf0Values } from '../../../src/amf/amf0-reader.ts';
import { encodeAmf0 } from '../../../src/amf/amf0-writer.ts';
import { AmfError } from '../../../src/amf/errors.ts';
import { MAX_AMF_DEPTH, MAX_AMF_ELEMENTS } from '../../../src/amf/markers.ts';
import { AmfObject } from '../../../src/amf/value.ts';
import type { AmfValue } from '../../../src/amf/value.ts';
import { hex } from '../../support/media.ts';
import { outcome, type Target } from '../engine/target.ts';

/** A byte that is no UTF-8 is written as the three of U+FFFD; references may repeat 64 KiB more; the rest is slack. */
const most = (input: number): number => 3 * (input + 0x10000) + 64;

interface Size {
  values: number;
  depth: number;
}

function sizeOf(values: Iterable<AmfValue>, depth = 0): Size {
  const size = { values: 0, depth };
  for (const value of values) {
    size.values++;
    if (typeof value !== 'object' || value === null || value instanceof Date) continue;
    const inner = sizeOf(value instanceof AmfObject ? value.values.values() : value, depth + 1);
    size.values += inner.values;
    size.depth = Math.max(size.depth, inner.depth);
  }
  return size;
}

export const amf0: Target = {
  name: 'amf0',
  holds:
    'AMF0: anything is read or refused with an AmfError, is bounded, and what was read can be written and read again',
  maxBytes: 65_536,
  deadlineMs: 50,
  seeds: () => [
    encodeAmf0(
      'connect',
      1,
      AmfObject.of({ app: 'live', tcUrl: 'rtmp://h/live', fpad: false, codecs: 4071 }),
    ),
    encodeAmf0('@setDataFrame', 'onMetaData', AmfObject.of({ width: 1280, encoder: 'x' }, 'ecma-array')),
    encodeAmf0('list', [1, null, undefined, true, new Date(5), AmfObject.of({ deep: [AmfObject.of({})] })]),
    hex('03 0001 61 03 0001 62 00 3ff0000000000000 000009 0001 63 07 0001 000009'), // a reference
    hex(
      '10 0002 6162 0001 61 02 0001 62 000009 0c 00000003 616263 0f 00000001 61 0d 0b 4070000000000000 0000',
    ),
    hex('0a 00000003 05 06 11 0a 01'), // AVM+ in the middle
    Buffer.from('0300016107'.repeat(40), 'hex'),
  ],
  words: [
    hex('000009'),
    hex('03000161'),
    hex('070000'),
    hex('070001'),
    hex('0a00000001'),
    hex('0800000001'),
    hex('0c00000010'),
    hex('0bfff8000000000000'),
    hex('11'),
    '@setDataFrame',
  ],
  run(bytes) {
    const read = outcome([AmfError], () => readAmf0Values(bytes));
    if ('error' in read) return;
    const size = sizeOf(read.value);
    assert.ok(size.values <= MAX_AMF_ELEMENTS, `${size.values} values`);
    assert.ok(size.depth <= MAX_AMF_DEPTH, `${size.depth} deep`);
    const written = encodeAmf0(...read.value);
    assert.ok(written.length <= most(bytes.length), `${bytes.length} bytes became ${written.length}`);
    const again = encodeAmf0(...readAmf0Values(written));
    assert.ok(written.equals(again), 'reading what was written gives the same');
  },
};
