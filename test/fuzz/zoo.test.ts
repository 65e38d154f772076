import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { readZoo } from './engine/corpus.ts';
import { judge } from './engine/judge.ts';
import { TARGETS } from './targets.ts';

const files = readZoo(join(process.cwd(), 'test/zoo/files'));

test('the zoo has inputs that once broke something, each of a parser that there is', () => {
  assert.ok(files.length >= 15, `${files.length} files`);
  for (const { target, name } of files) {
    assert.ok(
      TARGETS.some((one) => one.name === target),
      `${target}/${name}: no such target`,
    );
  }
});

for (const { target: name, name: symptom, bytes } of files) {
  test(`${name}: ${symptom.replaceAll('-', ' ')} (once broke it)`, () => {
    const target = TARGETS.find((one) => one.name === name);
    assert.ok(target, `there is no target ${name}`);
    judge(target, bytes, 4);
  });
}
