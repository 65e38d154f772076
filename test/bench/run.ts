/** npm run bench [-- OPTIONS]: measures, prints, writes results.json and report.html; README.md beside this file has the options. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CACHE, compileLoad, makeClip, run } from './load.ts';
import { profileAll } from './profile/profile-all.ts';
import { compareReport } from './report/compare.ts';
import { consoleReport } from './report/console.ts';
import { htmlReport } from './report/html.ts';
import { ResultBook, type Machine, type Results } from './result.ts';
import { blocked } from './scenarios/blocked.ts';
import { fanOut } from './scenarios/fan-out.ts';
import { hlsServing } from './scenarios/hls-serving.ts';
import { ingest } from './scenarios/ingest.ts';
import { latency } from './scenarios/latency.ts';
import { memory } from './scenarios/memory.ts';
import { publishers } from './scenarios/publishers.ts';
import { remux } from './scenarios/remux.ts';
import { requests } from './scenarios/requests.ts';
import { saturation } from './scenarios/saturation.ts';
import { scaling } from './scenarios/scaling.ts';
import type { BenchOptions, Scenario } from './scenarios/scenario.ts';
import { sideBySide } from './scenarios/side-by-side.ts';
import { workers } from './scenarios/workers.ts';

const SCENARIOS: readonly Scenario[] = [
  ...[fanOut, scaling, memory, latency, ingest, remux, hlsServing],
  ...[blocked, saturation, publishers, requests, workers],
  ...sideBySide,
];

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    out: { type: 'string', default: join(CACHE, 'results') },
    compare: { type: 'string' },
    profile: { type: 'boolean', default: false },
  },
});
const options: BenchOptions = { runs: Number(values.runs), seconds: Number(values.seconds) };

function machine(): Machine {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.version,
  };
}

function commit(): string {
  try {
    const name = run('git', ['describe', '--always', '--dirty']).trim();
    return process.env['BENCH_GATEWAY'] === undefined
      ? name
      : `${name}, but the gateway is another build (BENCH_GATEWAY)`;
  } catch {
    return 'unknown'; // not a working tree
  }
}

function chosen(): readonly Scenario[] {
  const names = values.only?.split(',') ?? SCENARIOS.map(({ name }) => name);
  const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0) {
    const all = SCENARIOS.map(({ name }) => name).join(', ');
    throw new Error(`no scenario ${unknown.join(', ')}; there are ${all}`);
  }
  return SCENARIOS.filter(({ name }) => names.includes(name));
}

async function measure(): Promise<Results> {
  const book = new ResultBook();
  for (const scenario of chosen()) {
    process.stderr.write(`${scenario.name} …\n`);
    try {
      await scenario.run(book, options);
    } catch (error) {
      book.skipped.push(`${scenario.name}: ${(error as Error).message}`);
    }
  }
  return book.results(machine());
}

compileLoad();
makeClip();
mkdirSync(values.out, { recursive: true });
if (values.profile) {
  const text = await profileAll(values.only?.split(','), options.seconds);
  writeFileSync(join(values.out, 'profile.md'), text);
  process.stdout.write(`${text}\n${join(values.out, 'profile.md')}\n`);
} else {
  // Read first: it may be the file that is written.
  const before = values.compare ? (JSON.parse(readFileSync(values.compare, 'utf8')) as Results) : undefined;
  const results = await measure();
  writeFileSync(join(values.out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(values.out, 'report.html'), htmlReport(results));
  process.stdout.write(consoleReport(results));
  if (before) process.stdout.write(`\n${compareReport(before, results)}`);
  process.stdout.write(`\n${join(values.out, 'report.html')}\n`);
}
process.exit();
