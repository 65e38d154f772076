/**
 * One target, fuzzed in a worker thread of its own, whose parent sees it hang or die: `scripts/fuzz.mjs`. An input that goes
 * where none has been, or goes there more often, is kept and changed further.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { TARGETS } from '../targets.ts';
import { readCorpus, startOf, wordsOf } from './corpus.ts';
import { counters, Seen } from './features.ts';
import { judge } from './judge.ts';
import { Mutator, Random } from './mutate.ts';
import { keyOf, shrink } from './shrink.ts';
import type { Target } from './target.ts';

interface Job {
  readonly target: string;
  readonly seconds: number;
  readonly seed: number;
  /** Folders with corpora. */
  readonly corpora: readonly string[];
  /** The input that is being tried, for a parent that finds the worker hanging: its length, and its bytes. */
  readonly shared: SharedArrayBuffer;
}

/** Instrumented, on a machine with other things to do. */
const PATIENCE = 8;
/** Kinds of death that are told; a target that dies in more ways has one thing wrong with it. */
const MOST_DEATHS = 20;
/** What is kept of what was found: all of it is tried again at the start of every later run. */
const MOST_KEPT_BYTES = 8 * 1024;

const job = workerData as Job;
const length = new Int32Array(job.shared, 0, 1);
const current = new Uint8Array(job.shared, 4);

class Fuzzer {
  readonly #target: Target;
  readonly #random = new Random(job.seed);
  readonly #mutator: Mutator;
  readonly #seen = new Seen();
  readonly #pool: Buffer[] = [];
  readonly #deaths = new Set<string>();
  #runs = 0;

  constructor(target: Target) {
    this.#target = target;
    const words = wordsOf(target);
    this.#mutator = new Mutator({ random: this.#random, maxBytes: target.maxBytes, words });
  }

  run(): void {
    const corpus = job.corpora.flatMap((folder) => readCorpus(folder, this.#target.name));
    for (const input of startOf(this.#target, corpus)) this.#try(input, true);
    const from = performance.now();
    while (performance.now() - from < job.seconds * 1000) {
      const input = this.#mutator.mutate(this.#choose(), this.#choose());
      this.#try(input, false);
    }
    parentPort!.postMessage({
      kind: 'done',
      runs: this.#runs,
      seconds: (performance.now() - from) / 1000,
      features: this.#seen.features,
      inputs: this.#pool.length,
      points: this.#seen.points(),
      kept: this.#keep(),
    });
  }

  /** Late finds are where something new may be near. */
  #choose(): Buffer {
    const { length: size } = this.#pool;
    const recent = Math.min(size, 16);
    const index =
      this.#random.below(3) === 0 ? size - 1 - this.#random.below(recent) : this.#random.below(size);
    return this.#pool[index] ?? Buffer.alloc(0);
  }

  #try(input: Buffer, isSeed: boolean): void {
    this.#runs++;
    current.set(input);
    Atomics.store(length, 0, input.length);
    counters.fill(0);
    try {
      judge(this.#target, input, PATIENCE);
    } catch (error) {
      this.#die(input, error);
      return;
    }
    if (this.#seen.add() > 0 || isSeed) this.#pool.push(Buffer.from(input));
  }

  #die(input: Buffer, error: unknown): void {
    const key = keyOf(error);
    if (this.#deaths.has(key) || this.#deaths.size >= MOST_DEATHS) return;
    this.#deaths.add(key);
    const small = shrink(this.#target, input, key);
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    parentPort!.postMessage({ kind: 'death', key, text, bytes: small });
  }

  /** The shortest inputs that together go everywhere. */
  #keep(): string[] {
    const seen = new Seen();
    const kept: string[] = [];
    let bytes = 0;
    for (const input of [...this.#pool].sort((a, b) => a.length - b.length)) {
      counters.fill(0);
      judge(this.#target, input, Infinity);
      if (seen.add() === 0 || bytes + input.length > MOST_KEPT_BYTES) continue;
      bytes += input.length;
      kept.push(input.toString('hex'));
    }
    return kept;
  }
}

const target = TARGETS.find(({ name }) => name === job.target);
if (!target) throw new Error(`there is no target ${job.target}`);
new Fuzzer(target).run();
