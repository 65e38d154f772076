import { summary, type Results, type Row } from '../result.ts';
import { short, textTable } from './text-table.ts';

export type Verdict = 'better' | 'worse' | 'no difference seen' | 'one run only';

/** Ranges that overlap are no difference; a single run has no range. */
function verdictOf(before: Row, after: Row): Verdict {
  if (before.values.length < 2 || after.values.length < 2) return 'one run only';
  const then = summary(before.values);
  const now = summary(after.values);
  if (now.min <= then.max && then.min <= now.max) return 'no difference seen';
  const isMore = now.min > then.max;
  return isMore === isMoreBetter(after) ? 'better' : 'worse';
}

const isMoreBetter = ({ goal, isMoreBetter = false }: Row): boolean =>
  goal === undefined ? isMoreBetter : goal.kind === 'at least';

/** Two result files side by side: median and range before and after, the factor between, and what that says. */
export function compareReport(before: Results, after: Results): string {
  const former = new Map(before.rows.map((row) => [row.id, row]));
  const body = after.rows.flatMap((row) => {
    const old = former.get(row.id);
    if (!old) return [];
    const factor = summary(row.values).median / summary(old.values).median;
    return [[row.title, range(old), range(row), row.unit, `× ${short(factor)}`, verdictOf(old, row)]];
  });
  const missing = before.rows.filter(({ id }) => !after.rows.some((row) => row.id === id)).length;
  const lines = [
    `before: ${before.machine.commit}, ${before.machine.date}, Node ${before.machine.node}`,
    `after:  ${after.machine.commit}, ${after.machine.date}, Node ${after.machine.node}`,
    ...(isSameMachine(before, after) ? [] : ['these are two machines: only ratios can be compared']),
    '',
    ...textTable([['what', 'before', 'after', 'unit', 'factor', ''], ...body], [1, 2, 4]),
    ...(missing > 0 ? [`${missing} rows of before were not measured now`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function range({ values }: Row): string {
  const { median, min, max } = summary(values);
  return values.length > 1 ? `${short(median)} (${short(min)} – ${short(max)})` : short(median);
}

const isSameMachine = ({ machine: a }: Results, { machine: b }: Results): boolean =>
  a.cpu === b.cpu && a.cores === b.cores;
