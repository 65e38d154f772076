import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Note, NoteDraft } from '../../../src/hooks/note.ts';
import { Outbox, REFUSED_PATIENCE_MS, type Outcome } from '../../../src/hooks/outbox.ts';
import { FakeTime } from '../../support/fake-time.ts';

const draft = (lane: string, id: string, body = 'x'): NoteDraft => ({
  lane,
  id,
  call: 'publish',
  contentType: 'application/json',
  body,
});
const UNHEARD: Outcome = { kind: 'unheard', text: 'refuses the connection' };

/** An outbox on a simulated clock, whose receiver answers what the test says. */
function bench(answer: (note: Note, repetition: number) => Outcome | Promise<Outcome>, limits = {}) {
  const time = new FakeTime();
  const sent: { id: string; at: number; repetition: number }[] = [];
  const arrived: string[] = [];
  const dropped: string[] = [];
  const heard: (string | undefined)[] = [];
  const log: string[] = [];
  const state = { underWay: 0, mostUnderWay: 0 };
  const outbox = new Outbox({
    send: async (note, repetition) => {
      sent.push({ id: note.id, at: time.now(), repetition });
      state.mostUnderWay = Math.max(state.mostUnderWay, ++state.underWay);
      const outcome = await answer(note, repetition);
      state.underWay--;
      if (outcome.kind === 'delivered') arrived.push(note.id);
      return outcome;
    },
    spool: {
      append: (note) => log.push(`+${note.seq}`),
      done: (seq) => log.push(`-${seq}`),
    },
    limits: { bytes: 1_000_000, ageMs: 3_600_000, ...limits },
    clock: time.now,
    after: time.after,
    random: () => 1,
    dropped: (note, why) => dropped.push(`${note.id} ${why}`),
    heard: (problem) => heard.push(problem),
  });
  /** Until nothing happens any more without the clock. */
  const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const pass = async (ms: number, stepMs = 500): Promise<void> => {
    for (let at = 0; at < ms; at += stepMs) {
      time.advance(stepMs);
      await turns();
    }
  };
  return { outbox, time, sent, arrived, dropped, heard, log, state, turns, pass };
}

test('a two-minute outage loses nothing, keeps the order of every stream, and floods nobody', async () => {
  let isUp = true;
  const { outbox, sent, arrived, dropped, heard, turns, pass, time } = bench(() =>
    isUp ? { kind: 'delivered' } : UNHEARD,
  );
  const expected: string[] = [];
  const tell = (lane: string, number: number): void => {
    outbox.add(draft(lane, `${lane} ${number}`));
    expected.push(`${lane} ${number}`);
  };
  for (const lane of ['a', 'b', 'c']) tell(lane, 0);
  await turns();
  assert.equal(arrived.length, 3, 'before');
  isUp = false;
  for (let number = 1; number <= 240; number++) {
    for (const lane of ['a', 'b', 'c']) tell(lane, number);
    await pass(500);
  }
  const attempts = sent.length - 3;
  assert.equal(arrived.length, 3, 'nothing arrives meanwhile');
  assert.ok(attempts >= 9 && attempts <= 40, `${attempts} attempts in two minutes`);
  isUp = true;
  const backAt = time.now();
  await pass(30_000);
  assert.ok(sent.slice(attempts + 3).length >= 720, 'everything is sent');
  assert.equal(dropped.length, 0, 'dropped');
  for (const lane of ['a', 'b', 'c']) {
    const of = (ids: readonly string[]): string[] => ids.filter((id) => id.startsWith(lane));
    assert.deepEqual(of(arrived), of(expected), `order of ${lane}`);
  }
  assert.deepEqual(heard, ['refuses the connection', undefined], 'what the operator is told');
  const last = sent.at(-1)?.at ?? 0;
  assert.ok(last - backAt <= 30_000, `all there after ${last - backAt} ms`);
  assert.equal(outbox.bytes, 0, 'nothing left');
});

test('a repetition says so, and pauses grow to half a minute', async () => {
  const { outbox, sent, pass, turns } = bench(() => UNHEARD);
  outbox.add(draft('a', '1'));
  await turns();
  await pass(120_000);
  const pauses = sent.slice(1).map(({ at }, index) => at - sent[index]!.at);
  assert.deepEqual(pauses.slice(0, 7), [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000], 'pauses');
  assert.deepEqual(
    sent.map(({ repetition }) => repetition),
    sent.map((_, index) => index),
    'repetitions',
  );
});

test("one stream's trouble does not hold up another, whether it is refused or hangs", async () => {
  for (const trouble of ['refused', 'hangs'] as const) {
    const hang = new Promise<Outcome>(() => undefined);
    const { outbox, arrived, pass } = bench((note) =>
      note.lane !== 'bad'
        ? { kind: 'delivered' }
        : trouble === 'hangs'
          ? hang
          : { kind: 'refused', text: 'answers with 400' },
    );
    for (let number = 0; number < 100; number++) {
      outbox.add(draft('bad', `bad ${number}`));
      outbox.add(draft('good', `good ${number}`));
    }
    await pass(2_000);
    assert.equal(arrived.length, 100, trouble);
    assert.equal(outbox.count, 100, `${trouble}: the others wait`);
  }
});

test('the first who is heard after an outage wakes all the others', async () => {
  let isUp = false;
  const { outbox, arrived, turns, pass } = bench(() => (isUp ? { kind: 'delivered' } : UNHEARD));
  for (const lane of ['a', 'b', 'c']) outbox.add(draft(lane, lane));
  await pass(40_000); // the next turn of each is many seconds away
  isUp = true;
  outbox.add(draft('new', 'new'));
  await turns();
  assert.deepEqual(arrived.sort(), ['a', 'b', 'c', 'new'], 'at once');
});

test('no more than sixteen at a time, and one alone feels for a receiver that is gone', async () => {
  const waiting: ((outcome: Outcome) => void)[] = [];
  const { outbox, state, turns } = bench(() => new Promise<Outcome>((resolve) => waiting.push(resolve)));
  for (let lane = 0; lane < 50; lane++) outbox.add(draft(`lane ${lane}`, `${lane}`));
  await turns();
  assert.equal(state.underWay, 16, 'at a time');
  for (let round = 0; round < 2; round++) {
    for (const answer of waiting.splice(0)) answer(UNHEARD);
    await turns();
  }
  assert.equal(state.underWay, 1, 'when it is gone');
  waiting.pop()?.({ kind: 'delivered' });
  await turns();
  assert.equal(state.underWay, 16, 'when it is back');
  assert.equal(state.mostUnderWay, 16, 'never more');
});

test('when the queue is full the oldest go, but not the one that may be arriving', async () => {
  const { outbox, dropped, turns } = bench(() => new Promise<Outcome>(() => undefined), { bytes: 2_200 });
  for (let number = 0; number < 6; number++) outbox.add(draft('a', `${number}`, 'x'.repeat(300)));
  await turns();
  assert.deepEqual(dropped, ['1 full', '2 full'], 'dropped');
  assert.deepEqual(
    outbox.notes().map(({ id }) => id),
    ['0', '3', '4', '5'],
    'left',
  );
  assert.ok(outbox.bytes <= 2_200, `${outbox.bytes} bytes`);
});

test('what has waited too long is dropped, what came later is sent', async () => {
  let isUp = false;
  const { outbox, arrived, dropped, pass } = bench(() => (isUp ? { kind: 'delivered' } : UNHEARD), {
    ageMs: 60_000,
  });
  outbox.add(draft('a', 'old'));
  await pass(50_000);
  outbox.add(draft('a', 'young'));
  await pass(15_000);
  isUp = true;
  await pass(30_000);
  assert.deepEqual([dropped, arrived], [['old old'], ['young']], 'dropped and arrived');
});

test('what the receiver refuses for ten minutes is given up, and the next one has its turn', async () => {
  const { outbox, arrived, dropped, pass } = bench((note) =>
    note.id === 'poison' ? { kind: 'refused', text: 'answers with 400' } : { kind: 'delivered' },
  );
  outbox.add(draft('a', 'poison'));
  outbox.add(draft('a', 'next'));
  await pass(REFUSED_PATIENCE_MS - 60_000, 5_000);
  assert.deepEqual([arrived, dropped], [[], []], 'still in order');
  await pass(120_000, 5_000);
  assert.deepEqual([arrived, dropped], [['next'], ['poison refused']], 'afterwards');
});

test('what an earlier run has left goes first, and its numbers are not used again', async () => {
  const { outbox, arrived, log, turns } = bench(() => ({ kind: 'delivered' }));
  const left = [7, 9].map((seq) => ({ ...draft('a', `left ${seq}`), seq, at: 0 }));
  outbox.restore(left, 12);
  outbox.add(draft('a', 'new'));
  await turns();
  assert.deepEqual(arrived, ['left 7', 'left 9', 'new'], 'order');
  assert.deepEqual(log, ['+12', '-7', '-9', '-12'], 'what the disk is told');
});

test('after stop nothing is begun; what was under way is waited for', async () => {
  const waiting: ((outcome: Outcome) => void)[] = [];
  const { outbox, sent, turns, pass, time } = bench(() => new Promise((resolve) => waiting.push(resolve)));
  outbox.add(draft('a', '1'));
  outbox.add(draft('a', '2'));
  let isStopped = false;
  void outbox.stop().then(() => (isStopped = true));
  await turns();
  assert.equal(isStopped, false, 'waits');
  waiting.pop()?.(UNHEARD);
  await pass(60_000);
  assert.deepEqual([isStopped, sent.length, outbox.count, time.waiting], [true, 1, 2, 0], 'at the end');
});
