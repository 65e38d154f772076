import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Vigil, type VigilFacts } from '../../../src/clients/vigil.ts';

const QUIET: VigilFacts = { phase: 'handshake', queued: 0, taken: 0, answersPings: false };

/** Looks once a second; gives the second of the complaint and the complaint. */
function watch(
  vigil: Vigil,
  seconds: number,
  facts: (second: number) => Partial<VigilFacts>,
  heard: (second: number) => boolean = () => false,
): string | undefined {
  for (let second = 1; second <= seconds; second++) {
    if (heard(second)) vigil.heard(second * 1000);
    const complaint = vigil.look(second * 1000, { ...QUIET, ...facts(second) });
    if (complaint !== undefined) return `${second}: ${complaint}`;
  }
  return undefined;
}

function dialled(mode: 'publish' | 'play' = 'publish'): Vigil {
  const vigil = new Vigil(mode, 0);
  vigil.dialled = true;
  return vigil;
}

test('each step has its time', () => {
  assert.equal(
    watch(new Vigil('publish', 0), 60, () => ({})),
    '11: the server does not answer (10 s)',
  );
  assert.equal(
    watch(dialled(), 60, () => ({})),
    '12: the server does not shake hands (10 s)',
  );
  assert.equal(
    watch(dialled(), 60, (second) => ({ phase: second < 9 ? 'handshake' : 'connecting' })),
    '20: the server does not answer "connect" (10 s)',
  );
  assert.equal(
    watch(dialled(), 60, () => ({ phase: 'creating' })),
    '12: the server does not answer "createStream" (10 s)',
  );
  assert.equal(
    watch(dialled('play'), 60, () => ({ phase: 'asking' })),
    '32: the server says neither yes nor no (30 s)',
  );
});

test('a source that says nothing is dead; a target only if it used to answer', () => {
  assert.match(watch(dialled('play'), 60, () => ({ phase: 'playing' })) ?? '', /says nothing any more/);
  assert.equal(
    watch(
      dialled('play'),
      600,
      () => ({ phase: 'playing' }),
      (second) => second % 30 === 0,
    ),
    undefined,
  );
  assert.equal(
    watch(dialled(), 600, () => ({ phase: 'publishing' })),
    undefined,
  );
  assert.match(
    watch(dialled(), 60, () => ({ phase: 'publishing', answersPings: true })) ?? '',
    /^33: the server says nothing/,
  );
});

test('a target that takes nothing is dead, one that takes slowly is not', () => {
  const waiting = { phase: 'publishing', queued: 1000 } as const;
  assert.match(watch(dialled(), 60, () => waiting) ?? '', /^2[01]: the server takes nothing any more/);
  assert.equal(
    watch(dialled(), 600, (second) => ({ ...waiting, taken: Math.floor(second / 10) })),
    undefined,
  );
});

test('nobody is blamed for the time in which we were held up ourselves', () => {
  const vigil = dialled('play');
  assert.equal(vigil.look(1000, { ...QUIET, phase: 'playing' }), undefined);
  assert.equal(vigil.look(90_000, { ...QUIET, phase: 'playing' }), undefined);
  assert.equal(vigil.look(91_000, { ...QUIET, phase: 'playing' }), undefined);
});

test('a sign of life is asked for every ten seconds', () => {
  const vigil = dialled();
  const due = Array.from({ length: 35 }, (_, second) => vigil.isPingDue(second * 1000));
  assert.equal(due.filter(Boolean).length, 3);
});
