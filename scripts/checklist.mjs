/**
 * `npm run checklist`: runs the tests that the checklist (test/checklist.ts) names, and only those, and prints the table with how
 * each line came out. `--table` prints the table without running anything. Exit code 1 if a line failed.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { checkNode, ensurePackages, ensurePrograms, root } from './install.mjs';

const TEST_TIMEOUT_MS = 180_000;

function run(files, names) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-checklist-'));
  const results = join(folder, 'results');
  const args = [
    '--import=tsx',
    '--test',
    '--test-concurrency=2',
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    ...names.map((name) => `--test-name-pattern=${name}`),
    '--test-reporter=./scripts/checklist-reporter.mjs',
    `--test-reporter-destination=${results}`,
    ...files,
  ];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('exit', () => {
      let text = '';
      try {
        text = readFileSync(results, 'utf8');
      } catch {
        process.stdout.write('the runner ended without a result\n');
      }
      rmSync(folder, { recursive: true, force: true });
      resolve(
        text
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line)),
      );
    });
  });
}

/** How one line came out: the worst of its tests. */
function judge({ tests, later }, results, namePattern) {
  const wanted = Object.entries(tests).flatMap(([file, names]) => names.map((name) => ({ file, name })));
  if (wanted.length === 0) return { state: 'later', note: later, found: [], missing: [] };
  const found = [];
  const missing = [];
  for (const { file, name } of wanted) {
    const pattern = namePattern(name);
    const those = results.filter((one) => one.file === `test/${file}` && pattern.test(one.name));
    if (those.length === 0) missing.push(`${file}: ${name}`);
    found.push(...those);
  }
  const failed = missing.length > 0 || found.some(({ result }) => result === 'failed');
  const skipped = found.some(({ result }) => result === 'skipped');
  return { state: failed ? 'FAILED' : skipped ? 'skipped' : 'passed', note: later, found, missing };
}

checkNode();
ensurePackages({ dev: true });
const { register } = await import('tsx/esm/api');
register();
const { CHECKLIST } = await import('../test/checklist.ts');
const { namePattern } = await import('../test/support/test-names.ts');
const row = (line, state, count, symptom) =>
  process.stdout.write(`${String(line).padStart(4)}  ${state.padEnd(8)} ${count.padStart(5)}  ${symptom}\n`);

if (process.argv.includes('--table')) {
  for (const { line, symptom, tests, later } of CHECKLIST) {
    row(line, '', '', symptom);
    for (const [file, names] of Object.entries(tests))
      for (const name of names) process.stdout.write(`${' '.repeat(12)}test/${file}: ${name}\n`);
    if (later) process.stdout.write(`${' '.repeat(12)}(${later})\n`);
  }
  process.exit(0);
}

ensurePrograms({});
const { build } = await import('./build.mjs');
await build();
const startedAt = performance.now();
const all = CHECKLIST.flatMap(({ tests }) => Object.entries(tests));
const files = [...new Set(all.map(([file]) => `test/${file}`))].sort();
const names = [...new Set(all.flatMap(([, list]) => list))].map((name) => namePattern(name).source);
const results = (await run(files, names)).map((one) => ({ ...one, file: relative(root, one.file ?? '') }));

const counts = { passed: 0, FAILED: 0, skipped: 0, later: 0 };
row('line', 'result', 'tests', 'symptom');
for (const each of CHECKLIST) {
  const { state, note, found, missing } = judge(each, results, namePattern);
  counts[state]++;
  row(each.line, state, String(found.length || ''), `${each.symptom}${note ? ` (${note})` : ''}`);
  for (const name of missing) process.stdout.write(`${' '.repeat(12)}not run: ${name}\n`);
  for (const { name, result, why } of found)
    if (result === 'failed') process.stdout.write(`${' '.repeat(12)}failed: ${name}: ${why}\n`);
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
process.stdout.write(
  `\n${counts.passed} lines passed, ${counts.FAILED} failed, ${counts.skipped} skipped, ${counts.later} left for later, ` +
    `in ${seconds} s (${results.length} tests)\n`,
);
process.exitCode = counts.FAILED > 0 ? 1 : 0;
