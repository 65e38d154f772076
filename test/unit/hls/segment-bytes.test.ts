import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { joined, SegmentBytes } from '../../../src/outputs/hls/segment-bytes.ts';

const MIB = 1024 * 1024;

/** Parts of these sizes, each full of a number of its own. */
function segment(bytes: SegmentBytes, sizes: readonly number[], first = 0): Buffer[] {
  bytes.begin();
  return sizes.map((size, index) => bytes.take(size).fill((first + index) % 251));
}

const sizes = fc.array(fc.oneof(fc.nat(20), fc.nat(9_000), fc.constant(70_000)), { maxLength: 12 });

test('whatever the sizes, no part is ever written over, and a segment is its parts one behind the other', () => {
  fc.assert(
    fc.property(fc.array(sizes, { maxLength: 12 }), (segments) => {
      const bytes = new SegmentBytes();
      const made: { readonly parts: Buffer[]; readonly first: number }[] = [];
      for (const [index, one] of segments.entries())
        made.push({ parts: segment(bytes, one, index * 17), first: index * 17 });
      for (const [index, { parts, first }] of made.entries()) {
        const wanted = segments[index]!.map((size, part) => Buffer.alloc(size, (first + part) % 251));
        assert.deepEqual(joined(parts), Buffer.concat(wanted), `segment ${index}`);
      }
    }),
    { numRuns: 100 },
  );
});

test('segments of about the same size are put together where they lie', () => {
  const bytes = new SegmentBytes();
  segment(bytes, [3_000, 3_000, 3_000]);
  const parts = segment(bytes, [3_050, 2_990, 3_100]);
  const whole = joined(parts);
  assert.equal(whole.length, 9_140);
  assert.equal(whole.buffer, parts[0]!.buffer, 'not a copy');
  assert.equal(whole.byteOffset, parts[0]!.byteOffset);
});

test('a segment that is much larger or smaller than the one before keeps no more than twice what is in both', () => {
  const bytes = new SegmentBytes();
  const held = new Set<ArrayBufferLike>();
  let total = 0;
  for (let round = 0; round < 6; round++) {
    for (const size of [8 * MIB, 10_000, 2 * MIB, 20_000]) {
      for (const part of segment(bytes, [size / 2, size / 2])) held.add(part.buffer);
      total += size;
    }
  }
  const memory = [...held].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(memory <= 2 * total, `${memory} bytes for ${total}`);
});

test('no parts are no bytes', () => {
  assert.equal(joined([]).length, 0);
});
