import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Batch, type Opening } from '../../../src/stream/batch.ts';

const opening: Opening = {
  first: () => Batch.of(Buffer.from('first'), 0),
  resume: () => Batch.of(Buffer.from('resume'), 0),
};

test('bytes begin behind the headroom, in the same memory', () => {
  const room = Buffer.from('....payload');
  const batch = new Batch(room, 4);
  assert.equal(batch.bytes.toString(), 'payload');
  assert.equal(batch.bytes.buffer, room.buffer);
  assert.deepEqual([batch.gopAt, batch.opening], [-1, undefined]);
});

test('from its key frame on: itself if that is the start, else one copy that all share', () => {
  const whole = new Batch(Buffer.from('..key'), 2, { gop: { at: 0, opening } });
  assert.equal(whole.fromGop(), whole);
  const later = new Batch(Buffer.from('..old key'), 2, { gop: { at: 4, opening } });
  assert.equal(later.fromGop().bytes.toString(), 'key');
  assert.equal(later.fromGop(), later.fromGop());
  assert.equal(later.bytes.toString(), 'old key', 'live viewers keep theirs');
  const part = later.fromGop();
  assert.deepEqual(
    [part.gopAt, part.opening, part.fromGop()],
    [0, opening, part],
    'and can be started with again',
  );
});

test('up to its key frame: the end of the GOP before, one copy that all share', () => {
  const batch = new Batch(Buffer.from('..old key'), 2, { gop: { at: 4, opening }, ms: 40 });
  assert.equal(batch.upToGop().bytes.toString(), 'old ');
  assert.equal(batch.upToGop(), batch.upToGop());
  assert.deepEqual([batch.upToGop().opening, batch.upToGop().ms, batch.fromGop().ms], [undefined, 40, 40]);
  assert.equal(
    batch
      .upToGop()
      .wrapped((room, headroom) => room.subarray(headroom))
      .toString(),
    'old ',
  );
});

test('is wrapped once, with its headroom in front, also the part from the key frame on', () => {
  let calls = 0;
  const wrap = (room: Buffer, headroom: number): Buffer => {
    calls++;
    room.write('!', headroom - 1);
    return room.subarray(headroom - 1);
  };
  const batch = new Batch(Buffer.from('..old key'), 2, { gop: { at: 4, opening } });
  assert.equal(batch.wrapped(wrap).toString(), '!old key');
  assert.equal(batch.wrapped(wrap), batch.wrapped(wrap));
  assert.equal(batch.fromGop().wrapped(wrap).toString(), '!key');
  assert.equal(calls, 2);
});

test('a batch of bytes is a copy of them', () => {
  const bytes = Buffer.from('abc');
  const batch = Batch.of(bytes, 10);
  bytes[0] = 0;
  assert.equal(batch.bytes.toString(), 'abc');
  assert.equal(Batch.of(Buffer.alloc(0), 10).bytes.length, 0);
});
