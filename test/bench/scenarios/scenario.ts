import type { ResultBook } from '../result.ts';

export interface BenchOptions {
  /** How often each figure is taken; the median counts. */
  readonly runs: number;
  /** Length of one measurement. */
  readonly seconds: number;
}

/** One question that the benchmark answers. */
export interface Scenario {
  readonly name: string;
  run(book: ResultBook, options: BenchOptions): Promise<void>;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
