/**
 * `npm test`: installs what the tests need, builds, runs them, and ends with a line `N passed, N failed, N skipped`.
 * `--only unit|e2e|zoo|fuzz|browser|obs|long` runs one group; `--only unit` needs no programs beside Node.js. `obs` and `long` (minutes
 * of real time) run only when asked for.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { checkNode, ensurePackages, ensurePrograms, fail, root } from './install.mjs';

/** Tests that judge how soon or how much, or load two cores alone: two at a time, where most of the others wait for a live stream's clock. */
const MEASURING = [
  ...['codecs', 'codecs-in-fmp4', 'codecs-in-ts', 'codecs-kept', 'dvr', 'held-up', 'hostile', 'low-latency'],
  ...['low-latency-check', 'random-lives', 'slow-viewer', 'takeover', 'under-attack', 'under-attack-tls'],
].map((name) => `${name}.test.ts`);

/** Tests of one group run in as many processes at a time as the group can bear on two cores. */
const GROUPS = {
  unit: { concurrency: 2, timeoutMs: 60_000 },
  e2e: { concurrency: 3, timeoutMs: 180_000, measuring: { files: MEASURING, concurrency: 2 } },
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

/** A group's files with how many of them run at a time. */
function sharesOf(files, { concurrency, measuring }) {
  if (measuring === undefined) return [{ files, concurrency }];
  const isMeasuring = (file) => measuring.files.includes(basename(file));
  return [
    { files: files.filter((file) => !isMeasuring(file)), concurrency },
    { files: files.filter(isMeasuring), concurrency: measuring.concurrency },
  ].filter((share) => share.files.length > 0);
}

function runFiles(group, { files, concurrency, timeoutMs }) {
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
  const startedAt = performance.now();
  process.stdout.write(`\n${group}: ${files.length} files, ${concurrency} at a time\n`);
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
      process.stdout.write(`${group}: ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
      resolve(counts);
    });
  });
}

function makeClips() {
  const startedAt = performance.now();
  const args = ['--import=tsx', 'test/support/make-clips.ts'];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail('the clips for the tests could not be made (see above)');
  process.stdout.write(`clips: ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
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
if (only !== 'unit') makeClips();

const total = { passed: 0, failed: 0, skipped: 0 };
for (const [group, options] of Object.entries({
  ...GROUPS,
  ...(only === 'obs' && { obs: GROUPS.browser }),
  ...(only === 'long' && { long: { concurrency: 2, timeoutMs: 900_000 } }),
})) {
  if (only !== undefined && only !== group) continue;
  const files = testFiles(group);
  if (files.length === 0) continue;
  for (const share of sharesOf(files, options)) {
    const counts = await runFiles(group, { ...share, timeoutMs: options.timeoutMs });
    for (const key of Object.keys(total)) total[key] += counts[key];
  }
}
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
