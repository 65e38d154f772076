/** npm run bench [-- --only a,b --runs N --seconds N --out DIR --compare FILE]: measures, prints, writes results.json and report.html. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CACHE, compileLoad, makeClip, run } from './load.ts';
import { compareReport } from './report/compare.ts';
import { consoleReport } from './report/console.ts';
import { htmlReport } from './report/html.ts';
import { ResultBook, type Machine, type Results } from './result.ts';
import { fanOut } from './scenarios/fan-out.ts';
import { hlsServing } from './scenarios/hls-serving.ts';
import { ingest } from './scenarios/ingest.ts';
import { latency } from './scenarios/latency.ts';
import { remux } from './scenarios/remux.ts';
import { saturation } from './scenarios/saturation.ts';
import { scaling } from './scenarios/scaling.ts';
import type { Scenario } from './scenarios/scenario.ts';

const SCENARIOS: readonly Scenario[] = [fanOut, scaling, latency, ingest, remux, hlsServing, saturation];

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    out: { type: 'string', default: join(CACHE, 'results') },
    compare: { type: 'string' },
  },
});

function machine(): Machine {
  return {
    date: new Date().toISOString(),
    commit: run('git', ['describe', '--always', '--dirty']).trim(),
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.version,
  };
}

const chosen = values.only?.split(',') ?? SCENARIOS.map(({ name }) => name);
const unknown = chosen.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
if (unknown.length > 0)
  throw new Error(
    `no scenario ${unknown.join(', ')}; there are ${SCENARIOS.map(({ name }) => name).join(', ')}`,
  );
compileLoad();
makeClip();
const book = new ResultBook();
for (const scenario of SCENARIOS.filter(({ name }) => chosen.includes(name))) {
  process.stderr.write(`${scenario.name} …\n`);
  try {
    await scenario.run(book, { runs: Number(values.runs), seconds: Number(values.seconds) });
  } catch (error) {
    book.skipped.push(`${scenario.name}: ${(error as Error).message}`);
  }
}
const results = book.results(machine());
mkdirSync(values.out, { recursive: true });
writeFileSync(join(values.out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
writeFileSync(join(values.out, 'report.html'), htmlReport(results));
process.stdout.write(consoleReport(results));
if (values.compare)
  process.stdout.write(compareReport(JSON.parse(readFileSync(values.compare, 'utf8')) as Results, results));
process.stdout.write(`\n${join(values.out, 'report.html')}\n`);
