import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isReached, summary, type Results, type Row } from '../result.ts';
import { generatorLines } from './console.ts';
import { short } from './text-table.ts';

const uplot = join(dirname(createRequire(import.meta.url).resolve('uplot')), '..');
const COLORS = ['#1668c7', '#c2410c', '#15803d', '#7c3aed', '#0e7490', '#a16207', '#be185d', '#4d7c0f'];

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; color: #1c1917; }
table { border-collapse: collapse; width: 100%; } td, th { padding: .2rem .6rem; text-align: left; border-bottom: 1px solid #ddd; }
th { font-weight: 600; } td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.missed { color: #b91c1c; } .reached { color: #15803d; } .uplot { margin: 2rem 0; } .u-title { font-size: 16px; }`;

/** One file that needs nothing beside it: the tables, and a chart for each series. */
export function htmlReport(results: Results): string {
  const { date, cores, cpu, node, commit } = results.machine;
  const script = readFileSync(join(uplot, 'dist/uPlot.iife.min.js'), 'utf8');
  const style = readFileSync(join(uplot, 'dist/uPlot.min.css'), 'utf8');
  const { notes = [], generators = [], skipped } = results;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Millrace benchmark</title>
<style>${style}${STYLE}</style>
<h1>Millrace benchmark</h1>
<p>${escape(`${date}, ${cores} cores (${cpu}), Node ${node}, commit ${commit}`)}</p>
${goalTable(results.rows.filter(({ goal }) => goal))}
<div id="charts"></div>
${figureTable(results.rows.filter(({ goal }) => !goal))}
${list('What the figures say', notes)}
${list('Were the load generators the limit?', generatorLines(generators))}
${list('Not measured', skipped)}
<script>${script}</script>
<script>${chartScript(results)}</script></html>\n`;
}

function goalTable(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const body = rows.map((row) => {
    const { kind, value } = row.goal!;
    const [css, word] = isReached(row) ? ['reached', 'reached'] : ['missed', 'missed'];
    const goal = `<td class="n">${kind === 'at most' ? '≤' : '≥'} ${value}`;
    return `<tr><td>${escape(row.title)}${goal}${figures(row)}<td class="${css}">${word}</tr>`;
  });
  return `<h2>Goals</h2><table><tr><th>what<th>goal<th>median<th>range<th>unit<th></tr>${body.join('')}</table>`;
}

function figureTable(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const body = rows.map((row) => `<tr><td>${escape(row.title)}${figures(row)}</tr>`);
  return `<h2>Figures</h2><table><tr><th>what<th>median<th>range<th>unit</tr>${body.join('')}</table>`;
}

function figures({ values, unit }: Row): string {
  const { median, min, max } = summary(values);
  const range = values.length > 1 ? `${short(min)} – ${short(max)}` : '';
  return `<td class="n">${short(median)}<td class="n">${range}<td>${escape(unit)}`;
}

function list(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `<h2>${title}</h2><ul>${lines.map((line) => `<li>${escape(line)}`).join('')}</ul>`;
}

function chartScript({ series }: Results): string {
  // "<" must not end the script element.
  const data = JSON.stringify(series).replaceAll('<', '\\u003c');
  return `const colors = ${JSON.stringify(COLORS)};
const digits = (_, value) => value == null ? '–' : Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
for (const one of ${data}) new uPlot({
  title: one.title, width: 960, height: 340,
  scales: { x: { time: false }, y: { range: (_, low, high) => [Math.min(0, low), high * 1.05 || 1] }, right: { range: (_, low, high) => [Math.min(0, low), high * 1.05 || 1] } },
  axes: [{ label: one.x }, { label: one.y, size: 64 }, ...(one.right ? [{ label: one.right, scale: 'right', side: 1, size: 64, grid: { show: false } }] : [])],
  series: [{ label: one.x, value: digits }, ...one.lines.map(({ name, isRight }, at) => ({
    label: name, scale: isRight ? 'right' : 'y', stroke: colors[at % colors.length], width: 2, dash: isRight ? [6, 4] : [], value: digits,
    points: { show: one.xs.length < 30 },
  }))],
}, [one.xs, ...one.lines.map(({ ys }) => ys)], document.getElementById('charts'));`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
