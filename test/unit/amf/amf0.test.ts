import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAmf0, readAmf0Values } from '../../../src/amf/amf0-reader.ts';
import { encodeAmf0 } from '../../../src/amf/amf0-writer.ts';
import { AmfError } from '../../../src/amf/errors.ts';
import type { AmfErrorCode } from '../../../src/amf/errors.ts';
import { MAX_AMF_DEPTH, MAX_AMF_ELEMENTS } from '../../../src/amf/markers.ts';
import { AmfObject } from '../../../src/amf/value.ts';
import type { AmfValue } from '../../../src/amf/value.ts';
import { ByteReader } from '../../../src/bytes/byte-reader.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const refusedWith = (code: AmfErrorCode) => (error: unknown) => {
  assert.ok(error instanceof AmfError, String(error));
  assert.equal(error.code, code);
  return true;
};

/** Both directions: what the writer makes, the reader reads. */
const written: readonly { name: string; value: AmfValue; bytes: string }[] = [
  { name: 'zero', value: 0, bytes: '00 0000000000000000' },
  { name: 'one', value: 1, bytes: '00 3ff0000000000000' },
  { name: 'a negative fraction', value: -1.5, bytes: '00 bff8000000000000' },
  { name: 'no number', value: NaN, bytes: '00 7ff8000000000000' },
  { name: 'true', value: true, bytes: '01 01' },
  { name: 'false', value: false, bytes: '01 00' },
  { name: 'an empty string', value: '', bytes: '02 0000' },
  { name: 'a string beyond ASCII', value: 'é€', bytes: '02 0005 c3a9 e282ac' },
  { name: 'null', value: null, bytes: '05' },
  { name: 'undefined', value: undefined, bytes: '06' },
  { name: 'an empty object', value: new AmfObject(), bytes: '03 000009' },
  {
    name: 'an object in an object',
    value: AmfObject.of({ a: AmfObject.of({ b: 1 }), c: null }),
    bytes: '03 0001 61 03 0001 62 00 3ff0000000000000 000009 0001 63 05 000009',
  },
  {
    name: 'an ECMA array',
    value: AmfObject.of({ w: 1 }, 'ecma-array'),
    bytes: '08 00000001 0001 77 00 3ff0000000000000 000009',
  },
  { name: 'a strict array', value: ['avc1', null], bytes: '0a 00000002 02 0004 61766331 05' },
  { name: 'an empty strict array', value: [], bytes: '0a 00000000' },
  { name: 'a date', value: new Date(1000), bytes: '0b 408f400000000000 0000' },
  {
    name: 'a typed object',
    value: new AmfObject([['x', true]], 'object', 'P'),
    bytes: '10 0001 50 0001 78 01 01 000009',
  },
];

for (const { name, value, bytes } of written) {
  test(`reads ${name}`, () => assert.deepEqual(readAmf0Values(hex(bytes)), [value]));
  test(`writes ${name}`, () => assert.equal(encodeAmf0(value).toString('hex'), hex(bytes).toString('hex')));
  test(`refuses ${name} when it is cut short`, () => {
    const whole = hex(bytes);
    for (let length = 1; length < whole.length; length++) {
      // An ECMA array may lack its end marker, and only that: see below.
      if (whole[0] === 0x08 && length === whole.length - 3) continue;
      assert.throws(
        () => readAmf0Values(whole.subarray(0, length)),
        refusedWith('AMF_TRUNCATED'),
        `${length}`,
      );
    }
  });
}

const readOnly: readonly { name: string; value: AmfValue[]; bytes: string }[] = [
  { name: 'true written as 0xff', value: [true], bytes: '01 ff' },
  { name: 'the unsupported marker', value: [undefined], bytes: '0d' },
  { name: 'a short text in a long string', value: ['hi'], bytes: '0c 00000002 6869' },
  { name: 'an XML document', value: ['<a/>'], bytes: '0f 00000004 3c612f3e' },
  { name: 'a date with a time zone', value: [new Date(1000)], bytes: '0b 408f400000000000 ffc4' },
  {
    name: 'an ECMA array that announces none of its values',
    value: [AmfObject.of({ w: true }, 'ecma-array'), null],
    bytes: '08 00000000 0001 77 01 01 000009 05',
  },
  {
    name: 'an ECMA array that announces four billion values',
    value: [AmfObject.of({ w: true }, 'ecma-array')],
    bytes: '08 ffffffff 0001 77 01 01 000009',
  },
  {
    name: 'an ECMA array without its end marker at the end of the message',
    value: [AmfObject.of({ w: true }, 'ecma-array')],
    bytes: '08 00000001 0001 77 01 01',
  },
  {
    name: 'a value without a name',
    value: [AmfObject.of({ '': 1 })],
    bytes: '03 0000 00 3ff0000000000000 000009',
  },
  {
    name: 'a name given twice (the last one counts)',
    value: [AmfObject.of({ a: false })],
    bytes: '03 0001 61 01 01 0001 61 01 00 000009',
  },
  {
    name: 'a reference to an object before it',
    value: [AmfObject.of({ a: true }), AmfObject.of({ a: true })],
    bytes: '03 0001 61 01 01 000009 07 0000',
  },
  { name: 'bytes that are no UTF-8', value: ['\ufffdA'], bytes: '02 0002 ff41' },
  { name: 'what comes before a change to AMF3', value: ['x'], bytes: '02 0001 78 11 0a0b01' },
  {
    name: 'the part of an object before a change to AMF3',
    value: [AmfObject.of({ a: [true] })],
    bytes: '03 0001 61 0a 00000003 01 01 11 0a 0b 01 01 00',
  },
];

for (const { name, value, bytes } of readOnly) {
  test(`reads ${name}`, () => assert.deepEqual(readAmf0Values(hex(bytes)), value));
}

const refused: readonly { name: string; code: AmfErrorCode; bytes: string | Buffer }[] = [
  { name: 'a movie clip', code: 'AMF_MARKER', bytes: '04' },
  { name: 'a record set', code: 'AMF_MARKER', bytes: '0e' },
  { name: 'an end marker on its own', code: 'AMF_MARKER', bytes: '09' },
  { name: 'a marker beyond the last', code: 'AMF_MARKER', bytes: '12' },
  { name: 'a reference to nothing', code: 'AMF_REFERENCE', bytes: '07 0000' },
  { name: 'an object that refers to itself', code: 'AMF_REFERENCE', bytes: '03 0001 61 07 0000 000009' },
  { name: 'a strict array of four billion', code: 'AMF_ELEMENTS', bytes: '0a ffffffff 05' },
  { name: 'a long string of four gigabytes', code: 'AMF_TRUNCATED', bytes: '0c ffffffff 41' },
  { name: '10,000 objects within objects', code: 'AMF_DEPTH', bytes: '03 0001 61'.repeat(10_000) },
  { name: '10,000 arrays within arrays', code: 'AMF_DEPTH', bytes: '0a 00000001'.repeat(10_000) },
];

for (const { name, code, bytes } of refused) {
  test(`refuses ${name}`, () => {
    assert.throws(() => readAmf0Values(typeof bytes === 'string' ? hex(bytes) : bytes), refusedWith(code));
  });
}

test('nesting up to the limit is read and written, one more is not', () => {
  const nested = (levels: number): AmfValue => {
    let value: AmfValue = null;
    for (let level = 0; level < levels; level++)
      value = level % 2 === 0 ? [value] : AmfObject.of({ a: value });
    return value;
  };
  const deepest = nested(MAX_AMF_DEPTH);
  assert.deepEqual(readAmf0Values(encodeAmf0(deepest)), [deepest]);
  assert.throws(() => encodeAmf0(nested(MAX_AMF_DEPTH + 1)), refusedWith('AMF_DEPTH'));
  assert.throws(
    () => readAmf0Values(hex(`${'0a 00000001'.repeat(MAX_AMF_DEPTH + 1)} 05`)),
    refusedWith('AMF_DEPTH'),
  );
});

test('values up to the limit are read, one more is not', () => {
  const nulls = (count: number) => Buffer.alloc(count, 0x05);
  assert.equal(readAmf0Values(nulls(MAX_AMF_ELEMENTS)).length, MAX_AMF_ELEMENTS);
  assert.throws(() => readAmf0Values(nulls(MAX_AMF_ELEMENTS + 1)), refusedWith('AMF_ELEMENTS'));
});

test('references count as if written out: a few bytes cannot stand for an endless tree', () => {
  // Each array holds the one before it twice: 2^40 values in 40 lines, if they were not counted.
  const lines = ['0a 00000001 05'];
  for (let index = 0; index < 40; index++) {
    const before = index.toString(16).padStart(4, '0');
    lines.push(`0a 00000002 07 ${before} 07 ${before}`);
  }
  assert.throws(() => readAmf0Values(hex(lines.join(''))), refusedWith('AMF_ELEMENTS'));
});

test('references count in depth: two halves of the limit do not make a tree that nobody can write', () => {
  const half = MAX_AMF_DEPTH / 2;
  const inner = '0a 00000001'.repeat(half) + '05';
  const around = (levels: number) => `${inner} ${'0a 00000001'.repeat(levels)} 07 0000`;
  const read = readAmf0Values(hex(around(half)));
  assert.deepEqual(readAmf0Values(encodeAmf0(...read)), read, 'exactly the limit is written and read again');
  assert.throws(() => readAmf0Values(hex(around(half + 1))), refusedWith('AMF_DEPTH'), 'one more');
});

test('references count in bytes: three bytes cannot stand for a long text again and again', () => {
  const text = encodeAmf0(['x'.repeat(1000)]);
  const references = (count: number) => Buffer.concat([text, hex('07 0000'.repeat(count))]);
  assert.equal(readAmf0Values(references(60)).length, 61, 'a few are read');
  assert.throws(() => readAmf0Values(references(100)), refusedWith('AMF_REFERENCE'), 'many are not');
});

test('a name whose bytes are no UTF-8, and would not fit when written again, is refused at once', () => {
  const named = (length: number) =>
    Buffer.concat([
      hex('03'),
      hex(length.toString(16).padStart(4, '0')),
      Buffer.alloc(length, 0xff),
      hex('05 000009'),
    ]);
  const read = readAmf0Values(named(21_845));
  assert.equal(encodeAmf0(...read).length, 1 + 2 + 65_535 + 1 + 3, 'the longest that fits');
  assert.throws(() => readAmf0Values(named(21_846)), refusedWith('AMF_TOO_LONG'), 'one byte more');
});

test('strings change to the long form above 65,535 bytes, and names cannot', () => {
  const short = encodeAmf0('x'.repeat(0xffff));
  const long = encodeAmf0('x'.repeat(0x10000));
  assert.deepEqual([...short.subarray(0, 3)], [0x02, 0xff, 0xff]);
  assert.deepEqual([...long.subarray(0, 5)], [0x0c, 0x00, 0x01, 0x00, 0x00]);
  assert.deepEqual(readAmf0Values(long), ['x'.repeat(0x10000)]);
  assert.throws(() => encodeAmf0(AmfObject.of({ ['k'.repeat(0x10000)]: 1 })), refusedWith('AMF_TOO_LONG'));
});

test('__proto__ is a name like any other', () => {
  const [object] = readAmf0Values(hex('03 0009 5f5f70726f746f5f5f 03 0001 78 01 01 000009 000009'));
  assert.ok(object instanceof AmfObject);
  assert.deepEqual([...object.entries()], [['__proto__', AmfObject.of({ x: true })]]);
  assert.equal(object.get('toString'), undefined);
  assert.equal(({} as Record<string, unknown>)['x'], undefined);
});

test('one value at a time leaves the reader behind it', () => {
  const reader = new ByteReader(hex('02 0001 61 01 01 05'), 'test');
  assert.equal(readAmf0(reader), 'a');
  assert.equal(readAmf0(reader), true);
  assert.equal(reader.left, 1);
});

const leaf = fc.oneof(
  fc.double(),
  fc.boolean(),
  fc.string({ unit: 'grapheme' }),
  fc.constant(null),
  fc.constant(undefined),
  fc.date({ noInvalidDate: true }),
);
const anyValue: fc.Arbitrary<AmfValue> = fc.letrec<{ value: AmfValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .tuple(fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 4 }), fc.boolean())
      .map(([entries, ecma]) => new AmfObject(entries, ecma ? 'ecma-array' : 'object')),
  ),
})).value;

test('whatever is written is read back', () => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 4 }), (values) => {
      assert.deepEqual(readAmf0Values(encodeAmf0(...values)), values);
    }),
    { numRuns: 200 },
  );
});

test('rubbish is an AmfError or values, never anything else', () => {
  const marker = fc.nat({ max: 0x12 });
  const rubbish = fc.array(fc.oneof(marker, fc.nat({ max: 255 }), fc.constant(0)), { maxLength: 60 });
  fc.assert(
    fc.property(rubbish, (bytes) => {
      try {
        encodeAmf0(...readAmf0Values(Uint8Array.from(bytes)));
      } catch (error) {
        assert.ok(error instanceof AmfError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
