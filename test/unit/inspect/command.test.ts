import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { CommanderError } from 'commander';
import { inspectCommand } from '../../../src/cli/inspect.ts';
import { flvAvcConfig, flvHeader, flvVideo } from './hand-made.ts';

async function usage(
  ...args: readonly string[]
): Promise<{ readonly text: string; readonly exitCode: number }> {
  let text = '';
  const take = (part: string): void => void (text += part);
  const command = inspectCommand().exitOverride().configureOutput({ writeOut: take, writeErr: take });
  const error = await command.parseAsync(args, { from: 'user' }).then(
    () => assert.fail('it was understood'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof CommanderError);
  return { text, exitCode: error.exitCode };
}

test('--help tells the options', async () => {
  const { text, exitCode } = await usage('--help');
  assert.equal(exitCode, 0);
  assert.match(text, /--json[\s\S]*--seconds <n>[\s\S]*default: 10/);
});

for (const args of [
  [],
  ['a.flv', '--second', '3'],
  ['a.flv', '--seconds', 'x'],
  ['a.flv', '--seconds', '0'],
  ['a', 'b'],
]) {
  test(`"inspect ${args.join(' ')}" is not understood`, async () => {
    const { text, exitCode } = await usage(...args);
    assert.notEqual(exitCode, 0);
    assert.match(text, /^error: /);
  });
}

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: readonly string[]): Promise<Outcome> {
  const command = pathToFileURL(join(import.meta.dirname, '../../../src/cli/inspect.ts')).href;
  const script = `const { inspectCommand } = await import('${command}'); await inspectCommand().parseAsync(process.argv.slice(1), { from: 'user' });`;
  return new Promise((resolve) => {
    const argv = ['--import', 'tsx', '--input-type=module', '-e', script, '--', ...args];
    execFile(process.execPath, argv, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

test('tells in text or JSON, and fails with one sentence', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-inspect-'));
  context.after(() => rm(folder, { recursive: true }));
  const whole = Buffer.concat([
    flvHeader(1),
    flvAvcConfig(),
    flvVideo(0, { key: true }),
    flvVideo(40),
    flvVideo(80),
  ]);
  await writeFile(join(folder, 'a.flv'), whole);
  await writeFile(join(folder, 'cut.flv'), whole.subarray(0, whole.length - 10));
  const [text, json, cut, none] = await Promise.all([
    run(join(folder, 'a.flv')),
    run(join(folder, 'a.flv'), '--json'),
    run(join(folder, 'cut.flv')),
    run(join(folder, 'none.flv')),
  ]);
  assert.deepEqual([text.code, text.stderr], [0, '']);
  assert.match(text.stdout, /avc1\.4D400D {2}320x180 25 fps/);
  const report = JSON.parse(json.stdout) as { format: number; kind: string; findings: unknown[] };
  assert.deepEqual([json.code, report.format, report.kind, report.findings], [0, 1, 'flv', []]);
  assert.equal(cut.code, 1);
  assert.match(cut.stdout, /avc1/, 'what came is told all the same');
  assert.match(cut.stderr, /^millrace: .*it ends in the middle of a tag.*\n$/);
  assert.deepEqual([none.code, none.stdout], [1, '']);
  assert.match(none.stderr, /^millrace: there is no file .*\n$/);
});
