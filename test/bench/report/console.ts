import { isReached, summary, type GeneratorLoad, type Results, type Row } from '../result.ts';
import { short, textTable } from './text-table.ts';

/** The goals first, then all other figures, then how it is known that the generators were not what was measured. */
export function consoleReport({ machine, rows, skipped, generators = [], notes = [] }: Results): string {
  const { date, commit, cores, cpu, node } = machine;
  const goals = rows.filter(({ goal }) => goal !== undefined);
  const others = rows.filter(({ goal }) => goal === undefined);
  const missed = goals.filter((row) => isReached(row) === false).length;
  const lines = [`${date}, ${cores} cores (${cpu}), Node ${node}, commit ${commit}`, ''];
  if (goals.length > 0)
    lines.push(...goalTable(goals), `${goals.length - missed} of ${goals.length} reached`, '');
  if (others.length > 0) lines.push(...figureTable(others), '');
  lines.push(...notes.map((one) => `- ${one}`), ...generatorLines(generators).map((one) => `- ${one}`));
  if (skipped.length > 0) lines.push('', 'not measured:', ...skipped.map((one) => `  ${one}`));
  return `${lines.join('\n')}\n`;
}

const HEAD = ['median', 'min – max', 'unit', 'runs'];

function goalTable(rows: readonly Row[]): string[] {
  const body = rows.map((row) => {
    const { kind, value } = row.goal!;
    const share = value === 0 ? NaN : summary(row.values).median / value;
    const goal = `${kind === 'at most' ? '≤' : '≥'} ${value}`;
    return [row.title, goal, ...figures(row), short(share), isReached(row) ? 'reached' : 'MISSED'];
  });
  return textTable([['what', 'goal', ...HEAD, 'of the goal', ''], ...body], [1, 2, 3, 5, 6]);
}

function figureTable(rows: readonly Row[]): string[] {
  const body = rows.map((row) => [row.title, ...figures(row)]);
  return textTable([['what', ...HEAD], ...body], [1, 2, 4]);
}

function figures({ values, unit }: Row): string[] {
  const { median, min, max } = summary(values);
  const range = values.length > 1 ? `${short(min)} – ${short(max)}` : '';
  return [short(median), range, unit, `${values.length}`];
}

/** A generator with less than this left may be what was measured. */
const BUSY = 0.85;

/** One line per scenario: the busiest that its generators were. */
export function generatorLines(generators: readonly GeneratorLoad[]): string[] {
  const scenarios = [...new Set(generators.map(({ scenario }) => scenario))];
  return scenarios.map((scenario) => {
    const own = generators.filter((one) => one.scenario === scenario);
    const share = Math.max(...own.map((one) => one.share));
    const latest = Math.max(...own.map(({ latestMs }) => latestMs ?? -1));
    const late = latest >= 0 ? `, publishers at most ${short(latest)} ms behind their clock` : '';
    const verdict = share > BUSY ? ': the generator MAY BE THE LIMIT' : '';
    return `load generator, ${scenario}: at most ${Math.round(share * 100)} % of a core${late}${verdict}`;
  });
}
