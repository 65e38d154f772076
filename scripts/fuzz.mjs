/**
 * `npm run fuzz [-- TARGET …] [--seconds N] [--seed N] [--keep]`: fuzzes every target of test/fuzz in turn, N seconds each.
 * Guided by coverage: inputs that reach something new are kept (in test/fuzz/generated; with `--keep` in test/fuzz/corpus,
 * which `npm test` begins with). Inputs that break something go to test/zoo/files, and the exit code is 1.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { createHash } from 'node:crypto';
import { build } from 'esbuild';
import { checkNode, fail, root } from './install.mjs';
import { COUNTERS, instrumentPlugin, Points } from './instrument.mjs';

const CORPUS = join(root, 'test/fuzz/corpus');
const GENERATED = join(root, 'test/fuzz/generated');
const ZOO = join(root, 'test/zoo/files');
/** Where the packages are found from, and nobody else builds. */
const OUT = join(root, `node_modules/.cache/millrace-fuzz-${process.pid}`);
/** Room for every counter; there are some 4,000. */
const MOST_COUNTERS = 32_768;
/** An input that takes this long hangs. */
const HANG_MS = 15_000;
/** A worker's heap: what needs more is a death. */
const MOST_HEAP_MB = 768;

async function bundle() {
  const points = new Points();
  await build({
    entryPoints: {
      worker: join(root, 'test/fuzz/engine/worker.ts'),
      targets: join(root, 'test/fuzz/targets.ts'),
    },
    outdir: OUT,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    sourcemap: 'inline',
    banner: { js: `const ${COUNTERS} = (globalThis.${COUNTERS} = new Uint32Array(${MOST_COUNTERS}));` },
    plugins: [instrumentPlugin({ root, points })],
    logLevel: 'warning',
  });
  if (points.list.length > MOST_COUNTERS) fail(`${points.list.length} counters, room for ${MOST_COUNTERS}`);
  for (const name of ['worker.mjs', 'targets.mjs']) {
    const text = readFileSync(join(OUT, name), 'utf8');
    // They are walked after every input: as few as there are.
    writeFileSync(
      join(OUT, name),
      text.replace(`Uint32Array(${MOST_COUNTERS})`, `Uint32Array(${points.list.length})`),
    );
  }
  return points.list;
}

/** Resolves to what the worker found; deaths are saved as they come. */
function fuzz(target, { seconds, seed }) {
  const shared = new SharedArrayBuffer(4 + target.maxBytes + 64);
  const worker = new Worker(pathToFileURL(join(OUT, 'worker.mjs')), {
    workerData: { target: target.name, seconds, seed, corpora: [CORPUS, GENERATED], shared },
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB },
    execArgv: ['--enable-source-maps', '--no-warnings'],
  });
  const deaths = [];
  const die = (bytes, text) => deaths.push(save(target.name, Buffer.from(bytes), text));
  const running = () => Buffer.from(new Uint8Array(shared, 4, new Int32Array(shared, 0, 1)[0]));
  return new Promise((resolve) => {
    let result;
    let last;
    const watch = setInterval(() => {
      const now = running().toString('hex');
      if (now !== last) {
        last = now;
        return;
      }
      die(running(), `hangs: no end within ${HANG_MS / 1000} s`);
      void worker.terminate();
    }, HANG_MS);
    worker.on('message', (message) => {
      if (message.kind === 'death') die(message.bytes, message.text);
      else result = message;
    });
    worker.on('error', (error) => die(running(), `the thread died: ${error.stack ?? error.message}`));
    worker.on('exit', () => {
      clearInterval(watch);
      resolve({ ...result, deaths });
    });
  });
}

function save(name, bytes, text) {
  const folder = join(ZOO, name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `new-${createHash('sha1').update(bytes).digest('hex').slice(0, 10)}`);
  writeFileSync(file, bytes);
  process.stdout.write(`\n${name}: ${text}\n${bytes.length} bytes: ${file}\n`);
  return file;
}

function remember(folder, name, kept) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.hex`), kept.map((line) => `${line}\n`).join(''));
}

/** Arms of branches that inputs went into, by file. */
function printCoverage(points, reached) {
  const files = new Map();
  points.forEach(({ file, line }, index) => {
    const entry = files.get(file) ?? { all: 0, reached: 0, missed: new Set() };
    entry.all++;
    if (reached[index]) entry.reached++;
    else entry.missed.add(line);
    files.set(file, entry);
  });
  process.stdout.write('\nbranch arms reached, by file (lines of the others)\n');
  for (const [file, entry] of [...files].sort()) {
    if (entry.reached === 0) continue;
    const missed = [...entry.missed].slice(0, 12).join(' ');
    process.stdout.write(
      `${file.padEnd(56)} ${String(entry.reached).padStart(4)} / ${String(entry.all).padEnd(4)} ${percent(entry)}  ${missed}\n`,
    );
  }
}

const percent = ({ reached, all }) => `${((100 * reached) / all).toFixed(0).padStart(3)} %`;

checkNode();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    keep: { type: 'boolean', default: false },
  },
});
const options = { seconds: Number(values.seconds), seed: Number(values.seed) };
if (!(options.seconds > 0)) fail('--seconds takes a number above 0');
const points = await bundle();
const { TARGETS } = await import(pathToFileURL(join(OUT, 'targets.mjs')).href);
const unknown = positionals.find((name) => !TARGETS.some((target) => target.name === name));
if (unknown) fail(`no target ${unknown}; there are: ${TARGETS.map(({ name }) => name).join(' ')}`);
const chosen = TARGETS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

process.stdout.write(`seed ${options.seed}, ${options.seconds} s for each of ${chosen.length} targets\n\n`);
process.stdout.write('target               inputs   per second   kept  features  deaths\n');
const reached = new Uint8Array(points.length);
let deaths = 0;
let inputs = 0;
for (const target of chosen) {
  const result = await fuzz(target, options);
  deaths += result.deaths.length;
  if (result.kind !== 'done') continue;
  inputs += result.runs;
  result.points.forEach((hit, index) => (reached[index] |= hit));
  const columns = [
    result.runs,
    Math.round(result.runs / result.seconds),
    result.kept.length,
    result.features,
  ];
  process.stdout.write(
    `${target.name.padEnd(16)} ${columns.map((one) => String(one).padStart(10)).join(' ')} ${String(result.deaths.length).padStart(7)}\n`,
  );
  remember(values.keep ? CORPUS : GENERATED, target.name, result.kept);
}
printCoverage(points, reached);
process.stdout.write(`\n${inputs} inputs, ${deaths} deaths\n`);
rmSync(OUT, { recursive: true, force: true });
process.exitCode = deaths > 0 ? 1 : 0;
