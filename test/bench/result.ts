/** What a benchmark found. Rows are figures with a goal or without; series are for the charts. */
export interface Results {
  readonly format: 1;
  readonly machine: Machine;
  readonly rows: Row[];
  readonly series: Series[];
  /** How busy the load generators were; files from before this was kept do not have it. */
  readonly generators?: GeneratorLoad[];
  /** What the figures mean, found while they were taken. */
  readonly notes?: string[];
  /** What was not measured, and why. */
  readonly skipped: string[];
}

export interface Machine {
  /** ISO 8601. */
  readonly date: string;
  readonly commit: string;
  readonly cores: number;
  readonly cpu: string;
  readonly node: string;
}

export interface Row {
  /** Stable: `fan-out/http-flv/default`. Two result files are compared by it. */
  readonly id: string;
  readonly title: string;
  /** `×`, `ms`, `ms/MB`, `MB`, … */
  readonly unit: string;
  /** One per run. */
  readonly values: number[];
  readonly goal?: Goal | undefined;
  /** More is better; otherwise less is. A goal says it too. */
  readonly isMoreBetter?: boolean | undefined;
}

export interface Goal {
  readonly kind: 'at most' | 'at least';
  readonly value: number;
}

export const atMost = (value: number): Goal => ({ kind: 'at most', value });
export const atLeast = (value: number): Goal => ({ kind: 'at least', value });

export interface GeneratorLoad {
  readonly scenario: string;
  /** Of one core, 0 to 1. */
  readonly share: number;
  /** How far a publisher fell behind its own clock, ms. */
  readonly latestMs?: number | undefined;
}

export interface Series {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Label of a second axis, on the right. */
  readonly right?: string;
  readonly xs: readonly number[];
  readonly lines: readonly Line[];
}

export interface Line {
  readonly name: string;
  readonly ys: readonly (number | null)[];
  /** Drawn against the axis on the right. */
  readonly isRight?: boolean;
}

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function summary(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** Undefined where there is no goal. */
export function isReached({ values, goal }: Row): boolean | undefined {
  if (!goal) return undefined;
  const { median } = summary(values);
  return goal.kind === 'at most' ? median <= goal.value : median >= goal.value;
}

/** Collects rows while scenarios run: the same id again is another run of the same row. */
export class ResultBook {
  readonly #rows = new Map<string, Row>();
  readonly series: Series[] = [];
  readonly generators: GeneratorLoad[] = [];
  readonly notes: string[] = [];
  readonly skipped: string[] = [];

  add(row: Omit<Row, 'values'>, value: number): void {
    const known = this.#rows.get(row.id);
    if (known) known.values.push(value);
    else this.#rows.set(row.id, { ...row, values: [value] });
  }

  /** The values of a row so far, one per run. */
  values(id: string): readonly number[] {
    return this.#rows.get(id)?.values ?? [];
  }

  /** The chart of the last run stays. */
  draw(series: Series): void {
    const at = this.series.findIndex(({ title }) => title === series.title);
    if (at >= 0) this.series[at] = series;
    else this.series.push(series);
  }

  results(machine: Machine): Results {
    const { series, generators, notes, skipped } = this;
    return { format: 1, machine, rows: [...this.#rows.values()], series, generators, notes, skipped };
  }
}
