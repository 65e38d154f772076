import assert from 'node:assert/strict';
import test from 'node:test';
import { InspectError } from '../../../src/inspect/errors.ts';
import { peek, readFrom, readRest } from '../../../src/inspect/reading.ts';
import type { Source } from '../../../src/inspect/source.ts';

/** Gives the chunks, and then what `last` says. */
function source(
  chunks: readonly string[],
  last: 'end' | 'nothing more' | Error,
): Source & { closed: boolean } {
  const left = [...chunks];
  const made = {
    url: new URL('http://127.0.0.1/x'),
    size: undefined,
    closed: false,
    close: () => {
      made.closed = true;
    },
    chunks: {
      next: (): Promise<IteratorResult<Uint8Array>> => {
        const chunk = left.shift();
        if (chunk !== undefined) return Promise.resolve({ done: false, value: Buffer.from(chunk) });
        if (last instanceof Error) return Promise.reject(last);
        return last === 'end'
          ? Promise.resolve({ done: true, value: undefined })
          : new Promise(() => undefined);
      },
    },
  };
  return made;
}

const nothing = (): void => undefined;
const broken = new InspectError('BROKEN', 'the connection broke');

test('reads to the end and closes', async () => {
  const from = source(['ab', 'c'], 'end');
  assert.deepEqual(await readFrom(from, { maxBytes: 100 }, nothing), { ended: 'end', bytes: 3 });
  assert.equal(from.closed, true);
});

test('a stop ends a look at once, and closes', async () => {
  const stop = new AbortController();
  const from = source(['ab'], 'nothing more');
  const read = await readFrom(from, { maxBytes: 100, signal: stop.signal }, () =>
    setImmediate(() => stop.abort()),
  );
  assert.deepEqual(read, { ended: 'stopped', bytes: 2 });
  assert.equal(from.closed, true);
});

test('the time is up in the middle of waiting', async () => {
  const read = await readFrom(
    source(['ab'], 'nothing more'),
    { maxBytes: 100, deadline: Date.now() + 20 },
    nothing,
  );
  assert.deepEqual(read, { ended: 'time', bytes: 2 });
});

test('silence ends a look that has no time limit', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const reading = readFrom(source([], 'nothing more'), { maxBytes: 100 }, nothing);
  context.mock.timers.tick(10_000);
  assert.deepEqual(await reading, { ended: 'silence', bytes: 0 });
});

test('never much more than the limit', async () => {
  assert.deepEqual(await readFrom(source(['abc', 'def', 'g'], 'end'), { maxBytes: 4 }, nothing), {
    ended: 'limit',
    bytes: 6,
  });
});

test('a break in the middle is an end; one before the first byte is an error', async () => {
  assert.deepEqual(await readFrom(source(['ab'], broken), { maxBytes: 100 }, nothing), {
    ended: 'broken',
    bytes: 2,
    why: 'the connection broke',
  });
  const from = source([], broken);
  await assert.rejects(readFrom(from, { maxBytes: 100 }, nothing), broken);
  assert.equal(from.closed, true);
});

test('what was peeked at is read again', async () => {
  const peeked = await peek(source(['ab', 'cd', 'ef'], 'end'), undefined, (head) =>
    head.length >= 3 ? head.toString() : undefined,
  );
  assert.equal(peeked.answer, 'abcd');
  let text = '';
  await readFrom(peeked.source, { maxBytes: 100 }, (bytes) => (text += Buffer.from(bytes).toString()));
  assert.equal(text, 'abcdef');
});

test('what trickles for ever is given up', async (context) => {
  context.mock.timers.enable({ apis: ['Date', 'setTimeout'] });
  const drop = Promise.resolve({ done: false, value: Buffer.from('#') } as const);
  const trickle = {
    ...source([], 'end'),
    chunks: {
      next: () => {
        context.mock.timers.tick(1000);
        return drop;
      },
    },
  };
  await assert.rejects(
    readRest(trickle, 'the playlist', 1000),
    /^InspectError: the playlist .* not there as a whole within 30 s$/,
  );
});
