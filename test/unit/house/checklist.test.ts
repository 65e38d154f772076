import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { CHECKLIST } from '../../checklist.ts';
import { namePattern, testNames, testNamesIn } from '../../support/test-names.ts';

const folder = fileURLToPath(new URL('../..', import.meta.url));
const entries = CHECKLIST.flatMap(({ line, tests }) =>
  Object.entries(tests).flatMap(([file, names]) => names.map((name) => ({ line, file, name }))),
);

/** The same name, or a template that makes it; where the table has a `*`, the source must have it too. */
const makes = (source: string, name: string): boolean =>
  source === name || (!name.includes('*') && namePattern(source).test(name));

test('the checklist has its 40 lines, each with tests or with a reason for having none', () => {
  assert.deepEqual(
    CHECKLIST.map(({ line }) => line),
    Array.from({ length: 40 }, (_, index) => index + 1),
  );
  for (const { line, symptom, tests, later } of CHECKLIST) {
    assert.ok(symptom.length > 20, `line ${line}: what it looks like`);
    assert.ok(Object.keys(tests).length > 0 || later !== undefined, `line ${line} has no test`);
  }
  const without = CHECKLIST.filter(({ tests }) => Object.keys(tests).length === 0);
  assert.deepEqual(
    without.map(({ line }) => line),
    [],
  );
});

test('every test that the checklist names is there, in its file, by exactly that name', () => {
  const known = new Map<string, string[]>();
  const missing = entries.filter(({ file, name }) => {
    const path = join(folder, file);
    if (!existsSync(path)) return true;
    if (!known.has(file)) known.set(file, testNamesIn(path));
    return !known.get(file)!.some((source) => makes(source, name));
  });
  assert.deepEqual(missing, []);
  assert.ok(entries.length > 100, `${entries.length} tests`);
});

test('every test that the checklist names is one that npm test runs, and is named once a line', () => {
  for (const { line, file } of entries)
    assert.match(file, /^(unit|e2e|zoo|fuzz|browser)\/.+\.test\.ts$/, `line ${line}: ${file}`);
  const keys = entries.map(({ line, file, name }) => `${line} ${file} ${name}`);
  assert.equal(new Set(keys).size, keys.length);
});

test('names of tests are found as a source has them', () => {
  const source = [
    "test('plain', () => undefined);",
    'for (const a of [1]) test(`with ${a} of ${b()} in it`, { skip: true }, () => it("within", f));',
    'test(\n  "a (b) [c]",\n  f,\n);',
    "other('not this'); test(variable, f); // test('nor this')",
  ].join('\n');
  assert.deepEqual(testNames(source), ['plain', 'with * of * in it', 'within', 'a (b) [c]']);
  assert.ok(makes('with * of * in it', 'with 3 of four in it'));
  assert.ok(makes('a (b) [c]', 'a (b) [c]') && !makes('a (b) [c]', 'a b c'));
  assert.ok(makes('with * of * in it', 'with * of * in it') && !makes('plain', 'pl*n'));
});
