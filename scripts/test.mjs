/**
 * `npm test`: installs what the tests need, builds, runs them, and ends with a line `N passed, N failed, N skipped`.
 * `--only unit|e2e|zoo|fuzz|browser|obs|long` runs one group; `--only unit` needs no programs beside Node.js. `obs` and `long` (minutes
 * of real time) run only when asked for.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { checkNode, ensurePackages, ensurePrograms, fail, root } from './install.mjs';

/** Tests of one group run in as many processes at a time as the group can bear on two cores. */
const GROUPS = {
  unit: { concurrency: 2, timeoutMs: 60_000 },
  e2e: { concurrency: 2, timeoutMs: 180_000 },
  // A hundred live shows at once, by the clock.
  zoo: { concurrency: 1, timeoutMs: 120_000 },
  // A second for each parser; `npm run fuzz` takes longer.
  fuzz: { concurrency: 2, timeoutMs: 60_000 },
  browser: { concurrency: 1, timeoutMs: 180_000 },
};

function testFiles(group) {
  const folder = join(root, 'test', group);
  try {
    return readdirSync(folder, { recursive: true })
      .map((name) => join(folder, String(name)))
      .filter((name) => name.endsWith('.test.ts'))
      .sort();
  } catch {
    return [];
  }
}

function runGroup(group, files, { concurrency, timeoutMs }) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  const summary = join(folder, 'summary.json');
  const args = [
    '--import=tsx',
    '--test',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${timeoutMs}`,
    `--test-reporter=${process.stdout.isTTY ? 'spec' : './scripts/brief-reporter.mjs'}`,
    '--test-reporter-destination=stdout',
    '--test-reporter=./scripts/count-reporter.mjs',
    `--test-reporter-destination=${summary}`,
    ...files.map((file) => relative(root, file)),
  ];
  process.stdout.write(`\n${group}: ${files.length} files\n`);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
    child.on('exit', (code) => {
      let counts = { passed: 0, failed: 1, skipped: 0 };
      try {
        counts = JSON.parse(readFileSync(summary, 'utf8'));
      } catch {
        process.stdout.write(`${group}: the runner ended without a summary\n`);
      }
      if (code !== 0 && counts.failed === 0) counts.failed = 1;
      rmSync(folder, { recursive: true, force: true });
      resolve(counts);
    });
  });
}

checkNode();
const at = process.argv.indexOf('--only');
const only = at < 0 ? undefined : process.argv[at + 1];
if (at >= 0 && !['unit', 'e2e', 'zoo', 'fuzz', 'browser', 'obs', 'long'].includes(only ?? ''))
  fail('--only takes unit, e2e, zoo, fuzz, browser, obs or long');
ensurePackages({ dev: true });
if (only !== 'unit') ensurePrograms({ obs: only === 'obs' });
const { build } = await import('./build.mjs');
await build();

const total = { passed: 0, failed: 0, skipped: 0 };
for (const [group, options] of Object.entries({
  ...GROUPS,
  ...(only === 'obs' && { obs: GROUPS.browser }),
  ...(only === 'long' && { long: { concurrency: 2, timeoutMs: 900_000 } }),
})) {
  if (only !== undefined && only !== group) continue;
  const files = testFiles(group);
  if (files.length === 0) continue;
  const counts = await runGroup(group, files, options);
  for (const key of Object.keys(total)) total[key] += counts[key];
}
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
