import { isReached, summary, type Results, type Row } from '../result.ts';

/** One line per row: the median, the range, the goal and whether it is reached. */
export function consoleReport({ machine, rows, skipped }: Results): string {
  const { date, commit, cores, cpu, node } = machine;
  const lines = [`${date}, ${cores} cores (${cpu}), Node ${node}, commit ${commit}`, ''];
  const width = Math.max(...rows.map(({ title }) => title.length));
  for (const row of rows) lines.push(`${row.title.padEnd(width)}  ${figures(row)}`);
  if (skipped.length > 0) lines.push('', 'not measured:', ...skipped.map((one) => `  ${one}`));
  return `${lines.join('\n')}\n`;
}

function figures(row: Row): string {
  const { median, min, max } = summary(row.values);
  const range = row.values.length > 1 ? ` (${short(min)} to ${short(max)})` : '';
  const reached = isReached(row);
  const goal = row.goal
    ? `  goal: ${row.goal.kind} ${row.goal.value}: ${reached ? 'reached' : 'MISSED'}`
    : '';
  return `${short(median)} ${row.unit}${range}${goal}`;
}

export function short(value: number): string {
  return Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}
