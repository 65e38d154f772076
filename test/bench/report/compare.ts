import { summary, type Results } from '../result.ts';
import { short } from './console.ts';

/** Two result files side by side: median before, after, and the factor between. */
export function compareReport(before: Results, after: Results): string {
  const former = new Map(before.rows.map((row) => [row.id, row]));
  const lines = [
    `before: ${before.machine.commit}, ${before.machine.date}`,
    `after:  ${after.machine.commit}, ${after.machine.date}`,
    '',
  ];
  for (const row of after.rows) {
    const old = former.get(row.id);
    if (!old) continue;
    const then = summary(old.values).median;
    const now = summary(row.values).median;
    lines.push(`${row.title}: ${short(then)} → ${short(now)} ${row.unit} (× ${short(now / then)})`);
  }
  return `${lines.join('\n')}\n`;
}
