import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Allowance, ByteBudget } from '../../../src/protocols/rtmp/budget.ts';
import { ChunkReader } from '../../../src/protocols/rtmp/chunk-reader.ts';
import { ProtocolError } from '../../../src/protocols/rtmp/errors.ts';
import {
  COMMAND_LIMITS,
  FIRST_BODY_BYTES,
  MEDIA_LIMITS,
  OWN_BYTES_OF_PUBLISHER,
  OWN_BYTES_OF_TALKER,
} from '../../../src/protocols/rtmp/limits.ts';
import { chunks, hex, ramp, readAll, setChunkSizeBytes } from './chunk-tools.ts';

const MiB = 1024 * 1024;

/** The start of a message of `length` bytes, and so much of it. */
function begun(csid: number, length: number, filled = 0): Buffer {
  const head = Buffer.concat([Buffer.from([csid]), hex('000000 000000 09 01000000')]);
  head.writeUIntBE(length, 4, 3);
  return Buffer.concat([head, Buffer.alloc(filled, csid)]);
}

const overBudget = (error: unknown): boolean =>
  error instanceof ProtocolError && error.code === 'RTMP_BUDGET';

test('an allowance never holds more of the budget than is beyond its own bytes, and gives all of it back', () => {
  const step = fc.record({
    who: fc.nat({ max: 3 }),
    bytes: fc.integer({ min: -300, max: 300 }),
    moves: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const budgets = [new ByteBudget(500), new ByteBudget(700)];
      const own = [100, 50];
      const holders = [0, 1, 0, 1].map((at) => ({
        at,
        held: 0,
        allowance: new Allowance(budgets[at]!, own[at]!),
      }));
      const due = (at: number): number =>
        holders
          .filter((one) => one.at === at)
          .reduce((sum, { held }) => sum + Math.max(0, held - own[at]!), 0);
      for (const { who, bytes, moves } of steps) {
        const holder = holders[who]!;
        if (moves) {
          holder.at = 1 - holder.at;
          if (!holder.allowance.move(budgets[holder.at]!, own[holder.at]!)) holder.held = 0;
        } else {
          const change = Math.max(bytes, -holder.held);
          if (holder.allowance.add(change)) holder.held += change;
          else assert.ok(change > 0, 'giving back always succeeds');
        }
        for (const [at, budget] of budgets.entries()) assert.equal(budget.taken, due(at), `budget ${at}`);
      }
    }),
  );
});

test('what is announced costs its first space only; what has come costs at most twice its length', () => {
  const budget = new ByteBudget(100 * MiB);
  const reader = new ChunkReader({ ...MEDIA_LIMITS, ownBytes: 0 }, budget);
  reader.push(setChunkSizeBytes(16 * MiB - 1), () => undefined);
  reader.push(begun(4, 8 * MiB), () => undefined);
  assert.equal(budget.taken, FIRST_BODY_BYTES);
  let came = 0;
  while (came < 8 * MiB - 1000) {
    reader.push(Buffer.alloc(1000), () => undefined);
    came += 1000;
    assert.ok(budget.taken <= Math.max(FIRST_BODY_BYTES, 2 * came), `${budget.taken} bytes for ${came}`);
    assert.ok(budget.taken >= came, 'there is room for what has come');
  }
  let body: Uint8Array | undefined;
  reader.push(Buffer.alloc(8 * MiB - came), (message) => (body = message.body));
  assert.equal(body?.length, 8 * MiB);
  assert.equal(budget.taken, 0, 'a complete message is not unfinished any more');
});

test('a body that has grown is the body that was sent', () => {
  const body = ramp(300_000);
  for (const chunkSize of [1, 128, 60_000, 300_000]) {
    const bytes = chunks({ csid: 4, format: 0, field: 0, body, chunkSize, repeat: true });
    const [, message] = readAll([
      setChunkSizeBytes(chunkSize),
      bytes.subarray(0, 70_001),
      bytes.subarray(70_001),
    ]);
    assert.equal(Buffer.compare(message!.body, body), 0, `chunks of ${chunkSize}`);
  }
});

test('when the budget is used up, the peer that asks is ended and no other', () => {
  const budget = new ByteBudget(1 * MiB);
  const greedy = Array.from({ length: 100 }, () => new ChunkReader(COMMAND_LIMITS, budget));
  const ended = greedy.filter((reader) => {
    try {
      for (const csid of [3, 4, 5]) reader.push(begun(csid, 60_000, 128), () => undefined);
      return false;
    } catch (error) {
      assert.ok(overBudget(error), String(error));
      reader.close();
      return true;
    }
  });
  assert.ok(ended.length > 80 && ended.length < 100, `${ended.length} of 100 ended`);
  assert.ok(budget.taken <= MiB && budget.taken > 0.8 * MiB, `${budget.taken} bytes taken`);

  const honest = new ChunkReader(COMMAND_LIMITS, budget);
  const command = chunks({
    csid: 3,
    format: 0,
    field: 0,
    body: ramp(OWN_BYTES_OF_TALKER),
    chunkSize: 128,
    repeat: true,
  });
  assert.equal(readAll([command], honest).length, 1, 'a command of a size that has no need of the budget');

  for (const reader of greedy) reader.close();
  assert.equal(budget.taken, 0, 'all of it is given back when connections end');
});

test('64 messages of 16 MB announced at a time are refused; of the largest allowed, two fit', () => {
  for (const limits of [COMMAND_LIMITS, MEDIA_LIMITS]) {
    const budget = new ByteBudget(100 * MiB);
    const reader = new ChunkReader(limits, budget);
    assert.throws(() => reader.push(begun(4, 0xffffff), () => undefined), { code: 'RTMP_MESSAGE_LENGTH' });
    reader.close();
    assert.equal(budget.taken, 0, 'nothing was set aside for it');
  }
  const budget = new ByteBudget(100 * MiB);
  const reader = new ChunkReader(MEDIA_LIMITS, budget);
  const push = (csid: number): void => reader.push(begun(csid, 8 * MiB, 128), () => undefined);
  push(4);
  push(5);
  assert.throws(() => push(6), { code: 'RTMP_UNFINISHED_BYTES' });
  assert.equal(budget.taken, 0, 'what was only announced is no more than a publisher’s own bytes');
});

test('a peer that is let in, or stops, takes what it has begun along to the other budget', () => {
  const [talkers, publishers] = [new ByteBudget(MiB), new ByteBudget(4 * MiB)];
  const reader = new ChunkReader(COMMAND_LIMITS, talkers);
  reader.push(setChunkSizeBytes(MiB), () => undefined);
  reader.push(begun(4, 60_000, 50_000), () => undefined);
  assert.equal(talkers.taken, 60_000 - OWN_BYTES_OF_TALKER);
  reader.allow(MEDIA_LIMITS, publishers);
  assert.deepEqual([talkers.taken, publishers.taken], [0, 0], 'a publisher has more of its own');
  reader.push(Buffer.alloc(10_000), () => undefined);
  reader.push(begun(5, 900_000, 600_000), () => undefined);
  assert.ok(publishers.taken >= 600_000 - OWN_BYTES_OF_PUBLISHER, `${publishers.taken} bytes`);
  reader.allow(COMMAND_LIMITS, talkers);
  assert.equal(publishers.taken, 0);
  assert.ok(talkers.taken >= 600_000 - OWN_BYTES_OF_TALKER, `${talkers.taken} bytes`);
  reader.close();
  reader.close();
  assert.deepEqual([talkers.taken, publishers.taken], [0, 0]);

  const stopped = new ChunkReader(MEDIA_LIMITS, publishers);
  stopped.push(setChunkSizeBytes(4 * MiB), () => undefined);
  stopped.push(begun(5, 2 * MiB, 2 * MiB - 1), () => undefined);
  assert.throws(
    () => stopped.allow(COMMAND_LIMITS, talkers),
    overBudget,
    'more than the others have together',
  );
  stopped.close();
  assert.deepEqual([talkers.taken, publishers.taken], [0, 0]);
});

test('a reader that is closed by one of its messages reads nothing more and takes nothing more', () => {
  const budget = new ByteBudget(100 * MiB);
  const reader = new ChunkReader({ ...MEDIA_LIMITS, ownBytes: 0 }, budget);
  let messages = 0;
  const small = chunks({ csid: 3, format: 0, field: 0, body: ramp(5), chunkSize: 128, repeat: true });
  reader.push(Buffer.concat([small, small, begun(5, 5_000_000, 128)]), () => {
    messages++;
    reader.close();
  });
  assert.deepEqual([messages, budget.taken], [1, 0]);
});

test('an Abort and a message given up give back what they held', () => {
  const budget = new ByteBudget(100 * MiB);
  const reader = new ChunkReader({ ...MEDIA_LIMITS, ownBytes: 0 }, budget);
  reader.push(begun(4, 10_000, 128), () => undefined);
  reader.push(begun(4, 20_000, 128), () => undefined);
  assert.equal(budget.taken, 20_000, 'the second takes the place of the first');
  reader.push(hex('02 000000 000004 02 00000000 00000004'), () => undefined);
  assert.equal(budget.taken, 0);
});
